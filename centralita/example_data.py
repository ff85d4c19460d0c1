"""
What the look-ups of the example centre ask: a small HTTP server on the loopback, over a YAML file.

So that a new installation answers a balance and a parcel by telephone before anybody has
connected a CRM. It runs only while a look-up's address begins with `example:`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import structlog
import yaml
from aiohttp import web

_log = structlog.get_logger("example_data")

SCHEME = "example:"
FILE = "datos.yaml"


class ExampleData:
    """
    `GET /KIND/KEY` and `POST /KIND` with a JSON object of one value: `{"data": {...}}`, or 404.

    Args:
        folder: Of the configuration; the file is read anew at every question.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen on a free port of the loopback; the address without a slash at its end."""
        app = web.Application(client_max_size=4096)
        app.add_routes([web.get("/{kind}/{key}", self._get), web.post("/{kind}", self._post)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _get(self, request: web.Request) -> web.Response:
        return await self._answer(request.match_info["kind"], request.match_info["key"])

    async def _post(self, request: web.Request) -> web.Response:
        try:
            asked = await request.json()
        except ValueError:
            return web.json_response({"error": "JSON"}, status=400)
        keys = (
            [value for value in asked.values() if isinstance(value, str)] if isinstance(asked, dict) else []
        )
        if len(keys) != 1:
            return web.json_response({"error": "un valor / one value"}, status=400)
        return await self._answer(request.match_info["kind"], keys[0])

    async def _answer(self, kind: str, key: str) -> web.Response:
        try:
            known = await asyncio.to_thread(self._read)
        except (OSError, yaml.YAMLError) as error:
            _log.warning("example.unreadable", file=str(self._file), why=str(error))
            return web.json_response({"error": FILE}, status=500)
        found = known.get(kind, {}).get(key.upper())
        if found is None:
            return web.json_response({}, status=404)
        return web.json_response({"data": found})

    def _read(self) -> dict[str, dict[str, Any]]:
        read = yaml.safe_load(self._file.read_text(encoding="utf-8"))
        return {kind: dict(rows) for kind, rows in dict(read or {}).items()}
