"""The JSON API: what is live, and what was."""

from __future__ import annotations

import msgspec
from aiohttp import web

from acd.model import Direction, Outcome
from centralita.web import params
from centralita.web.ports import ContactQuery, HistoryUnavailableError, Json, WebPorts
from centralita.web.privacy import check_contact, masked, own_query
from centralita.web.problems import ProblemError, did_you_mean
from centralita.web.rights import who_of

LIMIT = 50
LIMIT_MAX = 200

_DIRECTIONS = tuple(direction.value for direction in Direction)
_OUTCOMES = tuple(outcome.value for outcome in Outcome)


def json(data: object, *, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(data), content_type="application/json")


class Api:
    """The handlers of everything under /api about the centre and its contacts."""

    def __init__(self, ports: WebPorts) -> None:
        self._ports = ports

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/live", self.live),
            web.get("/api/waits", self.waits),
            web.get("/api/contacts", self.contacts),
            web.get("/api/contacts/{id}", self.contact),
        ]

    async def live(self, request: web.Request) -> web.Response:
        params.query(request, ())
        live, sees = self._ports.live(), who_of(request).sees
        return json(live if sees is None else masked(live, sees))

    async def waits(self, request: web.Request) -> web.Response:
        params.query(request, ())
        return json(self._ports.waits())

    async def contacts(self, request: web.Request) -> web.Response:
        asked = own_query(_contact_query(request), who_of(request))
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
        await check_contact(self._ports, who_of(request), contact_id)
        down: HistoryUnavailableError | None = None
        try:
            found = await self._finished_contact(contact_id)
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

    async def _finished_contact(self, contact_id: str) -> Json | None:
        found = await self._ports.history.contact(contact_id)
        return None if found is None else {**found, **await self._ports.followed.finished(contact_id)}

    def _live_contact(self, contact_id: str) -> Json | None:
        for found in self._ports.live()["contacts"]:
            if found["id"] == contact_id:
                sorted_by = self._ports.classifications(contact_id)
                followed = self._ports.followed.live(contact_id)
                return {**found, "live": True, "classifications": sorted_by, **followed}
        return None


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
        direction=params.optional(values, "direction", params.one_of(_DIRECTIONS)),
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
