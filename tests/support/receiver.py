"""Somebody who is told by webhook: an HTTP server on the loopback that does as the test says."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Got:
    """One request."""

    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def type(self) -> str:
        return str(self.event["type"])

    @property
    def contact(self) -> str:
        return str(self.event["data"].get("contact_id", ""))

    def signed_by(self, secret: str) -> bool:
        """As the documentation tells a receiver to find out, with nothing of ours."""
        parts = [part.split("=", 1) for part in self.headers["Webhook-Signature"].split(",")]
        stamp = next(value for name, value in parts if name == "t")
        wanted = hmac.new(secret.encode(), f"{stamp}.".encode() + self.body, hashlib.sha256).hexdigest()
        return any(hmac.compare_digest(value, wanted) for name, value in parts if name == "v1")


Answer = Callable[[Got], web.Response | float]
"""A response, or for how many seconds to say nothing."""


class Receiver:
    """Made by `running`."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.taken: list[Got] = []
        """Those answered 2xx."""
        self.answer: Answer = lambda _: web.Response(status=204)
        self.url = ""
        self.at_once = self.most_at_once = 0
        self._runner: web.AppRunner | None = None
        self._port = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls) -> AsyncIterator[Receiver]:
        receiver = cls()
        await receiver.up()
        try:
            yield receiver
        finally:
            await receiver.down()

    async def up(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}/avisos"

    async def down(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def types(self) -> list[str]:
        return [one.type for one in self.taken]

    async def _handle(self, request: web.Request) -> web.Response:
        got = Got(dict(request.headers), await request.read(), request.path)
        self.got.append(got)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self.answer(got)
            if not isinstance(answer, web.Response):
                await asyncio.sleep(answer)
                answer = web.Response(status=204)
        finally:
            self.at_once -= 1
        if answer.status < 300:
            self.taken.append(got)
        return answer
