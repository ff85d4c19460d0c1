"""What reports are computed from: the stories of contacts and the states of agents, as they are stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acd.model import (
    Activity,
    AgentId,
    ContactId,
    Direction,
    EndedBy,
    ExitTo,
    OfferId,
    Outcome,
    Presence,
    QueueId,
)
from acd.records import Segment
from acd.stats.kpi_follow import AgentTimes, Span
from acd.stats.kpi_story import Diverted, Handed, Story, Wrapped
from centralita.store.happenings import ATTENDED, DIALLED, ESCALATED, in_order
from centralita.store.plain import Given, Source

PAGE = 2_000
"""Contacts read at once: more are hardly faster, and all of them are in memory together."""
STATES = 20_000
"""States of agents read at once."""

_Row = Sequence[Any]
_Rows = Mapping[str, Sequence[_Row]]

# To look a member up in a table takes a fifth of the time of calling its class.
_OUTCOMES = {one.value: one for one in Outcome}
_ENDED_BY = {one.value: one for one in EndedBy}
_EXITS = {one.value: one for one in ExitTo}
_OUTBOUND = Direction.OUTBOUND.value
_PRESENCES = {one.value: one for one in Presence}
_ACTIVITIES = {one.value: one for one in Activity}

_COUNT = "SELECT COUNT(*) FROM contact WHERE ended_ms >= :from_ms AND started_ms < :to_ms"
_STORIES = """
    SELECT id, entry, started_ms, ended_ms, outcome, queue, segment, direction, customer_id FROM contact
    WHERE ended_ms >= :from_ms AND started_ms < :to_ms AND (ended_ms, id) > (:after_ms, :after_id)
    ORDER BY ended_ms, id LIMIT :page
"""
_OF_THE_SAME = """
    SELECT id, entry, started_ms, ended_ms, outcome, queue, segment, direction, customer_id FROM contact
    WHERE customer_id IN ({ids}) AND ended_ms >= :since_ms AND started_ms < :until_ms
    AND (ended_ms < :from_ms OR started_ms >= :to_ms)
"""
_SEGMENTS = """
    SELECT contact_id, kind, start_ms, end_ms, queue, agent, offer_id, ended_by, hold_ms FROM segment
    WHERE contact_id IN ({ids}) ORDER BY contact_id, position
"""
_WAYS = 'SELECT contact_id, id, queue, "to", at_ms FROM diversion WHERE contact_id IN ({ids})'
_WRAPS = """
    SELECT contact_id, agent, end_ms, wrap_ms FROM wrap_up WHERE contact_id IN ({ids}) ORDER BY end_ms, id
"""
_DEEDS = """
    SELECT contact_id, id, kind, agent, reason, at_ms FROM happening
    WHERE contact_id IN ({ids}) AND kind IN ('escalated', 'transferred', 'dialled')
"""
"""What agents did with contacts."""
_CUSTOMERS = "SELECT contact_id, customer_id FROM party WHERE contact_id IN ({ids})"
_AGENTS = """
    WITH RECURSIVE one(agent) AS (
        SELECT MIN(agent) FROM agent_state
        UNION ALL
        SELECT (SELECT MIN(agent) FROM agent_state WHERE agent > one.agent) FROM one
        WHERE one.agent IS NOT NULL
    )
    SELECT agent FROM one WHERE agent IS NOT NULL
"""
"""Jumps from one to the next in the index: there may be years of states."""
_LAST = """
    SELECT agent, presence, activity, at_ms, journal_seq, position FROM agent_state
    WHERE agent = :agent AND at_ms < :from_ms
    ORDER BY at_ms DESC, journal_seq DESC, position DESC LIMIT 1
"""
_STATES = """
    SELECT agent, presence, activity, at_ms, journal_seq, position FROM agent_state
    WHERE at_ms >= :from_ms AND at_ms < :to_ms
    AND (at_ms, journal_seq, position) > (:after_ms, :after_seq, :after_position)
    ORDER BY at_ms, journal_seq, position LIMIT :page
