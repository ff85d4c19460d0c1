"""The log of who did what: every change once; reads of personal data once a minute for each subject."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from centralita.people.book import AuditEntry

READ_EVERY_MS = 60_000
"""The same person reading of the same subject is one entry for this long."""
READS_MAX = 10_000
_PER_MS = 4_096
DONE = "done"


class Audit:
    """
    Args:
        put: Keeps an entry.
        now_ms: UTC.
    """

    def __init__(self, put: Callable[[AuditEntry], None], now_ms: Callable[[], int]) -> None:
        self._put, self._now_ms = put, now_ms
        self._last_id = 0
        self._reads: OrderedDict[tuple[str, str, str, str], int] = OrderedDict()

    def note(self, who: str, address: str, what: str, subject: str = "", result: str = DONE) -> None:
        """Something was done, or tried."""
        at_ms = self._now_ms()
        self._last_id = max(self._last_id + 1, at_ms * _PER_MS)
        self._put(AuditEntry(self._last_id, at_ms, who, address, what, subject, result))

    def read(self, who: str, address: str, what: str, subject: str = "") -> None:
        """Somebody looked at something; coalesced."""
        key, now_ms = (who, address, what, subject), self._now_ms()
        last_ms = self._reads.get(key)
        if last_ms is not None and now_ms - last_ms < READ_EVERY_MS:
            return
        self._reads[key] = now_ms
        self._reads.move_to_end(key)
        if len(self._reads) > READS_MAX:
            self._reads.popitem(last=False)
        self.note(who, address, what, subject)
