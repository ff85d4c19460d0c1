"""
A search without derivatives for a noisy score: many candidates on the same calls, generation by generation.

An evolution strategy with one step width for each dimension: each generation draws
candidates around a centre, moves the centre towards the better half and widens or
narrows the steps by how far it went. It asks only which candidate is better, so
kinks and flat stretches (whole numbers, ties) do no harm.

Source: R. Ros, N. Hansen, "A simple modification in CMA-ES achieving linear time and
space complexity" (PPSN X, 2008), the separable variant; constants from N. Hansen,
"The CMA evolution strategy: a tutorial" (2016), table 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random

Point = tuple[float, ...]
Judge = Callable[[Sequence[Point]], Sequence[float]]
"""Scores of candidates, higher is better; all of one call are compared on the same draws."""

FIRST_STEP = 0.6
"""Of the widths given."""


class Search:
    """
    One search from one start.

    Args:
        start: The first centre.
        widths: By dimension, how far a trial may sensibly go at first; > 0.
        seed: The search is repeatable.
    """

    def __init__(self, start: Point, widths: Sequence[float], seed: int) -> None:
        size = len(start)
        self.centre = start
        self.candidates = 4 + int(3 * math.log(size))
        """In each generation."""
        self._widths = tuple(widths)
        self._chance = Random(f"search/{seed}")  # noqa: S311 - chance, not secrets
        self._step = FIRST_STEP
        self._spread = [1.0] * size
        self._path_of_step = [0.0] * size
        self._path_of_spread = [0.0] * size
        kept = self.candidates // 2
        raw = [math.log(kept + 0.5) - math.log(rank) for rank in range(1, kept + 1)]
        self._shares = [weight / sum(raw) for weight in raw]
        mass = 1 / sum(share * share for share in self._shares)
        self._mass = mass
        self._damp_step = (mass + 2) / (size + mass + 5)
        self._damp_spread = 4 / (size + 4)
        faster = (size + 2) / 3  # a diagonal has fewer numbers to learn than a matrix
        self._learn_path = faster * 2 / ((size + 1.3) ** 2 + mass)
        self._learn_rank = min(
            1 - self._learn_path, faster * 2 * (mass - 2 + 1 / mass) / ((size + 2) ** 2 + mass)
        )
        self._usual_length = math.sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size * size))

    def generation(self, judge: Judge) -> tuple[Point, float]:
        """
        Draw candidates, have them judged, move.

        Returns:
            The best candidate of this generation with its score.
        """
        moves = [
            [self._chance.gauss(0, 1) * math.sqrt(spread) for spread in self._spread]
            for _ in range(self.candidates)
        ]
        points = [self._point(move) for move in moves]
        scores = judge(points)
        ranked = sorted(range(len(points)), key=lambda at: (-scores[at], at))
        self._learn([moves[at] for at in ranked[: len(self._shares)]])
        return points[ranked[0]], scores[ranked[0]]

    def _point(self, move: Sequence[float]) -> Point:
        return tuple(
            middle + self._step * width * part
            for middle, width, part in zip(self.centre, self._widths, move, strict=True)
        )

    def _learn(self, best: Sequence[Sequence[float]]) -> None:
        size = len(self.centre)
        mean = [
            sum(share * move[at] for share, move in zip(self._shares, best, strict=True))
            for at in range(size)
        ]
        self.centre = self._point(mean)
        old, new = 1 - self._damp_step, math.sqrt(self._damp_step * (2 - self._damp_step) * self._mass)
        self._path_of_step = [
            old * path + new * part / math.sqrt(spread)
            for path, part, spread in zip(self._path_of_step, mean, self._spread, strict=True)
        ]
        old, new = 1 - self._damp_spread, math.sqrt(self._damp_spread * (2 - self._damp_spread) * self._mass)
        self._path_of_spread = [
            old * path + new * part for path, part in zip(self._path_of_spread, mean, strict=True)
        ]
        keep = 1 - self._learn_path - self._learn_rank
        for at in range(size):
            rank = sum(share * move[at] ** 2 for share, move in zip(self._shares, best, strict=True))
            self._spread[at] = (
                keep * self._spread[at]
                + self._learn_path * self._path_of_spread[at] ** 2
                + self._learn_rank * rank
            )
        length = math.sqrt(sum(part * part for part in self._path_of_step))
        self._step *= math.exp(
            min(1.0, self._damp_step / (1 + self._damp_step) * (length / self._usual_length - 1))
        )
