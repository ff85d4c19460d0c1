"""The JSON API: what is live, what was, and what an agent can say."""

from __future__ import annotations

import msgspec
from aiohttp import web

from acd.model import Outcome, Presence
from centralita.web import params
from centralita.web.ports import Answer, CommandResult, ContactQuery, HistoryUnavailableError, Json, WebPorts
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
            web.get("/api/waits", self.waits),
            web.get("/api/contacts", self.contacts),
            web.get("/api/contacts/{id}", self.contact),
            web.post("/api/agents/{name}/presence", self.presence),
            web.post("/api/agents/{name}/wrap-up/done", self.wrap_up_done),
            web.post("/api/agents/{name}/wrap-up/extend", self.extend_wrap_up),
            web.post("/api/agents/{name}/escalate", self.escalate),
        ]

    async def live(self, request: web.Request) -> web.Response:
        params.query(request, ())
        return json(self._ports.live())

    async def waits(self, request: web.Request) -> web.Response:
        params.query(request, ())
        return json(self._ports.waits())

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
            raise unavailable() from error
        return json({"contacts": page.contacts, "next": page.next})

    async def contact(self, request: web.Request) -> web.Response:
        params.query(request, ())
        contact_id = request.match_info["id"]
        down: HistoryUnavailableError | None = None
        try:
            found = await self._ports.history.contact(contact_id)
        except HistoryUnavailableError as error:
            found, down = None, error
        found = found or self._live_contact(contact_id)
        if found is None and down is not None:
            raise unavailable() from down
        if found is None:
            raise ProblemError(
                404,
                "no_contact",
                "No hay contacto con ese id, ni en curso ni terminado: búsquelo en /api/contacts.",
                "There is no contact with that id, live or finished: find it in /api/contacts.",
            )
        return json(found)

    def _live_contact(self, contact_id: str) -> Json | None:
        for found in self._ports.live()["contacts"]:
            if found["id"] == contact_id:
                return {**found, "live": True, "classifications": self._ports.classifications(contact_id)}
        return None

    async def presence(self, request: web.Request) -> web.Response:
        params.query(request, ())
        data = await params.body(request, ("presence", "reason", "after_contact"))
        wanted = params.one_of(_PRESENCES)("presence", data.get("presence", ""))
        reason = params.reason(data.get("reason"), needed=wanted == Presence.NOT_READY)
        later = params.flag("after_contact", data.get("after_contact"))
        name = request.match_info["name"]
        done = await self._ports.agents.set_presence(name, wanted, reason, after_contact=later)
        return self._answer(name, done)

    async def wrap_up_done(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        name = request.match_info["name"]
        return self._answer(name, await self._ports.agents.wrap_up_done(name))

    async def extend_wrap_up(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        name = request.match_info["name"]
        return self._answer(name, await self._ports.agents.extend_wrap_up(name))

    async def escalate(self, request: web.Request) -> web.Response:
        params.query(request, ())
        data = await params.body(request, ("contact", "note"))
        contact = params.text("contact", data["contact"]) if data.get("contact") not in (None, "") else ""
        name = request.match_info["name"]
        done = await self._ports.agents.escalate(name, contact, params.note("note", data.get("note")))
        return self._answer(name, done)

    def _answer(self, name: str, result: CommandResult) -> web.Response:
        if result.answer is Answer.DONE:
            return json({"status": "done"})
        if result.answer is Answer.UNKNOWN_AGENT:
            es, en = unknown_agent(name, self._ports)
            raise ProblemError(404, "unknown_agent", es, en)
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


def unknown_agent(name: str, ports: WebPorts) -> tuple[str, str]:
    """What to tell who named an agent that is not there, Spanish and English."""
    es, en = did_you_mean(name, [agent["id"] for agent in ports.live()["agents"]])
    return f"No hay agente «{name}»: {es}", f"There is no agent '{name}': {en}"


def unavailable() -> ProblemError:
    return ProblemError(
        503,
        "history_unavailable",
        "La base de datos no responde ahora; las llamadas siguen. Inténtelo más tarde y vea /health.",
        "The database does not answer now; calls go on. Try later and see /health.",
    )
