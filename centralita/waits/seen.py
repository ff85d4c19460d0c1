"""The demand of a centre as its own database shows it: who called when, for how long, how patient."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from acd.model import Direction, QueueId, Routing
from centralita.store.tables import contact, segment, wrap_up
from centralita.waits.demand import HOURS, PATIENCE_MS, TALK_MS, Demand, Stream

LOOK_BACK_MS = 28 * 86_400_000
CONTACTS_LEAST = 200
"""Fewer tell nothing: figures are assumed then."""
EVENTS_LEAST = 20
"""Talks, or callers who gave up, from which on a queue's own mean is taken."""
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Contact:
    """One finished contact that came to a queue."""

    queue: QueueId
    language: str
    segment: str
    queued_ms: int
    wait_ms: int
    talk_ms: int
    answered: bool


@dataclass(frozen=True, slots=True)
class Talk:
    agent: str
    start_ms: int


@dataclass(slots=True)
class _Times:
    """Sums over the contacts of one queue, milliseconds."""

    talks: int = 0
    talk_ms: float = 0.0
    talk_squares: float = 0.0
    waits_ms: float = 0.0
    given_up: int = 0

    def add(self, seen: Contact) -> None:
        self.waits_ms += seen.wait_ms
        if seen.answered:
            self.talks += 1
            self.talk_ms += seen.talk_ms
            self.talk_squares += seen.talk_ms**2
        else:
            self.given_up += 1

    def talk(self) -> tuple[float, float] | None:
        """Mean and coefficient of variation; None for too few."""
        if self.talks < EVENTS_LEAST or self.talk_ms <= 0:
            return None
        mean = self.talk_ms / self.talks
        variance = max(0.0, self.talk_squares / self.talks - mean**2)
        return mean, min(3.0, math.sqrt(variance) / mean)

    def patience_ms(self) -> float | None:
        """
        All waiting over the number of those who gave up: the estimate for exponential patience of which
        the rest is not seen, as the others were answered first. None for too few.

        Source: maximum likelihood under right censoring, e.g. Mandelbaum and Zeltyn, "Service
        engineering", Erlang-A estimation.
        """
        return self.waits_ms / self.given_up if self.given_up >= EVENTS_LEAST else None


@dataclass(slots=True)
class _Sums:
    all: _Times = field(default_factory=_Times)
    queues: defaultdict[QueueId, _Times] = field(default_factory=lambda: defaultdict(_Times))
    calls: Counter[tuple[QueueId, str, str, int]] = field(default_factory=Counter)
    """By queue, language, segment and hour of the day."""
    days: set[int] = field(default_factory=set)


async def read_demand(engine: AsyncEngine, routing: Routing, now_ms: int) -> Demand | None:
    """
    The demand of the last four weeks; None if there were too few contacts.

    Args:
        engine: Of the projection's database.
        routing: Queues and agents that are no more are left out.
        now_ms: UTC.
    """
    since_ms = now_ms - LOOK_BACK_MS
    talks_of = select(segment.c.agent, segment.c.start_ms).where(
        segment.c.kind == "talking", segment.c.start_ms >= since_ms
    )
    wraps_of = (
        select(contact.c.queue, wrap_up.c.wrap_ms)
        .join(contact, contact.c.id == wrap_up.c.contact_id)
        .where(wrap_up.c.end_ms >= since_ms, contact.c.direction == Direction.INBOUND.value)
    )
    of = contact.c
    wanted = (of.queue, of.language, of.segment, of.queued_ms, of.wait_ms, of.talk_ms, of.answered_ms)
    contacts_of = select(*wanted).where(
        of.ended_ms >= since_ms,
        of.queued_ms.is_not(None),
        of.queue.is_not(None),
        # Whom an agent calls is no demand, and a talk of another kind.
        of.direction == Direction.INBOUND.value,
    )
    async with engine.connect() as connection:
        contacts = [_contact(row) for row in await connection.execute(contacts_of)]
        talks = [Talk(agent, start_ms) for agent, start_ms in await connection.execute(talks_of)]
        wraps = [(QueueId(queue), ms) for queue, ms in await connection.execute(wraps_of) if queue]
    return demand_of(routing, contacts, talks, wraps)


def demand_of(
    routing: Routing, contacts: Iterable[Contact], talks: Sequence[Talk], wraps: Sequence[tuple[QueueId, int]]
) -> Demand | None:
    """The same from what was read. Days without a single contact do not count."""
    sums = _Sums()
    for seen in contacts:
        if seen.queue in routing.queues:
            sums.days.add(seen.queued_ms // (HOURS * HOUR_MS))
            sums.all.add(seen)
            sums.queues[seen.queue].add(seen)
            hour = seen.queued_ms // HOUR_MS % HOURS
            sums.calls[seen.queue, seen.language or routing.language, seen.segment, hour] += 1
    if sum(sums.calls.values()) < CONTACTS_LEAST:
        return None
    return Demand(_streams(sums), _wraps(routing, wraps), _staff(routing, talks), "history")


def _streams(sums: _Sums) -> tuple[Stream, ...]:
    kinds = sorted({(queue, language, segment) for queue, language, segment, _ in sums.calls})
    found = []
    for queue, language, of_segment in kinds:
        times = sums.queues[queue]
        talk_ms, talk_cv = times.talk() or sums.all.talk() or (TALK_MS, 1.0)
        found.append(
            Stream(
                queue,
                language,
                tuple(
                    sums.calls[queue, language, of_segment, hour] / len(sums.days) for hour in range(HOURS)
                ),
                of_segment,
                talk_ms=talk_ms,
                talk_cv=talk_cv,
                patience_ms=times.patience_ms() or sums.all.patience_ms() or PATIENCE_MS,
            )
        )
    return tuple(found)


def _by_hour(sums: _Sums, queue: QueueId, language: str, of_segment: str) -> tuple[float, ...]:
    return tuple(sums.calls[queue, language, of_segment, hour] / len(sums.days) for hour in range(HOURS))


def _wraps(routing: Routing, wraps: Sequence[tuple[QueueId, int]]) -> dict[QueueId, float]:
    by_queue: defaultdict[QueueId, list[int]] = defaultdict(list)
    for queue, wrap_ms in wraps:
        by_queue[queue].append(wrap_ms)
    return {
        queue: sum(found) / len(found)
        for queue, found in sorted(by_queue.items())
        if queue in routing.queues and len(found) >= EVENTS_LEAST
    }


def _staff(routing: Routing, talks: Sequence[Talk]) -> tuple[float, ...]:
    """
    Share of all agents who work in each hour of the day: those who talked in it.

    An hour in which nobody ever talked counts as one with the fewest.
    """
    people: defaultdict[int, set[str]] = defaultdict(set)
    for talk in talks:
        if talk.agent in routing.agents:
            people[talk.start_ms // HOUR_MS].add(talk.agent)
    if not people or not routing.agents:
        return (1.0,)
    by_hour: defaultdict[int, list[int]] = defaultdict(list)
    for hour, seen in people.items():
        by_hour[hour % HOURS].append(len(seen))
    means = {hour: sum(counts) / len(counts) / len(routing.agents) for hour, counts in by_hour.items()}
    fewest = min(means.values())
    return tuple(means.get(hour, fewest) for hour in range(HOURS))


def _contact(row: Any) -> Contact:
    return Contact(
        QueueId(row.queue),
        row.language,
        row.segment,
        row.queued_ms,
        row.wait_ms,
        row.talk_ms,
        row.answered_ms is not None,
    )
