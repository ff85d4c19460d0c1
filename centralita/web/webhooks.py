"""`/api/webhooks`: how the endpoints stand, what could not be delivered, and trying it again."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from aiohttp import web

from centralita.web import params
from centralita.web.api import LIMIT, LIMIT_MAX, json, unavailable
from centralita.web.ports import HistoryUnavailableError
from centralita.web.problems import ProblemError, did_you_mean
from centralita.web.webhooks_ports import UnknownWebhookError, WebhooksPort

_T = TypeVar("_T")


class WebhooksApi:
    def __init__(self, webhooks: WebhooksPort) -> None:
        self._webhooks = webhooks

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/webhooks", self.status),
            web.get("/api/webhooks/{name}/dead", self.dead),
            web.post("/api/webhooks/{name}/resend", self.resend),
            web.post("/api/webhooks/{name}/test", self.test),
            web.post("/api/webhooks/{name}/enable", self.enable),
        ]

    async def status(self, request: web.Request) -> web.Response:
        params.query(request, ())
        return json({"webhooks": await _asked(self._webhooks.status())})

    async def dead(self, request: web.Request) -> web.Response:
        given = params.query(request, ("before", "limit"))
        before = params.optional(given, "before", params.whole(0, 2**53))
        limit = params.optional(given, "limit", params.whole(1, LIMIT_MAX)) or LIMIT
        found = await _asked(self._webhooks.dead(_name(request), before=before, limit=limit))
        return json({"dead": found, "next": found[-1]["seq"] if len(found) == limit else None})

    async def resend(self, request: web.Request) -> web.Response:
        """One letter by its `id`, or `{"all": true}`: never all by a slip."""
        params.query(request, ())
        data = await params.body(request, ("id", "all"))
        every = params.flag("all", data.get("all"))
        if every == ("id" in data):
            raise ProblemError(
                400,
                "bad_request",
                'Diga «id», de un aviso de …/dead, o {"all": true}, pero no ambos.',
                "Give 'id', of an event of …/dead, or {\"all\": true}, not both.",
                key="id",
            )
        letter = None if every else params.text("id", data["id"])
        count = await _asked(self._webhooks.resend(_name(request), letter))
        if not every and not count:
            raise ProblemError(
                404,
                "no_letter",
                "No hay ningún aviso sin entregar con ese id: búsquelo en …/dead.",
                "There is no undelivered event with that id: find it in …/dead.",
            )
        return json({"resent": count})

    async def test(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        return json(await _asked(self._webhooks.test(_name(request))))

    async def enable(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        await _asked(self._webhooks.enable(_name(request)))
        return json({"status": "done"})


def _name(request: web.Request) -> str:
    return request.match_info["name"]


async def _asked(question: Awaitable[_T]) -> _T:
    try:
        return await question
    except UnknownWebhookError as error:
        es, en = did_you_mean(error.name, error.known)
        raise ProblemError(
            404,
            "unknown_webhook",
            f"No hay ningún webhook «{error.name}»: {es}",
            f"There is no webhook '{error.name}': {en}",
        ) from error
    except HistoryUnavailableError as error:
        raise unavailable() from error
