"""The centre's own configuration in simulated time, watched for examples of waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from acd import events as ev
from acd.commands import CallIn
from acd.engine import Decision
from acd.model import AgentId, ContactId, ExitTo, QueueId, Routing
from acd.records import Record
from acd.sim.engine_router import CHANNEL, EngineRouter
from acd.sim.laws import Law
from acd.sim.router import Call, Offer
from acd.sim.system import CallType, Ringing, SimAgent, Skill, System
from acd.sim.world import World
from acd.stats.wait_history import History
from acd.stats.wait_watch import Example, Watch
from centralita.waits.demand import HOURS, Demand, Stream

HOUR_MS = 3_600_000
EXITS_MAX = 8
"""Exits that a contact walks at one moment: queues that send to each other hold nobody for ever."""


@dataclass(frozen=True, slots=True)
class Day:
    """How one simulated day differs from the mean: a model has to know good days and bad ones."""

    number: int
    load: float = 1.0
    """On all arrivals."""
    staff: float = 1.0
    """On the share of agents who work."""
    hours: int = 24
    warmup_ms: int = HOUR_MS
    """Examples of the time before are not used: the centre begins empty."""


def examples(
    routing: Routing, demand: Demand, day: Day, *, seed: int, ringing: Ringing | None = None
) -> list[Example]:
    """
    Simulate a day and return what there was to learn from it.

    Args:
        routing: The centre's configuration.
        demand: Who calls.
        day: Which one, and how busy.
        seed: Of all that is drawn; each day draws anew from it.
        ringing: How agents pick up; None: at once.
    """
    agents = tuple(sorted(routing.agents))
    routing = with_wrap(routing, demand)
    router = CentreRouter(routing, demand.streams, agents)
    found: list[Example] = []
    history = History(routing, handle_guess(routing, demand))

    def learn(example: Example) -> None:
        if router.engine.state.now_ms >= day.warmup_ms:
            found.append(example)

    chance = Random(f"{seed}/{day.number}/examples")  # noqa: S311
    router.watched_by(Watch(history, learn=learn, chance=chance))
    system = _system(demand, agents, day, seed, ringing)
    World(system, router, seed=f"{seed}/{day.number}", until_ms=day.hours * HOUR_MS).run()
    return found


def with_wrap(routing: Routing, demand: Demand) -> Routing:
    """The same, each queue with the after-call work that agents really take."""
    queues = {
        queue: replace(rules, wrap_ms=round(demand.wrap_ms.get(queue, rules.wrap_ms)))
        for queue, rules in routing.queues.items()
    }
    return replace(routing, queues=queues)


def handle_guess(routing: Routing, demand: Demand) -> dict[QueueId, float]:
    """Mean handle time by queue as far as the demand tells it, wrap-up included."""
    calls: dict[QueueId, float] = {}
    talk: dict[QueueId, float] = {}
    for stream in demand.streams:
        weight = sum(stream.per_hour) / len(stream.per_hour)
        calls[stream.queue] = calls.get(stream.queue, 0.0) + weight
        talk[stream.queue] = talk.get(stream.queue, 0.0) + weight * stream.talk_ms
    return {
        queue: talk[queue] / count + demand.wrap_ms.get(queue, routing.queues[queue].wrap_ms)
        for queue, count in calls.items()
        if count > 0
    }


class CentreRouter(EngineRouter):
    """The engine with the centre's own queues: exits are walked, wrap-up ends by the engine's clock."""

    def __init__(self, routing: Routing, streams: Sequence[Stream], agents: Sequence[AgentId]) -> None:
        self._streams = streams
        self._watch: Watch | None = None
        super().__init__(
            routing, queues=[stream.queue for stream in streams], agents=agents, sink=self._remember
        )

    def watched_by(self, watch: Watch) -> None:
        """From now on; until now the engine has a configuration and nothing else."""
        self._watch = watch

    def arrive(self, call: Call, now_ms: int) -> Sequence[Offer]:
        stream, contact_id = self._streams[call.kind], _name(call)
        self._calls[contact_id] = call
        self._handle(ev.ContactStarted(contact_id, CHANNEL, stream.queue), now_ms)
        self._handle(
            ev.ContactClassified(contact_id, stream.language, stream.segment, stream.head_start_ms, ()),
            now_ms,
        )
        offers = [*self._handle(ev.ContactEnqueued(contact_id, stream.queue), now_ms)]
        return [*offers, *self._walk(contact_id, now_ms)]

    def free(self, agent: int, now_ms: int) -> Sequence[Offer]:
        """The world knows of no wrap-up: here it ends when the engine says so."""
        return self._obey(self.engine.advance(now_ms), now_ms)

    def _remember(self, record: Record) -> None:
        if self._watch is not None:
            self._watch.feed(record, self.engine.state)

    def _obey(self, decision: Decision, now_ms: int) -> Sequence[Offer]:
        offers = super()._obey(decision, now_ms)
        called = [command.contact_id for command in decision.commands if type(command) is CallIn]
        for contact_id in called:
            offers = [*offers, *self._handle(ev.ContactVisited(contact_id), now_ms)]
            offers = [*offers, *self._walk(contact_id, now_ms)]
        return offers

    def _walk(self, contact_id: ContactId, now_ms: int) -> list[Offer]:
        """Take a contact where its exit leads; a menu or a farewell is the end of it here."""
        offers: list[Offer] = []
        for _ in range(EXITS_MAX):
            contact = self.engine.state.contacts.get(contact_id)
            if contact is None or contact.exit is None:
                return offers
            if contact.exit.to is not ExitTo.QUEUE:
                break
            queue = QueueId(contact.exit.name)
            offers += self._handle(ev.ContactEnqueued(contact_id, queue), now_ms)
        self._calls.pop(contact_id).over = True
        return [*offers, *self._handle(ev.ContactGone(contact_id), now_ms)]


def _name(call: Call) -> ContactId:
    return ContactId(f"c{call.number:09d}")


def _system(
    demand: Demand, agents: Sequence[AgentId], day: Day, seed: int, ringing: Ringing | None
) -> System:
    types = tuple(_type(stream, index, day) for index, stream in enumerate(demand.streams))
    return System(
        types=types,
        agents=tuple(SimAgent(agent, "all", _skills(demand, agent)) for agent in agents),
        period_ms=HOUR_MS,
        staff={"all": _staff(demand, len(agents), day)},
        ringing=ringing,
    )


def _type(stream: Stream, index: int, day: Day) -> CallType:
    law = (
        Law("lognormal", stream.talk_ms, stream.talk_cv)
        if stream.talk_cv != 1
        else _exponential(stream.talk_ms)
    )
    return CallType(
        id=f"{stream.queue}/{index}",
        rates=tuple(rate * day.load / 3600 for rate in stream.per_hour),
        service=(law,),
        patience=() if stream.patience_ms is None else (_exponential(stream.patience_ms),),
        segment=stream.segment,
    )


def _exponential(mean_ms: float) -> Law:
    return Law("exponential", mean_ms)


def _skills(demand: Demand, agent: AgentId) -> dict[int, Skill]:
    return {
        index: Skill(0, stream.factors.get(agent, 1.0))
        for index, stream in enumerate(demand.streams)
        if stream.factors is not None and agent in stream.factors
    }


def _staff(demand: Demand, agents: int, day: Day) -> tuple[int, ...]:
    shares = [demand.staff[hour % len(demand.staff)] * day.staff for hour in range(HOURS)]
    return tuple(max(1, min(agents, round(share * agents))) for share in shares)
