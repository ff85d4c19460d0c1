"""
What webhooks still have to be told: written with the records that it tells of, gone when it was delivered.

A row is written in the same transaction as the records of its journal entry,
so a killed server neither loses nor invents one. Rows may hold numbers and
names, which is why they are deleted as soon as they are delivered, go with an
erased customer, and are kept for a limited time if nobody takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Row, Select, and_, case, delete, exists, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from centralita.store.tables import outbox, party, webhook

_T = TypeVar("_T")


class OutboxUnavailableError(Exception):
    """The database does not answer or does not take it now; nothing is lost."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint, as it is written."""

    endpoint: str
    seq: int
    """Of the message; grows."""
    line: str
    """What must stay in order: the contact's id; of events without contact, something with a colon."""
    type: str
    body: bytes
    at_ms: int
    """UTC: tried from now on."""

    @property
    def row(self) -> dict[str, object]:
        return {
            "id": f"{self.endpoint}.{self.seq}",
            "endpoint": self.endpoint,
            "seq": self.seq,
            "line": self.line,
            "type": self.type,
            "body": self.body,
            "since_ms": self.at_ms,
            "next_ms": self.at_ms,
            "attempts": 0,
            "dead_ms": None,
            "error": "",
        }


@dataclass(frozen=True, slots=True)
class Waiting:
    """One event that is to be delivered."""

    id: str
    seq: int
    line: str
    type: str
    body: bytes
    since_ms: int
    attempts: int
    """Those made before."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One that could not be delivered: for an administrator."""

    id: str
    seq: int
    line: str
    type: str
    body: bytes
    since_ms: int
    dead_ms: int
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class Failed:
    """What became of an event that was not taken."""

    id: str
    endpoint: str
    line: str
    attempts: int
    error: str
    next_ms: int | None
    """When it is tried again, UTC; None: never, it is dead."""
    now_ms: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one endpoint."""

    pending: int = 0
    dead: int = 0
    oldest_ms: int | None = None
    """Since when the oldest pending one waits, UTC."""
    next_ms: int | None = None
    """When the first of those is tried again that have failed, UTC."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is remembered of an endpoint over restarts."""

    url: str
    disabled: bool = False
    ok_ms: int | None = None
    failed_ms: int | None = None
    error: str = ""
    lost: int = 0
    """Events that never came into the outbox: it was full, or they were too large."""


class Writer(Protocol):
    """Whoever alone writes the database."""

    async def order(self, work: Callable[[Connection], _T], *, erases: bool = False) -> _T:
        """Raises TimeoutError."""


