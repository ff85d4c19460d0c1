"""
A simulated system as a configuration of the engine: one queue and one skill for each type.

Level L of an agent for a type is proficiency 10 - L; values and targets are the
types' weights and acceptable waits. The rules of the reference cases become the
policy `rule`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from acd.model import (
    AgentId,
    AgentRules,
    NoAnswer,
    PolicyRules,
    QueueId,
    QueueRules,
    Routing,
    SignIn,
    SkillId,
    SkillNeed,
)
from acd.sim.engine_router import EngineRouter, Sink
from acd.sim.system import SimAgent, System
from acd.sim.world import World
from acd.stats.pace import PaceBook

BEST = 10
WARM_CALLS, WARM_DAYS_MOST = 12_000, 10
WRAP_MS_MAX = 3_600_000
"""Where wrap-up is drawn, the agent ends it; the engine's own deadline lies behind."""


def queue_ids(system: System) -> tuple[QueueId, ...]:
    return tuple(QueueId(kind.id) for kind in system.types)


def agent_ids(system: System) -> tuple[AgentId, ...]:
    return tuple(AgentId(agent.id) for agent in system.agents)


def routing(system: System, policy: PolicyRules) -> Routing:
    """The configuration under which the engine serves the system by this policy."""
    queues = {QueueId(kind.id): _queue(system, index) for index, kind in enumerate(system.types)}
    agents = {AgentId(agent.id): _agent(system, agent) for agent in system.agents}
    # No guard against starving: published figures are of rules without one.
    return Routing("sim", queues, agents, policy=policy, starve_ms=None)


class Maker:
    """
    Makes engines for one system and policy; the configuration is built once, the engine each time.

    Args:
        system: The centre.
        policy: Who ranks.
        sink: Gets the records.
        paces: What each engine has learned before its first call (see `learned`); None: nothing.
    """

    def __init__(
        self,
        system: System,
        policy: PolicyRules,
        *,
        sink: Sink | None = None,
        paces: PaceBook | None = None,
    ) -> None:
        self._routing = routing(system, policy)
        self._queues, self._agents = queue_ids(system), agent_ids(system)
        self._sink = sink
        self._paces = paces

    def __call__(self, seed: str = "") -> EngineRouter:
        """A fresh engine; it draws nothing, so the seed makes no difference."""
        return EngineRouter(
            self._routing, queues=self._queues, agents=self._agents, sink=self._sink, paces=self._paces
        )


def warm_up(system: System, day_ms: int, seed: int) -> tuple[str, ...]:
    """The seeds of the days on which an engine learns how long agents need: `WARM_CALLS` calls, about."""
    per_ms = sum(sum(kind.rates) / len(kind.rates) for kind in system.types) / 1000
    days = max(1, min(WARM_DAYS_MOST, round(WARM_CALLS / max(1.0, per_ms * day_ms))))
    return tuple(f"warm-up/{seed}/{day}" for day in range(days))


def learned(system: System, policy: PolicyRules, *, seeds: Sequence[str], until_ms: int) -> PaceBook:
    """
    What an engine knows of handle times and patience after some days, one after the other.

    Args:
        system: The centre.
        policy: Under which it learns.
        seeds: One day each; none of them should be measured afterwards.
        until_ms: Length of a day.
    """
    book = PaceBook()
    for seed in seeds:
        router = Maker(system, policy, paces=book)(seed)
        World(system, router, seed=seed, until_ms=until_ms).run()
        book = router.engine.state.paces
    return book


def rule(
    system: System,
    *,
    agents: str,
    calls: str,
    reserve: Mapping[str, float] | None = None,
    ratio: Mapping[str, float] | None = None,
) -> PolicyRules:
    """
    A rule of the reference vocabulary as settings of the policy `rule`.

    Args:
        system: Whose types' priorities and agents' factors the rule may ask for.
        agents: How an agent is chosen ("level_then_longest_idle" ...).
        calls: How the next call is chosen ("fcfs" ...).
        reserve: By type: it takes an agent able to serve a better priority only while
            more than this many such agents are free.
        ratio: By type: its share of all that wait, for "queue_ratio".
    """
    numbers: dict[str, float] = {f"priority.{kind.id}": float(kind.priority) for kind in system.types}
    numbers |= {f"reserve.{kind}": value for kind, value in (reserve or {}).items()}
    numbers |= {f"ratio.{kind}": value for kind, value in (ratio or {}).items()}
    for agent in system.agents:
        for kind, skill in agent.skills.items():
            if skill.factor != 1.0:
                numbers[f"factor.{agent.id}.{system.types[kind].id}"] = skill.factor
    return PolicyRules("rule", numbers=numbers, words={"agents": agents, "calls": calls})


def _queue(system: System, index: int) -> QueueRules:
    kind = system.types[index]
    settings: dict[str, Any] = {}
    if system.ringing is not None:
        settings["ring_ms"] = system.ringing.ring_ms
    return QueueRules(
        QueueId(kind.id),
        needs=(SkillNeed(SkillId(kind.id), 1),),
        wrap_ms=_wrap_ms(system),
        short_abandon_ms=0,
        no_answer=NoAnswer.READY,
        target_ms=kind.awt_ms,
        value=kind.weight,
        **settings,
    )


def _wrap_ms(system: System) -> int:
    if system.wrap is None:
        return 0
    return round(system.wrap.mean_ms) if system.wrap.name == "deterministic" else WRAP_MS_MAX


def _agent(system: System, agent: SimAgent) -> AgentRules:
    skills = {SkillId(system.types[kind].id): BEST - skill.level for kind, skill in agent.skills.items()}
    return AgentRules(AgentId(agent.id), skills, SignIn.COMMAND, auto_answer=system.ringing is None)
