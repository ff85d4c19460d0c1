"""
How far estimates were from what happened: ours beside those that others would have announced.

A fold: `foresee` when a contact joins a queue, `came_true` when it is answered. Who
hangs up is forgotten, as nobody knows how long they would have waited. The same calls
count for every estimate.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from acd.model import ContactId, QueueId
from acd.stats.wait import Estimate

LAST = 500
"""Calls of a queue that are looked back upon."""
AT_LEAST = 30
"""Calls below which nothing is said about an estimate."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What was thought at one moment. None: this way of estimating had nothing to say."""

    queue: QueueId
    ours: Estimate | None
    average_ms: float | None
    """app_queue's moving average."""
    last_ms: float | None
    """Wait of the last one to enter service."""
    found_free: bool = False
    """An agent was free: nothing to foresee, and no call by which to judge."""


@dataclass(frozen=True, slots=True)
class Error:
    """Milliseconds. Bias above 0: too much was foreseen."""

    calls: int
    bias_ms: float
    rmse_ms: float


@dataclass(frozen=True, slots=True)
class Report:
    """Of one queue, or of all; only calls for which all three ways had something to say."""

    ours: Error
    average: Error
    last: Error
    inside: float
    """Share that ended within our interval, 0 to 1; 0.8 is meant."""


@dataclass(frozen=True, slots=True)
class _Seen:
    ours_ms: int
    average_ms: float
    last_ms: float
    inside: bool
    waited_ms: int


@dataclass(slots=True)
class Errors:
    """Of the last calls of each queue."""

    seen: dict[QueueId, deque[_Seen]] = field(default_factory=dict)
    open: dict[ContactId, Foreseen] = field(default_factory=dict)

    def foresee(self, contact_id: ContactId, foreseen: Foreseen) -> None:
        """Keep what is thought of a contact that joins; the latest queue counts."""
        self.open[contact_id] = foreseen

    def forget(self, contact_id: ContactId) -> None:
        """The contact was not served here: whether the estimate was right is not known."""
        self.open.pop(contact_id, None)

    def came_true(self, contact_id: ContactId, waited_ms: int) -> None:
        """The contact is answered, so long after it joined the queue."""
        was = self.open.pop(contact_id, None)
        if was is None or was.ours is None or was.average_ms is None or was.last_ms is None or was.found_free:
            return
        inside = was.ours.low_ms <= waited_ms <= was.ours.high_ms
        seen = _Seen(was.ours.mean_ms, was.average_ms, was.last_ms, inside, waited_ms)
        self.seen.setdefault(was.queue, deque(maxlen=LAST)).append(seen)

    def report(self, queue: QueueId | None = None) -> Report | None:
        """Of one queue, or of all for None; None below `AT_LEAST` calls."""
        names = sorted(self.seen) if queue is None else [queue]
        calls = [seen for name in names for seen in self.seen.get(name, ())]
        if len(calls) < AT_LEAST:
            return None
        return Report(
            _error([seen.ours_ms - seen.waited_ms for seen in calls]),
            _error([seen.average_ms - seen.waited_ms for seen in calls]),
            _error([seen.last_ms - seen.waited_ms for seen in calls]),
            sum(seen.inside for seen in calls) / len(calls),
        )

    def reports(self) -> Mapping[QueueId, Report]:
        """Of every queue of which something can be said, by name."""
        found = {queue: self.report(queue) for queue in sorted(self.seen)}
        return {queue: report for queue, report in found.items() if report is not None}


def trustworthy(report: Report | None) -> bool:
    """
    Whether the estimate is good enough to be told to callers.

    As long as too few calls have been seen there is nothing against it (training has tried it
    on days of its own); after that it must be no worse than the moving average, and at least
    half of the callers must have ended within the interval that they were told.
    """
    return report is None or (report.ours.rmse_ms <= report.average.rmse_ms and report.inside >= 0.5)


def _error(misses_ms: list[float]) -> Error:
    count = len(misses_ms)
    squares = math.fsum(miss * miss for miss in misses_ms)
    return Error(count, math.fsum(misses_ms) / count, math.sqrt(squares / count))
