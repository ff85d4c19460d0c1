"""Secrets of authenticators that are shown and not yet confirmed: in memory, for a few minutes."""

from __future__ import annotations

from collections import OrderedDict

KEEP_MS = 10 * 60_000
PENDING_MAX = 1_000


class Enrolments:
    """By session: what is confirmed there was shown there."""

    def __init__(self) -> None:
        self._pending: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def begin(self, session: str, secret: str, now_ms: int) -> None:
        self._pending[session] = (secret, now_ms)
        self._pending.move_to_end(session)
        if len(self._pending) > PENDING_MAX:
            self._pending.popitem(last=False)

    def secret(self, session: str, now_ms: int) -> str | None:
        """None if nothing was shown there lately."""
        secret, at_ms = self._pending.get(session, ("", 0))
        return secret if secret and now_ms - at_ms < KEEP_MS else None

    def end(self, session: str) -> None:
        self._pending.pop(session, None)
