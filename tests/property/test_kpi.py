"""The rule that nobody disputes numbers: whichever way a day is divided, the parts add up to the whole."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.engine import Decision
from acd.records import Record
from acd.stats.kpi import Kpis
from acd.stats.kpi_book import Book, By, Shape
from acd.stats.kpi_counts import STAY_ENDS, Count, Goal, Tally
from acd.stats.kpi_figures import DEFINITIONS, figures
from tests.property.centre import Day

pytestmark = pytest.mark.property

FROM_MS, TO_MS = 1_000_000, 4_000_000
OF_AGENTS = [count for count in Count if count.value.startswith("agent_")]


class Remembered(Day):
    """A random day that keeps its records."""

    def __init__(self, seed: int, inputs: int) -> None:
        self.records: list[Record] = []
        super().__init__(seed)
        self.run(inputs)

    def _take(self, decision: Decision) -> None:
        self.records += decision.records
        super()._take(decision)


def report(day: Remembered, by: By, bounds: tuple[int, ...], queue: str | None = None) -> Book:
    customers = {f"c{n}": f"k{n % 3}" for n in range(8)}
    kpis = Kpis(Shape(by, bounds, queue), lambda _: Goal(9_000, 2_000), customers.get, 60_000)
    for record in day.records:
        kpis.feed(record)
    return kpis.read(max(day.now_ms, TO_MS) + 120_000)


days = st.builds(Remembered, st.integers(0, 10**6), st.integers(0, 400))
cuts = st.lists(st.integers(FROM_MS + 1, TO_MS - 1), max_size=12, unique=True).map(
    lambda inner: (FROM_MS, *sorted(inner), TO_MS)
)


@settings(max_examples=40, deadline=None)
@given(days, cuts)
def test_the_parts_of_any_division_add_up_to_the_whole(day: Remembered, bounds: tuple[int, ...]) -> None:
    """By queue, segment, intent, agent and interval: the totals are the same, each number and each wait."""
    whole = report(day, By.AGENT, (FROM_MS, TO_MS)).total()
    for by in By:
        book = report(day, by, bounds)
        kept = whole.whole().counts.items()
        wanted = {count: n for count, n in kept if book.shape.agents_fit or count not in OF_AGENTS}
        assert book.total().whole() == Tally(wanted, whole.waits)


@settings(max_examples=40, deadline=None)
@given(days, cuts)
def test_every_stay_ends_in_one_way(day: Remembered, bounds: tuple[int, ...]) -> None:
    """Answered + abandoned + rejected + flowed out + lost + still there = offered, in every part."""
    for by in By:
        for tally in report(day, by, bounds).rows.values():
            assert sum(tally[end] for end in STAY_ENDS) == tally[Count.OFFERED]
            assert sum(tally.waits.values()) == tally[Count.ANSWERED]
            assert tally[Count.CONTACTS] >= tally[Count.OPEN] + tally[Count.HANDLED]
            assert min(tally.counts.values(), default=0) >= 0


@settings(max_examples=40, deadline=None)
@given(days, cuts)
def test_reports_of_parts_of_the_day_are_the_intervals_of_one(
    day: Remembered, bounds: tuple[int, ...]
) -> None:
    """Asking for each stretch alone gives the very rows of the report of all, and these merge to it."""
    book = report(day, By.INTERVAL, bounds)
    merged = Book(book.shape)
    for begins_ms, ends_ms in pairwise(bounds):
        alone = report(day, By.INTERVAL, (begins_ms, ends_ms))
        assert alone.total().whole() == book.rows.get(begins_ms, Tally()).whole()
        merged.merge(Book(book.shape, alone.rows))
    assert merged.total().whole() == book.total().whole()


@settings(max_examples=40, deadline=None)
@given(days)
def test_a_report_of_one_queue_is_its_row(day: Remembered) -> None:
    """Filtered or divided: the same numbers."""
    book = report(day, By.QUEUE, (FROM_MS, TO_MS))
    for queue in ("ventas", "soporte", "general"):
        alone = report(day, By.INTERVAL, (FROM_MS, TO_MS), queue)
        assert alone.total().whole() == book.rows.get(queue, Tally()).whole()


@settings(max_examples=40, deadline=None)
@given(days)
def test_shares_lie_between_nothing_and_all(day: Remembered) -> None:
    """Whatever happened in the day, no share is below 0 or above 1."""
    for tally in report(day, By.AGENT, (FROM_MS, TO_MS)).rows.values():
        for id_, found in figures(tally).items():
            if found.value is not None and DEFINITIONS[id_].unit == "share":
                assert 0 <= found.value <= 1, id_


@settings(max_examples=40, deadline=None)
@given(days)
def test_a_reading_changes_nothing(day: Remembered) -> None:
    """Read in between as often as you like: the end of the day is the same."""
    shape = Shape(By.INTERVAL, (FROM_MS, 2_000_000, TO_MS))
    quiet, read = (Kpis(shape, lambda _: Goal()) for _ in range(2))
    now_ms = FROM_MS
    for record in day.records:
        quiet.feed(record)
        read.feed(record)
        now_ms = max(now_ms, getattr(record, "at_ms", now_ms))
        read.read(now_ms)
    assert quiet.read(TO_MS).rows == read.read(TO_MS).rows
