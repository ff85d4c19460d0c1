"""The JSON API: what is live, what was, and the two things an agent can say."""

from __future__ import annotations

import msgspec
from aiohttp import web

from acd.model import Outcome, Presence
from centralita.web import params
from centralita.web.ports import Answer, CommandResult, ContactQuery, HistoryUnavailableError, WebPorts
from centralita.web.problems import ProblemError, did_you_mean

LIMIT = 50
LIMIT_MAX = 200

_PRESENCES = tuple(presence.value for presence in Presence)
_OUTCOMES = tuple(outcome.value for outcome in Outcome)
_REFUSALS = {Answer.REFUSED: 409, Answer.UNAVAILABLE: 503}


def json(data: object, *, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(data), content_type="application/json")


class Api:
    """The handlers of everything under /api except the event stream."""

    def __init__(self, ports: WebPorts) -> None:
        self._ports = ports

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/live", self.live),
            web.get("/api/contacts", self.contacts),
            web.get("/api/contacts/{id}", self.contact),
            web.get("/api/customers", self.customers),
            web.get("/api/customers/{id}/contacts", self.customer_contacts),
            web.delete("/api/customers/{id}/identity", self.erase),
            web.post("/api/agents/{name}/presence", self.presence),
            web.post("/api/agents/{name}/wrap-up/done", self.wrap_up_done),
        ]

    async def live(self, request: web.Request) -> web.Response:
        params.query(request, ())
        return json(self._ports.live())

    async def contacts(self, request: web.Request) -> web.Response:
        asked = _contact_query(request)
        try:
            page = await self._ports.history.contacts(asked)
        except ValueError as error:
            raise ProblemError(
                400,
                "bad_request",
                "«before» debe ser el «next» de la página anterior.",
                "'before' must be the 'next' of the page before.",
                key="before",
            ) from error
        except HistoryUnavailableError as error:
            raise _unavailable() from error
        return json({"contacts": page.contacts, "next": page.next})

    async def contact(self, request: web.Request) -> web.Response:
        params.query(request, ())
        try:
            found = await self._ports.history.contact(request.match_info["id"])
        except HistoryUnavailableError as error:
            raise _unavailable() from error
        if found is None:
            raise ProblemError(
                404,
                "no_contact",
                "No hay contacto terminado con ese id; los que siguen en curso están en /api/live.",
                "There is no finished contact with that id; those in progress are in /api/live.",
            )
        return json(found)

    async def customers(self, request: web.Request) -> web.Response:
        values = params.query(request, ("number",))
        number = params.phone("number", values.get("number", ""))
        try:
            return json({"customers": await self._ports.history.customers(number)})
        except HistoryUnavailableError as error:
            raise _unavailable() from error

    async def customer_contacts(self, request: web.Request) -> web.Response:
        values = params.query(request, ("limit",))
        limit = params.optional(values, "limit", params.whole(1, LIMIT_MAX)) or LIMIT
        try:
            found = await self._ports.history.customer_contacts(request.match_info["id"], limit)
        except HistoryUnavailableError as error:
            raise _unavailable() from error
        if found is None:
            raise _no_customer()
        return json({"contacts": found})

    async def erase(self, request: web.Request) -> web.Response:
        params.query(request, ())
        try:
            found = await self._ports.history.erase(request.match_info["id"])
        except HistoryUnavailableError as error:
            raise _unavailable() from error
        if not found:
            raise _no_customer()
        return json({"status": "erased"})

    async def presence(self, request: web.Request) -> web.Response:
        params.query(request, ())
        data = await params.body(request, ("presence", "reason"))
        wanted = params.one_of(_PRESENCES)("presence", data.get("presence", ""))
        reason = params.text("reason", data["reason"]) if data.get("reason") else ""
        name = request.match_info["name"]
        return self._answer(name, await self._ports.set_presence(name, wanted, reason))

    async def wrap_up_done(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        name = request.match_info["name"]
        return self._answer(name, await self._ports.wrap_up_done(name))

    def _answer(self, name: str, result: CommandResult) -> web.Response:
        if result.answer is Answer.DONE:
            return json({"status": "done"})
        if result.answer is Answer.UNKNOWN_AGENT:
            es, en = did_you_mean(name, [agent["id"] for agent in self._ports.live()["agents"]])
            raise ProblemError(
                404, "unknown_agent", f"No hay agente «{name}»: {es}", f"There is no agent '{name}': {en}"
            )
        raise ProblemError(_REFUSALS[result.answer], result.answer.value, result.why_es, result.why_en)


def _contact_query(request: web.Request) -> ContactQuery:
    values = params.query(request, ContactQuery.__slots__)
    return ContactQuery(
        since_ms=params.optional(values, "since_ms", params.milliseconds),
        until_ms=params.optional(values, "until_ms", params.milliseconds),
        outcome=params.optional(values, "outcome", params.one_of(_OUTCOMES)),
        queue=params.optional(values, "queue", params.text),
        agent=params.optional(values, "agent", params.text),
        number=params.optional(values, "number", params.phone),
        before=params.optional(values, "before", params.text),
        limit=params.optional(values, "limit", params.whole(1, LIMIT_MAX)) or LIMIT,
    )


def _no_customer() -> ProblemError:
    return ProblemError(
        404,
        "no_customer",
        "No hay cliente con ese id: búsquelo con /api/customers?number=.",
        "There is no customer with that id: find it with /api/customers?number=.",
    )


def _unavailable() -> ProblemError:
    return ProblemError(
        503,
        "history_unavailable",
        "La base de datos no responde ahora; las llamadas siguen. Inténtelo más tarde y vea /health.",
        "The database does not answer now; calls go on. Try later and see /health.",
    )
