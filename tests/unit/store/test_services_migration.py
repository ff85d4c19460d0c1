from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from centralita.store.database import create_private_file, open_engine, rebuilding
from centralita.store.migrate import ensure_current
from centralita.store.pins import PinRows
from tests.unit.store.test_migrate import down_to, up_to

pytestmark = pytest.mark.unit

_INSERT = text(
    "INSERT INTO customer (id, ref, name, fields, first_seen_ms, active, erased) "
    "VALUES (:id, :ref, '', :fields, 1, 1, 0)"
)


async def test_customers_of_before_are_found_by_their_documents(url: str) -> None:
    """Whoever was written before proofs existed need not be written again; there and back."""
    create_private_file(url)
    engine = open_engine(url)
    async with rebuilding(engine) as connection:
        await connection.run_sync(up_to, "0011")
        for id_, ref, fields in (
            ("k1", "C-7", {"documento": "12.345.678-z", "plan": "maxi"}),
            ("k2", None, {"documento": "87654321X"}),
            ("k3", "C-9", {}),
        ):
            await connection.execute(_INSERT, {"id": id_, "ref": ref, "fields": json.dumps(fields)})
    assert await ensure_current(engine)

    found = await PinRows(engine).by_field("documento", "12345678Z")
    assert found is not None and found.id == "k1"
    assert await PinRows(engine).by_field("documento", "87654321X") is None
    async with rebuilding(engine) as connection:
        await connection.run_sync(down_to, "0011")
        assert await connection.scalar(text("SELECT count(*) FROM customer")) == 3
    await engine.dispose()
