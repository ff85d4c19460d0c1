"""`/api/said`: what callers said and what was understood, and adding it to the examples."""

from __future__ import annotations

from aiohttp import web

from centralita.web import params
from centralita.web.api import LIMIT, LIMIT_MAX, json, unavailable
from centralita.web.ports import HistoryUnavailableError
from centralita.web.problems import ProblemError
from centralita.web.utterances_ports import OUTCOMES, PhraseRefusedError, SaidPort, SaidQuery


class UtterancesApi:
    def __init__(self, said: SaidPort) -> None:
        self._said = said

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/said", self.groups),
            web.post("/api/said/phrases", self.add),
        ]

    async def groups(self, request: web.Request) -> web.Response:
        values = params.query(request, SaidQuery.__slots__)
        query = SaidQuery(
            since_ms=params.optional(values, "since_ms", params.milliseconds),
            language=params.optional(values, "language", params.text),
            outcome=params.optional(values, "outcome", params.one_of(OUTCOMES)),
            intent=params.optional(values, "intent", params.text),
            limit=params.optional(values, "limit", params.whole(1, LIMIT_MAX)) or LIMIT,
        )
        try:
            found = await self._said.groups(query)
        except HistoryUnavailableError as error:
            raise unavailable() from error
        return json({"said": found, "intents": self._said.intents()})

    async def add(self, request: web.Request) -> web.Response:
        """The phrase becomes an example, as if somebody had written it into the file."""
        params.query(request, ())
        data = await params.body(request, ("intent", "language", "phrase"))
        intent, language, phrase = (
            params.text(name, data.get(name)) for name in ("intent", "language", "phrase")
        )
        try:
            return json({"status": "done", **await self._said.add(intent, language, phrase)})
        except PhraseRefusedError as error:
            raise ProblemError(error.status, error.code, error.es, error.en) from error
