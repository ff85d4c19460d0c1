"""
Two reference points: the level-first rule that everybody has, and a bound that nobody can reach.

`LevelFirst`: a new call takes the free agent of the lowest level, idle longest; a
freed agent takes the call of the best priority, oldest first. `FirstComeFirstServed`
asks for neither level nor priority. `all_skilled` is the same centre with every
agent at best speed in every type: no router reaches it with the real skills.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from acd.sim.router import Call, Offer
from acd.sim.system import Skill, System
from bench.peers.floor import NOTHING, Peer


class LevelFirst(Peer):
    """Event-driven; never leaves a free agent beside a call that the agent holds."""

    uses_level = True
    uses_priority = True

    def __init__(self, system: System, seed: str) -> None:
        super().__init__(system)

    def look(self, now_ms: int) -> Sequence[Offer]:
        """Whoever has just become free, or has just come, is the only one who can be matched."""
        offers: list[Offer] = []
        for call in self._callers():
            agent = self._agent_for(call)
            if agent is not None:
                offers.append(self.floor.give(call, agent))
        return offers or NOTHING

    def _callers(self) -> list[Call]:
        floor = self.floor
        heads = [line for kind, line in enumerate(floor.waiting) if line and floor.anybody_free(kind)]
        callers = [call for line in heads for call in line]
        types = floor.system.types
        return sorted(
            callers,
            key=lambda call: (
                types[call.kind].priority if self.uses_priority else 0,
                call.arrived_ms,
                call.number,
            ),
        )

    def _agent_for(self, call: Call) -> int | None:
        floor = self.floor
        return min(
            floor.free(call.kind),
            key=lambda agent: (
                floor.level(agent, call.kind) if self.uses_level else 0,
                floor.free_since_ms[agent],
                agent,
            ),
            default=None,
        )


class FirstComeFirstServed(LevelFirst):
    """All types alike, agents by idle time only."""

    uses_level = False
    uses_priority = False


def all_skilled(system: System) -> System:
    """The same centre, with every agent at level 0 and best speed in every type."""
    everything = {kind: Skill(0) for kind in range(len(system.types))}
    agents = tuple(replace(agent, skills=everything) for agent in system.agents)
    return replace(system, agents=agents)
