from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from centralita.store import people_tables, tables
from centralita.store.database import create_private_file, open_engine, rebuilding
from centralita.store.migrate import (
    HEAD,
    MIGRATIONS,
    SchemaMismatchError,
    ensure_current,
    migrate,
    needs_migration,
)
from centralita.store.tables import metadata

pytestmark = pytest.mark.unit

assert people_tables.person.metadata is tables.metadata


def test_head_is_the_newest_migration() -> None:
    """The constant that spares us Alembic's import at every start is the newest revision there is."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


async def test_a_migrated_database_has_exactly_the_tables_of_the_code(url: str) -> None:
    """Migrating an empty database gives the schema that the code uses, with nothing more or less."""

    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    await migrate(url)
    engine = open_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()

    assert found == []


def up_to(connection: Connection, revision: str) -> None:
    command.upgrade(_config(connection), revision)


def down_to(connection: Connection, revision: str) -> None:
    command.downgrade(_config(connection), revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


_OF_0001 = (
    "INSERT INTO customer VALUES ('k1', '+34911234567', 5, 0), ('k2', NULL, 6, 1)",
    "INSERT INTO party VALUES ('c1', 'k1', '+34911234567', '+34911234567', 'Marta', 'claimed', 5)",
    "INSERT INTO contact VALUES ('c1', 'k1', 'pbx', 'u', '900', 'o', 'e', 'q', 1, 2, 3, 9, 1, 1, 6, 'v1', 3)",
    "INSERT INTO segment VALUES ('c1', 0, 'ivr', 1, 2, NULL, NULL, NULL, NULL)",
)


async def test_customers_of_the_first_version_keep_number_and_past(url: str) -> None:
    """The number moves to a table of its own; nothing else of a filled database changes, there and back."""
    create_private_file(url)
    engine = open_engine(url)
    async with rebuilding(engine) as connection:
        await connection.run_sync(up_to, "0001")
        for statement in _OF_0001:
            await connection.execute(text(statement))
    assert await ensure_current(engine)
    async with engine.connect() as connection:
        numbers = (await connection.execute(select(tables.customer_number))).all()
        customers = (await connection.execute(select(tables.customer).order_by(tables.customer.c.id))).all()
        trust = await connection.scalar(select(tables.party.c.trust))
        past = await connection.scalar(select(tables.contact.c.customer_id))
        guarded = await connection.scalar(text("PRAGMA foreign_keys"))
    assert [tuple(row) for row in numbers] == [("+34911234567", "k1")]
    assert [(row.id, row.ref, row.name, row.fields, row.active, row.erased) for row in customers] == [
        ("k1", None, "", {}, True, False),
        ("k2", None, "", {}, False, True),
    ]
    assert (trust, past, guarded) == ("presented", "k1", 1)

    async with rebuilding(engine) as connection:
        await connection.run_sync(down_to, "0001")
        back = (await connection.execute(text("SELECT * FROM customer ORDER BY id"))).mappings().all()
    await engine.dispose()
    assert [(row["id"], row["number_e164"], row["first_seen_ms"]) for row in back] == [
        ("k1", "+34911234567", 5),
        ("k2", None, 6),
    ]


async def test_explanations_of_before_stay_as_they_are(url: str) -> None:
    """Rosters and notes are new tables; what was stored is not touched, there and back."""
    old = '{"not_chosen": [{"reason": "talking", "agents": ["beto"]}]}'
    create_private_file(url)
    engine = open_engine(url)
    async with rebuilding(engine) as connection:
        await connection.run_sync(up_to, "0002")
        await connection.execute(
            text("INSERT INTO offer VALUES ('o1', 'c1', 'ana', 'q', 1, 2, 'accepted', :old, 7)"), {"old": old}
        )
        await connection.run_sync(up_to, "0003")
    async with engine.connect() as connection:
        kept = await connection.scalar(text("SELECT explanation FROM offer"))
        tables_now = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    async with rebuilding(engine) as connection:
        await connection.run_sync(down_to, "0002")
        tables_then = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        back = await connection.scalar(text("SELECT explanation FROM offer"))
    await engine.dispose()

    assert (kept, back) == (old, old)
    assert set(tables_now) - set(tables_then) == {"rosters", "note"}


async def test_what_befell_contacts_begins_with_a_table_of_its_own(url: str) -> None:
    """Nothing that was stored before is touched, there and back."""
    create_private_file(url)
    engine = open_engine(url)
    names = []
    async with rebuilding(engine) as connection:
        for move, revision in ((up_to, "0004"), (up_to, "0005"), (down_to, "0004")):
            await connection.run_sync(move, revision)
            names.append(set(await connection.run_sync(lambda sync: inspect(sync).get_table_names())))
    await engine.dispose()

    assert names[1] - names[0] == {"happening"}
    assert names[2] == names[0]


_OF_0006 = (
    "INSERT INTO contact VALUES ('c1', NULL, 'a', 'u', '', '', '', '', 1, 2, 3, 9, 1, 1, 6, 'v', 3, '', '')",
    "INSERT INTO segment VALUES ('c1', 0, 'talking', 3, 9, 'q', 'ana', 'o1', 'caller')",
    "INSERT INTO happening VALUES ('c1.3.0', 'c1', 'escalated', 'q', 'ana', 'q2', NULL, 5)",
    "INSERT INTO happening VALUES ('c1.2.0', 'c1', 'held_back', 'q', NULL, NULL, 'kept free for vip', 4)",
)


async def test_contacts_of_before_were_inbound_and_never_on_hold(url: str) -> None:
    """Call control is new: what there was gets what was true of it, and goes back as it was."""
    create_private_file(url)
    engine = open_engine(url)
    async with rebuilding(engine) as connection:
        await connection.run_sync(up_to, "0006")
        for statement in _OF_0006:
            await connection.execute(text(statement))
        before = (await connection.execute(text("SELECT * FROM happening ORDER BY id"))).all()
        await connection.run_sync(up_to, "0007")
        contact = (await connection.execute(text("SELECT * FROM contact"))).mappings().one()
        held = await connection.scalar(text("SELECT hold_ms FROM segment"))
        kinds = (await connection.execute(text("SELECT kind, to_kind FROM happening ORDER BY id"))).all()
        await connection.execute(
            text("INSERT INTO happening (id, contact_id, kind, at_ms) VALUES ('c1.4.0', 'c1', 'held', 6)")
        )
        await connection.run_sync(down_to, "0006")
        after = (await connection.execute(text("SELECT * FROM happening ORDER BY id"))).all()
        row = (await connection.execute(text("SELECT * FROM contact"))).one()
    await engine.dispose()

    assert (contact["direction"], contact["hold_ms"], contact["transfers"], held) == ("inbound", 0, 0, 0)
    assert [tuple(kind) for kind in kinds] == [("held_back", None), ("escalated", "queue")]
    assert [tuple(kept) for kept in after] == [tuple(kept) for kept in before]
    assert tuple(row)[:3] == ("c1", None, "a")


async def test_a_database_with_broken_references_is_not_migrated(url: str) -> None:
    """Tables are rebuilt out of sight of the guard, so all references are checked before anything holds."""
    create_private_file(url)
    engine = open_engine(url)
    async with rebuilding(engine) as connection:
        await connection.run_sync(up_to, "0001")
        await connection.execute(text("INSERT INTO segment VALUES ('none', 0, 'ivr', 1, 2, '', '', '', '')"))
    with pytest.raises(SchemaMismatchError, match="segment"):
        await ensure_current(engine)
    async with engine.connect() as connection:
        assert await connection.run_sync(needs_migration)
    await engine.dispose()


def test_every_migration_is_written_for_postgresql_too(capsys: pytest.CaptureFixture[str]) -> None:
    """As SQL for PostgreSQL no step needs a trick of SQLite's; the data of the first version moves along."""
    config = _config(None)  # type: ignore[arg-type]
    config.set_main_option("sqlalchemy.url", "postgresql://")
    config.attributes["dialect"] = "postgresql"
    command.upgrade(config, "head", sql=True)
    said = capsys.readouterr().out

    assert "INSERT INTO customer_number (number_e164, customer_id) SELECT number_e164, id" in said
    assert "ALTER TABLE customer DROP CONSTRAINT uq_customer_number_e164" in said
    assert "ALTER TABLE customer ADD COLUMN active BOOLEAN DEFAULT true NOT NULL" in said
    assert "_alembic_tmp" not in said


