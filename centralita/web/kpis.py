"""The API of figures: every number with its definition, what it was divided by, and who stands behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from acd.stats.kpi_figures import DEFINITIONS
from acd.stats.kpi_names import COUNT_NAMES, has_list
from centralita.web import params
from centralita.web.api import json, unavailable
from centralita.web.kpis_asked import KEYS, asked, count_of, key_of
from centralita.web.kpis_ports import (
    Broken,
    Listed,
    Question,
    ReportBrokenError,
    ReportsBusyError,
    TooMuchError,
)
from centralita.web.ports import HistoryUnavailableError, WebPorts
from centralita.web.problems import ProblemError


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

    async def report(self, request: web.Request) -> web.StreamResponse:
        wanted = asked(params.query(request, KEYS), self._kpis)
        return await self._answer(request, wanted)

    async def contacts(self, request: web.Request) -> web.StreamResponse:
        """The list behind a number."""
        values = params.query(request, (*KEYS, "figure", "key"))
        wanted = asked(values, self._kpis)
        listed = Listed(count_of(values), key_of(values, wanted.shape.by))
        return await self._answer(request, replace(wanted, listed=listed))

    async def _answer(self, request: web.Request, wanted: Question) -> web.StreamResponse:
        try:
            parts = await self._kpis.ask(wanted)
        except HistoryUnavailableError as error:
            raise unavailable() from error
        except TooMuchError as error:
            raise _too_much(error) from error
        except ReportsBusyError as error:
            raise _busy() from error
        except ReportBrokenError as error:
            raise _broken(error) from error
        return await _sent(request, parts)


async def _sent(request: web.Request, parts: Sequence[bytes]) -> web.StreamResponse:
    """Part by part: a long report as one piece would keep the loop while it is encrypted and written."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = sum(map(len, parts))
    await response.prepare(request)
    for part in parts:
        await response.write(part)
        await asyncio.sleep(0)
    await response.write_eof()
    return response


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


def _busy() -> ProblemError:
    return ProblemError(
        503,
        "reports_busy",
        "Ya hay varios informes pendientes y se hacen de uno en uno: espere un momento y repita.",
        "Several reports are pending already and they are made one at a time: wait a moment and try again.",
    )


_ADVICE = {
    Broken.ENDED: (
        "El proceso que cuenta se ha interrumpido; las llamadas siguen. Repita, o vea log/kpis.log.",
        "The process that counts was interrupted; calls go on. Try again, or see log/kpis.log.",
    ),
    Broken.TOO_LONG: (
        "El informe tardaba demasiado: las llamadas van antes. Acerque «from» a «to», o pídalo a otra hora.",
        "The report took too long: calls come first. Bring 'from' nearer to 'to', or ask at another hour.",
    ),
    Broken.TOO_BIG: (
        "El informe no cabe en la memoria que puede usar: acerque «from» a «to».",
        "The report does not fit into the memory it may use: bring 'from' nearer to 'to'.",
    ),
}


def _broken(error: ReportBrokenError) -> ProblemError:
    es, en = _ADVICE[error.why]
    return ProblemError(503, f"report_{error.why.name.lower()}", es, en)
