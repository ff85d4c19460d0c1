"""
How often somebody may guess who they are: over all calls, whichever number they come from. Pure.

An attempt counts as a failure until it has succeeded, so that many calls at once gain nothing.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable

from centralita.store.pins import FailedProof

FAILURES = 5
WITHIN_MS = 15 * 60_000
SUBJECTS_MAX = 50_000
"""Customers and numbers remembered at once; who failed longest ago is forgotten beyond it."""


class Attempts:
    """The failures of the last quarter of an hour, by customer or number."""

    def __init__(self, *, failures: int = FAILURES, within_ms: int = WITHIN_MS) -> None:
        self._most, self._within_ms = failures, within_ms
        self._failed: OrderedDict[str, deque[FailedProof]] = OrderedDict()

    def begin(self, attempt: FailedProof) -> bool:
        """Count it as failed. False: it may not be tried, and nothing was counted."""
        if self.is_locked(attempt.subject, attempt.at_ms):
            return False
        self._failed.setdefault(attempt.subject, deque()).append(attempt)
        self._failed.move_to_end(attempt.subject)
        if len(self._failed) > SUBJECTS_MAX:
            self._failed.popitem(last=False)
        return True

    def succeeded(self, attempt: FailedProof) -> None:
        """It was no failure; those before it stay, for they may have been somebody else's."""
        known = self._failed.get(attempt.subject)
        if known is not None and attempt in known:
            known.remove(attempt)

    def forgive(self, subject: str) -> None:
        self._failed.pop(subject, None)

    def is_locked(self, subject: str, now_ms: int) -> bool:
        known = self._failed.get(subject)
        if known is None:
            return False
        while known and known[0].at_ms <= now_ms - self._within_ms:
            known.popleft()
        if not known:
            del self._failed[subject]
        return len(known) >= self._most

    def locked(self, now_ms: int) -> int:
        """How many may not try at this moment."""
        return sum(self.is_locked(subject, now_ms) for subject in list(self._failed))

    def restore(self, failures: Iterable[FailedProof]) -> None:
        """Those of a server before this one, oldest first."""
        for failed in failures:
            self._failed.setdefault(failed.subject, deque()).append(failed)
