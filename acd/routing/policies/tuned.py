"""
Policy `tuned`: one readable index with numbers that `centralita tune` finds by simulation.

    urgency = weight(queue, segment) * g(waited / target) / speed^p - level_penalty * level
    g(x)    = g0 + (1 - g0) * x^exponent              up to the target, x <= 1
            = stale_floor + stale_slope * (x - 1)     after it: what is late already can wait a little
    price   = sum of scarcity over what else the agent could do
              + price.level * level + price.handle * handle time / mean of the queue

`speed` is the agent's handle time by the queue's mean; `level` is 10 - proficiency in the queue's
main skill. What else an agent could do are the skills that the contact does not need and the queues
that are not its own. The family is that of weight-based routing (Chan, Koole and L'Ecuyer 2014);
`g` is the reason why the oldest of a group is not always its most urgent: the engine looks at the
oldest short of the target too, so that the fall at the target costs nothing of the right choice.
"""

from __future__ import annotations

from acd.model import AgentRules, PolicyRules, QueueRules, Routing, SkillId
from acd.routing.needs import main_skill
from acd.routing.policies.base import Plain, able, level
from acd.routing.policies.settings import Number, check, under
from acd.routing.policy import Factor, Kind, Paces, View

NUMBERS = (
    Number("weight.QUEUE", 1, 0.2, 5, "of the queue's contacts; the queue's value is a factor beside it"),
    Number("weight.QUEUE.SEGMENT", 1, 0.2, 5, "of one segment in the queue, in place of the queue's"),
    Number("scarcity.SKILL", 0, 0, 10, "price of taking an agent who has this skill for other work"),
    Number("scarcity.QUEUE", 0, 0, 10, "price of taking an agent who could serve this queue for another"),
    Number("keep_free.QUEUE", 0, 0, 6, "agents left free by contacts of other queues that are worth less"),
    Number("g0", 0.3, 0, 1, "urgency of one who has just come, the target being 1"),
    Number("exponent", 1.0, 0.2, 4, "below 1 urgency grows early, above 1 late"),
    Number("stale_floor", 0.8, 0, 1.5, "urgency just after the target"),
    Number("stale_slope", 0.1, 0.01, 1, "its growth with each further target", legal_from=1e-6),
    Number("speed_power", 1.0, 0, 2, "how much an agent's own handle time counts"),
    Number("level_penalty", 0.02, 0, 0.5, "for each level below 10"),
    Number("price.level", 1.0, 0, 5, "for each level below 10"),
    Number("price.handle", 2.0, 0, 10, "for a handle time of the queue's mean"),
)
"""Every number with its default and the range in which tuning looks; capitals stand for names."""

_FIXED = {number.name: number.default for number in NUMBERS if not number.parts}
_STEPS = 20


class Tuned(Plain):
    name = "tuned"
    learns = True

    def __init__(self, rules: PolicyRules, routing: Routing) -> None:
        check(self.name, rules, NUMBERS, {})
        told = {**_FIXED, **{name: rules.numbers[name] for name in _FIXED if name in rules.numbers}}
        self._g0, self._exponent = told["g0"], told["exponent"]
        self._floor, self._slope = told["stale_floor"], told["stale_slope"]
        self._power, self._penalty = told["speed_power"], told["level_penalty"]
        self._price_level, self._price_handle = told["price.level"], told["price.handle"]
        self._weight = under(rules.numbers, "weight")
        self._keep = under(rules.numbers, "keep_free")
        self._scarcity = under(rules.numbers, "scarcity")
        self._main = {queue: main_skill(one) for queue, one in routing.queues.items()}
        self._scarce = {agent: self._scarce_of(one, routing) for agent, one in routing.agents.items()}
        self._weights: dict[tuple[str, str], float] = {}

    def _scarce_of(self, agent: AgentRules, routing: Routing) -> dict[str, float]:
        """What this agent could do that is scarce, with its price."""
        skills = {skill: price for skill, price in self._scarcity.items() if agent.skills.get(SkillId(skill))}
        queues: dict[str, float] = {
            queue: self._scarcity[queue]
            for queue, rules in routing.queues.items()
            if queue in self._scarcity and queue not in skills and able(agent, rules)
        }
        return {**skills, **queues}

    def price(self, kind: Kind, agent: AgentRules, paces: Paces) -> float:
        needed = {need.skill for need in kind.needs}
        other = sum(
            price
            for name, price in self._scarce.get(agent.id, {}).items()
            if name not in needed and name != kind.queue
        )
        speed = paces.handle_ms(agent.id, kind.queue) / paces.queue_handle_ms(kind.queue)
        own = self._price_level * level(self._main.get(kind.queue), agent)
        return round(other + own + self._price_handle * round(speed * _STEPS) / _STEPS, 2)

    def weight(self, kind: Kind, paces: Paces) -> Factor:
        return self._weight_of(kind), kind.target_ms

    def factor(self, kind: Kind, agent: AgentRules, paces: Paces) -> Factor:
        slowness = 1.0
        if self._power:
            speed = paces.handle_ms(agent.id, kind.queue) / paces.queue_handle_ms(kind.queue)
            slowness = speed**self._power
        penalty = self._penalty * level(self._main.get(kind.queue), agent)
        return slowness, penalty

    def rate(self, weight: Factor, factor: Factor, waited_ms: int, view: View) -> float:
        worth, target_ms = weight
        slowness, penalty = factor
        return float(worth * self._grown(waited_ms / target_ms) / slowness - penalty)

    def falls_after_ms(self, kind: Kind) -> tuple[int, ...]:
        return (kind.target_ms,) if self._floor < 1 else ()

    def keep_free(self, kind: Kind, rules: QueueRules) -> int:
        keep = self._keep.get(rules.id)
        if keep is None:
            return super().keep_free(kind, rules)
        weight = self._weight.get(rules.id, 1.0) * rules.value
        return round(keep) if rules.id != kind.queue and self._weight_of(kind) < weight else 0

    def terms(
        self, kind: Kind, waited_ms: int, agent: AgentRules, paces: Paces, view: View
    ) -> tuple[tuple[str, float], ...]:
        return (
            ("weight", self._weight_of(kind)),
            ("g", self._grown(waited_ms / kind.target_ms)),
            ("speed", paces.handle_ms(agent.id, kind.queue) / paces.queue_handle_ms(kind.queue)),
            ("level", float(level(self._main.get(kind.queue), agent))),
            ("waited_s", waited_ms / 1000),
            ("urgency", self.urgency(kind, waited_ms, agent, paces, view)),
            ("price", self.price(kind, agent, paces)),
        )

    def _weight_of(self, kind: Kind) -> float:
        key = kind.queue, kind.segment
        known = self._weights.get(key)
        if known is None:
            own = self._weight.get(f"{kind.queue}.{kind.segment}")
            factor = self._weight.get(kind.queue, 1.0) if own is None else own
            known = self._weights[key] = kind.value * factor
        return known

    def _grown(self, share: float) -> float:
        if share > 1:
            return self._floor + self._slope * (share - 1)
        if share <= 0:
            return self._g0
        return self._g0 + (1 - self._g0) * float(share**self._exponent)
