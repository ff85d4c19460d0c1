"""
One replication: callers come, wait, talk and give up; agents answer, wrap up and go home.

The world draws and counts, the `Router` (see `acd.sim.router`) chooses. Time is a
heap of plain tuples; nothing else moves the clock but the router's own wake-ups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush
from typing import Any

from acd.sim.chance import generator
from acd.sim.counters import Counters
from acd.sim.load import NEVER, Arrival, again, arrivals, busyness, draws
from acd.sim.router import Call, Offer, Router
from acd.sim.system import Skill, System

PATIENT_MS = 3_600_000
"""How long after the last event a router that still wants to be woken is woken."""

NEVER_MS = 2**62
_OWN = Skill(0)


class World:
    """Runs once."""

    def __init__(
        self,
        system: System,
        router: Router,
        *,
        seed: str,
        until_ms: int,
        warmup_ms: int = 0,
        crowd: int = 0,
        overtime: bool = False,
    ) -> None:
        """
        Prepare a replication.

        Args:
            system: The centre.
            router: Who decides; made for this system, used by this world only.
            seed: All that is drawn follows from it, whatever the router does.
            until_ms: New calls come until then; those that are there are seen to their end.
            warmup_ms: Calls that came before, and agents' time until then, are not counted.
            crowd: Calls of the first type that are there already when the doors open.
            overtime: Agents' time counts until the last call is over; else until `until_ms`.
        """
        self.counters = Counters(len(system.types), len(system.agents))
        self._system, self._router, self._seed = system, router, seed
        self._until_ms, self._warmup_ms, self._crowd = until_ms, warmup_ms, crowd
        self._heap: list[tuple[int, int, Callable[[Any, int], None], Any]] = []
        self._count_until_ms = NEVER_MS if overtime else until_ms
        self._last_ms = 0
        """When the last call was over."""
        self._order = 0
        self._numbers = 0
        self._waiting = 0
        """Calls that nobody has answered yet."""
        agents = len(system.agents)
        self._busy_since = [-1] * agents
        """Since when each agent has a call in hand; -1: none."""
        self._signed_since = [-1] * agents
        self._leaving = [False] * agents
        """Signed out, and finishing what is in hand."""
        self._streams: list[Iterator[Arrival]] = []
        self._drawn = [0] * len(system.types)
        self._wrap = None if system.wrap is None else system.wrap.sampler(generator(seed, "wrap"))
        self._bells = generator(seed, "bells")

    def run(self) -> Counters:
        """Until nothing is left to happen."""
        self._open()
        heap, router = self._heap, self._router
        now_ms = 0
        while True:
            due_ms = router.next_ms()
            if heap and (due_ms is None or heap[0][0] <= due_ms):
                now_ms, _, action, subject = heappop(heap)
                action(subject, now_ms)
            elif due_ms is not None and (heap or self._waiting) and due_ms <= now_ms + PATIENT_MS:
                self._play(router.wake(due_ms), due_ms)
            else:
                break
        self._close(max(self._last_ms, self._until_ms))
        return self.counters

    def _open(self) -> None:
        system = self._system
        for place, agent in enumerate(self._by_the_door()):
            spec = system.agents[agent]
            for start_ms, end_ms in spec.shifts or ():
                self._at(start_ms, self._sign_in, agent)
                self._at(end_ms, self._sign_out, agent)
            if spec.shifts is None and spec.group not in system.staff:
                self._open_for(agent, place)
        for group, counts in system.staff.items():
            for period, count in enumerate(counts):
                self._at(period * system.period_ms, self._staff, (group, count))
        factor = busyness(system, self._seed)
        for kind in range(len(system.types)):
            stream = arrivals(system, kind, seed=self._seed, until_ms=self._until_ms, factor=factor)
            self._streams.append(stream)
            self._next_arrival(kind)
        self._let_in_crowd()

    def _open_for(self, agent: int, place: int) -> None:
        """Nobody is idle longest when all begin at one moment: they come one by one, as people do."""
        if self._crowd:
            self._sign_in(agent, 0)
        else:
            self._at(place, self._sign_in, agent)

    def _by_the_door(self) -> list[int]:
        """Who comes first, by chance: not always those who stand first in the list."""
        order = list(range(len(self._system.agents)))
        generator(self._seed, "doors").shuffle(order)
        return order

    def _let_in_crowd(self) -> None:
        services, patiences = draws(self._system.types[0], generator(self._seed, "crowd"))
        for _ in range(self._crowd):
            self._come(self._new_call(0, 0, services[0](), patiences[0]()), 0)

    def _close(self, now_ms: int) -> None:
        for agent in range(len(self._system.agents)):
            if self._signed_since[agent] >= 0:
                self._count_signed(agent, now_ms)

    def _at(self, at_ms: int, action: Callable[[Any, int], None], subject: Any) -> None:
        self._order += 1
        heappush(self._heap, (at_ms, self._order, action, subject))

    # --- callers

    def _next_arrival(self, kind: int) -> None:
        drawn = next(self._streams[kind], None)
        if drawn is not None:
            self._at(drawn[0], self._arrive, (kind, drawn[1], drawn[2]))

    def _arrive(self, what: tuple[int, int, int], now_ms: int) -> None:
        kind, service_ms, patience_ms = what
        call = self._new_call(kind, now_ms, service_ms, patience_ms)
        call.origin = self._drawn[kind]
        self._drawn[kind] += 1
        self._next_arrival(kind)
        self._come(call, now_ms)

    def _new_call(self, kind: int, now_ms: int, service_ms: int, patience_ms: int) -> Call:
        call = Call(self._numbers, kind, now_ms, service_ms, patience_ms)
        call.counted = now_ms >= self._warmup_ms
        self._numbers += 1
        return call

    def _come(self, call: Call, now_ms: int) -> None:
        tally = self.counters.tallies[call.kind]
        if call.counted:
            tally.offered += 1
            tally.retries += call.attempt > 0
        places = self._system.places
        if places is not None and self._waiting >= places and not self._somebody_free(call.kind):
            tally.blocked += call.counted
            call.over = True
            return
        self._waiting += 1
        offers = self._router.arrive(call, now_ms)
        if offers:
            self._play(offers, now_ms)
        if call.patience_ms != NEVER and not call.talking:
            self._at(now_ms + call.patience_ms, self._give_up, call)

    def _somebody_free(self, kind: int) -> bool:
        """Whether the call can be taken at once, and so needs no place to wait."""
        return any(
            self._busy_since[agent] < 0 <= self._signed_since[agent] and kind in spec.skills
            for agent, spec in enumerate(self._system.agents)
        )

    def _give_up(self, call: Call, now_ms: int) -> None:
        if call.talking or call.over:
            return
        call.over = True
        self._last_ms = now_ms
        self._waiting -= 1
        if call.counted:
            self._count_abandoned(call, now_ms - call.arrived_ms)
        self._maybe_again(call, now_ms)
        agent = call.agent
        if agent >= 0:
            self._lay_down(agent, now_ms)
        self._play(self._router.give_up(call, now_ms), now_ms)
        if agent >= 0:
            self._go_or_return(agent, now_ms)

    def _count_abandoned(self, call: Call, wait_ms: int) -> None:
        tally = self.counters.tallies[call.kind]
        tally.abandoned += 1
        tally.abandoned_in_target += wait_ms <= self._system.types[call.kind].awt_ms
        tally.wait_abandoned_ms += wait_ms
        tally.waits_abandoned.append(wait_ms)

    def _maybe_again(self, call: Call, now_ms: int) -> None:
        attempt = call.attempt + 1
        drawn = again(self._system, call.kind, seed=self._seed, origin=call.origin, attempt=attempt)
        if drawn is not None and now_ms + drawn[0] < self._until_ms:
            what = call.kind, call.origin, attempt, drawn[1], drawn[2]
            self._at(now_ms + drawn[0], self._come_again, what)

    def _come_again(self, what: tuple[int, int, int, int, int], now_ms: int) -> None:
        kind, origin, attempt, service_ms, patience_ms = what
        call = self._new_call(kind, now_ms, service_ms, patience_ms)
        call.origin, call.attempt = origin, attempt
        self._come(call, now_ms)

    # --- offers and talks

    def _play(self, offers: Sequence[Offer], now_ms: int) -> None:
        for call, agent in offers:
            call.agent = agent
            self._busy_since[agent] = now_ms
            if self._system.ringing is None:
                self._answer(call, agent, now_ms)
            else:
                self._ring(call, agent, now_ms)

    def _ring(self, call: Call, agent: int, now_ms: int) -> None:
        ringing, bells = self._system.ringing, self._bells
        assert ringing is not None
        call.rings += 1
        missed = bells.random() < ringing.miss
        after_ms = ringing.least_ms + int(bells.expovariate(1 / ringing.mean_ms) + 0.5)
        if missed or after_ms >= ringing.ring_ms:
            self._at(now_ms + ringing.ring_ms, self._bell_over, (call, call.rings, False))
        else:
            self._at(now_ms + after_ms, self._bell_over, (call, call.rings, True))
        self.counters.tallies[call.kind].rings += call.counted

    def _bell_over(self, what: tuple[Call, int, bool], now_ms: int) -> None:
        call, bell, picked_up = what
        if call.over or call.talking or call.rings != bell or call.agent < 0:
            return
        agent = call.agent
        if picked_up:
            self._answer(call, agent, now_ms)
            return
        call.agent = -1
        self.counters.tallies[call.kind].misses += call.counted
        self._lay_down(agent, now_ms)
        self._play(self._router.miss(call, agent, now_ms), now_ms)
        self._go_or_return(agent, now_ms)

    def _answer(self, call: Call, agent: int, now_ms: int) -> None:
        call.talking = True
        self._waiting -= 1
        skill = self._system.agents[agent].skills.get(call.kind, _OWN)
        talk_ms = call.service_ms
        if skill.factor != 1.0:
            talk_ms = int(talk_ms * skill.factor + 0.5)
        self._order += 1
        heappush(self._heap, (now_ms + talk_ms, self._order, self._finish, call))
        if call.counted:
            self._count_answered(call, now_ms - call.arrived_ms, skill, talk_ms)
        offers = self._router.answer(call, agent, now_ms)
        if offers:
            self._play(offers, now_ms)

    def _count_answered(self, call: Call, wait_ms: int, skill: Skill, talk_ms: int) -> None:
        tally = self.counters.tallies[call.kind]
        tally.answered += 1
        tally.at_once += wait_ms == 0
        tally.in_target += wait_ms <= self._system.types[call.kind].awt_ms
        tally.primary += skill.level == 0
        tally.wait_answered_ms += wait_ms
        tally.talk_ms += talk_ms
        tally.waits_answered.append(wait_ms)

    def _finish(self, call: Call, now_ms: int) -> None:
        call.over = True
        agent = call.agent
        offers = self._router.finish(call, agent, now_ms)
        if offers:
            self._play(offers, now_ms)
        if self._wrap is None:
            self._free(agent, now_ms)
        else:
            self._at(now_ms + self._wrap(), self._free, agent)

    def _free(self, agent: int, now_ms: int) -> None:
        self._lay_down(agent, now_ms)
        offers = self._router.free(agent, now_ms)
        if offers:
            self._play(offers, now_ms)
        self._go_or_return(agent, now_ms)

    # --- agents

    def _lay_down(self, agent: int, now_ms: int) -> None:
        """The agent has nothing in hand any more: count how long it was."""
        self._last_ms = now_ms
        start_ms = max(self._busy_since[agent], self._warmup_ms)
        end_ms = min(now_ms, self._count_until_ms)
        if end_ms > start_ms:
            self.counters.busy_ms[agent] += end_ms - start_ms
        self._busy_since[agent] = -1

    def _count_signed(self, agent: int, now_ms: int) -> None:
        start_ms = max(self._signed_since[agent], self._warmup_ms)
        end_ms = min(now_ms, self._count_until_ms)
        self.counters.signed_ms[agent] += max(0, end_ms - start_ms)
        self._signed_since[agent] = -1

    def _go_or_return(self, agent: int, now_ms: int) -> None:
        """Whoever has signed out while busy goes now."""
        if self._leaving[agent] and self._busy_since[agent] < 0:
            self._leaving[agent] = False
            self._count_signed(agent, now_ms)

    def _sign_in(self, agent: int, now_ms: int) -> None:
        if self._leaving[agent]:
            self._leaving[agent] = False
        elif self._signed_since[agent] < 0:
            self._signed_since[agent] = now_ms
        else:
            return
        self._play(self._router.sign_in(agent, now_ms), now_ms)

    def _sign_out(self, agent: int, now_ms: int) -> None:
        if self._signed_since[agent] < 0 or self._leaving[agent]:
            return
        self._play(self._router.sign_out(agent, now_ms), now_ms)
        if self._busy_since[agent] >= 0:
            self._leaving[agent] = True
        else:
            self._count_signed(agent, now_ms)

    def _staff(self, what: tuple[str, int], now_ms: int) -> None:
        """So many of a group from now on: idle ones leave first, those who were long away come first."""
        group, count = what
        members = [at for at, spec in enumerate(self._system.agents) if spec.group == group]
        here = [at for at in members if self._signed_since[at] >= 0 and not self._leaving[at]]
        away = [at for at in members if at not in here]
        for agent in sorted(here, key=lambda at: (self._busy_since[at] >= 0, -at))[
            : max(0, len(here) - count)
        ]:
            self._sign_out(agent, now_ms)
        for agent in sorted(away, key=lambda at: (self._leaving[at], at))[: max(0, count - len(here))]:
            self._sign_in(agent, now_ms)
