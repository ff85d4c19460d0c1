"""
Bring a database to the schema of this version.

Alembic costs more than a second to import, so it is imported only when
`needs_migration` has found something to do.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table, text
from sqlalchemy.ext.asyncio import AsyncEngine

from centralita.store.database import create_private_file, open_engine, rebuilding

HEAD = "0012"
"""The newest revision under `migrations/versions`; a test compares the two."""

MIGRATIONS = Path(__file__).with_name("migrations")


class SchemaMismatchError(Exception):
    """The database is not one that this version can bring up to date."""


_alembic_version = table("alembic_version", column("version_num"))


def needs_migration(connection: Connection) -> bool:
    """Whether the schema is older (or newer) than this version's. Never imports Alembic."""
    if not inspect(connection).has_table("alembic_version"):
        return True
    found: Sequence[str] = connection.execute(select(_alembic_version.c.version_num)).scalars().all()
    return list(found) != [HEAD]


def upgrade(connection: Connection) -> None:
    """
    Run every missing migration in the caller's transaction: all of them or none.

    Raises:
        SchemaMismatchError: The database is from a newer version of Centralita.
    """
    errors = importlib.import_module("alembic.util.exc")
    command = importlib.import_module("alembic.command")
    config = importlib.import_module("alembic.config").Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except errors.CommandError as error:
        raise SchemaMismatchError(
            "la base de datos es de una versión más nueva: instale esa versión o restaure una copia / "
            f"the database is from a newer version: install that one, or restore a backup ({error})"
        ) from error


def _check_references(connection: Connection) -> None:
    """`rebuilding` has let them out of sight."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        raise SchemaMismatchError(
            f"la base de datos tiene referencias rotas en «{broken[0][0]}»: restaure una copia / "
            f"the database has broken references in '{broken[0][0]}': restore a backup"
        )


async def ensure_current(engine: AsyncEngine) -> bool:
    """
    Migrate if there is need; returns whether there was.

    Raises:
        SchemaMismatchError: See `upgrade`.
        sqlalchemy.exc.SQLAlchemyError: The database refused (locked, full, unreachable).
    """
    async with engine.connect() as connection:
        if not await connection.run_sync(needs_migration):
            return False
    await asyncio.to_thread(importlib.import_module, "alembic.command")
    async with rebuilding(engine) as connection:
        await connection.run_sync(upgrade)
        await connection.run_sync(_check_references)
    return True


async def migrate(url: str) -> bool:
    """Create or upgrade the database at `url`; returns whether anything was done. See `ensure_current`."""
    create_private_file(url)
    engine = open_engine(url)
    try:
        return await ensure_current(engine)
    finally:
        await engine.dispose()
