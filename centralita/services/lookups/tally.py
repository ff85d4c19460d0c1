"""How look-ups went, for the metrics: counts since the start, times of the last ones."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

TIMES = 500
"""Of so many answers the times are kept."""
FOUND, NOT_FOUND, FAILED, PAUSED = "found", "not_found", "failed", "paused"


@dataclass(slots=True)
class Tally:
    """Of one source."""

    counts: Counter[str] = field(default_factory=Counter)
    times_ms: deque[int] = field(default_factory=lambda: deque(maxlen=TIMES))
    last_failure: str = ""
    """Why, for a person; empty once it works again."""

    def note(self, result: str, took_ms: int | None = None, why: str = "") -> None:
        """`took_ms` of those that were asked."""
        self.counts[result] += 1
        if took_ms is not None:
            self.times_ms.append(took_ms)
        if result != PAUSED:
            self.last_failure = why

    def share_ms(self, share: float) -> int | None:
        """The time within which this share of the last answers came, 0 to 1; None without any."""
        if not self.times_ms:
            return None
        ordered = sorted(self.times_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
