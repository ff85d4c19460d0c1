"""When a source does not work, callers are not made to wait for it one after the other. Pure."""

from __future__ import annotations

FAILURES = 3
"""So many in a row, and it is not asked for a while."""
FIRST_PAUSE_MS = 5_000
LONGEST_PAUSE_MS = 60_000


class Breaker:
    """
    Closed: everybody asks. Open: nobody does. After the pause one does, and what becomes of it decides.

    Args:
        failures: In a row, > 0.
        first_pause_ms: > 0; doubles with every try that fails.
        longest_pause_ms: No pause is longer.
    """

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        first_pause_ms: int = FIRST_PAUSE_MS,
        longest_pause_ms: int = LONGEST_PAUSE_MS,
    ) -> None:
        self._failures, self._first_ms, self._longest_ms = failures, first_pause_ms, longest_pause_ms
        self._in_a_row = 0
        self._pause_ms = 0
        self._until_ms = 0
        self._probing = False

    @property
    def is_open(self) -> bool:
        return self._pause_ms > 0

    def may_ask(self, now_ms: int) -> bool:
        """Whether to ask now. Whoever is told so says later how it went, by one of the three below."""
        if not self.is_open:
            return True
        if self._probing or now_ms < self._until_ms:
            return False
        self._probing = True
        return True

    def worked(self) -> bool:
        """It has answered. Returns whether that is news."""
        was_open = self.is_open
        self._in_a_row, self._pause_ms, self._probing = 0, 0, False
        return was_open

    def failed(self, now_ms: int) -> bool:
        """It has not answered, or nothing of use. Returns whether the pause begins with this."""
        was_open, self._probing = self.is_open, False
        self._in_a_row += 1
        if self._in_a_row < self._failures:
            return False
        if not was_open or now_ms >= self._until_ms:
            # Who asked before the pause and fails in it does not make it longer.
            self._pause_ms = min(self._longest_ms, 2 * self._pause_ms or self._first_ms)
            self._until_ms = now_ms + self._pause_ms
        return not was_open

    def gave_up(self) -> None:
        """Whoever asked has gone before there was an answer: nothing is known."""
        self._probing = False
