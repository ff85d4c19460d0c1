"""What a centre's own database tells a tuning: who called when, and how long each agent needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from acd.model import AgentId, Direction, QueueId, Routing
from centralita.store.tables import contact, segment, wrap_up
from centralita.tune.errors import TuneError
from centralita.waits.demand import Demand
from centralita.waits.seen import Contact, Talk, demand_of

DAY_MS = 86_400_000
CONTACTS_NEEDED = 1_000
DAYS_NEEDED = 5
"""With contacts. Fewer, and one odd day would make the weights."""
AGENT_WEIGHT = 50.0
"""As how many talks the queue's mean counts beside an agent's own (shrinkage, Efron and Morris 1975)."""
FACTOR_LEAST, FACTOR_MOST = 0.5, 2.5


@dataclass(frozen=True, slots=True)
class Handled:
    """One talk."""

    agent: AgentId
    queue: QueueId
    start_ms: int
    talk_ms: int


@dataclass(frozen=True, slots=True)
class Past:
    demand: Demand
    contacts: int
    days: int
    """With at least one contact."""


async def read_past(engine: AsyncEngine, routing: Routing, now_ms: int, days: int) -> Past:
    """
    The last days of the centre.

    Args:
        engine: Of the projection's database.
        routing: Queues and agents that are no more are left out.
        now_ms: UTC.
        days: How far back.

    Raises:
        TuneError: Too little happened; says how much there is and how much is needed.
    """
    since_ms = now_ms - days * DAY_MS
    of = contact.c
    # Whom an agent calls is no demand, and a talk of another kind.
    inbound = of.direction == Direction.INBOUND.value
    contacts_of = select(
        of.queue, of.language, of.segment, of.queued_ms, of.wait_ms, of.talk_ms, of.answered_ms
    ).where(of.ended_ms >= since_ms, of.queued_ms.is_not(None), of.queue.is_not(None), inbound)
    talks_of = (
        select(segment.c.agent, segment.c.queue, segment.c.start_ms, segment.c.end_ms)
        .join(contact, of.id == segment.c.contact_id)
        .where(
            segment.c.kind == "talking",
            segment.c.start_ms >= since_ms,
            segment.c.queue.is_not(None),
            inbound,
        )
    )
    wraps_of = (
        select(of.queue, wrap_up.c.wrap_ms)
        .join(contact, of.id == wrap_up.c.contact_id)
        .where(wrap_up.c.end_ms >= since_ms, of.queue.is_not(None), inbound)
    )
    async with engine.connect() as connection:
        contacts = [
            Contact(QueueId(queue), language, name, queued_ms, wait_ms, talk_ms, answered_ms is not None)
            for queue, language, name, queued_ms, wait_ms, talk_ms, answered_ms in await connection.execute(
                contacts_of
            )
        ]
        talks = [
            Handled(AgentId(agent), QueueId(queue), start_ms, end_ms - start_ms)
            for agent, queue, start_ms, end_ms in await connection.execute(talks_of)
            if agent
        ]
        wraps = [(QueueId(queue), ms) for queue, ms in await connection.execute(wraps_of)]
    return past_of(routing, contacts, talks, wraps, days)


def past_of(
    routing: Routing,
    contacts: Sequence[Contact],
    talks: Sequence[Handled],
    wraps: Sequence[tuple[QueueId, int]],
    asked_days: int,
) -> Past:
    """The same from what was read."""
    known = [seen for seen in contacts if seen.queue in routing.queues]
    days = len({seen.queued_ms // DAY_MS for seen in known})
    demand = demand_of(routing, known, [Talk(one.agent, one.start_ms) for one in talks], wraps)
    if demand is None or len(known) < CONTACTS_NEEDED or days < DAYS_NEEDED:
        raise TuneError(
            f"Muy poco historial: {len(known)} contactos en {days} días (de los últimos {asked_days}); hacen "
            f"falta al menos {CONTACTS_NEEDED} contactos en {DAYS_NEEDED} días. Espere a tener más, o mire "
            f"más atrás con --days. / Too little history: {len(known)} contacts on {days} days; at least "
            f"{CONTACTS_NEEDED} on {DAYS_NEEDED} are needed. Wait for more, or look further back with --days."
        )
    factors = factors_of(talks)
    streams = tuple(replace(stream, factors=factors.get(stream.queue, {})) for stream in demand.streams)
    return Past(replace(demand, streams=streams), len(known), days)


def factors_of(talks: Iterable[Handled]) -> dict[QueueId, dict[AgentId, float]]:
    """Each agent's talk time by the queue's mean, drawn towards 1 as long as little was seen."""
    by_queue: defaultdict[QueueId, defaultdict[AgentId, list[int]]] = defaultdict(lambda: defaultdict(list))
    for talk in talks:
        by_queue[talk.queue][talk.agent].append(talk.talk_ms)
    return {queue: _factors(agents) for queue, agents in sorted(by_queue.items())}


def _factors(agents: Mapping[AgentId, list[int]]) -> dict[AgentId, float]:
    everything = [ms for talks in agents.values() for ms in talks]
    mean = sum(everything) / len(everything)
    if mean <= 0:
        return {}
    return {
        agent: min(
            FACTOR_MOST,
            max(FACTOR_LEAST, (sum(talks) / mean + AGENT_WEIGHT) / (len(talks) + AGENT_WEIGHT)),
        )
        for agent, talks in sorted(agents.items())
    }
