"""Deadlines by name, one timeline. The names live in the state, so a snapshot keeps them."""

from __future__ import annotations

import heapq


class Timers:
    """
    A heap over a dictionary of name -> deadline.

    The dictionary is the truth (it belongs to the engine's state); the heap may
    hold entries that were moved or dropped since, which are skipped.
    """

    __slots__ = ("_deadlines", "_heap")

    def __init__(self, deadlines: dict[str, int]) -> None:
        self._deadlines = deadlines
        self._heap = [(at, name) for name, at in deadlines.items()]
        heapq.heapify(self._heap)

    def set(self, name: str, at_ms: int) -> None:
        """Set or move a deadline, UTC milliseconds."""
        if self._deadlines.get(name) == at_ms:  # the heap has it too
            return
        self._deadlines[name] = at_ms
        heapq.heappush(self._heap, (at_ms, name))

    def drop(self, name: str) -> None:
        self._deadlines.pop(name, None)

    def next_ms(self) -> int | None:
        """The earliest deadline, or None."""
        self._skip_stale()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now_ms: int) -> tuple[int, str] | None:
        """Take the earliest deadline that is due, ties in order of name."""
        if not self._heap or self._heap[0][0] > now_ms:
            return None
        self._skip_stale()
        if not self._heap or self._heap[0][0] > now_ms:
            return None
        at, name = heapq.heappop(self._heap)
        del self._deadlines[name]
        return at, name

    def _skip_stale(self) -> None:
        heap, deadlines = self._heap, self._deadlines
        while heap and deadlines.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
