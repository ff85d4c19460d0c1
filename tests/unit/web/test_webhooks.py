"""The API of webhooks: every answer of the port, and every wrong question."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from centralita.web.app import make_app, make_runner
from centralita.web.webhooks_ports import NoWebhooks
from tests.unit.web.fakes import TOKEN, FakeServer, FakeWebhooks

pytestmark = pytest.mark.unit

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def webhooks() -> FakeWebhooks:
    return FakeWebhooks()


@pytest.fixture
async def base(server: FakeServer, static: Path, webhooks: FakeWebhooks) -> Any:
    runner = make_runner(make_app(replace(server.ports(), webhooks=webhooks), static=static))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def get(http: aiohttp.ClientSession, url: str) -> tuple[int, Any]:
    async with http.get(url, headers=HEADERS) as answer:
        return answer.status, await answer.json(content_type=None)


async def post(http: aiohttp.ClientSession, url: str, body: object = None) -> tuple[int, Any]:
    async with http.post(url, headers=HEADERS, json=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_status_and_pages_of_dead_letters(base: str, http: aiohttp.ClientSession) -> None:
    """`next` leads on, and is null on the last page."""
    assert await get(http, f"{base}/api/webhooks") == (200, {"webhooks": [{"name": "crm", "state": "idle"}]})
    status, first = await get(http, f"{base}/api/webhooks/crm/dead?limit=2")
    assert (status, [one["seq"] for one in first["dead"]], first["next"]) == (200, [9, 8], 8)
    _, last = await get(http, f"{base}/api/webhooks/crm/dead?limit=2&before=8")
    assert ([one["seq"] for one in last["dead"]], last["next"]) == ([7], None)


async def test_resending_one_or_all(base: str, http: aiohttp.ClientSession, webhooks: FakeWebhooks) -> None:
    """All only if that is said."""
    resend = f"{base}/api/webhooks/crm/resend"
    assert await post(http, resend, {"id": "crm.9"}) == (200, {"resent": 1})
    assert await post(http, resend, {"all": True}) == (200, {"resent": 3})
    assert webhooks.asked == ["crm.9", None]
    assert (await post(http, resend, {"id": "crm.1"}))[0] == 404
    for wrong in ({}, {"all": False}, {"all": True, "id": "crm.9"}, {"id": 7}, {"all": "yes"}, {"x": 1}):
        assert (await post(http, resend, wrong))[0] == 400, wrong
    assert webhooks.asked == ["crm.9", None, "crm.1"]


async def test_a_try_tells_what_became_of_it(base: str, http: aiohttp.ClientSession) -> None:
    """A failure of the endpoint is an answer, not an error of ours."""
    status, found = await post(http, f"{base}/api/webhooks/crm/test", {})
    assert (status, found["delivered"], found["status"]) == (200, False, 500)
    assert await post(http, f"{base}/api/webhooks/crm/enable") == (200, {"status": "done"})


async def test_an_unknown_name_and_a_database_that_is_away(
    base: str, http: aiohttp.ClientSession, webhooks: FakeWebhooks
) -> None:
    """404 with the name that was meant, 503 for now."""
    status, problem = await get(http, f"{base}/api/webhooks/crn/dead")
    assert (status, problem["title"]) == (404, "unknown_webhook")
    assert "«crm»" in problem["es"]
    webhooks.down = True
    for path in ("", "/crm/dead"):
        assert (await get(http, f"{base}/api/webhooks{path}"))[0] == 503
    for path, body in (("resend", {"all": True}), ("test", {}), ("enable", {})):
        assert (await post(http, f"{base}/api/webhooks/crm/{path}", body))[0] == 503


async def test_without_token_nothing_is_told(base: str, http: aiohttp.ClientSession) -> None:
    """Addresses and events are nobody else's business."""
    async with http.get(f"{base}/api/webhooks/crm/dead") as answer:
        assert answer.status == 401


async def test_a_server_without_webhooks_says_so(
    server: FakeServer, static: Path, http: aiohttp.ClientSession
) -> None:
    """An empty list, and no such name."""
    runner = make_runner(make_app(replace(server.ports(), webhooks=NoWebhooks()), static=static))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    found = await get(http, f"http://{host}:{port}/api/webhooks")
    missing = await get(http, f"http://{host}:{port}/api/webhooks/crm/dead")
    await runner.cleanup()

    assert found == (200, {"webhooks": []})
    assert missing[0] == 404
