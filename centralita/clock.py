"""One integer timeline: UTC milliseconds at the start, monotonic from there on."""

from __future__ import annotations

import time


class Clock:
    """
    Engine time: survives steps of the wall clock, never goes back.

    Args:
        not_before_ms: The last moment in the journal, or 0. Time starts after it.

    `skew_ms` says how far the wall clock stood behind the journal at the start.
    """

    def __init__(self, not_before_ms: int = 0) -> None:
        wall_ms = wall_clock_ms()
        start_ms = max(wall_ms, not_before_ms + 1)
        self.skew_ms = start_ms - wall_ms
        self._offset_ms = start_ms - time.monotonic_ns() // 1_000_000

    def now_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000 + self._offset_ms


def wall_clock_ms() -> int:
    """UTC now by the machine's clock, milliseconds since 1970."""
    return time.time_ns() // 1_000_000
