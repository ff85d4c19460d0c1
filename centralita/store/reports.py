"""What reports are computed from: the stories of contacts and the states of agents, as they are stored."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from acd.model import Activity, AgentId, ContactId, EndedBy, ExitTo, OfferId, Outcome, Presence, QueueId
from acd.records import Segment
from acd.stats.kpi_follow import AgentTimes, Span
from acd.stats.kpi_story import Diverted, Story, Wrapped
from centralita.store.tables import agent_state, contact, diversion, party, segment, wrap_up
from centralita.web.ports import HistoryUnavailableError

PAGE = 500
"""Contacts read at once: a page keeps the loop for a few milliseconds."""

_Rows = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """A story, and whose it is."""

    story: Story
    customer: str | None
    """Opaque key; None: nobody knows."""


@dataclass(frozen=True, slots=True)
class Aside:
    """What is stored of a contact that has not ended."""

    diverted: tuple[Diverted, ...]
    wraps: tuple[Wrapped, ...]
    customer: str | None


class ReportReader:
    """
    Reads beside the writer. Every method may raise `HistoryUnavailableError`.

    Args:
        engine: The projection's.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def count(self, from_ms: int, to_ms: int) -> int:
        """How many finished contacts `stories` would read."""
        async with self._reading() as connection:
            found = await connection.scalar(select(func.count()).where(_touches(from_ms, to_ms)))
            return found or 0

    async def stories(self, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Found]]:
        """Finished contacts that were there in this time, in pages."""
        async for page in self._pages(_touches(from_ms, to_ms)):
            yield page

    async def of_the_same(self, from_ms: int, to_ms: int, around_ms: int) -> AsyncIterator[Sequence[Found]]:
        """The other contacts, so long before and after, of the customers who were there in this time."""
        customers = (
            select(contact.c.customer_id)
            .where(_touches(from_ms, to_ms), contact.c.customer_id.is_not(None))
            .distinct()
        )
        near = and_(contact.c.ended_ms >= from_ms - around_ms, contact.c.started_ms < to_ms + around_ms)
        outside = or_(contact.c.ended_ms < from_ms, contact.c.started_ms >= to_ms)
        async for page in self._pages(and_(near, outside, contact.c.customer_id.in_(customers))):
            yield page

    async def asides(self, contact_ids: Sequence[ContactId]) -> Mapping[ContactId, Aside]:
        """What is stored of contacts that have not ended."""
        found: dict[ContactId, Aside] = {}
        async with self._reading() as connection:
            for start in range(0, len(contact_ids), PAGE):
                some = contact_ids[start : start + PAGE]
                ways, wraps = await _diversions(connection, some), await _wraps(connection, some)
                rows = await connection.execute(
                    select(party.c.contact_id, party.c.customer_id).where(party.c.contact_id.in_(some))
                )
                customers = {row.contact_id: row.customer_id for row in rows}
                for one in some:
                    found[one] = Aside(_ways(ways[one]), _wrapped(wraps[one]), customers.get(one))
        return found

    async def spans(self, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Span]]:
        """What agents did in this time, in pages; what began before or goes on is whole, up to `to_ms`."""
        last = (
            select(agent_state.c.agent, func.max(agent_state.c.at_ms).label("at_ms"))
            .where(agent_state.c.at_ms < from_ms)
            .group_by(agent_state.c.agent)
            .subquery()
        )
        before = (
            select(agent_state)
            .join(last, and_(agent_state.c.agent == last.c.agent, agent_state.c.at_ms == last.c.at_ms))
            .order_by(*_IN_ORDER)
        )
        within = (
            select(agent_state)
            .where(agent_state.c.at_ms >= from_ms, agent_state.c.at_ms < to_ms)
            .order_by(*_IN_ORDER)
        )
        times = AgentTimes()
        async with self._reading() as connection:
            for statement in (before, within):
                rows = await connection.stream(statement)
                async for part in rows.partitions(PAGE):
                    yield [span for row in part for span in _note(times, row)]
        yield times.open(to_ms)

    async def _pages(self, which: ColumnElement[bool]) -> AsyncIterator[Sequence[Found]]:
        after: tuple[int, str] | None = None
        while True:
            async with self._reading() as connection:
                rows = (await connection.execute(_page(which, after))).all()
                parts = await _parts(connection, [row.id for row in rows])
            yield await asyncio.to_thread(_found, rows, parts)
            if len(rows) < PAGE:
                return
            after = (rows[-1].ended_ms, rows[-1].id)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error


