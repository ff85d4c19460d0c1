"""The API of messages that callers have left: agents see those of the queues that they can serve."""

from __future__ import annotations

from collections.abc import Collection

from aiohttp import web

from centralita.people.rights import Who
from centralita.web import params
from centralita.web.api import LIMIT, LIMIT_MAX, json, unavailable
from centralita.web.ports import HistoryUnavailableError, WebPorts
from centralita.web.problems import ProblemError
from centralita.web.rights import who_of

_YES_NO = params.one_of(("true", "false"))


class VoicemailApi:
    """The handlers of everything under /api/voicemail."""

    def __init__(self, ports: WebPorts) -> None:
        self._ports = ports

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/voicemail", self.messages),
            web.get("/api/voicemail/{id}/audio", self.audio),
            web.post("/api/voicemail/{id}/heard", self.heard),
            web.delete("/api/voicemail/{id}", self.delete),
        ]

    async def messages(self, request: web.Request) -> web.Response:
        values = params.query(request, ("box", "unheard", "before_ms", "limit"))
        box = params.optional(values, "box", params.text)
        boxes = self._boxes(who_of(request))
        if box is not None:
            boxes = [box] if boxes is None or box in boxes else []
        try:
            found = await self._ports.services.voicemail.messages(
                boxes,
                unheard=params.optional(values, "unheard", _YES_NO) == "true",
                before_ms=params.optional(values, "before_ms", params.milliseconds),
                limit=params.optional(values, "limit", params.whole(1, LIMIT_MAX)) or LIMIT,
            )
        except HistoryUnavailableError as error:
            raise unavailable() from error
        return json({"messages": found})

    async def audio(self, request: web.Request) -> web.StreamResponse:
        params.query(request, ())
        try:
            path = await self._ports.services.voicemail.audio(
                request.match_info["id"], self._boxes(who_of(request))
            )
        except HistoryUnavailableError as error:
            raise unavailable() from error
        if path is None:
            raise _no_message()
        return web.FileResponse(path, headers={"Content-Type": "audio/wav"})

    async def heard(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        who = who_of(request)
        try:
            found = await self._ports.services.voicemail.heard(
                request.match_info["id"], self._boxes(who), who.name
            )
        except HistoryUnavailableError as error:
            raise unavailable() from error
        if not found:
            raise _no_message()
        return json({"status": "done"})

    async def delete(self, request: web.Request) -> web.Response:
        params.query(request, ())
        try:
            found = await self._ports.services.voicemail.delete(
                request.match_info["id"], self._boxes(who_of(request))
            )
        except HistoryUnavailableError as error:
            raise unavailable() from error
        if not found:
            raise _no_message()
        return json({"status": "deleted"})

    def _boxes(self, who: Who) -> Collection[str] | None:
        """Queues whose messages it may hear; None: all."""
        if who.sees is None:
            return None
        live = self._ports.live()
        team = next((agent["team"] for agent in live["agents"] if agent["id"] == who.sees), None)
        return [] if team is None else live["teams"][team]


def _no_message() -> ProblemError:
    return ProblemError(
        404,
        "no_message",
        "No hay mensaje con ese id en sus buzones: vea /api/voicemail.",
        "There is no message with that id in your boxes: see /api/voicemail.",
    )
