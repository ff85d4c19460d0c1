"""The API of figures: every number with its definition, what it was divided by, and who stands behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from acd.model import QueueId
from acd.stats.kpi_book import Book, By, Key, Shape
from acd.stats.kpi_counts import Count, Tally
from acd.stats.kpi_figures import DEFINITIONS, figures
from acd.stats.kpi_names import COUNT_NAMES, has_list
from centralita.web import params
from centralita.web.api import json, unavailable
from centralita.web.kpis_asked import KEYS, Asked, asked, count_of, key_of
from centralita.web.kpis_ports import TooMuchError
from centralita.web.ports import HistoryUnavailableError, WebPorts
from centralita.web.problems import ProblemError

LISTED_MAX = 10_000


class KpisApi:
    """The handlers of everything under /api/kpis."""

    def __init__(self, ports: WebPorts) -> None:
        self._kpis = ports.kpis

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/kpis", self.report),
            web.get("/api/kpis/definitions", self.definitions),
            web.get("/api/kpis/contacts", self.contacts),
        ]

    async def definitions(self, request: web.Request) -> web.Response:
        params.query(request, ())
        return json({"figures": _figures(), "counts": _counts()})

    async def report(self, request: web.Request) -> web.Response:
        wanted = asked(params.query(request, KEYS), self._kpis)
        try:
            book = await self._kpis.read(wanted.shape, wanted.goals)
        except HistoryUnavailableError as error:
            raise unavailable() from error
        except TooMuchError as error:
            raise _too_much(error) from error
        return json(_report(wanted, book))

    async def contacts(self, request: web.Request) -> web.Response:
        """The list behind a number."""
        values = params.query(request, (*KEYS, "figure", "key"))
        wanted = asked(values, self._kpis)
        count, key = count_of(values), key_of(values, wanted.shape.by)
        try:
            found = await self._kpis.contacts(wanted.shape, wanted.goals, count, key)
        except HistoryUnavailableError as error:
            raise unavailable() from error
        except TooMuchError as error:
            raise _too_much(error) from error
        ids = sorted(found)
        return json(
            {
                "count": count.value,
                "amount": found.total(),
                "contacts": [{"id": one, "amount": found[one]} for one in ids[:LISTED_MAX]],
                "more": len(ids) > LISTED_MAX,
            }
        )


def _report(wanted: Asked, book: Book) -> Mapping[str, Any]:
    shape = wanted.shape
    return {
        "from_ms": shape.bounds[0],
        "to_ms": shape.bounds[-1],
        "by": shape.by.value,
        "queue": shape.queue,
        "zone": wanted.zone.key,
        "goals": _goals(wanted, book),
        "rows": [
            {"key": key, **_when(shape, key, wanted.zone), **_numbers(book.rows.get(key, Tally()))}
            for key in _keys(book)
        ],
        "total": _numbers(book.total()),
    }


def _keys(book: Book) -> Sequence[Key]:
    """Every interval, an empty one too; of the others those that have something."""
    if book.shape.by is By.INTERVAL:
        return book.shape.bounds[:-1]
    return sorted(book.rows, key=str)


def _when(shape: Shape, key: Key, zone: ZoneInfo) -> Mapping[str, str]:
    if shape.by is not By.INTERVAL:
        return {}
    begins_ms = int(key)
    ends_ms = shape.bounds[shape.bounds.index(begins_ms) + 1]
    return {
        name: dt.datetime.fromtimestamp(at_ms / 1000, zone).isoformat()
        for name, at_ms in (("begins", begins_ms), ("ends", ends_ms))
    }


def _goals(wanted: Asked, book: Book) -> Mapping[str, Any]:
    """What the queues of this report are measured by, as far as it names any."""
    named = {wanted.shape.queue} if wanted.shape.by is not By.QUEUE else {str(key) for key in book.rows}
    goals = {name: wanted.goals(QueueId(name)) for name in sorted(name for name in named if name)}
    return {name: {"target_ms": goal.target_ms, "short_ms": goal.short_ms} for name, goal in goals.items()}


def _numbers(tally: Tally) -> Mapping[str, Any]:
    return {
        "counts": {count.value: tally[count] for count in Count},
        "figures": {
            id_: {"value": found.value, "numerator": found.numerator, "denominator": found.denominator}
            for id_, found in figures(tally).items()
        },
    }


def _figures() -> Sequence[Mapping[str, Any]]:
    return [
        {
            "id": found.id,
            "es": found.es,
            "en": found.en,
            "formula": found.formula,
            "unit": found.unit,
            "source": found.source,
            "lists": found.lists.value if found.lists is not None else None,
        }
        for found in DEFINITIONS.values()
    ]


def _counts() -> Sequence[Mapping[str, Any]]:
    return [
        {"id": count.value, "es": es, "en": en, "listed": has_list(count)}
        for count, (es, en) in COUNT_NAMES.items()
    ]


def _too_much(error: TooMuchError) -> ProblemError:
    return ProblemError(
        400,
        "too_much",
        f"Serían {error.contacts} contactos y un informe lee {error.at_most}: acerque «from» a «to».",
        f"These would be {error.contacts} contacts and a report reads {error.at_most}: "
        "bring 'from' nearer to 'to'.",
        key="from",
    )
