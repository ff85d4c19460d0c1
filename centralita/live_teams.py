"""Who could serve whom, counted with one bit for each agent: quick enough to be asked by every screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from acd.model import SKILL_OF_LANGUAGE, AgentId, QueueId, QueueRules, Routing, SkillId, SkillNeed
from acd.routing.eligible import Veto
from acd.routing.needs import Needs
from centralita.web.live_shape import LiveReason

_LANGUAGE = "lang."


class Teams:
    """Who could serve whom under one configuration, one bit for each agent."""

    def __init__(self, routing: Routing) -> None:
        self.routing = routing
        self.bit = {agent_id: 1 << place for place, agent_id in enumerate(routing.agents)}
        self._everybody = (1 << len(self.bit)) - 1
        self._met: dict[tuple[SkillId, int], int] = {}
        skills = {skill for agent in routing.agents.values() for skill in agent.skills}
        self._languages = sorted(skill for skill in skills if skill.startswith(_LANGUAGE))
        self.able = {queue_id: self._could(rules) for queue_id, rules in routing.queues.items()}
        """At some step, for callers of some language."""
        self.queues: list[list[str]] = [[]]
        self.of_agent: dict[AgentId, int] = {}
        self._form()

    def meets(self, need: SkillNeed) -> int:
        if need.skill == SKILL_OF_LANGUAGE:
            return union(self._has(skill, need.at_least) for skill in self._languages)
        return self._has(need.skill, need.at_least)

    def why(self, needs: Needs, doing: Mapping[Veto | None, int], *, is_last: bool) -> list[LiveReason]:
        """
        Why nobody is offered a contact with these needs, as `acd.routing.waiting` counts it.

        Args:
            needs: Of the step that holds.
            doing: Agents by what keeps them.
            is_last: No later step will ask for less.
        """
        able, lacks = self._everybody, []
        for need in needs:
            meets = able & self.meets(need)
            if meets != able:
                lacks.append(_reason("skill", able & ~meets, need.skill))
            able = meets
        busy = [_reason(veto, able & doing[veto]) for veto in Veto if doing.get(veto, 0) & able]
        if free := doing.get(None, 0) & able:
            busy.append(_reason("turn", free))
        return (busy or [_reason("nobody" if is_last else "nobody_yet", 0)]) + lacks

    def _could(self, rules: QueueRules) -> int:
        pools = [step.needs for step in rules.steps] or [rules.needs]
        return union(self._all_of(needs) for needs in pools)

    def _all_of(self, needs: Needs) -> int:
        able = self._everybody
        for need in needs:
            able &= self.meets(need)
        return able

    def _has(self, skill: SkillId, at_least: int) -> int:
        found = self._met.get((skill, at_least))
        if found is None:
            agents = self.routing.agents.values()
            found = union(self.bit[a.id] for a in agents if a.skills.get(skill, 0) >= at_least)
            self._met[skill, at_least] = found
        return found

    def _form(self) -> None:
        """Queues with the same agents are looked at once, and so are agents with the same queues."""
        by_able: dict[int, list[QueueId]] = {}
        for queue_id, able in self.able.items():
            by_able.setdefault(able, []).append(queue_id)
        agents = list(self.bit)
        served: dict[AgentId, list[QueueId]] = {agent_id: [] for agent_id in agents}
        for able, queues in by_able.items():
            for place in _places(able):
                served[agents[place]] += queues
        teams: dict[tuple[QueueId, ...], int] = {(): 0}
        for agent_id, queues in served.items():
            team = teams.setdefault(tuple(queues), len(teams))
            if team == len(self.queues):
                self.queues.append(list(queues))
            self.of_agent[agent_id] = team


def union(bits: Iterable[int]) -> int:
    found = 0
    for bit in bits:
        found |= bit
    return found


def _places(bits: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _reason(code: str, agents: int, skill: str | None = None) -> LiveReason:
    return LiveReason(code=code, agents=agents.bit_count(), skill=skill)