class Outbox:
    """
    Args:
        engine: For reading.
        writer: Everything is written by it, after the rows that it was given before.
    """

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    async def due(
        self, endpoint: str, now_ms: int, *, without: Collection[str], lines: int, each: int
    ) -> list[list[Waiting]]:
        """
        The events to deliver now, in order, one list for each line.

        Args:
            endpoint: Its name.
            now_ms: UTC.
            without: Lines that are being seen to; a few.
            lines: At most so many.
            each: At most so many events of one line.

        Raises:
            OutboxUnavailableError: Ask again later.
        """
        heads = await self._all(_heads(endpoint, now_ms, list(without), lines))
        found = [head.line for head in heads]
        if not found:
            return []
        runs: dict[str, list[Waiting]] = {line: [] for line in found}
        for row in await self._all(_runs(endpoint, found, lines * each)):
            if len(runs[row.line]) < each:
                runs[row.line].append(_waiting(row))
        return [run for run in runs.values() if run]

    async def settle(
        self, delivered: Sequence[str], failed: Sequence[Failed], standing: Mapping[str, Standing]
    ) -> None:
        """Write down what became of these. Raises OutboxUnavailableError: it is done later."""
        await self._order(lambda connection: _settle(connection, delivered, failed, standing))

    async def counts(self, endpoint: str) -> Counts:
        """Raises OutboxUnavailableError."""
        alive = outbox.c.dead_ms.is_(None)
        columns: tuple[Any, ...] = (
            alive.label("alive"),
            func.count().label("number"),
            func.min(outbox.c.since_ms).label("oldest_ms"),
            func.min(case((outbox.c.attempts > 0, outbox.c.next_ms))).label("next_ms"),
        )
        query = select(*columns).where(outbox.c.endpoint == endpoint).group_by(alive)
        by = {bool(row.alive): row for row in await self._all(query)}
        pending, dead = by.get(True), by.get(False)
        return Counts(
            pending=pending.number if pending else 0,
            dead=dead.number if dead else 0,
            oldest_ms=pending.oldest_ms if pending else None,
            next_ms=pending.next_ms if pending else None,
        )

    async def letters(self, endpoint: str, *, before: int | None, limit: int) -> list[Letter]:
        """The dead, newest first, those with a smaller seq than `before`. Raises OutboxUnavailableError."""
        query = _dead(endpoint).order_by(outbox.c.seq.desc()).limit(limit)
        rows = await self._all(query if before is None else query.where(outbox.c.seq < before))
        names = Letter.__slots__
        return [Letter(**{name: row._mapping[name] for name in names}) for row in rows]

    async def resend(self, endpoint: str, id_: str | None, now_ms: int) -> int:
        """Try the dead (or this one) again, as if they were new; how many. Raises OutboxUnavailableError."""
        which = and_(outbox.c.endpoint == endpoint, outbox.c.dead_ms.is_not(None))
        if id_ is not None:
            which = and_(which, outbox.c.id == id_)
        again = {"dead_ms": None, "attempts": 0, "since_ms": now_ms, "next_ms": now_ms, "error": ""}
        return await self._order(
            lambda connection: connection.execute(update(outbox).where(which).values(again)).rowcount
        )

    async def bury(self, endpoint: str, error: str, now_ms: int) -> int:
        """All that waits is dead; how many. Raises OutboxUnavailableError."""
        which = and_(outbox.c.endpoint == endpoint, outbox.c.dead_ms.is_(None))
        values = {"dead_ms": now_ms, "error": error}
        return await self._order(
            lambda connection: connection.execute(update(outbox).where(which).values(values)).rowcount
        )

    async def tidy(self, now_ms: int, *, give_up_ms: int, keep_ms: int, dead_max: int) -> None:
        """
        Nothing stays for ever, also of endpoints that are no longer configured.

        Args:
            now_ms: UTC.
            give_up_ms: What has waited longer than this is dead.
            keep_ms: What has been dead for longer than this is deleted.
            dead_max: Of one endpoint; the oldest beyond it are deleted.

        Raises:
            OutboxUnavailableError: It is done later.
        """
        await self._order(lambda connection: _tidy(connection, now_ms, give_up_ms, keep_ms, dead_max))

    async def standings(self) -> Mapping[str, Standing]:
        """Of every endpoint that ever had one. Raises OutboxUnavailableError."""
        return {row.name: _standing(row) for row in await self._all(select(webhook))}

    async def _all(self, query: Select[Any]) -> Sequence[Row[Any]]:
        try:
            async with self._engine.connect() as connection:
                rows: Sequence[Row[Any]] = (await connection.execute(query)).all()
                return rows
        except (SQLAlchemyError, OSError) as error:
            raise OutboxUnavailableError(type(error).__name__) from error

    async def _order(self, work: Callable[[Connection], _T]) -> _T:
        try:
            return await self._writer.order(work)
        except TimeoutError as error:
            raise OutboxUnavailableError("queued; the database is not taking it yet") from error


def erase_deliveries(connection: Connection, customer_id: str) -> None:
    """An erased customer's events go, delivered or not."""
    theirs = select(party.c.contact_id).where(party.c.customer_id == customer_id)
    connection.execute(delete(outbox).where(outbox.c.line.in_(theirs)))


