"""The plainest router: oldest call that the agent can take, agent idle longest. Looked up by walking."""

from __future__ import annotations

from collections.abc import Sequence

from acd.sim.laws import Law, exponential
from acd.sim.router import Call, Offer
from acd.sim.system import CallType, SimAgent, Skill, System


class Naive:
    """Also remembers whatever it was told, for tests that look at the world."""

    def __init__(self, system: System) -> None:
        self.told: list[tuple[str, int, int]] = []
        """What, about which call or agent, when."""
        self.arrived: list[tuple[int, int, int, int]] = []
        """Time, type, service, patience of all calls that found a place."""
        self._agents = system.agents
        self._waiting: list[Call] = []
        self._idle: dict[int, int] = {}
        self._stood: dict[int, int] = {}
        """Since when each agent had been idle when the last call was offered."""
        self._out: set[int] = set()

    def sign_in(self, agent: int, now_ms: int) -> Sequence[Offer]:
        self.told.append(("in", agent, now_ms))
        self._out.discard(agent)
        self._idle[agent] = now_ms
        return self._match()

    def sign_out(self, agent: int, now_ms: int) -> Sequence[Offer]:
        self.told.append(("out", agent, now_ms))
        self._out.add(agent)
        self._idle.pop(agent, None)
        return ()

    def arrive(self, call: Call, now_ms: int) -> Sequence[Offer]:
        self.told.append(("arrive", call.number, now_ms))
        self.arrived.append((now_ms, call.kind, call.service_ms, call.patience_ms))
        self._waiting.append(call)
        return self._match()

    def answer(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        self.told.append(("answer", call.number, now_ms))
        return ()

    def miss(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        self.told.append(("miss", call.number, now_ms))
        self._waiting.append(call)
        self._waiting.sort(key=lambda one: one.number)
        return self._freed(agent, now_ms)

    def give_up(self, call: Call, now_ms: int) -> Sequence[Offer]:
        self.told.append(("give_up", call.number, now_ms))
        if call.agent >= 0:  # nobody's fault: the agent keeps the place among the idle
            return self._freed(call.agent, self._stood[call.agent])
        self._waiting.remove(call)
        return ()

    def finish(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        self.told.append(("finish", call.number, now_ms))
        return ()

    def free(self, agent: int, now_ms: int) -> Sequence[Offer]:
        self.told.append(("free", agent, now_ms))
        return self._freed(agent, now_ms)

    def next_ms(self) -> int | None:
        return None

    def wake(self, now_ms: int) -> Sequence[Offer]:
        return ()

    def _freed(self, agent: int, idle_since_ms: int) -> Sequence[Offer]:
        if agent not in self._out:
            self._idle[agent] = idle_since_ms
        return self._match()

    def _match(self) -> Sequence[Offer]:
        offers = []
        for call in list(self._waiting):
            able = [(since, at) for at, since in self._idle.items() if call.kind in self._agents[at].skills]
            if able:
                _, agent = min(able)
                self._stood[agent] = self._idle.pop(agent)
                self._waiting.remove(call)
                offers.append((call, agent))
        return offers


def one_queue(
    *, agents: int, rate: float, service: Law, patience: Law | None = None, **settings: object
) -> System:
    """One type of call, agents all alike, one endless period."""
    kind = CallType("a", (rate,), (service,), () if patience is None else (patience,))
    team = tuple(SimAgent(f"g-{at:04d}", "g", {0: Skill(0)}) for at in range(agents))
    return System((kind,), team, 10**9, **settings)  # type: ignore[arg-type]


def n_design() -> System:
    """Type a by everybody, type b by the second group only, where a is second choice and 20 % slower."""
    law = exponential(60_000)
    types = (
        CallType("a", (0.05,), (law,), (exponential(120_000),)),
        CallType("b", (0.04,), (law,), (exponential(90_000),), priority=1),
    )
    first = [SimAgent(f"g1-{at:04d}", "g1", {0: Skill(0)}) for at in range(3)]
    second = [SimAgent(f"g2-{at:04d}", "g2", {0: Skill(1, 1.2), 1: Skill(0)}) for at in range(3)]
    return System(types, (*first, *second), 10**9)
