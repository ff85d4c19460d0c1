"""
Policy `smart`: short, valuable work of patient callers first, with handle times that were learned.

    urgency = value(segment, queue) * patience(queue) / handle time(agent, queue)
              * (1 + (waited / (8 * target))^4)
    price   = handle time(agent, queue) / mean of the queue, in steps of 25 %,
              then proficiency in the queue's main skill

The first line is the c mu / theta index of Atar, Giat and Shimkin (2010), theta = 1 / patience,
c per customer who waits; the second the guard against starving: nothing at the target, double
after eight targets, beyond all bounds soon after. Before anything was learned the handle times
are those that `acd.stats.pace` believes of a proficiency: then the price is "own level first".
"""

from __future__ import annotations

from acd.model import AgentRules, PolicyRules, Routing
from acd.routing.needs import main_skill
from acd.routing.policies.base import Plain, level
from acd.routing.policies.settings import check
from acd.routing.policy import Factor, Kind, Paces, View

_STEPS = 4
"""
Of price within one mean: 25 % each. What is learned from a few hundred talks is uncertain by 5 %; finer
steps would ask those first who had luck, and idle time, which spreads work, would hardly ever decide.
"""
_GUARD_TARGETS = 8
_LEVEL = 0.001
"""Less than a step, for ten levels."""


class Smart(Plain):
    name = "smart"
    learns = True

    def __init__(self, rules: PolicyRules, routing: Routing) -> None:
        check(self.name, rules, (), {})
        self._main = {queue: main_skill(one) for queue, one in routing.queues.items()}

    def price(self, kind: Kind, agent: AgentRules, paces: Paces) -> float:
        share = paces.handle_ms(agent.id, kind.queue) / paces.queue_handle_ms(kind.queue)
        return round(share * _STEPS) / _STEPS + _LEVEL * level(self._main.get(kind.queue), agent)

    def weight(self, kind: Kind, paces: Paces) -> Factor:
        return kind.value * paces.patience_ms(kind.queue), _GUARD_TARGETS * kind.target_ms

    def factor(self, kind: Kind, agent: AgentRules, paces: Paces) -> Factor:
        return paces.handle_ms(agent.id, kind.queue)

    def rate(self, weight: Factor, factor: Factor, waited_ms: int, view: View) -> float:
        patience, guard_ms = weight
        index = patience / factor
        if waited_ms <= 0:
            return float(index)
        return float(index * (1.0 + (waited_ms / guard_ms) ** 4))

    def terms(
        self, kind: Kind, waited_ms: int, agent: AgentRules, paces: Paces, view: View
    ) -> tuple[tuple[str, float], ...]:
        return (
            ("value", kind.value),
            ("patience_s", paces.patience_ms(kind.queue) / 1000),
            ("handle_s", paces.handle_ms(agent.id, kind.queue) / 1000),
            ("waited_s", waited_ms / 1000),
            ("urgency", self.urgency(kind, waited_ms, agent, paces, view)),
            ("price", self.price(kind, agent, paces)),
        )
