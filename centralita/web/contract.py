"""`GET /api/contract/…`: the contract of this very server, for generators of clients and for people."""

from __future__ import annotations

import asyncio

from aiohttp import web

from centralita.web import params
from centralita.web.problems import ProblemError, did_you_mean

NAMES = ("asyncapi.json", "openapi.json", "events.json")


class ContractApi:
    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/contract/{document}", self.document)]

    async def document(self, request: web.Request) -> web.Response:
        params.query(request, ())
        name = request.match_info["document"]
        if name not in NAMES:
            es, en = did_you_mean(name, NAMES)
            raise ProblemError(
                404, "no_document", f"No hay documento «{name}»: {es}", f"There is no document '{name}': {en}"
            )
        return web.Response(text=await asyncio.to_thread(_text, name), content_type="application/json")


def _text(name: str) -> str:
    """Made when first asked for, and beside the loop: neither a start nor a call waits for it."""
    from centralita.contract import documents  # noqa: PLC0415

    return documents.text(name)