async def test_a_current_database_is_left_alone(url: str) -> None:
    """The second start finds nothing to do."""
    assert await migrate(url) is True
    assert await migrate(url) is False


def test_a_current_database_never_imports_alembic(tmp_path: Path) -> None:
    """A normal start does not pay for Alembic: it is not even imported."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'c.db'}"
    code = (
        "import asyncio, sys; from centralita.store.migrate import migrate; "
        f"done = asyncio.run(migrate({url!r})); print(done, 'alembic' in sys.modules)"
    )

    first, second = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )

    assert (first.strip(), second.strip()) == ("True True", "False False")


async def test_a_migration_that_fails_leaves_nothing_behind(url: str) -> None:
    """Half a schema is worse than none: a migration is one transaction, tables included."""

    def names(connection: Connection) -> list[str]:
        return inspect(connection).get_table_names()

    engine = open_engine(url.replace("/db/", "/"))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE projected (id INTEGER)"))
    with pytest.raises(Exception, match="projected"):
        await ensure_current(engine)
    async with engine.connect() as connection:
        found = await connection.run_sync(names)
    await engine.dispose()

    assert found == ["projected"]


async def test_a_database_of_a_newer_version_is_refused_with_advice(url: str) -> None:
    """An older server does not touch a newer database; it says what to do."""
    await migrate(url)
    engine = open_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    async with engine.connect() as connection:
        assert await connection.run_sync(needs_migration)
    with pytest.raises(SchemaMismatchError, match=r"versión más nueva.*newer version"):
        await ensure_current(engine)
    await engine.dispose()


async def test_the_file_is_readable_by_its_owner_only(url: str, tmp_path: Path) -> None:
    """It holds people's numbers."""
    await migrate(url)

    assert (tmp_path / "db" / "centralita.db").stat().st_mode & 0o777 == 0o600


def test_the_tables_are_valid_for_postgresql() -> None:
    """Nothing in the schema is SQLite's alone, and every time is a 64-bit number there."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

    for table in metadata.sorted_tables:
        ddl = str(CreateTable(table).compile(dialect=dialect))
        assert ddl.count("_ms BIGINT") == sum(column.name.endswith("_ms") for column in table.columns)
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect)).startswith("CREATE INDEX ix_")