_IN_ORDER = (agent_state.c.at_ms, agent_state.c.journal_seq, agent_state.c.position)


def _touches(from_ms: int, to_ms: int) -> ColumnElement[bool]:
    return and_(contact.c.ended_ms >= from_ms, contact.c.started_ms < to_ms)


def _page(which: ColumnElement[bool], after: tuple[int, str] | None) -> Select[Any]:
    statement = select(contact).where(which).order_by(contact.c.ended_ms, contact.c.id).limit(PAGE)
    if after is None:
        return statement
    ended_ms, contact_id = after
    later = or_(
        contact.c.ended_ms > ended_ms, and_(contact.c.ended_ms == ended_ms, contact.c.id > contact_id)
    )
    return statement.where(later)


async def _parts(connection: AsyncConnection, ids: Sequence[str]) -> Mapping[str, _Rows]:
    statement = select(segment).where(segment.c.contact_id.in_(ids)).order_by(segment.c.position)
    return {
        "segments": _by_contact(await connection.execute(statement)),
        "ways": await _diversions(connection, ids),
        "wraps": await _wraps(connection, ids),
    }


async def _diversions(connection: AsyncConnection, ids: Sequence[str]) -> _Rows:
    """In the order in which they were taken."""
    statement = select(diversion).where(diversion.c.contact_id.in_(ids))
    rows = (await connection.execute(statement)).all()
    return _by_contact(sorted(rows, key=_order))


def _order(row: Any) -> tuple[int, ...]:
    """By the journal: behind the contact the id holds the seq, and its place there unless it is the first."""
    return tuple(int(part) for part in row.id[len(row.contact_id) + 1 :].split("."))


async def _wraps(connection: AsyncConnection, ids: Sequence[str]) -> _Rows:
    statement = select(wrap_up).where(wrap_up.c.contact_id.in_(ids)).order_by(wrap_up.c.end_ms, wrap_up.c.id)
    return _by_contact(await connection.execute(statement))


def _by_contact(rows: Iterable[Any]) -> _Rows:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.contact_id].append(row)
    return found


def _found(rows: Sequence[Any], parts: Mapping[str, _Rows]) -> Sequence[Found]:
    return [Found(_story(row, parts), row.customer_id) for row in rows]


def _story(row: Any, parts: Mapping[str, _Rows]) -> Story:
    return Story(
        ContactId(row.id),
        row.entry,
        row.started_ms,
        row.ended_ms,
        Outcome(row.outcome),
        QueueId(row.queue) if row.queue else None,
        row.segment,
        tuple(_segment(part) for part in parts["segments"].get(row.id, ())),
        _ways(parts["ways"].get(row.id, ())),
        _wrapped(parts["wraps"].get(row.id, ())),
    )


def _segment(row: Any) -> Segment:
    return Segment(
        row.kind,
        row.start_ms,
        row.end_ms,
        QueueId(row.queue) if row.queue else None,
        AgentId(row.agent) if row.agent else None,
        OfferId(row.offer_id) if row.offer_id else None,
        EndedBy(row.ended_by) if row.ended_by else None,
    )


def _ways(rows: Sequence[Any]) -> tuple[Diverted, ...]:
    return tuple(Diverted(QueueId(row.queue), ExitTo(row.to), row.at_ms) for row in rows)


def _wrapped(rows: Sequence[Any]) -> tuple[Wrapped, ...]:
    return tuple(Wrapped(AgentId(row.agent), row.end_ms, row.wrap_ms) for row in rows)


def _note(times: AgentTimes, row: Any) -> list[Span]:
    return times.note(AgentId(row.agent), Presence(row.presence), Activity(row.activity), row.at_ms)
