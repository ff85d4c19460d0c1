"""A centre's own configuration and past as a ground for trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from acd.model import AgentId, NoAnswer, PolicyRules, QueueRules, Routing
from acd.routing.eligible import lacking
from acd.routing.needs import main_skill, pools
from acd.sim.engine_router import EngineRouter
from acd.sim.laws import Law
from acd.sim.router import Offer
from acd.sim.system import CallType, Ringing, SimAgent, Skill, System
from centralita.tune.features import Names
from centralita.waits.demand import HOURS, Demand, Stream
from centralita.waits.world import CentreRouter

HOUR_MS = 3_600_000
WRAP_MS_MAX = HOUR_MS
"""Where wrap-up is drawn, the agent ends it; the engine's own deadline lies behind."""
BEST = 10


@dataclass(frozen=True, slots=True)
class OwnCentre:
    """The real configuration behind a system whose types are streams of callers."""

    routing: Routing
    streams: tuple[Stream, ...]
    agents: tuple[AgentId, ...]

    def under(self, policy: PolicyRules) -> Routing:
        """The configuration with another policy."""
        return replace(self.routing, policy=policy)

    def router(self, policy: PolicyRules) -> EngineRouter:
        """A fresh engine with everything that the configuration says."""
        return _Drawn(self.under(policy), self.streams, self.agents)


class _Drawn(CentreRouter):
    """Wrap-up ends when the world says so."""

    def free(self, agent: int, now_ms: int) -> Sequence[Offer]:
        return EngineRouter.free(self, agent, now_ms)


def own_centre(routing: Routing, demand: Demand) -> tuple[System, OwnCentre]:
    """
    Make a system of the streams that somebody can serve.

    Args:
        routing: The configuration.
        demand: Who calls and how long it takes, with factors by agent.
    """
    agents = tuple(sorted(routing.agents))
    queues = {queue: _in_simulation(rules) for queue, rules in routing.queues.items()}
    routing = replace(routing, queues=queues)
    streams = tuple(
        stream for stream in demand.streams if any(_able(routing, stream, agent) for agent in agents)
    )
    system = System(
        types=tuple(_type(stream, at, routing) for at, stream in enumerate(streams)),
        agents=tuple(SimAgent(agent, "all", _skills(routing, streams, agent)) for agent in agents),
        period_ms=HOUR_MS,
        staff={"all": tuple(max(1, round(_hour(demand.staff, hour) * len(agents))) for hour in range(HOURS))},
        wrap=_wrap(demand, streams),
        ringing=None if all(one.auto_answer for one in routing.agents.values()) else Ringing(),
    )
    return system, OwnCentre(routing, streams, agents)


def _in_simulation(rules: QueueRules) -> QueueRules:
    """The queue as trials need it: nobody is sent elsewhere, and who misses a bell is not gone."""
    return replace(
        rules,
        wrap_ms=WRAP_MS_MAX,
        exits={},
        waited=(),
        full_at=None,
        estimate_limit_ms=None,
        no_answer=NoAnswer.READY,
    )


def names(streams: Sequence[Stream]) -> tuple[Names, ...]:
    """How the policy's numbers are called: by queue and segment where a queue has several segments."""
    segments: dict[str, set[str]] = {}
    for stream in streams:
        segments.setdefault(stream.queue, set()).add(stream.segment)
    return tuple(
        Names(
            f"{stream.queue}.{stream.segment}"
            if len(segments[stream.queue]) > 1 and stream.segment
            else stream.queue,
            stream.queue,
        )
        for stream in streams
    )


def _type(stream: Stream, at: int, routing: Routing) -> CallType:
    rules = routing.queues[stream.queue]
    patience = () if stream.patience_ms is None else (Law("exponential", stream.patience_ms),)
    return CallType(
        id=f"{stream.queue}/{at}",
        rates=tuple(rate / 3600 for rate in stream.per_hour),
        service=(Law("lognormal", stream.talk_ms, max(0.05, stream.talk_cv)),),
        patience=patience,
        segment="/".join(part for part in (stream.queue, stream.segment, stream.language) if part),
        weight=_value(rules, stream.segment),
        awt_ms=rules.target_ms,
    )


def _value(rules: QueueRules, segment: str) -> float:
    return rules.values.get(segment, rules.value)


def _able(routing: Routing, stream: Stream, agent: AgentId) -> bool:
    skills = routing.agents[agent].skills
    return any(
        lacking(skills, needs) is None for needs in pools(routing.queues[stream.queue], stream.language)
    )


def _skills(routing: Routing, streams: Sequence[Stream], agent: AgentId) -> dict[int, Skill]:
    return {
        at: Skill(_level(routing, stream, agent), (stream.factors or {}).get(agent, 1.0))
        for at, stream in enumerate(streams)
        if _able(routing, stream, agent)
    }


def _level(routing: Routing, stream: Stream, agent: AgentId) -> int:
    skill = main_skill(routing.queues[stream.queue])
    return 0 if skill is None else BEST - routing.agents[agent].skills.get(skill, 0)


def _wrap(demand: Demand, streams: Sequence[Stream]) -> Law | None:
    """One law for all: the mean over the calls of the queues."""
    calls = [sum(stream.per_hour) for stream in streams]
    total = sum(calls)
    mean_ms = (
        sum(
            count * demand.wrap_ms.get(stream.queue, 0.0)
            for count, stream in zip(calls, streams, strict=True)
        )
        / total
        if total
        else 0.0
    )
    return Law("exponential", mean_ms) if mean_ms >= 1 else None


def _hour(shares: Sequence[float], hour: int) -> float:
    return shares[hour % len(shares)]
