"""
Promised calls: which number stands behind a token, for whoever makes the call and for who looks.

A row is written before the distributor hears of the promise, so that no promise is without its number,
whatever is killed in between. Numbers, names and notes can be erased; that there was a promise stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Select,
    String,
    Table,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from acd.model import PromiseEnd
from centralita.store.tables import customer_number, metadata
from centralita.web.ports import HistoryUnavailableError

callback = Table(
    "callback",
    metadata,
    Column("token", String, primary_key=True, comment="random: says nothing of the number"),
    # Not a foreign key: written before there is a promise, its contact when it ends.
    Column("contact_id", String, nullable=False, index=True),
    Column("number", String, comment="to be dialled, E.164 or a short one; null: erased"),
    Column("queue", String, nullable=False),
    Column("source", String, nullable=False, comment="call, api or site"),
    Column("site", String, nullable=False, comment="of the configuration; empty: no site"),
    Column("name", String, nullable=False, comment="as the customer gave it"),
    Column("note", String, nullable=False),
    Column("key", String, unique=True, comment="of who asked: the same request twice is one"),
    Column("made_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, comment="null while the promise stands"),
    Column("end", String, nullable=False, comment="acd.model.PromiseEnd; empty while it stands"),
    Index(None, "ended_ms"),
)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Callback:
    """One promise. Times are UTC milliseconds."""

    token: str
    contact_id: str
    number: str | None
    queue: str
    source: str
    """call, api or site."""
    made_ms: int
    site: str = ""
    name: str = ""
    note: str = ""
    key: str | None = None
    ended_ms: int | None = None
    end: str = ""


def make(connection: Connection, row: Callback) -> Callback:
    """Write it; one that was made with the same key already is what comes back."""
    if row.key is not None:
        known = connection.execute(select(callback).where(callback.c.key == row.key)).first()
        if known is not None:
            return _of(known)
    connection.execute(insert(callback), [{name: getattr(row, name) for name in Callback.__slots__}])
    return row


def unmake(connection: Connection, token: str) -> None:
    """There is no such promise after all."""
    connection.execute(delete(callback).where(callback.c.token == token))


def end(connection: Connection, contact_id: str, how: str, at_ms: int) -> None:
    """Of the one that stands."""
    connection.execute(
        update(callback)
        .where(callback.c.contact_id == contact_id, callback.c.ended_ms.is_(None))
        .values(end=how, ended_ms=at_ms)
    )


def lose(connection: Connection, tokens: Collection[str], at_ms: int) -> None:
    """After a restart: these rows stand, and nobody is to keep them. They were ended, or never began."""
    standing = callback.c.ended_ms.is_(None)
    connection.execute(
        update(callback)
        .where(callback.c.token.in_(tokens), standing)
        .values(end=PromiseEnd.LOST.value, ended_ms=at_ms)
    )


def erase_callbacks(
    connection: Connection, customer_id: str, contact_ids: Collection[str] | Select[tuple[str]]
) -> None:
    """Call while the customer's numbers are known."""
    numbers = select(customer_number.c.number_e164).where(customer_number.c.customer_id == customer_id)
    connection.execute(
        update(callback)
        .where(or_(callback.c.contact_id.in_(contact_ids), callback.c.number.in_(numbers)))
        .values(number=None, name="", note="", key=None)
    )


class CallbackRows:
    """
    Reads beside the writer. Every method may raise `HistoryUnavailableError`.

    Args:
        engine: The projection's.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def standing(self) -> Sequence[Callback]:
        """Promises that have not ended, oldest first."""
        order = callback.c.made_ms, callback.c.token
        return await self._reading(select(callback).where(callback.c.ended_ms.is_(None)).order_by(*order))

    async def done(self, limit: int) -> Sequence[Callback]:
        """Those that have ended, the last first."""
        ended = callback.c.ended_ms
        asked = select(callback).where(ended.is_not(None)).order_by(ended.desc(), callback.c.token)
        return await self._reading(asked.limit(limit))

    async def _reading(self, asked: Select[Any]) -> list[Callback]:
        return await self._run(lambda connection: [_of(row) for row in connection.execute(asked)])

    async def _run(self, read: Callable[[Connection], _T]) -> _T:
        try:
            async with self._engine.connect() as connection:
                return await connection.run_sync(read)
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error


def _of(row: Any) -> Callback:
    return Callback(**{name: getattr(row, name) for name in Callback.__slots__})
