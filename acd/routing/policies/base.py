"""What most policies answer alike, and what they count by."""

from __future__ import annotations

from acd.model import SKILL_OF_LANGUAGE, AgentRules, QueueRules, Routing, SkillId
from acd.routing.eligible import lacking
from acd.routing.policy import Factor, Kind, Paces, View


class Plain:
    """The usual answers: no fall of urgency, agents kept free as the queue's rules say."""

    flat = False
    learns = False
    by_age = False

    def factor(self, kind: Kind, agent: AgentRules, paces: Paces) -> Factor:
        return None

    def weight(self, kind: Kind, paces: Paces) -> Factor:
        return None

    def rate(self, weight: Factor, factor: Factor, waited_ms: int, view: View) -> float:
        return waited_ms / 1000

    def urgency(self, kind: Kind, waited_ms: int, agent: AgentRules, paces: Paces, view: View) -> float:
        return self.rate(self.weight(kind, paces), self.factor(kind, agent, paces), waited_ms, view)

    def falls_after_ms(self, kind: Kind) -> tuple[int, ...]:
        return ()

    def keep_free(self, kind: Kind, rules: QueueRules) -> int:
        return rules.keep_free if rules.keep_free and kind.value < worth(rules) else 0


def worth(rules: QueueRules) -> float:
    """What the most valuable contacts of a queue are worth: who is worth less leaves its agents free."""
    return max(rules.value, *rules.values.values()) if rules.values else rules.value


def level(skill: SkillId | None, agent: AgentRules) -> int:
    """How far the agent is from perfect at this skill: 0 for proficiency 10, 10 for none."""
    return 0 if skill is None else 10 - agent.skills.get(skill, 0)


def able(agent: AgentRules, rules: QueueRules) -> bool:
    """Whether the agent could serve the queue at some step, whatever the caller speaks."""
    ways = [(step.needs, step.sites) for step in rules.steps] or [(rules.needs, rules.sites)]
    return any(
        (not sites or agent.site in sites)
        and lacking(agent.skills, [need for need in needs if need.skill != SKILL_OF_LANGUAGE]) is None
        for needs, sites in ways
    )


def flexibility(routing: Routing, agent: AgentRules) -> int:
    """How many queues the agent could serve."""
    return sum(able(agent, rules) for rules in routing.queues.values())
