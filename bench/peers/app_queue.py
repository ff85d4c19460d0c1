"""
Asterisk's app_queue with one queue for each type of call, as its documentation describes it.

- A member is in the queue of each type it holds; its *penalty* is the level
  (queues.conf, `member => interface,penalty`): members of a lower penalty are
  tried first, whatever the strategy.
- *strategy*: `leastrecent` rings who was hung up on by a queue longest ago,
  `fewestcalls` who has completed the fewest calls, `random` anybody, `rrmemory`
  the one after the last one rung in this queue, `linear` in the order of the file.
  `shared_lastcall` and shared counts, the kinder reading: an agent has one last
  call, not one in each queue.
- *autofill*: a caller has its turn when the queue has more available members than
  callers ahead. Availability does not ask whether another queue will get the member.
- Each caller looks once on arrival and then once a second, at its own phase; callers
  of different queues know nothing of each other, so who looks first after a member
  has become free gets it, however long others have waited.
- *weight*: a queue of higher weight that shares the member goes first, as long as it
  has at least as many calls as available members; the caller who is refused looks
  again a second later (a bell that nobody answered is followed by `retry`, 5 s).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from acd.sim.router import Call, Offer
from acd.sim.system import System
from bench.peers.floor import NOTHING, Peer

RECHECK_MS = 1_000
RETRY_MS = 5_000
STRATEGIES = ("leastrecent", "fewestcalls", "random", "rrmemory", "linear")


class AppQueue(Peer):
    """
    One queue a type, penalties by level.

    Args:
        system: The centre.
        seed: Of the strategy `random`.
        strategy: One of `STRATEGIES`.
        weights: By type, the queue's weight; None: all the same.
    """

    def __init__(
        self,
        system: System,
        seed: str,
        *,
        strategy: str = "leastrecent",
        weights: Sequence[int] | None = None,
    ) -> None:
        super().__init__(system)
        if strategy not in STRATEGIES:
            raise ValueError(f"unknown strategy {strategy!r}; known: {', '.join(STRATEGIES)}")
        self._strategy = strategy
        self._chance = Random(f"{seed}/app_queue")
        self._weights = list(weights) if weights is not None else [0] * len(system.types)
        self._last_rung = [-1] * len(system.types)
        self._looked_ms: dict[int, int] = {}
        """By call: when it has last looked; it looks again at whole seconds after that."""
        self._moment_ms = 0

    def arrive(self, call: Call, now_ms: int) -> Sequence[Offer]:
        self.floor.come(call)
        self._moment_ms = now_ms
        self._looked_ms[call.number] = now_ms
        return self._try(call, now_ms)

    def look(self, now_ms: int) -> Sequence[Offer]:
        """Nobody is told that a member is free: callers find it out when they look."""
        self._moment_ms = now_ms
        return NOTHING

    def miss(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        super().miss(call, agent, now_ms)
        # The next whole second after `retry` has passed.
        self._looked_ms[call.number] = now_ms + RETRY_MS - RECHECK_MS
        return NOTHING

    def give_up(self, call: Call, now_ms: int) -> Sequence[Offer]:
        self._looked_ms.pop(call.number, None)
        return super().give_up(call, now_ms)

    def answer(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        self._looked_ms.pop(call.number, None)
        return super().answer(call, agent, now_ms)

    def next_ms(self) -> int | None:
        floor = self.floor
        moments = [
            self._next_look_ms(call)
            for kind, line in enumerate(floor.waiting)
            if line and floor.anybody_free(kind)
            for call in line
        ]
        return min(moments, default=None)

    def wake(self, now_ms: int) -> Sequence[Offer]:
        self._moment_ms = now_ms
        due = [call for line in self.floor.waiting for call in line if self._next_look_ms(call) <= now_ms]
        offers: list[Offer] = []
        for call in sorted(due, key=lambda call: call.number):
            self._looked_ms[call.number] = now_ms
            offers += self._try(call, now_ms)
        return offers

    def _next_look_ms(self, call: Call) -> int:
        """Looks in which nobody was free changed nothing: only their phase is kept."""
        looked_ms = self._looked_ms[call.number]
        if looked_ms + RECHECK_MS > self._moment_ms:
            return looked_ms + RECHECK_MS
        return self._moment_ms + (looked_ms - self._moment_ms) % RECHECK_MS

    def _try(self, call: Call, now_ms: int) -> Sequence[Offer]:
        members = self.floor.free(call.kind)
        if len(members) <= self.floor.waiting[call.kind].index(call):
            return NOTHING
        for member in self._ranked(call.kind, members):
            if not self._goes_to_another(call.kind, member):
                self._last_rung[call.kind] = member
                return [self.floor.give(call, member)]
        return NOTHING

    def _ranked(self, kind: int, members: list[int]) -> list[int]:
        floor, strategy = self.floor, self._strategy
        if strategy == "leastrecent":
            metric = {member: floor.free_since_ms[member] for member in members}
        elif strategy == "fewestcalls":
            metric = {member: floor.handled[member] for member in members}
        elif strategy == "random":
            metric = {member: self._chance.randrange(1000) for member in members}
        elif strategy == "rrmemory":
            count, last = len(floor.system.agents), self._last_rung[kind]
            metric = {member: (member - last - 1) % count for member in members}
        else:
            metric = {member: member for member in members}
        return sorted(members, key=lambda member: (floor.level(member, kind), metric[member], member))

    def _goes_to_another(self, kind: int, member: int) -> bool:
        """Whether a queue of higher weight wants this member."""
        floor, weights = self.floor, self._weights
        return any(
            weights[other] > weights[kind]
            and floor.waiting[other]
            and len(floor.waiting[other]) >= len(floor.free(other))
            for other in floor.system.agents[member].skills
        )
