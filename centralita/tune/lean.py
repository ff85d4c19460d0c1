"""
The engine's choices without its bookkeeping: the same policy object, many times as fast.

A search runs thousands of simulated days. It asks the very `Policy` that the engine
asks, about one queue a type, and nothing else that an engine does (records, offers,
deadlines, explanations). What it proposes is then measured on the engine itself; that
both choose alike is tested.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence

from acd.model import AgentId, Medium, QueueId, Routing
from acd.routing.needs import needs_at
from acd.routing.policy import Kind, Policy
from acd.sim.router import Call, Offer
from acd.sim.system import System

NOTHING: tuple[Offer, ...] = ()
BUSY = -1
ENDLESS_MS = 3_600_000.0
"""Patience of those who never give up."""


class TruePaces:
    """What the engine would have learned after a long time: the means that the system draws from."""

    def __init__(self, system: System, queues: Sequence[QueueId]) -> None:
        wrap_ms = system.wrap.mean_ms if system.wrap else 0.0
        self._own = {
            (AgentId(agent.id), queues[kind]): system.types[kind].service[0].mean_ms * skill.factor + wrap_ms
            for agent in system.agents
            for kind, skill in agent.skills.items()
        }
        by_queue = list(zip(queues, system.types, strict=True))
        self._queue = {queue: kind.service[0].mean_ms + wrap_ms for queue, kind in by_queue}
        self._patience = {
            queue: kind.patience[0].mean_ms if kind.patience else ENDLESS_MS for queue, kind in by_queue
        }

    def handle_ms(self, agent: AgentId, queue: QueueId) -> float:
        return self._own.get((agent, queue), self._queue[queue])

    def queue_handle_ms(self, queue: QueueId) -> float:
        return self._queue[queue]

    def patience_ms(self, queue: QueueId) -> float:
        return self._patience[queue]


class _Counts:
    """What a policy may count at the moment of a decision."""

    def __init__(self, rows: list[list[Call]], free: list[int], kinds: Sequence[Kind]) -> None:
        self._rows, self._free, self._kinds = rows, free, kinds

    def waiting(self, queue: QueueId) -> int:
        return sum(len(row) for row, kind in zip(self._rows, self._kinds, strict=True) if kind.queue == queue)

    def waiting_in_all(self) -> int:
        return sum(len(row) for row in self._rows)

    def free(self, kind: Kind) -> int:
        return self._free[self._kinds.index(kind)]


class LeanRouter:
    """
    One group of waiting calls a type.

    Args:
        system: The centre.
        routing: As the engine would have it (see `acd.sim.centre.routing`).
        policy: Who ranks; asked exactly as the engine asks it.
        kinds: By type, what the engine would make of its calls.
    """

    def __init__(self, system: System, routing: Routing, policy: Policy, kinds: Sequence[Kind]) -> None:
        self._policy = policy
        self._kinds = list(kinds)
        self._paces = TruePaces(system, [kind.queue for kind in kinds])
        self._agents = [routing.agents[AgentId(agent.id)] for agent in system.agents]
        self._skills = [tuple(sorted(agent.skills)) for agent in system.agents]
        types = range(len(system.types))
        self._falls = [policy.falls_after_ms(kind) for kind in self._kinds]
        self._guards = [
            tuple(
                (other, keep)
                for other in types
                if other != kind
                and (keep := policy.keep_free(self._kinds[kind], routing.queues[self._kinds[other].queue]))
                > 0
            )
            for kind in types
        ]
        self._guarded = any(self._guards)
        self._tiers = [self._tiers_of(kind) for kind in types]
        self._rows: list[list[Call]] = [[] for _ in types]
        self._free = [0] * len(system.types)
        """By type: how many agents who hold it are free."""
        self._view = _Counts(self._rows, self._free, self._kinds)
        self._free_since = [BUSY] * len(system.agents)
        self._signed = [False] * len(system.agents)
        self._in_hand = [False] * len(system.agents)

    # --- what the world tells

    def sign_in(self, agent: int, now_ms: int) -> Sequence[Offer]:
        self._signed[agent] = True
        return NOTHING if self._in_hand[agent] else self._freed(agent, now_ms)

    def sign_out(self, agent: int, now_ms: int) -> Sequence[Offer]:
        self._signed[agent] = False
        if self._free_since[agent] != BUSY:
            self._take(agent)
        return NOTHING

    def arrive(self, call: Call, now_ms: int) -> Sequence[Offer]:
        kind = call.kind
        if self._free[kind] and not self._rows[kind]:
            agent = self._cheapest(kind)
            if agent is not None:
                return [self._give(call, agent)]
        self._rows[kind].append(call)
        return NOTHING

    def answer(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        return NOTHING

    def miss(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        insort(self._rows[call.kind], call, key=_place)
        return self.free(agent, now_ms)

    def give_up(self, call: Call, now_ms: int) -> Sequence[Offer]:
        if call.agent >= 0:
            return self.free(call.agent, now_ms)
        self._rows[call.kind].remove(call)
        return NOTHING

    def finish(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        return NOTHING

    def free(self, agent: int, now_ms: int) -> Sequence[Offer]:
        self._in_hand[agent] = False
        return self._freed(agent, now_ms) if self._signed[agent] else NOTHING

    def next_ms(self) -> int | None:
        return None

    def wake(self, now_ms: int) -> Sequence[Offer]:
        return NOTHING

    # --- choosing

    def _freed(self, agent: int, now_ms: int) -> Sequence[Offer]:
        self._free_since[agent] = now_ms
        for kind in self._skills[agent]:
            self._free[kind] += 1
        call = self._most_urgent(agent, now_ms)
        if call is not None:
            return [self._give_waiting(call, agent)]
        if not self._guarded:
            return NOTHING
        # One more free agent may be what those who were held back have waited for.
        offers: list[Offer] = []
        for other in sorted(self._idle_able(), key=lambda one: (self._free_since[one], one)):
            call = self._most_urgent(other, now_ms)
            if call is not None:
                offers.append(self._give_waiting(call, other))
        return offers

    def _idle_able(self) -> list[int]:
        kinds = {kind for kind, row in enumerate(self._rows) if row and self._free[kind]}
        if not kinds:
            return []
        return [
            agent
            for agent, since in enumerate(self._free_since)
            if since != BUSY and not kinds.isdisjoint(self._skills[agent])
        ]

    def _most_urgent(self, agent: int, now_ms: int) -> Call | None:
        best: Call | None = None
        best_rank = (0.0, 0, 0)
        rules, paces, urgency = self._agents[agent], self._paces, self._policy.urgency
        for kind in self._skills[agent]:
            row = self._rows[kind]
            if not row or (self._guards[kind] and self._shut(kind, agent)):
                continue
            for call in self._heads(kind, row, now_ms):
                value = urgency(self._kinds[kind], now_ms - call.arrived_ms, rules, paces, self._view)
                rank = (value, -call.arrived_ms, -call.number)
                if best is None or rank > best_rank:
                    best, best_rank = call, rank
        return best

    def _heads(self, kind: int, row: list[Call], now_ms: int) -> list[Call]:
        heads = [row[0]]
        for fall_ms in self._falls[kind]:
            at = bisect_left(row, now_ms - fall_ms, key=_arrived)
            if 0 < at < len(row):
                heads.append(row[at])
        return heads

    def _cheapest(self, kind: int) -> int | None:
        since = self._free_since
        for tier in self._tiers[kind]:
            free = [agent for agent in tier if since[agent] != BUSY and not self._shut(kind, agent)]
            if free:
                return min(free, key=lambda agent: (since[agent], agent))
        return None

    def _shut(self, kind: int, agent: int) -> bool:
        """Whether the agent is kept free for another type."""
        skills = self._skills[agent]
        return any(self._free[other] <= keep and other in skills for other, keep in self._guards[kind])

    def _tiers_of(self, kind: int) -> list[list[int]]:
        prices: dict[float, list[int]] = {}
        for agent, rules in enumerate(self._agents):
            if kind in self._skills[agent]:
                price = self._policy.price(self._kinds[kind], rules, self._paces)
                prices.setdefault(price, []).append(agent)
        return [prices[price] for price in sorted(prices)]

    def _give_waiting(self, call: Call, agent: int) -> Offer:
        self._rows[call.kind].remove(call)
        return self._give(call, agent)

    def _give(self, call: Call, agent: int) -> Offer:
        self._take(agent)
        self._in_hand[agent] = True
        return call, agent

    def _take(self, agent: int) -> None:
        self._free_since[agent] = BUSY
        for kind in self._skills[agent]:
            self._free[kind] -= 1


def kind_of(routing: Routing, queue: QueueId, segment: str = "", language: str = "") -> Kind:
    """What the engine makes of a call that has just come to a queue."""
    rules = routing.queues[queue]
    return Kind(
        queue,
        segment,
        needs_at(rules, 0, language),
        rules.steps[0].sites if rules.steps else rules.sites,
        Medium.VOICE,
        rules.values.get(segment, rules.value),
        rules.target_ms,
    )


def _arrived(call: Call) -> int:
    return call.arrived_ms


def _place(call: Call) -> tuple[int, int]:
    return call.arrived_ms, call.number
