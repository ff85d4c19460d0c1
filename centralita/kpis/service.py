"""
Reports of the running centre: what is stored, and who is on the line.

Everything is computed from stored primitives when it is asked for, by the very fold that
counts the simulator's days; nothing that was computed is kept.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from acd.model import ContactId, QueueId
from acd.state import State
from acd.stats.kpi_book import Book, Key, Shape
from acd.stats.kpi_counts import Count, Goal, Goals
from acd.stats.kpi_follow import Span, story_now
from acd.stats.kpi_pieces import Piece, pieces_of
from acd.stats.kpi_returns import RETURN_WITHIN_MS, Visit, return_pieces, visit_of
from acd.stats.kpi_story import Story
from centralita.store.projection import Projection
from centralita.store.reports import Found, ReportReader
from centralita.web.kpis_ports import TooMuchError
from centralita.web.ports import HistoryUnavailableError

CONTACTS_MAX = 200_000
"""Contacts that one report may read."""
ZONE = "Europe/Madrid"
"""Of a centre without opening hours, as the configuration's own default."""
COMMIT_MS = 2_000
"""How long a report waits, at most, for what has just happened to be stored."""

Told = tuple[ContactId, Piece]


@dataclass(frozen=True, slots=True)
class Ports:
    """What reports stand on."""

    reader: ReportReader
    committed: Callable[[], Awaitable[None]]
    """Waits until everything that happened so far is stored."""
    state: Callable[[], State]
    now_ms: Callable[[], int]
    """Engine time."""
    zones: Callable[[], Sequence[str]]
    """Of the opening hours in the live configuration."""


class Reports:
    """One report at a time: the next one waits, calls do not."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._turn = asyncio.Semaphore(1)

    @classmethod
    def of(
        cls,
        projection: Projection,
        state: Callable[[], State],
        now_ms: Callable[[], int],
        zones: Callable[[], Sequence[str]],
    ) -> Reports:
        """Over the projection of a running centre."""
        reader = ReportReader(projection.engine)
        return cls(Ports(reader, projection.committed, state, now_ms, zones))

    def now_ms(self) -> int:
        return self._ports.now_ms()

    def zone(self) -> ZoneInfo:
        """That of most opening hours."""
        zones = Counter(self._ports.zones())
        return ZoneInfo(min(zones, key=lambda name: (-zones[name], name), default=ZONE))

    def goals(self) -> Goals:
        """By the live configuration, whichever held when the calls came: that makes days comparable."""
        queues = self._ports.state().routing.queues

        def goal(queue: QueueId) -> Goal:
            rules = queues.get(queue)
            return Goal() if rules is None else Goal(rules.target_ms, rules.short_abandon_ms)

        return goal

    async def read(self, shape: Shape, goals: Goals) -> Book:
        """
        The counts of this shape, up to now.

        Raises:
            TooMuchError: See there.
            HistoryUnavailableError: The database does not answer.
        """
        book = Book(shape)

        def take(told: Iterable[Told]) -> None:
            for _, piece in told:
                book.add(piece)

        async with self._turn:
            await self._tell(shape, goals, take)
            if shape.agents_fit:
                async for spans in self._spans(shape):
                    await asyncio.to_thread(_add_spans, book, spans)
        return book

    async def contacts(self, shape: Shape, goals: Goals, count: Count, key: Key | None) -> Counter[ContactId]:
        """
        Which contacts stand behind a count, and how often each: the sum is the count.

        Args:
            shape: As of the report.
            goals: As of the report.
            count: Not one of milliseconds, nor of agents.
            key: Of the row; None: of all rows.

        Raises:
            TooMuchError: See there.
            HistoryUnavailableError: The database does not answer.
        """
        found: Counter[ContactId] = Counter()

        def take(told: Iterable[Told]) -> None:
            for contact_id, piece in told:
                amount = piece.counts.get(count, 0)
                own = shape.key(piece) if amount else None
                if own is not None and key in (None, own):
                    found[contact_id] += amount

        async with self._turn:
            await self._tell(shape, goals, take)
        return found

    async def _tell(self, shape: Shape, goals: Goals, take: Callable[[Iterable[Told]], None]) -> None:
        """Say every piece; `take` runs in a thread, page by page, so that calls are not kept."""
        reader, (from_ms, *_, to_ms) = self._ports.reader, shape.bounds
        # First who is here, then what is stored: nobody can slip through in between.
        now_ms = max(self._ports.now_ms(), self._ports.state().now_ms)
        here = {one: story_now(contact, now_ms) for one, contact in self._ports.state().contacts.items()}
        await self._stored()
        amount = await reader.count(from_ms, to_ms)
        if amount > CONTACTS_MAX:
            raise TooMuchError(amount, CONTACTS_MAX)
        visits: list[Visit] = []
        ended: set[ContactId] = set()
        async for page in reader.stories(from_ms, to_ms):
            ended.update(found.story.contact_id for found in page)
            await asyncio.to_thread(_apart, page, goals, visits, take)
        live = await self._with_asides([story for one, story in here.items() if one not in ended])
        await asyncio.to_thread(_apart, live, goals, visits, take)
        if from_ms + RETURN_WITHIN_MS <= now_ms:
            async for page in reader.of_the_same(from_ms, to_ms, RETURN_WITHIN_MS):
                await asyncio.to_thread(_visits, page, visits)
        await asyncio.to_thread(lambda: take(return_pieces(visits, now_ms)))

    async def _spans(self, shape: Shape) -> AsyncIterator[Sequence[Span]]:
        until_ms = min(shape.bounds[-1], self._ports.now_ms())
        async for spans in self._ports.reader.spans(shape.bounds[0], until_ms):
            yield spans

    async def _with_asides(self, here: Sequence[Story]) -> list[Found]:
        asides = await self._ports.reader.asides([story.contact_id for story in here])
        return [
            Found(replace(story, diverted=aside.diverted, wraps=aside.wraps), aside.customer)
            for story in here
            for aside in (asides[story.contact_id],)
        ]

    async def _stored(self) -> None:
        try:
            async with asyncio.timeout(COMMIT_MS / 1000):
                await self._ports.committed()
        except TimeoutError as error:
            raise HistoryUnavailableError("behind") from error


def _apart(
    page: Sequence[Found], goals: Goals, visits: list[Visit], take: Callable[[Iterable[Told]], None]
) -> None:
    """Take the pieces of a page, and note the visits of those whom somebody knows."""
    _visits(page, visits)
    take((found.story.contact_id, piece) for found in page for piece in pieces_of(found.story, goals))


def _visits(page: Sequence[Found], visits: list[Visit]) -> None:
    visits += [visit_of(found.story, found.customer) for found in page if found.customer]


def _add_spans(book: Book, spans: Sequence[Span]) -> None:
    for span in spans:
        book.add_span(span)
