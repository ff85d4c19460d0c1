"""
FreeSWITCH's mod_callcenter, as its documentation describes it.

- All callers of all queues stand in one list, ordered by score: seconds waited plus
  `cc_base_score` (here by priority; `strict` puts a better one first however long
  others have waited).
- One thread goes through the list every 0.1 s and gives each caller the first agent
  it finds; nothing happens between two passes.
- Strategy `longest-idle-agent`: agents by tier level (here the level of the skill),
  then who has been without a call longest, then position.
- *tier rules*: with `tier-rules-apply`, agents of tier level n are looked at only
  after `tier-rule-wait-second` x n of waiting (`tier-rule-wait-multiply-level`),
  and not before, whoever is free (`tier-rule-no-agent-no-wait` would only help in a
  tier that has nobody signed in).
"""

from __future__ import annotations

from collections.abc import Sequence

from acd.sim.router import Call, Offer
from acd.sim.system import System
from bench.peers.floor import NOTHING, Peer

PASS_MS = 100
STRICT = 100_000
"""Base score, seconds, for each step of priority: more than anybody waits."""


class ModCallcenter(Peer):
    """
    One list, one pass every 0.1 s.

    Args:
        system: The centre.
        seed: Not used: nothing here is left to chance.
        tier_wait_s: Seconds of waiting for each tier level; 0: tier rules off.
        base_score_s: Seconds of head start for each step of priority.
    """

    def __init__(
        self, system: System, seed: str, *, tier_wait_s: int = 0, base_score_s: int = STRICT
    ) -> None:
        super().__init__(system)
        worst = max(kind.priority for kind in system.types)
        self._head_start_ms = [(worst - kind.priority) * base_score_s * 1000 for kind in system.types]
        self._tier_wait_ms = tier_wait_s * 1000
        self._moment_ms = 0

    def look(self, now_ms: int) -> Sequence[Offer]:
        """Nothing happens between two passes."""
        self._moment_ms = now_ms
        return NOTHING

    def next_ms(self) -> int | None:
        """The next pass in which somebody may be found."""
        floor = self.floor
        wanted = any(line and floor.anybody_free(kind) for kind, line in enumerate(floor.waiting))
        return (self._moment_ms // PASS_MS + 1) * PASS_MS if wanted else None

    def wake(self, now_ms: int) -> Sequence[Offer]:
        self._moment_ms = now_ms
        callers = [call for line in self.floor.waiting for call in line]
        # Earliest arrival less head start is the same order as the largest score.
        callers.sort(key=lambda call: (call.arrived_ms - self._head_start_ms[call.kind], call.number))
        offers: list[Offer] = []
        for call in callers:
            agent = self._agent_for(call, now_ms)
            if agent is not None:
                offers.append(self.floor.give(call, agent))
        return offers

    def _agent_for(self, call: Call, now_ms: int) -> int | None:
        floor = self.floor
        waited_ms = now_ms - call.arrived_ms
        agents = [
            agent
            for agent in floor.free(call.kind)
            if floor.level(agent, call.kind) * self._tier_wait_ms <= waited_ms
        ]
        return min(
            agents,
            key=lambda agent: (floor.level(agent, call.kind), floor.free_since_ms[agent], agent),
            default=None,
        )
