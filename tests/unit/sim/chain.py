"""The N design as a Markov chain, solved exactly: the oracle of our own cases."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

State = tuple[int, int, int, int]
"""Busy in the first and the second group, waiting of type a and of type b."""


@dataclass(frozen=True)
class NDesign:
    """
    Type a by both groups, the first asked first; type b by the second group, which takes b first.

    Rates per second; a queue longer than `longest` is cut off.
    """

    rates: tuple[float, float]
    agents: tuple[int, int]
    service: float
    leave: float
    longest: int = 25

    def figures(self) -> dict[str, float]:
        """What the reference format calls p_wait, mean_wait_all, p_abandon and occupancy."""
        states, share = self._solve()
        first, second = self.agents
        full_b = sum(p for (_, j, _, _), p in zip(states, share, strict=True) if j == second)
        full_a = sum(p for (i, j, _, _), p in zip(states, share, strict=True) if (i, j) == (first, second))
        busy, queue = (
            [sum(s[at] * p for s, p in zip(states, share, strict=True)) for at in pair]
            for pair in ((0, 1), (2, 3))
        )
        found = {"g1.occupancy": busy[0] / first, "g2.occupancy": busy[1] / second}
        for name, waits, length, rate in zip("ab", (full_a, full_b), queue, self.rates, strict=True):
            found[f"{name}.p_wait"] = waits
            found[f"{name}.mean_wait_all"] = length / rate
            found[f"{name}.p_abandon"] = length * self.leave / rate
        return {name: float(value) for name, value in found.items()}

    def _solve(self) -> tuple[list[State], list[float]]:
        states = [state for state in itertools.product(*self._ranges()) if self._legal(state)]
        index = {state: at for at, state in enumerate(states)}
        flow = np.zeros((len(states), len(states)))
        for state in states:
            for target, rate in self._moves(state):
                if target in index:
                    flow[index[state], index[target]] += rate
                    flow[index[state], index[state]] -= rate
        balance = np.vstack([flow.T, np.ones(len(states))])
        share, *_ = np.linalg.lstsq(balance, np.append(np.zeros(len(states)), 1.0), rcond=None)
        return states, [float(p) for p in share]

    def _ranges(self) -> tuple[range, range, range, range]:
        first, second = self.agents
        return range(first + 1), range(second + 1), range(self.longest), range(self.longest)

    def _legal(self, state: State) -> bool:
        """Nobody waits beside an able agent who is free."""
        i, j, a, b = state
        return (not a or (i, j) == self.agents) and (not b or j == self.agents[1])

    def _moves(self, state: State) -> Iterator[tuple[State, float]]:
        i, j, a, b = state
        first, second = self.agents
        yield (
            ((i + 1, j, a, b) if i < first else (i, j + 1, a, b) if j < second else (i, j, a + 1, b)),
            self.rates[0],
        )
        yield ((i, j + 1, a, b) if j < second else (i, j, a, b + 1)), self.rates[1]
        if i:
            yield ((i, j, a - 1, b) if a else (i - 1, j, a, b)), i * self.service
        if j:
            yield ((i, j, a, b - 1) if b else (i, j, a - 1, b) if a else (i, j - 1, a, b)), j * self.service
        if a:
            yield (i, j, a - 1, b), a * self.leave
        if b:
            yield (i, j, a, b - 1), b * self.leave
