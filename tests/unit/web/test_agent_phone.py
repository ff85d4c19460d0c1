from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from centralita.web.agent_phone import agent_phone
from centralita.web.app import make_app, make_runner
from centralita.web.ports import AgentPhone
from tests.unit.web.fakes import TOKEN, FakeServer

pytestmark = pytest.mark.unit

BEARER = {"Authorization": f"Bearer {TOKEN}"}
FACTS = {
    "web_phone": {"ws": "wss://10.0.0.5:8089/ws", "user": "navegador", "password": "p"},
    "phones": {"ana-web": {"user": "ana-web", "password": "secreta"}},
}
PHONES = {
    "ana": AgentPhone("ana-web", True, "wss://10.0.0.5:8089/ws", "ana-web", "secreta", "10.0.0.5"),
    "beto": AgentPhone("mesa"),
}


@pytest.fixture
async def address(static: Path) -> AsyncIterator[str]:
    ports = dataclasses.replace(
        FakeServer().ports(), agent_phone=PHONES.get, disposition_lists=lambda: {"ventas": ["venta", "nada"]}
    )
    runner = make_runner(make_app(ports, static=static))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def test_a_browser_phone_is_told_how_to_register(address: str, http: aiohttp.ClientSession) -> None:
    """Address and account, never kept by anything on the way."""
    async with http.get(f"{address}/api/agents/ana/phone", headers=BEARER) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert await answer.json() == {
            "kind": "browser",
            "name": "ana-web",
            "ws": "wss://10.0.0.5:8089/ws",
            "user": "ana-web",
            "password": "secreta",
            "host": "10.0.0.5",
        }


async def test_of_any_other_phone_nothing_but_the_name_is_told(
    address: str, http: aiohttp.ClientSession
) -> None:
    """A password that no page needs does not leave the server."""
    async with http.get(f"{address}/api/agents/beto/phone", headers=BEARER) as answer:
        told = await answer.json()
    assert (told["kind"], told["name"]) == ("sip", "mesa")
    assert {told[key] for key in ("ws", "user", "password", "host")} == {""}


async def test_nobody_learns_of_a_phone_without_a_right(address: str, http: aiohttp.ClientSession) -> None:
    """401, and nothing of the account in the answer."""
    async with http.get(f"{address}/api/agents/ana/phone") as answer:
        assert answer.status == 401
        assert "secreta" not in await answer.text()


async def test_an_agent_that_is_not_there_is_said(address: str, http: aiohttp.ClientSession) -> None:
    """404 in both languages."""
    async with http.get(f"{address}/api/agents/nadie/phone", headers=BEARER) as answer:
        problem = await answer.json()
    assert (answer.status, problem["title"], "nadie" in problem["es"]) == (404, "unknown_agent", True)


async def test_the_page_of_an_agent_has_scripts_and_style_of_its_own(
    address: str, http: aiohttp.ClientSession
) -> None:
    """At /agente; /agent leads there and keeps who was asked for."""
    async with http.get(f"{address}/agente", headers=BEARER) as answer:
        page = await answer.text()
    assert all(f'"/static/{name}"' in page for name in ("agent-EEEE.js", "agent-FFFF.css", "app-BBBB.css"))
    async with http.get(f"{address}/agent?agent=ana", headers=BEARER, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/agente?agent=ana")


async def test_the_page_of_flows_has_scripts_and_style_of_its_own(
    address: str, http: aiohttp.ClientSession
) -> None:
    """At /flujos; /flows leads there."""
    async with http.get(f"{address}/flujos", headers=BEARER) as answer:
        page = await answer.text()
    assert all(f'"/static/{name}"' in page for name in ("flows-GGGG.js", "flows-HHHH.css", "app-BBBB.css"))
    async with http.get(f"{address}/flows", headers=BEARER, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/flujos")


async def test_outcomes_are_listed_by_queue(address: str, http: aiohttp.ClientSession) -> None:
    """What the configuration lists, for a page to choose from."""
    async with http.get(f"{address}/api/dispositions", headers=BEARER) as answer:
        assert await answer.json() == {"queues": {"ventas": ["venta", "nada"]}}


def test_only_a_browser_phone_takes_its_account_along() -> None:
    """By kind; a switch without WebSocket has no browser phones."""
    assert agent_phone(FACTS, "ana-web", "browser") == PHONES["ana"]
    assert agent_phone(FACTS, "ana-web", "sip") == AgentPhone("ana-web")
    assert agent_phone(FACTS | {"web_phone": None}, "ana-web", "browser") == AgentPhone("ana-web")
