from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from centralita.web.app import make_app, make_runner
from tests.unit.web.fakes import FakeServer


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def static(tmp_path: Path) -> Path:
    names = {
        "app.js": "app-AAAA.js",
        "app.css": "app-BBBB.css",
        "agent.js": "agent-EEEE.js",
        "agent.css": "agent-FFFF.css",
        "flows.js": "flows-GGGG.js",
        "flows.css": "flows-HHHH.css",
        "telephone.js": "telephone-DDDD.js",
        "icon.svg": "icon-CCCC.svg",
    }
    for name in names.values():
        (tmp_path / name).write_text(f"/* {name} */" * 100)
    (tmp_path / "manifest.json").write_text(json.dumps(names))
    return tmp_path


@pytest.fixture
async def base(server: FakeServer, static: Path) -> AsyncIterator[str]:
    """The address of the application on a real socket."""
    runner = make_runner(make_app(server.ports(), static=static))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that keeps no cookie and follows no redirect by itself."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session
