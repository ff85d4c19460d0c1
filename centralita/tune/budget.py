"""
How much is simulated: as much as the time allows, or a number of trials that can be repeated anywhere.

By the clock: the search ends at 60 % of the time, the choice at 75 %, the report before
the end; each goes on as long as one more step like the last one fits. By a number of
trials: no clock is looked at, so the same seed finds the same weights on any machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

SEARCH_UNTIL, CHOICE_UNTIL, REPORT_UNTIL = 0.6, 0.75, 0.97
"""Shares of the time."""
EVALUATIONS_WANTED = 200
EVALUATIONS_MOST = 1_000
DAYS_MOST = 60
DAYS_LEAST = 4
"""On fewer the 99th percentile, which a guard looks at, is mostly chance."""
TRIAL_CALLS = 30_000
"""Of one trial, about, where trials are counted."""
STEP_CALLS, STEP_CALLS_A_MINUTE = 3_000, 700
"""Of one candidate in one step of choice or report: so many, fewer in a hurry, at least a day."""
CHOICE_STEPS, CHOICE_STEPS_MOST = 10, 60
REPORT_STEPS, REPORT_STEPS_MOST = 10, 20
STEPS_LEAST = 2


@dataclass(frozen=True, slots=True)
class Plan:
    days: int
    """Seen by the search, in each trial."""
    evaluations: int
    """Wanted. Those of the starts come on top."""
    evaluations_most: int
    """Where there is time left."""
    step_days: int
    """In one step of choice or report, by candidate."""
    choice_steps: int
    report_steps: int


class Watch:
    """
    Says when a phase has to end.

    Args:
        minutes: For everything; None: there is no hurry.
        clock: Seconds.
    """

    def __init__(self, minutes: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._whole_s = None if minutes is None else minutes * 60
        self._began_s = self._mark_s = clock()

    def start(self) -> None:
        """A phase begins, and with it its first step."""
        self._mark_s = self._clock()

    def another(self, until: float) -> bool:
        """
        Whether one more step as long as the one that has just ended fits in.

        Args:
            until: Share of the time, 0 to 1, at which the phase must be over.
        """
        now_s = self._clock()
        last_s, self._mark_s = now_s - self._mark_s, now_s
        return self._whole_s is None or now_s + last_s <= self._began_s + until * self._whole_s


def by_time(calls_a_day: float, minutes: float, calls_per_second: float) -> Plan:
    """
    Many trials first, then more days for each.

    Args:
        calls_a_day: Of the ground.
        minutes: For everything.
        calls_per_second: That trials of the search reach here and now, all cores together.
    """
    calls = minutes * 60 * SEARCH_UNTIL * calls_per_second
    days = max(DAYS_LEAST, min(DAYS_MOST, int(calls / EVALUATIONS_WANTED / max(1.0, calls_a_day))))
    wanted = max(20, min(EVALUATIONS_WANTED, int(calls / days / max(1.0, calls_a_day))))
    step = _days(min(STEP_CALLS, STEP_CALLS_A_MINUTE * minutes), calls_a_day)
    return Plan(days, wanted, EVALUATIONS_MOST, step, CHOICE_STEPS_MOST, REPORT_STEPS_MOST)


def by_evaluations(calls_a_day: float, evaluations: int) -> Plan:
    """
    The same work on any machine.

    Args:
        calls_a_day: Of the ground.
        evaluations: Trials of the search.
    """
    days = max(DAYS_LEAST, min(DAYS_MOST, round(TRIAL_CALLS / max(1.0, calls_a_day))))
    return Plan(days, evaluations, evaluations, _days(STEP_CALLS, calls_a_day), CHOICE_STEPS, REPORT_STEPS)


def _days(calls: float, calls_a_day: float) -> int:
    return max(1, round(calls / max(1.0, calls_a_day)))
