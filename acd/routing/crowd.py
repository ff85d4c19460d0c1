"""The agents of one configuration by what they can do, one bit each. Changes with the configuration only."""

from __future__ import annotations

from collections.abc import Mapping

from acd.model import SKILL_OF_LANGUAGE, AgentId, AgentRules, Medium, QueueRules, Routing, SiteId, SkillId
from acd.routing.bits import union
from acd.routing.needs import Needs

LEVEL_MAX = 10


class Crowd:
    """Bit i is the i-th agent by id."""

    def __init__(self, routing: Routing) -> None:
        self.ids: tuple[AgentId, ...] = tuple(sorted(routing.agents))
        self.rules: tuple[AgentRules, ...] = tuple(routing.agents[agent_id] for agent_id in self.ids)
        self.slot: Mapping[AgentId, int] = {agent_id: slot for slot, agent_id in enumerate(self.ids)}
        self.all = (1 << len(self.ids)) - 1
        self._levels: dict[SkillId, list[int]] = {}
        self._sites: dict[SiteId, int] = {}
        self._media: dict[Medium, int] = dict.fromkeys(Medium, 0)
        self._could: dict[tuple[Needs, tuple[SiteId, ...]], int] = {}
        for slot, rules in enumerate(self.rules):
            self._count_in(1 << slot, rules)
        for levels in self._levels.values():
            for at in range(LEVEL_MAX - 1, -1, -1):
                levels[at] |= levels[at + 1]

    def _count_in(self, bit: int, rules: AgentRules) -> None:
        for skill, level in rules.skills.items():
            levels = self._levels.get(skill)
            if levels is None:
                levels = self._levels[skill] = [0] * (LEVEL_MAX + 1)
            levels[max(0, min(level, LEVEL_MAX))] |= bit
        self._sites[rules.site] = self._sites.get(rules.site, 0) | bit
        for medium, capacity in rules.capacity.items():
            if capacity > 0:
                self._media[medium] |= bit

    def meets(self, skill: SkillId, at_least: int) -> int:
        if at_least <= 0:
            return self.all
        levels = self._levels.get(skill)
        return levels[at_least] if levels is not None and at_least <= LEVEL_MAX else 0

    def at(self, sites: tuple[SiteId, ...]) -> int:
        """Who sits at one of these sites; all for none named."""
        return union(self._sites.get(site, 0) for site in sites) if sites else self.all

    def takes(self, medium: Medium) -> int:
        return self._media[medium]

    def able(self, needs: Needs, sites: tuple[SiteId, ...]) -> int:
        """Who meets all needs at one of the sites."""
        known = self._could.get((needs, sites))
        if known is None:
            known = self.at(sites)
            for need in needs:
                known &= self.meets(need.skill, need.at_least)
            self._could[needs, sites] = known
        return known

    def sorted_out(
        self, needs: Needs, sites: tuple[SiteId, ...], medium: Medium
    ) -> tuple[int, dict[str, int]]:
        """Who could serve, and everybody else under the first reason why not."""
        rest, unable = self.all, dict[str, int]()
        ways = [(f"lacks {n.skill} >= {n.at_least}", self.meets(n.skill, n.at_least)) for n in needs]
        ways += [("other site", self.at(sites)), (f"takes no {medium}", self.takes(medium))]
        for reason, mask in ways:
            here = rest & mask
            if here != rest:
                unable[reason] = rest ^ here
                rest = here
        return rest, unable

    def for_queue(self, rules: QueueRules) -> int:
        """Who could serve the queue at some step, whatever the caller speaks."""
        ways = [(step.needs, step.sites) for step in rules.steps] or [(rules.needs, rules.sites)]
        return union(
            self.able(tuple(n for n in needs if n.skill != SKILL_OF_LANGUAGE), sites) for needs, sites in ways
        )
