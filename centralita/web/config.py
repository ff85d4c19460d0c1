"""The API of the configuration: which one is live, what is wrong with the file, and moving callers to it."""

from __future__ import annotations

from aiohttp import web

from centralita.web import params
from centralita.web.api import json
from centralita.web.ports import WebPorts


class ConfigApi:
    """The handlers of everything under /api/config."""

    def __init__(self, ports: WebPorts) -> None:
        self._config = ports.config

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/config", self.status),
            web.post("/api/config/apply-to-waiting", self.move_waiting),
        ]

    async def status(self, request: web.Request) -> web.Response:
        params.query(request, ())
        return json(self._config.status())

    async def move_waiting(self, request: web.Request) -> web.Response:
        """Who waits keeps the rules of the call until an operator wants it otherwise."""
        params.query(request, ())
        await params.body(request, ())
        return json({"moved": await self._config.move_waiting()})
