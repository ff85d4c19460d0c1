"""
From a ground to weights: plain rules for the limits, starts, the search, the choice on fresh days.

Three sets of days that share nothing: the search sees the first, the choice between its
finds and the best start is made on the second, and what is reported is measured on the
third. A find that does not beat the best start on the second is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from acd.model import PolicyRules
from acd.sim import centre
from acd.sim.counters import Counters
from centralita.tune.budget import CHOICE_UNTIL, SEARCH_UNTIL, STEPS_LEAST, Plan, Watch
from centralita.tune.features import Family
from centralita.tune.objective import Figures, Limits, figures, limits, worth
from centralita.tune.search import Point, Search
from centralita.tune.trial import Bench, Ground, Trial, seeds

LEAN_TIMES = 4
"""How many days the lean router makes in the time in which the engine makes one, cautiously."""

Progress = Callable[[str, float], None]
"""What is being done and how much of everything is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Tuned:
    rules: PolicyRules
    start: str
    """The best of the classical starts."""
    searched: bool
    """False: nothing better than that start was found."""
    evaluations: int
    wanted: int
    """Evaluations that the plan asked for; fewer were made where the time was over first."""
    days: int
    """In each."""
    choice_days: int
    """On which each candidate was judged at the end."""
    limits: Limits

    @property
    def cut_short(self) -> bool:
        return self.evaluations < self.wanted


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
        work: How much is to be done.
        seed: The same seed and plan find the same weights, unless the time ends first.
        watch: Says when a phase must end.
        progress: Is told how far it is.
    """

    def __init__(
        self,
        on: Bench,
        family: Family,
        work: Plan,
        *,
        seed: int,
        watch: Watch | None = None,
        progress: Progress = lambda what, done: None,
    ) -> None:
        self._on, self._family, self._work, self._seed = on, family, work, seed
        self._watch = watch or Watch()
        self._progress = progress
        self._days = seeds("search", seed, work.days)
        self._on_engine = on.ground.own is not None
        self._done = 0
        self._chosen_on = 0

    def run(self) -> Tuned:
        """From the starts to the weights."""
        self._progress("starts", 0.0)
        starts = self._family.starts()
        first, level, *found = self._measure(list(starts.values()), self._days)
        kept = limits(first, level)
        values = {name: worth(figures, kept) for name, figures in zip(starts, found, strict=True)}
        ranked = sorted(starts, key=lambda name: -values[name])[:2]
        candidates = [starts[name] for name in ranked] + self._search(starts[ranked[0]], kept)
        self._progress("choice", SEARCH_UNTIL)
        chosen = self._choose(candidates)
        searched = chosen >= len(ranked)
        return Tuned(
            rules=self._family.rules(candidates[chosen]),
            start=ranked[0] if searched else ranked[chosen],
            searched=searched,
            evaluations=self._done,
            wanted=self._work.evaluations,
            days=self._work.days,
            choice_days=self._chosen_on,
            limits=kept,
        )

    def _search(self, start: Point, kept: Limits) -> list[Point]:
        """The last centre of the search, and the best point that was seen; nothing if there was no time."""
        search = Search(start, self._family.widths, self._seed)
        best, best_value = start, float("-inf")
        self._watch.start()
        in_time = self._work.evaluations > 0
        while in_time and self._done < self._work.evaluations_most:
            point, value = search.generation(lambda points: self._worth(points, kept))
            self._done += search.candidates
            if value > best_value:
                best, best_value = point, value
            share = min(1.0, self._done / max(1, self._work.evaluations))
            self._progress("search", 0.05 + (SEARCH_UNTIL - 0.05) * share)
            in_time = self._watch.another(SEARCH_UNTIL)
        return [search.centre, best] if self._done else []

    def _worth(self, points: Sequence[Point], kept: Limits) -> list[float]:
        trials = [Trial(self._family.rules(point), self._days) for point in points]
        return [worth(figures, kept) for figures in self._on.measure(trials)]

    def _choose(self, candidates: Sequence[Point]) -> int:
        """
        Which is best on days that none was fitted to; the earlier one among equals.

        Where one queue a type is all there is, the lean router makes the engine's choices at a fraction of
        the work, and guards on percentiles need many days. An own centre has more to it: there the engine.
        """
        rules = self._with_plain(candidates)
        whole: list[Counters] = []
        self._watch.start()
        for step, days in enumerate(self._choice_days()):
            found = list(self._on.run([Trial(one, days, engine=self._on_engine) for one in rules]))
            for sum_of, more in zip(whole, found, strict=False):
                sum_of.add(more)
            whole = whole or found
            self._chosen_on += len(days)
            if not self._watch.another(CHOICE_UNTIL) and step + 1 >= STEPS_LEAST:
                break
        first, level, *judged = (figures(counters, self._on.ground.system) for counters in whole)
        kept = limits(first, level)
        values = [worth(one, kept) for one in judged]
        return max(range(len(values)), key=lambda at: (values[at], -at))

    def _choice_days(self) -> Iterator[tuple[str, ...]]:
        size = self._work.step_days * (1 if self._on_engine else LEAN_TIMES)
        names = seeds("choice", self._seed, size * self._work.choice_steps)
        return (names[at : at + size] for at in range(0, len(names), size))

    def _measure(self, points: Sequence[Point], days: tuple[str, ...]) -> list[Figures]:
        """The two plain rules, and then these points."""
        return list(self._on.measure([Trial(one, days) for one in self._with_plain(points)]))

    def _with_plain(self, points: Sequence[Point]) -> list[PolicyRules]:
        return [*plain_rules(self._on.ground), *map(self._family.rules, points)]
