"""Tallies by queue, segment, intent, agent or interval: every piece lies in exactly one of them."""

from __future__ import annotations

import enum
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from acd.stats.kpi_counts import Tally
from acd.stats.kpi_follow import Span
from acd.stats.kpi_pieces import Piece

Key = str | int
"""A name; for intervals the UTC milliseconds of their beginning."""


class By(enum.StrEnum):
    """What a report is divided by."""

    QUEUE = "queue"
    SEGMENT = "segment"
    INTENT = "intent"
    AGENT = "agent"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True)
class Shape:
    """What is read and how it is divided."""

    by: By
    bounds: tuple[int, ...]
    """
    UTC milliseconds, ascending, at least two: the first is the beginning of what is read, the
    last its end, those between are the bounds of intervals (the shell knows local midnights).
    """
    queue: str | None = None
    """Only what belongs to this queue; None: everything."""

    @property
    def agents_fit(self) -> bool:
        """An agent's time belongs to no queue, customer or intent: it is left out of such reports."""
        return self.by in (By.AGENT, By.INTERVAL) and self.queue is None

    def interval_ms(self, at_ms: int) -> int | None:
        """Where the interval of this moment begins; None when the moment is not read."""
        n = bisect_right(self.bounds, at_ms)
        return self.bounds[n - 1] if 0 < n < len(self.bounds) else None

    def key(self, piece: Piece) -> Key | None:
        """The row that a piece belongs to; None when it is not read."""
        interval_ms = self.interval_ms(piece.at_ms)
        if interval_ms is None or self.queue not in (None, piece.queue):
            return None
        names: dict[By, str] = {
            By.QUEUE: piece.queue,
            By.SEGMENT: piece.segment,
            By.INTENT: piece.intent,
            By.AGENT: piece.agent,
        }
        return names.get(self.by, interval_ms)

    def cut(self, span: Span) -> Iterator[tuple[int, int]]:
        """The span's time in each interval: its beginning, UTC milliseconds, and how long."""
        first = max(bisect_right(self.bounds, span.start_ms) - 1, 0)
        for n in range(first, len(self.bounds) - 1):
            since_ms, until_ms = self.bounds[n], self.bounds[n + 1]
            if since_ms >= span.end_ms:
                break
            lasted_ms = min(span.end_ms, until_ms) - max(span.start_ms, since_ms)
            if lasted_ms > 0:
                yield since_ms, lasted_ms


@dataclass(slots=True)
class Book:
    """A report as raw counts. Books of one shape add up."""

    shape: Shape
    rows: dict[Key, Tally] = field(default_factory=dict)

    def add(self, piece: Piece) -> bool:
        """Count a piece; False when it is not read."""
        key = self.shape.key(piece)
        if key is None:
            return False
        self._row(key).add(piece.counts, piece.wait_ms)
        return True

    def add_span(self, span: Span) -> None:
        """Count an agent's time, as far as it is read and belongs into such a report."""
        if self.shape.agents_fit:
            for interval_ms, lasted_ms in self.shape.cut(span):
                key: Key = span.agent_id if self.shape.by is By.AGENT else interval_ms
                self._row(key).increase(span.count, lasted_ms)

    def merge(self, other: Book) -> None:
        """
        Add another part of the same whole.

        Raises:
            ValueError: It is divided differently: a bug of the caller.
        """
        if other.shape != self.shape:
            raise ValueError("books of two shapes do not add up")
        for key, tally in other.rows.items():
            self._row(key).merge(tally)

    def total(self) -> Tally:
        """All rows together."""
        whole = Tally()
        for tally in self.rows.values():
            whole.merge(tally)
        return whole

    def _row(self, key: Key) -> Tally:
        row = self.rows.get(key)
        if row is None:
            row = self.rows[key] = Tally()
        return row
