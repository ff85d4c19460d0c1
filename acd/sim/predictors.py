"""
How well simple rules foretell the wait in a queue with one skill.

For each served call that found somebody waiting, the wait is compared with what
each rule said when the call came. Rules after Ibrahim, Whitt 2009 ("Real-time
delay estimation based on delay history", M&SOM 11): last to enter service (LES),
head of line (HOL), and the mean given the number ahead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from acd.sim.router import Call, Offer, Router

RULES = ("LES", "HOL", "naive", "best")


class Foretold:
    """Squared errors by rule, in seconds squared; adds up over replications."""

    __slots__ = ("calls", "squares")

    def __init__(self) -> None:
        self.calls = 0
        self.squares = dict.fromkeys(RULES, 0.0)

    def add(self, other: Foretold) -> None:
        self.calls += other.calls
        for rule in RULES:
            self.squares[rule] += other.squares[rule]

    def rmse_s(self, rule: str) -> float:
        return math.sqrt(self.squares[rule] / self.calls) if self.calls else math.nan

    def measure(self, name: str) -> float | None:
        """`rmse_s.RULE`, or `mse_ratio_RULE_over_queue_length` (the best's); None: unknown."""
        rule = name.removeprefix("rmse_s.")
        if rule in RULES and rule != name:
            return self.rmse_s(rule)
        rule = name.removeprefix("mse_ratio_").removesuffix("_over_queue_length")
        if rule in RULES and rule != name:
            return (self.rmse_s(rule) / self.rmse_s("best")) ** 2
        return None


class Foreteller:
    """A router that passes everything on and keeps account of predictions; first come, first served."""

    def __init__(self, router: Router, *, agents: int, service_s: float, patience_s: float | None) -> None:
        """
        Watch over a router.

        Args:
            router: Who decides; must serve in order of arrival.
            agents: All alike.
            service_s: Mean.
            patience_s: Mean; None if nobody gives up.
        """
        self.foretold = Foretold()
        self._router = router
        self._rate = agents / service_s
        self._theta = 0.0 if patience_s is None else 1 / patience_s
        self._ahead: dict[int, int] = {}
        """When each that waits arrived, in order."""
        self._said: dict[int, tuple[float, float, float, float]] = {}
        self._last_s = 0.0
        """Wait of the last call that was answered."""
        self._means = [1 / (self._rate + self._theta)]
        """Mean wait of a call that will be served, by the number ahead."""

    def arrive(self, call: Call, now_ms: int) -> Sequence[Offer]:
        if self._ahead and call.counted:
            oldest_ms = next(iter(self._ahead.values()))
            q = len(self._ahead)
            self._said[call.number] = (
                self._last_s,
                (now_ms - oldest_ms) / 1000,
                (q + 1) / self._rate,
                self._mean(q),
            )
        self._ahead[call.number] = now_ms
        return self._router.arrive(call, now_ms)

    def answer(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        del self._ahead[call.number]
        self._last_s = (now_ms - call.arrived_ms) / 1000
        said = self._said.pop(call.number, None)
        if said is not None:
            self.foretold.calls += 1
            for rule, guess in zip(RULES, said, strict=True):
                self.foretold.squares[rule] += (guess - self._last_s) ** 2
        return self._router.answer(call, agent, now_ms)

    def give_up(self, call: Call, now_ms: int) -> Sequence[Offer]:
        del self._ahead[call.number]
        self._said.pop(call.number, None)
        return self._router.give_up(call, now_ms)

    def sign_in(self, agent: int, now_ms: int) -> Sequence[Offer]:
        return self._router.sign_in(agent, now_ms)

    def sign_out(self, agent: int, now_ms: int) -> Sequence[Offer]:
        return self._router.sign_out(agent, now_ms)

    def miss(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        return self._router.miss(call, agent, now_ms)

    def finish(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        return self._router.finish(call, agent, now_ms)

    def free(self, agent: int, now_ms: int) -> Sequence[Offer]:
        return self._router.free(agent, now_ms)

    def next_ms(self) -> int | None:
        return self._router.next_ms()

    def wake(self, now_ms: int) -> Sequence[Offer]:
        return self._router.wake(now_ms)

    def _mean(self, ahead: int) -> float:
        """Sum over j = 0..ahead of 1 / (n mu + (j + 1) theta): the stages of a call that stays."""
        while len(self._means) <= ahead:
            self._means.append(self._means[-1] + 1 / (self._rate + (len(self._means) + 1) * self._theta))
        return self._means[ahead]
