"""
Policy `fair`: who has waited longest is next, over all queues.

    urgency = seconds waited + head start                        (one scale for everybody)
    price   = 0                        for `pick` longest_idle: the one idle longest
            = 10 - mean proficiency    for best_fit: over the skills that the contact needs
            = other skills             for least_skilled: how many the agent has besides

First come, first served with the longest idle agent (FCFS-ALIS) is the rule whose
exact waits Adan and Weiss (2014) give.
"""

from __future__ import annotations

from acd.model import AgentRules, PolicyRules, Routing
from acd.routing.policies.base import Plain
from acd.routing.policies.settings import check
from acd.routing.policy import Kind, Paces, View

PICKS = ("longest_idle", "best_fit", "least_skilled")


class Fair(Plain):
    name = "fair"
    by_age = True

    def __init__(self, rules: PolicyRules, routing: Routing) -> None:
        check(self.name, rules, (), {"pick": PICKS})
        self._pick = rules.words.get("pick", PICKS[0])
        self.flat = self._pick == PICKS[0]

    def price(self, kind: Kind, agent: AgentRules, paces: Paces) -> float:
        if self.flat:
            return 0.0
        needed = [need.skill for need in kind.needs]
        if self._pick == "least_skilled":
            return float(sum(1 for skill in agent.skills if skill not in needed))
        if not needed:
            return 0.0
        return round(10 - sum(agent.skills.get(skill, 0) for skill in needed) / len(needed), 1)

    def terms(
        self, kind: Kind, waited_ms: int, agent: AgentRules, paces: Paces, view: View
    ) -> tuple[tuple[str, float], ...]:
        waited = ("waited_s", waited_ms / 1000)
        return (waited,) if self.flat else (waited, (f"price.{self._pick}", self.price(kind, agent, paces)))
