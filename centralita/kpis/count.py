"""
Counting what is stored and who is on the line, in one process that may take its time.

Everything is computed from stored primitives when it is asked for, by the very fold that
counts the simulator's days; nothing that was computed is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from acd.model import ContactId
from acd.stats.kpi_book import Book
from acd.stats.kpi_pieces import Piece, pieces_of
from acd.stats.kpi_returns import RETURN_WITHIN_MS, Visit, return_pieces, visit_of
from acd.stats.kpi_story import Story
from centralita.kpis.job import Job
from centralita.store.plain import Source
from centralita.store.reports import Found, ReportReader
from centralita.web.kpis_ports import Listed, TooMuchError

Told = tuple[ContactId, Piece]
_Take = Callable[[Iterable[Told]], None]


def book_of(job: Job, source: Source) -> Book:
    """
    The counts of this shape, up to now.

    Raises:
        TooMuchError: See there.
        HistoryUnavailableError: The database does not answer.
    """
    shape, reader = job.question.shape, ReportReader(source)
    book = Book(shape)

    def take(told: Iterable[Told]) -> None:
        for _, piece in told:
            book.add(piece)

    _tell(job, reader, take)
    if shape.agents_fit:
        for spans in reader.spans(shape.bounds[0], min(shape.bounds[-1], job.now_ms)):
            for span in spans:
                book.add_span(span)
    return book


def contacts_of(job: Job, listed: Listed, source: Source) -> Counter[ContactId]:
    """
    Which contacts stand behind a count, and how often each: the sum is the count.

    Raises:
        TooMuchError: See there.
        HistoryUnavailableError: The database does not answer.
    """
    shape = job.question.shape
    found: Counter[ContactId] = Counter()

    def take(told: Iterable[Told]) -> None:
        for contact_id, piece in told:
            amount = piece.counts.get(listed.count, 0)
            own = shape.key(piece) if amount else None
            if own is not None and listed.key in (None, own):
                found[contact_id] += amount

    _tell(job, ReportReader(source), take)
    return found


def _tell(job: Job, reader: ReportReader, take: _Take) -> None:
    """Say every piece. Who was here was noted before everything that had happened was stored: no gap."""
    goals, (from_ms, *_, to_ms) = job.question.goals, job.question.shape.bounds
    amount = reader.count(from_ms, to_ms)
    if amount > job.contacts_max:
        raise TooMuchError(amount, job.contacts_max)
    # Before the days are over nobody can say who came again.
    judged = from_ms + RETURN_WITHIN_MS <= job.now_ms
    visits: list[Visit] = []
    ended: set[ContactId] = set()

    def tell(page: Sequence[Found]) -> None:
        if judged:
            visits.extend(_visits(page))
        take((found.story.contact_id, piece) for found in page for piece in pieces_of(found.story, goals))

    for page in reader.stories(from_ms, to_ms):
        ended.update(found.story.contact_id for found in page)
        tell(page)
    tell(_with_asides(reader, [story for story in job.here if story.contact_id not in ended]))
    if judged:
        customers = {visit.customer for visit in visits}
        for page in reader.of_the_same(customers, from_ms, to_ms, RETURN_WITHIN_MS):
            visits += _visits(page)
        take(return_pieces(visits, job.now_ms))


def _with_asides(reader: ReportReader, here: Sequence[Story]) -> list[Found]:
    asides = reader.asides([story.contact_id for story in here])
    return [
        Found(replace(story, diverted=aside.diverted, wraps=aside.wraps, handed=aside.handed), aside.customer)
        for story in here
        for aside in (asides[story.contact_id],)
    ]


def _visits(page: Sequence[Found]) -> list[Visit]:
    """Of known customers who came: who is called has not come again."""
    return [
        visit_of(found.story, found.customer) for found in page if found.customer and not found.story.outgoing
    ]
