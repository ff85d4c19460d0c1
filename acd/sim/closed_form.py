"""
What queueing theory says exactly of one kind of call: Erlang B, C and A, and their limits.

Rates are per second, times are seconds, `load` is arrival rate x mean service
time in Erlang. The simulator is checked against these figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

_NORMAL = NormalDist()
_NEGLIGIBLE = 1e-15
_SEARCHED = 200
"""Halvings of an interval: far below the precision of a float."""


def erlang_b(lines: int, load: float) -> float:
    """
    Share of calls that find all lines busy and are lost.

    Args:
        lines: 0 or more.
        load: Erlang, >= 0.

    Source: Erlang 1917; recursion of Jagerman 1974, stable for any size.
    """
    inverse = 1.0
    if load <= 0:
        return 0.0 if lines else 1.0
    for line in range(1, lines + 1):
        inverse = 1.0 + line / load * inverse
    return 1.0 / inverse


def erlang_c(agents: int, load: float) -> float:
    """Share of calls that wait where all wait as long as it takes; 1.0 if load >= agents (Erlang 1917)."""
    if load >= agents:
        return 1.0
    blocked = erlang_b(agents, load)
    return agents * blocked / (agents - load * (1 - blocked))


@dataclass(frozen=True, slots=True)
class ErlangC:
    """M/M/n: nobody gives up. A load of `agents` or more has no mean wait: infinity."""

    rate: float
    service_s: float
    agents: int

    @property
    def load(self) -> float:
        return self.rate * self.service_s

    @property
    def occupancy(self) -> float:
        return min(1.0, self.load / self.agents)

    @property
    def p_wait(self) -> float:
        return erlang_c(self.agents, self.load)

    @property
    def slack(self) -> float:
        """Calls per second that could be served beyond those that come."""
        return self.agents / self.service_s - self.rate

    @property
    def mean_wait_s(self) -> float:
        """Of all calls."""
        return self.p_wait / self.slack if self.slack > 0 else math.inf

    @property
    def queue(self) -> float:
        """Calls that wait, on average (Little)."""
        return self.rate * self.mean_wait_s

    def answered_within(self, target_s: float) -> float:
        return 1 - self.p_wait * math.exp(-self.slack * target_s) if self.slack > 0 else 0.0

    def percentile_s(self, share: float) -> float:
        """The wait that this share of all calls does not exceed."""
        late = 1 - share
        return 0.0 if self.p_wait <= late else math.log(self.p_wait / late) / self.slack


class ErlangA:
    """
    M/M/n+M: who waits gives up after an exponential time.

    Source: Palm 1946; Garnett, Mandelbaum, Reiman 2002; Mandelbaum, Zeltyn 2007
    ("Beta law"). A call that finds j others waiting is served with probability
    nu / (nu + (j+1) theta), nu = agents / service time, and its wait is then the sum of
    stages of rates nu + theta, ..., nu + (j+1) theta: the time of j+1 births of a
    birth process with immigration, whose count is negative binomial.
    """

    def __init__(self, *, rate: float, service_s: float, agents: int, patience_s: float) -> None:
        """
        Work out how often each length of the queue is met.

        Args:
            rate: Calls per second, > 0.
            service_s: Mean, > 0.
            agents: 1 or more.
            patience_s: Mean, > 0.
        """
        self.rate, self.agents = rate, agents
        self._nu, self._theta = agents / service_s, 1 / patience_s
        self.load = rate * service_s
        weights = [1.0]
        while weights[-1] > _NEGLIGIBLE or self._grows(len(weights)):
            weights.append(weights[-1] * rate / (self._nu + len(weights) * self._theta))
        # Those who find all agents busy: as in Erlang B, seen from the state "all busy, nobody waits".
        below = 1.0 / erlang_b(agents, self.load) - 1.0
        whole = below + math.fsum(weights)
        self.met = [weight / whole for weight in weights]
        """Probability that all agents are busy and j others wait, by j."""

    def _grows(self, length: int) -> bool:
        return self.rate > self._nu + length * self._theta

    @property
    def p_wait(self) -> float:
        return math.fsum(self.met)

    @property
    def queue(self) -> float:
        return math.fsum(j * p for j, p in enumerate(self.met))

    @property
    def p_abandon(self) -> float:
        return self.queue * self._theta / self.rate

    @property
    def mean_wait_all_s(self) -> float:
        return self.queue / self.rate

    @property
    def mean_wait_served_s(self) -> float:
        waits, stage_s = [], 0.0
        for j, p in enumerate(self.met):
            stage_s += 1 / (self._nu + (j + 1) * self._theta)
            waits.append(p * self._served(j) * stage_s)
        return math.fsum(waits) / (1 - self.p_abandon)

    @property
    def occupancy(self) -> float:
        return self.load * (1 - self.p_abandon) / self.agents

    def answered_within(self, target_s: float) -> float:
        """Answered within the target, over all offered."""
        births = _births(self._nu / self._theta + 1, self._theta * target_s)
        served, done = [], 1.0
        for j, p in enumerate(self.met):
            done -= births(j)
            served.append(p * self._served(j) * max(0.0, done))
        return 1 - self.p_wait + math.fsum(served)

    def waits_longer(self, target_s: float) -> float:
        """Share of all calls, those that give up later included, that still wait after this time."""
        births = _births(self._nu / self._theta, self._theta * target_s)
        left, still = [], 0.0
        for j, p in enumerate(self.met):
            still += births(j)
            left.append(p * min(1.0, still))
        return math.exp(-self._theta * target_s) * math.fsum(left)

    def abandoned_within(self, target_s: float) -> float:
        """Given up within the target, over all offered."""
        return 1 - self.waits_longer(target_s) - self.answered_within(target_s)

    def percentile_s(self, share: float) -> float:
        """The wait, until answered or given up, that this share of all calls does not exceed."""
        if self.p_wait <= 1 - share:
            return 0.0
        high = 1.0
        while self.waits_longer(high) > 1 - share:
            high *= 2
        return _cross(lambda t: self.waits_longer(t) - (1 - share), 0.0, high)

    def _served(self, j: int) -> float:
        return self._nu / (self._nu + (j + 1) * self._theta)


@dataclass(frozen=True, slots=True)
class FiniteRoom:
    """M/M/n/K: so many may wait, nobody gives up, the others are refused (birth-death chain)."""

    rate: float
    service_s: float
    agents: int
    places: int

    @property
    def met(self) -> list[float]:
        """Probability of 0, 1, ... agents + places calls in the system."""
        load = self.rate * self.service_s
        logs = [0.0]
        for k in range(1, self.agents + self.places + 1):
            logs.append(logs[-1] + math.log(load / min(k, self.agents)))
        top = max(logs)
        weights = [math.exp(log - top) for log in logs]
        whole = math.fsum(weights)
        return [weight / whole for weight in weights]

    @property
    def p_block(self) -> float:
        return self.met[-1]

    @property
    def p_wait(self) -> float:
        """Of those who are let in."""
        return math.fsum(self.met[self.agents : -1]) / (1 - self.p_block)

    @property
    def mean_wait_s(self) -> float:
        """Of those who are let in."""
        queue = math.fsum((k - self.agents) * p for k, p in enumerate(self.met) if k > self.agents)
        return queue / (self.rate * (1 - self.p_block))

    @property
    def occupancy(self) -> float:
        return self.rate * self.service_s * (1 - self.p_block) / self.agents


def in_system(*, rate: float, service_s: float, agents: int, patience_s: float | None) -> list[float]:
    """
    Probability of 0, 1, 2, ... calls in M/M/n or M/M/n+M, cut where the rest is negligible.

    Args:
        rate: Calls per second.
        service_s: Mean.
        agents: 1 or more.
        patience_s: Mean; None if nobody gives up, then rate x service_s must be below `agents`.

    Raises:
        ValueError: There is no equilibrium.
    """
    if patience_s is None and rate * service_s >= agents:
        raise ValueError("without patience the load must be below the number of agents")
    leave = 0.0 if patience_s is None else 1 / patience_s
    logs, top = [0.0], 0.0
    while len(logs) <= agents or logs[-1] > top - 35:
        k = len(logs)
        logs.append(logs[-1] + math.log(rate / (min(k, agents) / service_s + max(0, k - agents) * leave)))
        top = max(top, logs[-1])
    weights = [math.exp(log - top) for log in logs]
    whole = math.fsum(weights)
    return [weight / whole for weight in weights]


def halfin_whitt(beta: float) -> float:
    """
    Limit of the share that waits when agents = load + beta sqrt(load) and both grow; beta > 0.

    Source: Halfin, Whitt 1981.
    """
    return 1 / (1 + beta * _NORMAL.cdf(beta) / _NORMAL.pdf(beta))


def garnett(beta: float, ratio: float) -> float:
    """
    The same with patience: `ratio` is mean service time over mean patience, > 0; beta any.

    Source: Garnett, Mandelbaum, Reiman 2002, theorem 4.
    """
    root = math.sqrt(ratio)
    return 1 / (1 + root * _hazard(beta / root) / _hazard(-beta))


def agents_needed(load: float, service_s: float, target_s: float, share: float) -> int:
    """The fewest agents with whom this share is answered in time, nobody giving up (Erlang C)."""
    agents = math.floor(load) + 1
    while ErlangC(load / service_s, service_s, agents).answered_within(target_s) < share:
        agents += 1
    return agents


def agents_needed_with_patience(
    load: float, service_s: float, patience_s: float, target_s: float, share: float
) -> int:
    """The same where callers give up, answered in time over offered (Erlang A)."""
    agents, rate = 1, load / service_s
    while (
        ErlangA(rate=rate, service_s=service_s, agents=agents, patience_s=patience_s).answered_within(
            target_s
        )
        < share
    ):
        agents += 1
    return agents


def _hazard(x: float) -> float:
    """Of the standard normal law."""
    return _NORMAL.pdf(x) / (0.5 * math.erfc(x / math.sqrt(2)))


def _births(size: float, time: float) -> Callable[[int], float]:
    """The negative binomial law of births until `time`, with immigration `size`, at rate 1."""
    if time <= 0:
        return lambda k: 1.0 if k == 0 else 0.0
    stay, move = -size * time, math.log(-math.expm1(-time))
    base = math.lgamma(size)

    def share(k: int) -> float:
        return math.exp(math.lgamma(size + k) - base - math.lgamma(k + 1) + stay + k * move)

    return share


def _cross(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function is zero."""
    for _ in range(_SEARCHED):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return high
