"""
Policy `rule`: the classical rules, for comparison and for those who want exactly these.

Word `agents`, who is asked first (the longest idle among equals):
    longest_idle               nothing else counts
    level_then_longest_idle    10 - proficiency in the queue's main skill
    fastest_then_longest_idle  "factor.AGENT.QUEUE", a factor of handle time, smallest first
    slowest_then_longest_idle  the same, largest first (Armony 2005 shows what it costs)
    least_flexible             how many queues the agent could serve

Word `calls`, who is next (the oldest among equals):
    fcfs                       seconds waited
    priority_then_fcfs         "priority.QUEUE", smallest first, then seconds waited
    agent_level_then_fcfs      this agent's level for the queue, then seconds waited
    queue_ratio                q - "ratio.QUEUE" * all who wait (Gurvich and Whitt 2009)
    generalised_c_mu           value * waited / target / factor (Mandelbaum and Stolyar 2004)

"reserve.QUEUE" = r: contacts of this queue take an agent able for a queue of better priority only
while more than r such agents are free.
"""

from __future__ import annotations

from acd.model import AgentId, AgentRules, PolicyRules, QueueId, QueueRules, Routing
from acd.routing.needs import main_skill
from acd.routing.policies.base import Plain, flexibility, level
from acd.routing.policies.settings import Number, check, under
from acd.routing.policy import Factor, Kind, Paces, View

AGENTS = (
    "longest_idle",
    "level_then_longest_idle",
    "fastest_then_longest_idle",
    "slowest_then_longest_idle",
    "least_flexible",
)
CALLS = ("fcfs", "priority_then_fcfs", "agent_level_then_fcfs", "queue_ratio", "generalised_c_mu")
NUMBERS = (
    Number("priority.QUEUE", 0, 0, 10, "rank of the queue, the smallest first", legal_from=-1e6),
    Number("ratio.QUEUE", 0, 0, 1, "share of all who wait that may wait in the queue"),
    Number("factor.AGENT.QUEUE", 1, 0.5, 2, "handle time of the agent by the queue's mean"),
    Number("reserve.QUEUE", 0, 0, 10, "agents that the queue leaves to those of better priority"),
)
_CLASS_S = 1e9
"""Longer than anybody waits: what stands before the wait decides alone."""


class Rule(Plain):
    name = "rule"

    def __init__(self, rules: PolicyRules, routing: Routing) -> None:
        check(self.name, rules, NUMBERS, {"agents": AGENTS, "calls": CALLS})
        self._agents = rules.words.get("agents", AGENTS[0])
        self._calls = rules.words.get("calls", CALLS[0])
        self.flat = self._agents == AGENTS[0]
        self.by_age = self._calls == CALLS[0]
        self._priority = under(rules.numbers, "priority")
        self._ratio = under(rules.numbers, "ratio")
        self._reserve = under(rules.numbers, "reserve")
        self._factor = under(rules.numbers, "factor")
        self._main = {queue: main_skill(one) for queue, one in routing.queues.items()}
        self._flexible: dict[AgentId, int] = {}
        if self._agents == "least_flexible":
            self._flexible = {agent: flexibility(routing, one) for agent, one in routing.agents.items()}

    def price(self, kind: Kind, agent: AgentRules, paces: Paces) -> float:
        match self._agents:
            case "level_then_longest_idle":
                return float(level(self._main.get(kind.queue), agent))
            case "fastest_then_longest_idle":
                return self._factor_of(agent, kind.queue)
            case "slowest_then_longest_idle":
                return -self._factor_of(agent, kind.queue)
            case "least_flexible":
                return float(self._flexible.get(agent.id, 0))
        return 0.0

    def factor(self, kind: Kind, agent: AgentRules, paces: Paces) -> Factor:
        match self._calls:
            case "priority_then_fcfs":
                return _CLASS_S * self._priority.get(kind.queue, 0.0)
            case "agent_level_then_fcfs":
                return _CLASS_S * level(self._main.get(kind.queue), agent)
            case "queue_ratio":
                return kind.queue, self._ratio.get(kind.queue, 0.0)
            case "generalised_c_mu":
                return kind.value, kind.target_ms, self._factor_of(agent, kind.queue)
        return 0.0

    def rate(self, weight: Factor, factor: Factor, waited_ms: int, view: View) -> float:
        if self._calls == "queue_ratio":
            queue, ratio = factor
            return float(view.waiting(queue) - ratio * view.waiting_in_all())
        if self._calls == "generalised_c_mu":
            value, target_ms, slowness = factor
            return float(value * waited_ms / target_ms / slowness)
        return float(waited_ms / 1000 - factor)

    def keep_free(self, kind: Kind, rules: QueueRules) -> int:
        reserve = self._reserve.get(kind.queue)
        if reserve is None:
            return super().keep_free(kind, rules)
        better = self._priority.get(rules.id, 0.0) < self._priority.get(kind.queue, 0.0)
        return int(reserve) if better else 0

    def terms(
        self, kind: Kind, waited_ms: int, agent: AgentRules, paces: Paces, view: View
    ) -> tuple[tuple[str, float], ...]:
        return (
            ("waited_s", waited_ms / 1000),
            (f"calls.{self._calls}", self.urgency(kind, waited_ms, agent, paces, view)),
            (f"agents.{self._agents}", self.price(kind, agent, paces)),
        )

    def _factor_of(self, agent: AgentRules, queue: QueueId) -> float:
        return self._factor.get(f"{agent.id}.{queue}", 1.0)
