"""The API of surveys: answers, what they come to, and how the sources of flows have answered."""

from __future__ import annotations

from aiohttp import web

from centralita.web import params
from centralita.web.api import LIMIT, LIMIT_MAX, json, unavailable
from centralita.web.ports import HistoryUnavailableError, WebPorts
from centralita.web.problems import ProblemError
from centralita.web.services_ports import SurveyQuestion


class SurveysApi:
    """The handlers of everything under /api/surveys, and of /api/lookups."""

    def __init__(self, ports: WebPorts) -> None:
        self._ports = ports

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/surveys", self.answers),
            web.get("/api/surveys/{survey}", self.summary),
            web.get("/api/customers/{id}/surveys", self.of_customer),
            web.get("/api/lookups", self.lookups),
        ]

    async def answers(self, request: web.Request) -> web.Response:
        asked = _question(request, ("survey", "before", "limit"))
        try:
            found, after = await self._ports.services.surveys.answers(asked)
        except ValueError as error:
            raise params.bad(
                "before",
                "«before» debe ser el «next» de la página anterior.",
                "'before' must be the 'next' of the page before.",
            ) from error
        except HistoryUnavailableError as error:
            raise unavailable() from error
        return json({"answers": found, "next": after})

    async def summary(self, request: web.Request) -> web.Response:
        asked = _question(request, (), request.match_info["survey"])
        try:
            found = await self._ports.services.surveys.summary(asked)
        except HistoryUnavailableError as error:
            raise unavailable() from error
        if found is None:
            raise ProblemError(
                404,
                "no_survey",
                "No hay encuesta con ese nombre: vea «surveys» en la configuración.",
                "There is no survey by that name: see 'surveys' in the configuration.",
            )
        return json(found)

    async def of_customer(self, request: web.Request) -> web.Response:
        values = params.query(request, ("limit",))
        limit = params.optional(values, "limit", params.whole(1, LIMIT_MAX)) or LIMIT
        try:
            found = await self._ports.services.surveys.of_customer(request.match_info["id"], limit)
        except HistoryUnavailableError as error:
            raise unavailable() from error
        return json({"answers": found})

    async def lookups(self, request: web.Request) -> web.Response:
        params.query(request, ())
        return json({"lookups": self._ports.services.lookups.report()})


def _question(request: web.Request, also: tuple[str, ...], survey: str | None = None) -> SurveyQuestion:
    values = params.query(request, ("since_ms", "until_ms", "agent", "queue", *also))
    return SurveyQuestion(
        survey=survey or params.optional(values, "survey", params.text),
        since_ms=params.optional(values, "since_ms", params.milliseconds),
        until_ms=params.optional(values, "until_ms", params.milliseconds),
        agent=params.optional(values, "agent", params.text),
        queue=params.optional(values, "queue", params.text),
        before=params.optional(values, "before", params.text),
        limit=params.optional(values, "limit", params.whole(1, LIMIT_MAX)) or LIMIT,
    )
