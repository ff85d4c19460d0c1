"""
The projection for programs that count: plain rows, read-only, off every event loop.

SQLite is read by the standard library's own driver: what an object mapper costs for each
row is most of the time of a report. Other databases go through SQLAlchemy.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from centralita.web.ports import HistoryUnavailableError

BUSY_TIMEOUT_S = 5.0
"""How long SQLite waits for a lock; readers of a database in WAL mode hardly ever meet one."""
_SQLITE = "sqlite"

_T = TypeVar("_T")
Given = Mapping[str, object]


class Source(Protocol):
    """A database that is only read. No statement leaves a transaction open behind it."""

    def rows(self, sql: str, given: Given) -> Sequence[Sequence[Any]]:
        """
        All rows of a SELECT that every dialect understands.

        Args:
            sql: Values are named, ":from_ms".
            given: Their values.

        Raises:
            HistoryUnavailableError: The database does not answer, or is of another version.
        """


def reading(url: str, work: Callable[[Source], _T]) -> _T:
    """
    Do this with the database at `url`; blocks.

    Args:
        url: As of `database.open_engine`.
        work: What reads.

    Raises:
        HistoryUnavailableError: It cannot be opened, or does not answer.
    """
    if url.startswith(_SQLITE):
        return _with_sqlite(Path(url.partition("///")[2]), work)
    return asyncio.run(with_engine(url, work))


def _with_sqlite(path: Path, work: Callable[[Source], _T]) -> _T:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S
        )
    except sqlite3.Error as error:
        raise HistoryUnavailableError(str(error)) from error
    try:
        return work(_Sqlite(connection))
    finally:
        connection.close()


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, given: Given) -> Sequence[Sequence[Any]]:
        try:
            return self._connection.execute(sql, given).fetchall()
        except sqlite3.Error as error:
            raise HistoryUnavailableError(str(error)) from error


async def with_engine(url: str, work: Callable[[Source], _T]) -> _T:
    """As `reading`, by SQLAlchemy, whatever the dialect."""
    # Not at the top: its import takes longer than a small report from SQLite.
    from sqlalchemy import Connection, text  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from centralita.store.database import open_engine  # noqa: PLC0415

    class Engine:
        def __init__(self, connection: Connection) -> None:
            self._connection = connection

        def rows(self, sql: str, given: Given) -> Sequence[Sequence[Any]]:
            return self._connection.execute(text(sql), dict(given)).all()

    engine = open_engine(url)
    try:
        async with engine.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            return await plain.run_sync(lambda sync: work(Engine(sync)))
    except (SQLAlchemyError, OSError) as error:
        raise HistoryUnavailableError(type(error).__name__) from error
    finally:
        await engine.dispose()
