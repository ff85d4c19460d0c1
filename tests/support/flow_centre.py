"""
Around a centre of flows (`flow_config`): the CRM that it asks, and callers who know where they are in it.

`Crm` is an HTTP server on the loopback that remembers what it was asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import signal
import time
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from asr.synthesis import installed_synthesisers
from cti.softphone.port import CallState, SoftCall
from tests.support.audio import find_clip
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import Cast

TOKEN = "token-del-crm"  # of a test
"""What the CRM wants to see, from `secrets.json`."""
SLOW_S = 5.5
"""How long the CRM takes over a slow question."""


@dataclass(slots=True)
class Crm:
    """Made by `running`."""

    url: str = ""
    asked: list[tuple[float, str, str]] = field(default_factory=list)
    """When (`time.monotonic()`), the path, and what `Authorization` said; oldest first."""
    told: list[str] = field(default_factory=list)
    """What was posted to /aviso."""

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls) -> AsyncIterator[Crm]:
        crm = cls()
        app = web.Application()
        app.add_routes([web.get("/{kind}/{doc}", crm._answer), web.post("/aviso", crm._tell)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        crm.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield crm
        finally:
            await runner.cleanup()

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]

    async def _answer(self, request: web.Request) -> web.Response:
        kind, doc = request.match_info["kind"], request.match_info["doc"]
        self.asked.append((time.monotonic(), request.path, request.headers.get("Authorization", "")))
        if kind == "lento":
            await asyncio.sleep(SLOW_S)
        if kind == "caido":
            return web.Response(status=500)
        if kind == "raro":
            return web.Response(text='{"data": {"saldo": {"no": "esto"', content_type="application/json")
        if doc == "404":
            return web.json_response({}, status=404)
        return web.json_response({"data": {"saldo": "1234.56", "vence": "2026-12-05"}})

    async def _tell(self, request: web.Request) -> web.Response:
        self.told.append(str((await request.json())["prueba"]))
        return web.json_response({})


class Guest:
    """A caller of these flows. Made by `dials`."""

    def __init__(self, centre: Centre, call: SoftCall, number: str) -> None:
        self._centre, self.call, self.number = centre, call, number
        self.contact = ""

    @classmethod
    async def dials(cls, centre: Centre, cast: Cast, entry: str, number: str) -> Guest:
        call = await (await cast.caller(number)).dial(f"sip:{entry}@{centre.sip}")
        await call.wait_for(CallState.UP, within_s=10)
        guest = cls(centre, call, number)

        async def known() -> str:
            live = await centre.http_get("/api/live")
            return next((str(c["id"]) for c in live["contacts"] if c["number"] == number), "")

        guest.contact = await eventually(known, 10, f"{number} is on the line")
        return guest

    async def live(self) -> dict[str, Any] | None:
        """As `/api/live` has the contact; None when it is over."""
        live = await self._centre.http_get("/api/live")
        return next((c for c in live["contacts"] if c["id"] == self.contact), None)

    async def ivr(self) -> dict[str, Any]:
        """What is told of the way through the flow."""
        whole = await self._centre.http_get(f"/api/contacts/{self.contact}")
        found: dict[str, Any] = whole["ivr"]
        assert found, whole
        return found

    async def is_at(self, node: str, *, within_s: float = 12) -> None:
        """Wait until the flow has the caller at this node."""

        async def here() -> bool:
            path = [step["node"] for step in (await self.ivr())["path"]]
            assert path[-1:] == [node], f"came by {path}"
            return True

        await eventually(here, within_s, f"{self.number} is at «{node}»", every_s=0.05)

    async def is_in(self, phase: str, queue: str | None = None, *, within_s: float = 12) -> dict[str, Any]:
        """Wait until the contact is in this phase, and in this queue if one is named."""

        async def seen() -> dict[str, Any]:
            found = await self.live()
            assert found is not None, "over"
            assert found["phase"] == phase and queue in (None, found["queue"]), found
            return found

        return await eventually(seen, within_s, f"{self.number} is {phase} {queue or ''}")

    async def keys(self, node: str, keys: str, *, within_s: float = 12) -> None:
        """Press these once the flow asks here."""
        await self.is_at(node, within_s=within_s)
        await self.call.send_dtmf(keys)

    async def record(self, *, within_s: float = 15) -> dict[str, Any]:
        """The final record."""

        async def over() -> dict[str, Any]:
            found: dict[str, Any] = await self._centre.http_get(f"/api/contacts/{self.contact}")
            assert "outcome" in found
            return found

        return await eventually(over, within_s, f"{self.number} is over", every_s=0.05)


async def put_customer(
    centre: Centre, ref: str, name: str, number: str, document: str, segment: str, pin: str = ""
) -> None:
    """Into the centre's records, with a PIN if one is given."""
    body = {"name": name, "numbers": [number], "segment": segment, "fields": {"documento": document}}

    async def stored() -> bool:
        await centre.http_put(f"/api/customers/by-ref/{ref}", body)
        return True

    await eventually(stored, 10, "the database takes a customer")
    if pin:
        await centre.http_put(f"/api/customers/by-ref/{ref}/pin", {"pin": pin})


async def answers_of(centre: Centre, contact: str) -> list[dict[str, Any]]:
    """To surveys."""
    found = (await centre.http_get("/api/surveys?limit=100"))["answers"]
    return [answer for answer in found if answer["contact_id"] == contact]


async def spoken(text: str, lang: str = "es") -> bytes:
    """A sentence as the centre's synthesiser says it."""
    (synthesiser,) = installed_synthesisers(1)
    try:
        wav = await synthesiser.render(text, lang)
    finally:
        await synthesiser.close()
    with wave.open(io.BytesIO(wav), "rb") as sound:
        return sound.readframes(sound.getnframes())


async def hears_pcm(call: SoftCall, clip: bytes, *, within_s: float) -> int:
    """Wait until exactly this was heard; when it began, in ms of the call."""

    async def heard() -> tuple[int] | None:
        at = await asyncio.to_thread(find_clip, call.heard(), clip)
        return None if at is None else (at,)

    found = await eventually(heard, within_s, "the sentence is heard", every_s=0.2)
    assert found is not None
    return found[0]


async def kill(centre: Centre) -> None:
    """SIGKILL of the server; returns when another one answers."""
    killed = centre.kill_server(signal.SIGKILL)

    async def back() -> bool:
        assert centre.server_pid() != killed
        return await centre.health() == 200

    await eventually(back, 30, "another server")


def no_trouble(centre: Centre) -> list[str]:
    """Lines of the server's log that tell of a fault of ours; the switch may start more slowly than we do."""
    lines = (centre.home / "log/server.log").read_text("utf-8", "replace").splitlines()
    bad = [line for line in lines if '"error"' in line or '"critical"' in line or "Traceback" in line]
    return [line for line in bad if '"event":"ami.down"' not in line]


def holds(folder: Path, secret: str) -> list[str]:
    """Files below a folder that have these characters in them, or in their name."""
    wanted = secret.encode()
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    return [str(path) for path in files if secret in path.name or wanted in path.read_bytes()]
