"""Figures as a fold over records: say every record, read whenever wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy

from acd.model import ContactId
from acd.records import Record
from acd.stats.kpi_book import Book, Shape
from acd.stats.kpi_counts import Goals
from acd.stats.kpi_follow import Follower, Span, Told
from acd.stats.kpi_pieces import pieces_of
from acd.stats.kpi_returns import RETURN_WITHIN_MS, Visit, return_pieces, visit_of
from acd.stats.kpi_story import Story


class Kpis:
    """
    The figures of one report.

    Args:
        shape: What is read and how it is divided.
        goals: Target and short-abandon time of each queue.
        customer: The opaque key of a contact's customer; None: nobody knows who it was.
        return_within_ms: See `kpi_returns.return_pieces`.
    """

    def __init__(
        self,
        shape: Shape,
        goals: Goals,
        customer: Callable[[ContactId], str | None] = lambda _: None,
        return_within_ms: int = RETURN_WITHIN_MS,
    ) -> None:
        self._goals = goals
        self._customer = customer
        self._within_ms = return_within_ms
        self._follower = Follower()
        self._book = Book(shape)
        self._visits: list[Visit] = []

    def feed(self, record: Record) -> None:
        self.tell(self._follower.feed(record))

    def tell(self, told: Iterable[Told]) -> None:
        """Count stories and spans that come from elsewhere than records, e.g. from a database."""
        for found in told:
            self._count(self._book, found, self._visits)

    def merge(self, other: Kpis) -> None:
        """
        Add what another fold has finished; what is open there stays there.

        Raises:
            ValueError: It is divided differently: a bug of the caller.
        """
        self._book.merge(other._book)
        self._visits += other._visits

    def read(self, now_ms: int) -> Book:
        """
        The counts at this moment, what has not ended included; the fold goes on unchanged.

        Args:
            now_ms: Not before any record that was fed.
        """
        book, visits = deepcopy(self._book), list(self._visits)
        for found in self._follower.open(now_ms):
            self._count(book, found, visits)
        for _, piece in return_pieces(visits, now_ms, self._within_ms):
            book.add(piece)
        return book

    def _count(self, book: Book, told: Story | Span, visits: list[Visit]) -> None:
        if isinstance(told, Span):
            book.add_span(told)
            return
        for piece in pieces_of(told, self._goals):
            book.add(piece)
        # Who is called has not come again.
        customer = None if told.outgoing else self._customer(told.contact_id)
        if customer is not None:
            visits.append(visit_of(told, customer))
