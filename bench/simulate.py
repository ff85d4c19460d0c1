"""
How fast simulated time runs: 500 agents, 3 calls a second, occupancy about 0.9, one core.

Prints the multiple of real time for each policy and for the world with a router that
hardly thinks, and, because machines differ, the calls per million turns of a calibration
loop of the same run. Run: python -m bench.simulate
"""

from __future__ import annotations

import gc
import heapq
from collections import deque
from collections.abc import Sequence
from time import process_time

from acd.model import PolicyRules
from acd.sim import centre
from acd.sim.laws import exponential
from acd.sim.router import Call, Offer, Router
from acd.sim.system import CallType, SimAgent, Skill, System
from acd.sim.world import World

AGENTS, RATE, OCCUPANCY, TYPES = 500, 3.0, 0.9, 10
RUN_S = 3_000
TURNS = 300_000
POLICIES = ("fair", "smart", "tuned")


def centre_of_500() -> System:
    """Ten types; every agent has one of their own and one 15 % slower; patience as long as a talk."""
    talk_ms = 1000 * AGENTS * OCCUPANCY / RATE
    types = tuple(
        CallType(f"t{at}", (RATE / TYPES,), (exponential(talk_ms),), (exponential(talk_ms),))
        for at in range(TYPES)
    )
    agents = tuple(
        SimAgent(
            f"a{at:03d}",
            "g",
            {at % TYPES: Skill(0), (at % TYPES + 1 + at // TYPES % (TYPES - 1)) % TYPES: Skill(1, 1.15)},
        )
        for at in range(AGENTS)
    )
    return System(types, agents, 10**9)


class Thoughtless:
    """One line, the first free agent of anybody's: what the world itself costs."""

    def __init__(self) -> None:
        self._waiting: deque[Call] = deque()
        self._idle: deque[int] = deque()

    def sign_in(self, agent: int, now_ms: int) -> Sequence[Offer]:
        return self.free(agent, now_ms)

    def sign_out(self, agent: int, now_ms: int) -> Sequence[Offer]:
        return ()

    def arrive(self, call: Call, now_ms: int) -> Sequence[Offer]:
        if self._idle:
            return ((call, self._idle.popleft()),)
        self._waiting.append(call)
        return ()

    def answer(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        return ()

    def miss(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        return ()

    def give_up(self, call: Call, now_ms: int) -> Sequence[Offer]:
        self._waiting.remove(call)
        return ()

    def finish(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        return ()

    def free(self, agent: int, now_ms: int) -> Sequence[Offer]:
        if self._waiting:
            return ((self._waiting.popleft(), agent),)
        self._idle.append(agent)
        return ()

    def next_ms(self) -> int | None:
        return None

    def wake(self, now_ms: int) -> Sequence[Offer]:
        return ()


def calibrate() -> float:
    """Turns per second of a loop of heap pushes and pops of tuples."""
    heap: list[tuple[int, int]] = []
    began = process_time()
    for turn in range(TURNS):
        heapq.heappush(heap, (turn * 7919 % 10007, turn))
        if turn % 2:
            heapq.heappop(heap)
    return TURNS / (process_time() - began)


def speed(system: System, router: Router) -> tuple[float, float, float]:
    """Multiple of real time, calls per second, occupancy; the start from empty is part of it."""
    world = World(system, router, seed="bench", until_ms=RUN_S * 1000, warmup_ms=RUN_S * 200)
    began = process_time()
    counters = world.run()
    took = process_time() - began
    calls = counters.total().offered * RUN_S / (RUN_S * 0.8)
    return RUN_S / took, calls / took, sum(counters.busy_ms) / sum(counters.signed_ms)


def main() -> None:
    system = centre_of_500()
    gc.collect()
    gc.freeze()
    gc.disable()
    turns = calibrate()
    print(f"{AGENTS} agents, {RATE:g} calls/s, one core; calibration {turns / 1e6:.2f} million turns/s")
    print(f"{'router':<14}{'x real time':>12}{'calls/s':>10}{'calls/million turns':>21}{'occupancy':>11}")
    routers: dict[str, Router] = {name: centre.Maker(system, PolicyRules(name))() for name in POLICIES}
    for name, router in (routers | {"world alone": Thoughtless()}).items():
        times, calls, busy = speed(system, router)
        print(f"{name:<14}{times:>12,.0f}{calls:>10,.0f}{calls / turns * 1e6:>21,.0f}{busy:>11.3f}")


if __name__ == "__main__":
    main()
