"""What agents order over HTTP: any command by one route, and a few by a route of their own."""

from __future__ import annotations

from aiohttp import web

from acd.model import Presence
from centralita.web import params
from centralita.web.api import json
from centralita.web.door import Door
from centralita.web.orders import BY_HTTP, Escalate, ExtendWrapUp, Order, WrapUpDone, presence_order, read
from centralita.web.ports import Answer, CommandResult
from centralita.web.problems import ProblemError
from centralita.web.rights import who_of

_PRESENCES = tuple(presence.value for presence in Presence)
_REFUSALS = {Answer.REFUSED: 409, Answer.UNAVAILABLE: 503, Answer.UNKNOWN_AGENT: 404}


class AgentsApi:
    """The handlers of /api/agents/{name}/…"""

    def __init__(self, door: Door) -> None:
        self._door = door

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/agents/{name}/commands", self.commands),
            web.post("/api/agents/{name}/presence", self.presence),
            web.post("/api/agents/{name}/wrap-up/done", self.wrap_up_done),
            web.post("/api/agents/{name}/wrap-up/extend", self.extend_wrap_up),
            web.post("/api/agents/{name}/escalate", self.escalate),
        ]

    async def commands(self, request: web.Request) -> web.Response:
        params.query(request, ())
        data = params.any_object(await params.raw_body(request) or b"{}")
        return await self._obey(request, read(data, BY_HTTP))

    async def presence(self, request: web.Request) -> web.Response:
        params.query(request, ())
        data = await params.body(request, ("presence", "reason", "after_contact"))
        wanted = Presence(params.one_of(_PRESENCES)("presence", data.get("presence", "")))
        reason = params.reason(data.get("reason"), needed=wanted is Presence.NOT_READY)
        later = params.flag("after_contact", data.get("after_contact"))
        return await self._obey(request, presence_order(wanted, reason, after_contact=later))

    async def wrap_up_done(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        return await self._obey(request, WrapUpDone())

    async def extend_wrap_up(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        return await self._obey(request, ExtendWrapUp())

    async def escalate(self, request: web.Request) -> web.Response:
        params.query(request, ())
        data = await params.body(request, ("contact", "note"))
        contact = None if data.get("contact") in (None, "") else params.text("contact", data["contact"])
        return await self._obey(
            request, Escalate(contact=contact, note=params.note("note", data.get("note")) or None)
        )

    async def _obey(self, request: web.Request, order: Order) -> web.Response:
        return _answer(await self._door.obey(request.match_info["name"], order, who=who_of(request)))


def _answer(result: CommandResult) -> web.Response:
    if result.answer is not Answer.DONE:
        code = result.code or result.answer.value
        raise ProblemError(_REFUSALS[result.answer], code, result.why_es, result.why_en)
    begun = {} if result.contact is None else {"contact": result.contact}
    return json({"status": "done", **begun})
