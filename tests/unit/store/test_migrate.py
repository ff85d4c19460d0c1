from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from centralita.store.database import open_engine
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

    def tables(connection: Connection) -> list[str]:
        return inspect(connection).get_table_names()

    engine = open_engine(url.replace("/db/", "/"))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE projected (id INTEGER)"))
    with pytest.raises(Exception, match="projected"):
        await ensure_current(engine)
    async with engine.connect() as connection:
        found = await connection.run_sync(tables)
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