"""


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
    handed: tuple[Handed, ...]
    customer: str | None


class ReportReader:
    """Reads beside the writer. Every method may raise `HistoryUnavailableError`."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def count(self, from_ms: int, to_ms: int) -> int:
        """How many finished contacts `stories` would read."""
        ((found,),) = self._source.rows(_COUNT, {"from_ms": from_ms, "to_ms": to_ms})
        return int(found)

    def stories(self, from_ms: int, to_ms: int) -> Iterator[Sequence[Found]]:
        """Finished contacts that were there in this time, in pages."""
        after_ms, after_id = -1, ""
        while True:
            given = {"from_ms": from_ms, "to_ms": to_ms, "after_ms": after_ms, "after_id": after_id}
            rows = self._source.rows(_STORIES, given | {"page": PAGE})
            yield self._found(rows)
            if len(rows) < PAGE:
                return
            after_id, after_ms = rows[-1][0], rows[-1][3]

    def of_the_same(
        self, customers: Collection[str], from_ms: int, to_ms: int, around_ms: int
    ) -> Iterator[Sequence[Found]]:
        """The contacts of these customers, so long before and after this time, that were not there in it."""
        given = {
            "from_ms": from_ms,
            "to_ms": to_ms,
            "since_ms": from_ms - around_ms,
            "until_ms": to_ms + around_ms,
        }
        wanted = sorted(customers)
        for start in range(0, len(wanted), PAGE):
            yield self._found(self._among(_OF_THE_SAME, wanted[start : start + PAGE], given))

    def asides(self, contact_ids: Sequence[ContactId]) -> Mapping[ContactId, Aside]:
        """What is stored of contacts that have not ended."""
        found: dict[ContactId, Aside] = {}
        for start in range(0, len(contact_ids), PAGE):
            some = contact_ids[start : start + PAGE]
            ways, wraps, deeds = (self._by_contact(sql, some) for sql in (_WAYS, _WRAPS, _DEEDS))
            customers = {row[0]: row[1] for row in self._among(_CUSTOMERS, some)}
            for one in some:
                found[one] = Aside(
                    _ways(ways.get(one, ())),
                    _wrapped(wraps.get(one, ())),
                    _handed(deeds.get(one, ())),
                    customers.get(one),
                )
        return found

    def spans(self, from_ms: int, to_ms: int) -> Iterator[Sequence[Span]]:
        """What agents did in this time, in pages; what began before or goes on is whole, up to `to_ms`."""
        times = AgentTimes()
        for (agent,) in self._source.rows(_AGENTS, {}):
            for row in self._source.rows(_LAST, {"agent": agent, "from_ms": from_ms}):
                yield _note(times, row)
        after = {"after_ms": -1, "after_seq": -1, "after_position": -1}
        while True:
            rows = self._source.rows(_STATES, {"from_ms": from_ms, "to_ms": to_ms, "page": STATES} | after)
            yield [span for row in rows for span in _note(times, row)]
            if len(rows) < STATES:
                break
            after = dict(zip(after, rows[-1][3:], strict=True))
        yield times.open(to_ms)

    def _found(self, rows: Sequence[_Row]) -> Sequence[Found]:
        ids = [row[0] for row in rows]
        if not ids:
            return ()
        segments, ways, wraps, deeds = (
            self._by_contact(sql, ids) for sql in (_SEGMENTS, _WAYS, _WRAPS, _DEEDS)
        )
        return [
            Found(
                Story(
                    id_,
                    entry,
                    started_ms,
                    ended_ms,
                    _OUTCOMES[outcome],
                    queue or None,
                    segment,
                    tuple(_segment(*part[1:]) for part in segments.get(id_, ())),
                    _ways(ways.get(id_, ())),
                    _wrapped(wraps.get(id_, ())),
                    escalated=any(row[2] == ESCALATED for row in deeds.get(id_, ())),
                    outgoing=direction == _OUTBOUND,
                    dialled_by=next(
                        (AgentId(row[3]) for row in deeds.get(id_, ()) if row[2] == DIALLED), None
                    ),
                    handed=_handed(deeds.get(id_, ())),
                ),
                customer,
            )
            for id_, entry, started_ms, ended_ms, outcome, queue, segment, direction, customer in rows
        ]

    def _by_contact(self, sql: str, ids: Sequence[str]) -> _Rows:
        found: dict[str, list[_Row]] = defaultdict(list)
        for row in self._among(sql, ids):
            found[row[0]].append(row)
        return found

    def _among(self, sql: str, ids: Sequence[str], given: Given | None = None) -> Sequence[_Row]:
        """Rows whose key is one of these: `{ids}` in the statement."""
        named: dict[str, object] = {f"i{n}": id_ for n, id_ in enumerate(ids)}
        whole = sql.format(ids=",".join(f":{name}" for name in named))
        return self._source.rows(whole, {**named, **(given or {})})


def _segment(
    kind: Any,
    start_ms: int,
    end_ms: int,
    queue: str | None,
    agent: str | None,
    offer: str | None,
    ended_by: str | None,
    hold_ms: int,
) -> Segment:
    return Segment(
        kind,
        start_ms,
        end_ms,
        QueueId(queue) if queue else None,
        AgentId(agent) if agent else None,
        OfferId(offer) if offer else None,
        _ENDED_BY[ended_by] if ended_by else None,
        hold_ms,
    )


def _ways(rows: Sequence[_Row]) -> tuple[Diverted, ...]:
    """In the order in which they were taken."""
    ordered = sorted(rows, key=lambda row: in_order(row[1], row[0])) if len(rows) > 1 else rows
    return tuple(Diverted(queue, _EXITS[to], at_ms) for _, _, queue, to, at_ms in ordered)


def _handed(rows: Sequence[_Row]) -> tuple[Handed, ...]:
    """In the order in which they were made."""
    return tuple(
        Handed(AgentId(agent), at_ms, how == ATTENDED)
        for *_, kind, agent, how, at_ms in sorted(rows, key=lambda row: in_order(row[1], row[0]))
        if kind != DIALLED
    )


def _wrapped(rows: Sequence[_Row]) -> tuple[Wrapped, ...]:
    return tuple(Wrapped(agent, end_ms, wrap_ms) for _, agent, end_ms, wrap_ms in rows)


def _note(times: AgentTimes, row: _Row) -> list[Span]:
    return times.note(row[0], _PRESENCES[row[1]], _ACTIVITIES[row[2]], row[3])
