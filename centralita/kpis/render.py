"""A report as the API tells it: every number with what it was divided by."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from acd.model import ContactId, QueueId
from acd.stats.kpi_book import Book, By, Key, Shape
from acd.stats.kpi_counts import Count, Tally
from acd.stats.kpi_figures import figures
from centralita.web.kpis_ports import Listed, Question

Json = Mapping[str, Any]


def report(question: Question, book: Book) -> Json:
    """All rows and their total."""
    shape, zone = question.shape, ZoneInfo(question.zone)
    return {
        "from_ms": shape.bounds[0],
        "to_ms": shape.bounds[-1],
        "by": shape.by.value,
        "queue": shape.queue,
        "zone": question.zone,
        "goals": _goals(question, book),
        "rows": [
            {"key": key, **when, **_numbers(book.rows.get(key, Tally()))}
            for key, when in _keys(book, shape, zone)
        ],
        "total": _numbers(book.total()),
    }


def listed(wanted: Listed, found: Counter[ContactId]) -> Json:
    """The contacts behind a number."""
    ids = sorted(found)
    return {
        "count": wanted.count.value,
        "amount": found.total(),
        "contacts": [{"id": one, "amount": found[one]} for one in ids[: wanted.at_most]],
        "more": len(ids) > wanted.at_most,
    }


def _keys(book: Book, shape: Shape, zone: ZoneInfo) -> Sequence[tuple[Key, Json]]:
    """Every interval, an empty one too; of the others those that have something."""
    if shape.by is not By.INTERVAL:
        return [(key, {}) for key in sorted(book.rows, key=str)]
    marks = [dt.datetime.fromtimestamp(at_ms / 1000, zone).isoformat() for at_ms in shape.bounds]
    times = zip(shape.bounds, marks, marks[1:], strict=False)
    return [(key, {"begins": begins, "ends": ends}) for key, begins, ends in times]


def _goals(question: Question, book: Book) -> Json:
    """What the queues of this report are measured by, as far as it names any."""
    shape = question.shape
    named = {shape.queue} if shape.by is not By.QUEUE else {str(key) for key in book.rows}
    goals = {name: question.goals(QueueId(name)) for name in sorted(name for name in named if name)}
    return {name: {"target_ms": goal.target_ms, "short_ms": goal.short_ms} for name, goal in goals.items()}


def _numbers(tally: Tally) -> Json:
    return {
        "counts": {count.value: tally[count] for count in Count},
        "figures": {
            id_: {"value": found.value, "numerator": found.numerator, "denominator": found.denominator}
            for id_, found in figures(tally).items()
        },
    }
