"""The whole web side with people in it, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from aiohttp import web

from centralita.people.oidc import Oidc
from centralita.people.rights import ROLES, Right, Role
from centralita.web.app import make_app, make_runner
from centralita.web.guard import CSRF_HEADER, SESSION_COOKIE
from tests.unit.people.scene import Scene
from tests.unit.web.fakes import TOKEN, FakeServer

WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@dataclass
class Centre:
    """A running web side; ask it as anybody."""

    base: str
    scene: Scene
    server: FakeServer
    http: aiohttp.ClientSession
    sessions: dict[str, str] = field(default_factory=dict)

    def as_person(self, name: str) -> dict[str, str]:
        """Headers of a page of ours, in the browser of somebody who has signed in."""
        key = self.sessions.setdefault(name, self.scene.session(name))
        return {
            "Cookie": f"{SESSION_COOKIE}={key}",
            "Origin": self.base,
            CSRF_HEADER: self.scene.csrf(key),
        }

    def as_token(self, *scopes: Right, agent: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.scene.token(*scopes, agent=agent)}"}

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: object = None
    ) -> tuple[int, Any]:
        """Status and JSON (or text) of one request."""
        async with self.http.request(
            method, self.base + path, headers=dict(headers), json=body, allow_redirects=False
        ) as answer:
            if answer.content_type.endswith("json"):
                return answer.status, await answer.json()
            return answer.status, await answer.text() if answer.status != 101 else None


@asynccontextmanager
async def centre(
    static: Any = None,
    *,
    scene: Scene | None = None,
    oidc: Oidc | None = None,
    server: FakeServer | None = None,
) -> AsyncIterator[Centre]:
    """With one person of each role, all of them known by name."""
    scene, server = scene or Scene(), server or FakeServer()
    scene.account("ana", Role.AGENT, "ana")
    scene.account("sofia", Role.SUPERVISOR)
    scene.account("adela", Role.ADMINISTRATOR)
    scene.account("crm", Role.CRM)
    scene.account("nuria", Role.ADMINISTRATOR, must_change=True)
    ports = server.ports()
    object.__setattr__(ports, "office", replace(scene.office, oidc=oidc))
    app = make_app(ports) if static is None else make_app(ports, static=static)
    runner = make_runner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Centre(f"http://{host}:{port}", scene, server, http)
    await runner.cleanup()


CRM_SCOPES = tuple(sorted(ROLES[Role.CRM]))
INSTALLATION = {"Authorization": f"Bearer {TOKEN}"}
