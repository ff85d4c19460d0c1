from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from centralita.web.app import make_app, make_runner
from centralita.web.ports import WebPhone
from centralita.web.web_phone import web_phone
from tests.unit.web.fakes import TOKEN, FakeServer

pytestmark = pytest.mark.unit

BEARER = {"Authorization": f"Bearer {TOKEN}"}
PHONE = WebPhone(
    "wss://10.0.0.5:8089/ws", "navegador", "secreta", "10.0.0.5", (("900", "principal"), ("901", "saludo.py"))
)


async def _serve(phone: WebPhone | None, static: Path) -> AsyncIterator[str]:
    ports = dataclasses.replace(FakeServer().ports(), web_phone=lambda: phone)
    runner = make_runner(make_app(ports, static=static))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


@pytest.fixture
async def with_phone(static: Path) -> AsyncIterator[str]:
    async for address in _serve(PHONE, static):
        yield address


@pytest.fixture
async def without(static: Path) -> AsyncIterator[str]:
    async for address in _serve(None, static):
        yield address


async def test_the_page_is_told_how_to_call_in(with_phone: str, http: aiohttp.ClientSession) -> None:
    """Address, account and numbers, the one to offer first."""
    async with http.get(f"{with_phone}/api/web-phone", headers=BEARER) as answer:
        assert answer.status == 200
        assert await answer.json() == {
            "ws": "wss://10.0.0.5:8089/ws",
            "user": "navegador",
            "password": "secreta",
            "host": "10.0.0.5",
            "numbers": [{"number": "900", "name": "principal"}, {"number": "901", "name": "saludo.py"}],
        }
        assert answer.headers["Cache-Control"] == "no-store"


async def test_nobody_learns_the_password_without_the_token(
    with_phone: str, http: aiohttp.ClientSession
) -> None:
    """401, and nothing of the account in the answer."""
    async with http.get(f"{with_phone}/api/web-phone") as answer:
        assert answer.status == 401
        assert "secreta" not in await answer.text()


async def test_a_centre_without_it_says_so(without: str, http: aiohttp.ClientSession) -> None:
    """404 with a reason in both languages, not an account that leads nowhere."""
    async with http.get(f"{without}/api/web-phone", headers=BEARER) as answer:
        assert answer.status == 404
        problem = await answer.json()
    assert (problem["title"], "navegador" in problem["es"], "browser" in problem["en"]) == (
        "no_web_phone",
        True,
        True,
    )


async def test_the_page_may_speak_to_the_switch_and_to_nobody_else(
    with_phone: str, without: str, http: aiohttp.ClientSession
) -> None:
    """connect-src names exactly its origin, without path; the microphone is for this page alone."""
    allowed = {}
    for base in (with_phone, without):
        async with http.get(f"{base}/", headers=BEARER) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert answer.headers["Permissions-Policy"].startswith("microphone=(self),")
        (allowed[base],) = [part for part in policy.split("; ") if part.startswith("connect-src")]
    assert allowed == {
        with_phone: "connect-src 'self' wss://10.0.0.5:8089",
        without: "connect-src 'self'",
    }


async def test_the_telephone_is_loaded_only_when_it_is_wanted(
    with_phone: str, http: aiohttp.ClientSession
) -> None:
    """The page names the file and does not load it."""
    async with http.get(f"{with_phone}/", headers=BEARER) as answer:
        page = await answer.text()
    assert 'data-telephone="/static/telephone-DDDD.js"' in page
    assert page.count("telephone-DDDD.js") == 1
    async with http.get(f"{with_phone}/static/telephone-DDDD.js", headers=BEARER) as answer:
        assert (answer.status, answer.content_type) == (200, "text/javascript")


def test_what_is_known_of_the_switch_becomes_an_account() -> None:
    """The host of SIP addresses is that of the WebSocket; a centre without such an account has none."""
    facts = {"web_phone": {"ws": "ws://127.0.0.1:8089/ws", "user": "navegador", "password": "p"}}

    assert web_phone(facts, {"900": "principal"}) == WebPhone(
        "ws://127.0.0.1:8089/ws", "navegador", "p", "127.0.0.1", (("900", "principal"),)
    )
    assert web_phone({}, {"900": "principal"}) is None
