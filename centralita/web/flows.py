"""The API of flows: the live configuration's, as drawings."""

from __future__ import annotations

from aiohttp import web

from centralita.web import params
from centralita.web.api import json
from centralita.web.ports import WebPorts


class FlowsApi:
    """The handler of /api/flows."""

    def __init__(self, ports: WebPorts) -> None:
        self._config = ports.config

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/flows", self.flows)]

    async def flows(self, request: web.Request) -> web.Response:
        params.query(request, ())
        return json(self._config.flows())
