"""Who could serve: sets of agents, one bit each, by skill, level and site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from config.queues import Queue
from config.schema import Centre
from config.steps import Asked, asked
from config.words import LANGUAGE_NEED

LEVELS = 11
Needs = Mapping[str, int]


class Pools:
    """
    The agents of a configuration as sets.

    A set is one integer with a bit for each agent in the order of the file: to
    ask who has two skills is one `&`, however many agents there are.
    """

    def __init__(self, centre: Centre) -> None:
        self.names = tuple(centre.agents)
        self.everybody = (1 << len(self.names)) - 1
        self._languages = tuple(centre.languages)
        self._holders: dict[str, list[int]] = {}
        self._at: dict[str, int] = {}
        for index, agent in enumerate(centre.agents.values()):
            for skill, level in agent.skills.items():
                self._holders.setdefault(skill, [0] * LEVELS)[level] |= 1 << index
            if agent.site is not None:
                self._at[agent.site] = self._at.get(agent.site, 0) | 1 << index
        for levels in self._holders.values():
            for level in range(LEVELS - 2, -1, -1):
                levels[level] |= levels[level + 1]
        self._known: dict[tuple[frozenset[tuple[str, int]], tuple[str, ...]], tuple[int, ...]] = {}

    def holders(self, skill: str, at_least: int) -> int:
        """Agents with this skill at this level (1 to 10) or above."""
        levels = self._holders.get(skill)
        return 0 if levels is None else levels[at_least]

    def skills_of(self, skill: str) -> tuple[str, ...]:
        """The skill itself; for `lang(language)` that of each language of the centre."""
        return tuple(f"lang.{lang}" for lang in self._languages) if skill == LANGUAGE_NEED else (skill,)

    def at(self, sites: Sequence[str]) -> int:
        """Agents of these sites; of none named, all agents."""
        found = 0 if sites else self.everybody
        for site in sites:
            found |= self._at.get(site, 0)
        return found

    def fitting(self, step: Asked) -> tuple[int, ...]:
        """Who meets all needs at the sites, for callers of each language of the centre in turn."""
        key = frozenset(step.needs.items()), step.sites
        if key not in self._known:
            here = self.at(step.sites)
            self._known[key] = tuple(here & self._of(step.needs, lang) for lang in self._languages)
        return self._known[key]

    def ever(self, queue: Queue) -> int:
        """Who could serve some caller of the queue sooner or later."""
        found = 0
        for step in asked(queue):
            for agents in self.fitting(step):
                found |= agents
        return found

    def first(self, agents: int) -> str:
        """The first of a set in the order of the file; the set must not be empty."""
        return self.names[(agents & -agents).bit_length() - 1]

    def _of(self, needs: Needs, lang: str) -> int:
        agents = self.everybody
        for skill, at_least in needs.items():
            agents &= self.holders(f"lang.{lang}" if skill == LANGUAGE_NEED else skill, at_least)
        return agents
