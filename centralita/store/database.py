"""How the projection's database is opened: the only place that knows the dialects apart."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

BUSY_TIMEOUT_MS = 2_000
"""How long SQLite itself waits for another process's lock before we hear of it."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA foreign_keys=ON",
    # An erased number must not live on in a free page of the file.
    "PRAGMA secure_delete=ON",
)


def open_engine(url: str) -> AsyncEngine:
    """
    An engine for the database at `url`; connects to nothing yet.

    Args:
        url: `sqlite+aiosqlite:///path` or `postgresql+asyncpg://...`.
            A SQLite file is created readable by its owner only.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_async_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    engine = create_async_engine(parsed, hide_parameters=True)
    # Whoever connects first would create it readable by all.
    event.listen(engine.sync_engine, "do_connect", lambda *_: create_private_file(url))
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def create_private_file(url: str) -> None:
    """Create the SQLite file with mode 0600, and its directory, if it is not there. Raises OSError."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return
    path = Path(str(parsed.database))
    path.parent.mkdir(parents=True, exist_ok=True)
    # One that is there must not even be opened: closing it takes all of this process's locks away, and the
    # next process that looks in removes the log that we go on writing (sqlite.org/howtocorrupt.html, 2.2).
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


@asynccontextmanager
async def rebuilding(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction in which tables may be rebuilt. SQLite does not watch over references meanwhile."""
    async with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            async with connection.begin():
                yield connection
            return
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        # Has no effect inside a transaction (sqlite.org/lang_altertable.html, section 7).
        await raw.execute("PRAGMA foreign_keys=OFF")
        try:
            async with connection.begin():
                yield connection
        finally:
            await raw.execute("PRAGMA foreign_keys=ON")


async def drop_erased_pages(engine: AsyncEngine) -> None:
    """After an erasure: leave no copy of the old row in SQLite's write-ahead log."""
    if engine.dialect.name != "sqlite":
        return
    async with engine.connect() as connection:
        raw = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await _checkpoint(raw)


async def _checkpoint(connection: AsyncConnection) -> None:
    (await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))).close()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions leave DDL outside; we say BEGIN ourselves (_begin_sqlite).
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")
