"""
From a ground to weights: plain rules for the limits, starts, the search, the choice on fresh days.

Three sets of days that share nothing: the search sees the first, the choice between its
finds and the best start is made on the second, and what is reported is measured on the
third. A find that does not beat the best start on the second is dropped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acd.model import PolicyRules
from acd.sim import centre
from centralita.tune.features import Family
from centralita.tune.objective import Figures, Limits, limits, worth
from centralita.tune.search import Point, Search
from centralita.tune.trial import Bench, Ground, Trial, seeds

CALLS_PER_SECOND = 30_000
"""Simulated on one core, cautiously: a plan must not hang on how busy the machine is at the moment."""
EVALUATIONS_WANTED = 200
EVALUATIONS_MOST = 1_000
DAYS_MOST = 60
DAYS_LEAST = 2
CHOICE_SHARE = 0.2
"""Of the time for the choice, which is made on the engine itself."""
ENGINE_CALLS_PER_SECOND = 2_500
"""The same for the engine, explanations off."""
LATE = 3
"""On a machine so slow that the search was cut short, the choice is made on so many times fewer days."""
CHOICE_CANDIDATES = 6
"""Two plain rules, the two best starts, two finds."""

Progress = Callable[[str, float], None]
"""What is being done and how much of everything is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Plan:
    days: int
    """Seen by the search."""
    evaluations: int
    choice_days: int
    """On which the choice is made."""


@dataclass(frozen=True, slots=True)
class Tuned:
    rules: PolicyRules
    start: str
    """The best of the classical starts."""
    searched: bool
    """False: nothing better than that start was found."""
    evaluations: int
    days: int
    cut_short: bool
    """The time was over before the plan was."""
    limits: Limits


def plan(calls_a_day: float, minutes: float, cores: int) -> Plan:
    """
    How much to simulate in the time there is: many evaluations first, then more days for each.

    Args:
        calls_a_day: Of the ground.
        minutes: There are, for everything.
        cores: At work.
    """
    calls = minutes * 60 * (1 - CHOICE_SHARE) * cores * CALLS_PER_SECOND
    days = int(calls / EVALUATIONS_WANTED / max(1.0, calls_a_day))
    days = max(DAYS_LEAST, min(DAYS_MOST, days))
    evaluations = max(20, min(EVALUATIONS_MOST, int(calls / days / max(1.0, calls_a_day))))
    engine_calls = minutes * 60 * CHOICE_SHARE * cores * ENGINE_CALLS_PER_SECOND / CHOICE_CANDIDATES
    choice_days = max(DAYS_LEAST, min(2 * DAYS_MOST, int(engine_calls / max(1.0, calls_a_day))))
    return Plan(days, evaluations, choice_days)


def plain_rules(ground: Ground) -> tuple[PolicyRules, PolicyRules]:
    """First come, first served; and priority, then level, then idle time."""
    if ground.own is None:
        return (
            centre.rule(ground.system, agents="longest_idle", calls="fcfs"),
            centre.rule(ground.system, agents="level_then_longest_idle", calls="priority_then_fcfs"),
        )
    # A configuration has values, not priorities: what is worth more goes first.
    ranks = {f"priority.{queue}": -rules.value for queue, rules in ground.own.routing.queues.items()}
    return (
        PolicyRules("rule", words={"agents": "longest_idle", "calls": "fcfs"}),
        PolicyRules("rule", ranks, {"agents": "level_then_longest_idle", "calls": "priority_then_fcfs"}),
    )


class Tuning:
    """
    Search and choose.

    Args:
        on: Where trials are made.
        family: The numbers to find.
        work: See `plan`.
        seed: The same seed and plan find the same weights, unless the time ends first.
        until_s: Of `clock`: no generation begins later.
        progress: Is told how far it is.
        clock: Seconds.
    """

    def __init__(
        self,
        on: Bench,
        family: Family,
        work: Plan,
        *,
        seed: int,
        until_s: float = float("inf"),
        progress: Progress = lambda what, done: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on, self._family, self._work, self._seed = on, family, work, seed
        self._until_s, self._progress, self._clock = until_s, progress, clock
        self._days = seeds("search", seed, work.days)
        self._done = 0
        self._cut_short = False

    def run(self) -> Tuned:
        """From the starts to the weights."""
        self._progress("starts", 0.0)
        starts = self._family.starts()
        first, level, *found = self._measure(list(starts.values()), self._days)
        kept = limits(first, level)
        values = {name: worth(figures, kept) for name, figures in zip(starts, found, strict=True)}
        ranked = sorted(starts, key=lambda name: -values[name])[:2]
        candidates = [starts[name] for name in ranked] + self._search(starts[ranked[0]], kept)
        self._progress("choice", 0.9)
        chosen = self._choose(candidates)
        searched = chosen >= len(ranked)
        return Tuned(
            rules=self._family.rules(candidates[chosen]),
            start=ranked[0] if searched else ranked[chosen],
            searched=searched,
            evaluations=self._done + len(starts),
            days=self._work.days,
            cut_short=self._cut_short,
            limits=kept,
        )

    def _search(self, start: Point, kept: Limits) -> list[Point]:
        """The last centre of the search, and the best point that was seen; nothing if there was no time."""
        search = Search(start, self._family.widths, self._seed)
        best, best_value = start, float("-inf")
        while self._done + search.candidates <= self._work.evaluations and not self._cut_short:
            point, value = search.generation(lambda points: self._worth(points, kept))
            self._done += search.candidates
            if value > best_value:
                best, best_value = point, value
            self._progress("search", 0.05 + 0.85 * self._done / self._work.evaluations)
            self._cut_short = self._clock() >= self._until_s
        return [search.centre, best] if self._done else []

    def _worth(self, points: Sequence[Point], kept: Limits) -> list[float]:
        trials = [Trial(self._family.rules(point), self._days) for point in points]
        return [worth(figures, kept) for figures in self._on.measure(trials)]

    def _choose(self, candidates: Sequence[Point]) -> int:
        """Which is best on the engine, on days that none was fitted to; the earlier one among equals."""
        days = max(DAYS_LEAST, self._work.choice_days // (LATE if self._cut_short else 1))
        first, level, *found = self._measure(candidates, seeds("choice", self._seed, days), engine=True)
        kept = limits(first, level)
        values = [worth(figures, kept) for figures in found]
        return max(range(len(values)), key=lambda at: (values[at], -at))

    def _measure(
        self, points: Sequence[Point], days: tuple[str, ...], *, engine: bool = False
    ) -> list[Figures]:
        """The two plain rules, and then these points."""
        rules = [*plain_rules(self._on.ground), *map(self._family.rules, points)]
        return list(self._on.measure([Trial(one, days, engine) for one in rules]))