def _heads(endpoint: str, now_ms: int, without: Sequence[str], limit: int) -> Select[Any]:
    """The oldest event of each line, where it is due: what comes behind it has to wait for it."""
    older = outbox.alias("older")
    before = exists().where(
        older.c.endpoint == outbox.c.endpoint,
        older.c.line == outbox.c.line,
        older.c.seq < outbox.c.seq,
        older.c.dead_ms.is_(None),
    )
    return (
        select(outbox.c.line)
        .where(
            outbox.c.endpoint == endpoint,
            outbox.c.dead_ms.is_(None),
            outbox.c.next_ms <= now_ms,
            outbox.c.line.not_in(without),
            ~before,
        )
        .order_by(outbox.c.next_ms, outbox.c.seq)
        .limit(limit)
    )


def _runs(endpoint: str, lines: Sequence[str], limit: int) -> Select[Any]:
    return (
        select(*(outbox.c[name] for name in Waiting.__slots__))
        .where(outbox.c.endpoint == endpoint, outbox.c.line.in_(lines), outbox.c.dead_ms.is_(None))
        .order_by(outbox.c.seq)
        .limit(limit)
    )


def _dead(endpoint: str) -> Select[Any]:
    columns = (outbox.c[name] for name in Letter.__slots__)
    return select(*columns).where(outbox.c.endpoint == endpoint, outbox.c.dead_ms.is_not(None))


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(**row._mapping)


def _standing(row: Row[Any]) -> Standing:
    return Standing(**{name: row._mapping[name] for name in Standing.__slots__})


def _settle(
    connection: Connection,
    delivered: Sequence[str],
    failed: Sequence[Failed],
    standing: Mapping[str, Standing],
) -> None:
    if delivered:
        connection.execute(delete(outbox).where(outbox.c.id.in_(delivered)))
    for one in failed:
        dead = {"dead_ms": one.now_ms} if one.next_ms is None else {"next_ms": one.next_ms}
        values = {"attempts": one.attempts, "error": one.error, **dead}
        connection.execute(update(outbox).where(outbox.c.id == one.id).values(values))
        if one.next_ms is not None:
            # What waits behind it is not due either: so that no look has to go through it again and again.
            behind = and_(outbox.c.endpoint == one.endpoint, outbox.c.line == one.line)
            sooner = and_(outbox.c.dead_ms.is_(None), outbox.c.next_ms < one.next_ms)
            connection.execute(update(outbox).where(behind, sooner).values(next_ms=one.next_ms))
    for name, stands in standing.items():
        values = {column: getattr(stands, column) for column in Standing.__slots__}
        if not connection.execute(update(webhook).where(webhook.c.name == name).values(values)).rowcount:
            connection.execute(insert(webhook).values(name=name, **values))


def _tidy(connection: Connection, now_ms: int, give_up_ms: int, keep_ms: int, dead_max: int) -> None:
    late = and_(outbox.c.dead_ms.is_(None), outbox.c.since_ms < now_ms - give_up_ms)
    connection.execute(
        update(outbox)
        .where(late)
        .values(dead_ms=now_ms, error=func.coalesce(func.nullif(outbox.c.error, ""), "not in time"))
    )
    old = outbox.c.dead_ms < now_ms - keep_ms
    connection.execute(delete(outbox).where(old))
    counted = select(outbox.c.endpoint).where(outbox.c.dead_ms.is_not(None)).group_by(outbox.c.endpoint)
    for endpoint in connection.scalars(counted.having(func.count() > dead_max)).all():
        last = connection.scalar(
            select(outbox.c.seq)
            .where(outbox.c.endpoint == endpoint, outbox.c.dead_ms.is_not(None))
            .order_by(outbox.c.seq.desc())
            .offset(dead_max)
            .limit(1)
        )
        beyond = and_(outbox.c.endpoint == endpoint, outbox.c.dead_ms.is_not(None), outbox.c.seq <= last)
        connection.execute(delete(outbox).where(beyond))
