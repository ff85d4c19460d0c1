"""What a page offers as the outcome of a call: the words that the configuration lists for each queue."""

from __future__ import annotations

from aiohttp import web

from centralita.web import params
from centralita.web.api import json
from centralita.web.ports import WebPorts

PATH = "/api/dispositions"


class DispositionListsApi:
    """`GET /api/dispositions`; a queue without a list takes any words."""

    def __init__(self, ports: WebPorts) -> None:
        self._ports = ports

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PATH, self.lists)]

    async def lists(self, request: web.Request) -> web.Response:
        params.query(request, ())
        return json({"queues": self._ports.disposition_lists()})
