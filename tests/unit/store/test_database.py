"""The database's file: its owner's only, and never taken from under who writes it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from centralita.store.database import create_private_file, open_engine

pytestmark = pytest.mark.unit

_LOOKS_IN = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("SELECT count(*) FROM t").fetchone()[0])
connection.close()
"""


async def _seen_by_others(file: Path) -> int:
    """Rows that another process finds; it is gone afterwards."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _LOOKS_IN, str(file), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return int(out)


async def test_to_make_sure_of_the_file_takes_nothing_from_who_writes_it(tmp_path: Path) -> None:
    """Another process looks in and leaves; what is written afterwards is still seen by the next one."""
    file = tmp_path / "x.db"
    url = f"sqlite+aiosqlite:///{file}"
    engine = open_engine(url)
    try:
        async with engine.connect() as connection:
            for statement in ("CREATE TABLE t (n INTEGER)", "INSERT INTO t VALUES (1)"):
                await connection.execute(text(statement))
                await connection.commit()
            create_private_file(url)
            assert await _seen_by_others(file) == 1
            await connection.execute(text("INSERT INTO t VALUES (2)"))
            await connection.commit()
            assert await _seen_by_others(file) == 2
    finally:
        await engine.dispose()


async def test_whoever_connects_first_makes_a_private_file(tmp_path: Path) -> None:
    """Also who only reads."""
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path / 'new/x.db'}")
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    finally:
        await engine.dispose()
    assert (tmp_path / "new/x.db").stat().st_mode & 0o777 == 0o600
