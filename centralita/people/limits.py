"""How often somebody may try: buckets for requests, growing pauses after failures. Pure; bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

KEYS_MAX = 10_000
"""Names or addresses remembered at once; the longest unused is forgotten first."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at_ms: int


class Pace:
    """
    A bucket for each key.

    Args:
        burst: Requests that may come at once.
        per_s: Requests a second after a burst.
    """

    def __init__(self, burst: float, per_s: float) -> None:
        self._burst, self._per_s = burst, per_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, now_ms: int) -> int:
        """0: go on. Else for how many milliseconds to wait; a refused request costs nothing."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._burst, now_ms)
            if len(self._buckets) > KEYS_MAX:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        gained = max(0, now_ms - bucket.at_ms) / 1000 * self._per_s
        bucket.left = min(self._burst, bucket.left + gained)
        bucket.at_ms = now_ms
        if bucket.left < 1:
            return max(1, round((1 - bucket.left) / self._per_s * 1000))
        bucket.left -= 1
        return 0


@dataclass(slots=True)
class _Failures:
    count: int
    last_ms: int
    until_ms: int = 0


class Lockout:
    """
    Pauses after failures: none for the first few, then doubling.

    Args:
        free: Failures without a pause.
        first_ms: The first pause.
        longest_ms: No pause is longer. Who has not failed for twice this long starts anew.
    """

    def __init__(self, free: int, first_ms: int = 30_000, longest_ms: int = 3_600_000) -> None:
        self._free, self._first_ms, self._longest_ms = free, first_ms, longest_ms
        self._known: OrderedDict[str, _Failures] = OrderedDict()

    def wait_ms(self, key: str, now_ms: int) -> int:
        """For how long this key may not try; 0 if it may."""
        known = self._known.get(key)
        return 0 if known is None else max(0, known.until_ms - now_ms)

    def failed(self, key: str, now_ms: int) -> int:
        """Note a failure; returns the pause that follows, in milliseconds."""
        known = self._known.pop(key, None)
        if known is None or now_ms - known.last_ms > 2 * self._longest_ms:
            known = _Failures(0, now_ms)
        self._known[key] = known
        if len(self._known) > KEYS_MAX:
            self._known.popitem(last=False)
        known.count, known.last_ms = known.count + 1, now_ms
        beyond = known.count - self._free
        if beyond < 0:
            return 0
        pause_ms = min(self._longest_ms, self._first_ms << min(beyond, 20))
        known.until_ms = now_ms + pause_ms
        return pause_ms

    def forgive(self, key: str) -> None:
        self._known.pop(key, None)
