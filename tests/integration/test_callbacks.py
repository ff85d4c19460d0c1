"""Promised calls against a real Asterisk and a real carrier: asked for, kept once, by place; never twice."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from bench.chaos.drive import fault
from cti.softphone.baresip import BaresipStack, BaresipUserAgent
from cti.softphone.port import CallState, NotInTime
from tests.support import carrier
from tests.support.browser import browser_page
from tests.support.carrier import Carrier
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.process import free_ports
from tests.support.scene import Cast, Ears, config_text, write_config

pytestmark = pytest.mark.integration

ZOE, YAGO = "911234567", "911234568"
SHOP = "127.0.0.3"
FLOW = """
  llamada:
    start: ofrecer
    on: {too_many: persona, failure: persona, no_input: again, no_match: again, hang_up: end}
    nodes:
      ofrecer: {callback: ventas, offer: le_llamamos, accepted: adios, declined: persona}
      adios: {goodbye: despedida}
      persona: {enqueue: ventas}
queues:
"""


def _config(line: str, port: int) -> str:
    trunk = (
        f"trunks: {{operador: {{host: '{line}', register: true, user: {carrier.ACCOUNT}, "
        "caller_id: '+34910000001', allow: ['9xxxxxxxx']}}\n"
    )
    sites = f"callbacks: {{sites: {{web: {{origins: ['http://{SHOP}:{port}'], queue: ventas}}}}}}\n"
    text = config_text({"ana": "{ventas: 8}", "beto": "{ventas: 5}"}, ring_s=30)
    text = text.replace("\nqueues:\n", FLOW).replace("entry: {", 'entry: {"905": {flow: llamada}, ')
    offer = "  le_llamamos: {es: 'Si quiere que le llamemos, pulse uno.'}\nfallback:"
    return text.replace("fallback:", offer, 1) + trunk + sites


@pytest_asyncio.fixture(scope="module")
async def network(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Carrier]:
    async with carrier.running(tmp_path_factory.mktemp("carrier"), [ZOE, YAGO]) as running:
        yield running


@pytest.fixture(scope="module")
def port() -> int:
    """Of the shop's web server."""
    return free_ports(1, address=SHOP)


@pytest_asyncio.fixture(scope="module")
async def centre(
    network: Carrier, port: int, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("centre")
    home = folder / "home"
    home.mkdir()
    (home / "secrets.json").write_text(json.dumps({"trunks": {"operador": carrier.PASSWORD}}))
    config = write_config(folder / "config", _config(network.sip, port))
    async with Centre.running(home, config) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def zoe(network: Carrier, stack: BaresipStack) -> AsyncIterator[BaresipUserAgent]:
    phone = await stack.user_agent(ZOE, network.sip, ZOE, register_every_s=60)
    await phone.register()
    yield phone
    # While its network is still there.
    await phone.close()


async def contact(centre: Centre, contact_id: str) -> dict[str, Any] | None:
    """As `/api/live` has it; None when it is over."""
    live = await centre.http_get("/api/live")
    return next((one for one in live["contacts"] if one["id"] == contact_id), None)


async def over(centre: Centre, contact_id: str, within_s: float = 15) -> dict[str, Any]:
    """The final record."""

    async def ended() -> dict[str, Any]:
        found: dict[str, Any] = await centre.http_get(f"/api/contacts/{contact_id}")
        assert "outcome" in found
        return found

    return await eventually(ended, within_s, f"{contact_id} is over")


async def is_in(centre: Centre, contact_id: str, phase: str, within_s: float = 30) -> None:
    async def seen() -> bool:
        found = await contact(centre, contact_id)
        assert found is not None and found["phase"] == phase, f"{contact_id} is {found and found['phase']}"
        return True

    await eventually(seen, within_s, f"{contact_id} is {phase}")


def rung(network: Carrier) -> list[str]:
    """Whom the centre has called, as the network saw it."""
    return [call.called for call in network.received()]


async def test_asked_for_by_a_program_it_is_one_call(
    centre: Centre, cast: Cast, ears: Ears, network: Carrier, zoe: BaresipUserAgent
) -> None:
    """The agent's phone rings first, then Zoe's, once; they talk; asked for twice it is one promise."""
    before = len(rung(network))
    asked = {"number": ZOE, "queue": "ventas", "name": "Zoe", "note": "la factura"}
    made = await centre.http_post("/api/callbacks", asked)
    again = await centre.http_post("/api/callbacks", asked)
    assert (made["again"], again["again"], again["contact"]) == (False, True, made["contact"])
    assert made["position"] == 1

    log = centre.events()
    ana = await cast.agent("ana")
    bell = await ana.next_call(within_s=20)
    with pytest.raises(NotInTime):  # nobody rings before the agent is off the hook
        await zoe.next_call(within_s=0.5)
    await bell.answer()
    ringing = await zoe.next_call(within_s=20)
    await ringing.answer()
    await ringing.wait_for(CallState.UP, within_s=10)
    await is_in(centre, made["contact"], "talking")
    announced = await log.first("offer.announced", within_s=5)
    assert (announced["data"]["kind"], announced["data"]["attached"]["callback"]["value"]["note"]) == (
        "callback",
        "la factura",
    )
    await bell.hangup()
    record = await over(centre, made["contact"])
    assert record["outcome"] == "answered"
    listed = await centre.http_get("/api/callbacks")
    assert [(row["contact"], row["end"]) for row in listed["done"]][:1] == [(made["contact"], "reached")]
    assert len(rung(network)) == before + 1


async def test_who_does_not_answer_is_called_once(
    centre: Centre, cast: Cast, network: Carrier, zoe: BaresipUserAgent
) -> None:
    """An agent who declines costs the promise nothing; Zoe, who declines, is not called again."""
    before = len(rung(network))
    made = await centre.http_post("/api/callbacks", {"number": ZOE, "queue": "ventas"})
    ana = await cast.agent("ana")
    await (await ana.next_call(within_s=20)).decline()
    await is_in(centre, made["contact"], "waiting")
    assert len(rung(network)) == before
    bell = await ana.next_call(within_s=20)
    await bell.answer()
    await (await zoe.next_call(within_s=20)).decline()
    record = await over(centre, made["contact"])
    assert record["outcome"] == "callback_busy"
    await bell.wait_for(CallState.ENDED, within_s=10)
    assert len(rung(network)) == before + 1


async def test_a_promise_can_be_taken_back(centre: Centre, network: Carrier) -> None:
    """Nobody rings; the same number may ask again afterwards."""
    before = len(rung(network))
    made = await centre.http_post("/api/callbacks", {"number": ZOE, "queue": "soporte"})
    status, answer = await centre._answer("DELETE", f"/api/callbacks/{made['contact']}", None)
    assert (status, answer) == (200, {"status": "cancelled"})
    assert (await over(centre, made["contact"]))["outcome"] == "callback_cancelled"
    status, answer = await centre._answer("DELETE", f"/api/callbacks/{made['contact']}", None)
    assert (status, answer["title"]) == (404, "no_callback")
    assert len(rung(network)) == before


async def test_a_number_that_no_line_allows_is_refused_at_once(centre: Centre) -> None:
    """With the rules, before anybody is told that we will call."""
    status, answer = await centre._answer(
        "POST", "/api/callbacks", {"number": "+15550100200", "queue": "ventas"}
    )
    assert (status, answer["title"]) == (409, "number_not_allowed")


@pytest.mark.parametrize("stage", ["waiting", "agent rings", "customer rings", "talking"])
async def test_a_killed_server_neither_loses_nor_doubles_it(
    centre: Centre, cast: Cast, network: Carrier, zoe: BaresipUserAgent, stage: str
) -> None:
    """SIGKILL at each stage: the promise goes on from there, and Zoe's telephone rings once in all."""
    before = len(rung(network))
    ana = await cast.agent("ana")
    if stage == "waiting":
        await centre.order("ana", "not_ready", reason="pausa")
    made = await centre.http_post("/api/callbacks", {"number": ZOE, "queue": "ventas"})
    if stage == "waiting":
        await is_in(centre, made["contact"], "waiting")
        await fault(centre, signal.SIGKILL, back_within_s=60)
        await centre.order("ana", "ready")
    bell = await ana.next_call(within_s=20)
    if stage == "agent rings":
        await fault(centre, signal.SIGKILL, back_within_s=60)
    await bell.answer()
    ringing = await zoe.next_call(within_s=20)
    if stage == "customer rings":
        await fault(centre, signal.SIGKILL, back_within_s=60)
    await ringing.answer()
    await ringing.wait_for(CallState.UP, within_s=10)
    await is_in(centre, made["contact"], "talking")
    if stage == "talking":
        await fault(centre, signal.SIGKILL, back_within_s=60)
        await is_in(centre, made["contact"], "talking")
    with pytest.raises(NotInTime):
        await zoe.next_call(within_s=2)
    await bell.hangup()
    assert (await over(centre, made["contact"], within_s=30))["outcome"] == "answered"
    assert len(rung(network)) == before + 1


async def test_a_caller_need_not_stay_on_the_line(
    centre: Centre, cast: Cast, ears: Ears, network: Carrier, zoe: BaresipUserAgent
) -> None:
    """One who is promised a call, hangs up and is called before somebody who came later."""
    before = len(rung(network))
    ana = await cast.agent("ana")
    await centre.order("ana", "not_ready", reason="pausa")
    log = centre.events()
    caller = await cast.caller(f"+34{ZOE}")
    call = await caller.dial(f"sip:905@{centre.sip}")
    await ears.hears(call, "Si quiere que le llamemos, pulse uno.", within_s=30)
    await call.send_dtmf("1")
    promised = (await log.first("callback.promised", within_s=20))["data"]
    await log.first("callback.waiting", within_s=30)
    later = await (await cast.caller()).dial(f"sip:902@{centre.sip}")

    async def in_order() -> bool:
        live = await centre.http_get("/api/live")
        line = {c["id"]: (c["position"], c["absent"]) for c in live["contacts"] if c["queue"] == "ventas"}
        assert line.get(promised["contact_id"]) == (1, True), line
        return len(line) == 2

    await eventually(in_order, 15, "both wait, the promised one first")
    await centre.order("ana", "ready")
    bell = await ana.next_call(within_s=20)
    await bell.answer()
    ringing = await zoe.next_call(within_s=20)
    await ringing.answer()
    await is_in(centre, promised["contact_id"], "talking")
    assert rung(network)[before:] == [ZOE]
    await later.hangup()
    await bell.hangup()
    record = await over(centre, promised["contact_id"])
    assert [part["kind"] for part in record["segments"]][:4] == ["ivr", "promised", "dialling", "talking"]


_PAGE = """<!doctype html><html lang="{lang}"><title>Tienda</title><body><h1>Tienda</h1>
<script src="{centre}/llamame.js" data-site="web" async></script></body></html>"""
_IN = "document.querySelector('[data-llamame]').shadowRoot"


async def test_one_line_in_a_page_of_a_shop_asks_for_a_call(
    centre: Centre, port: int, tmp_path: Path
) -> None:
    """By keyboard in a browser, on a page of another origin; any other page is refused."""

    async def page(request: web.Request) -> web.Response:
        lang = request.query.get("lang", "es")
        return web.Response(text=_PAGE.format(lang=lang, centre=centre.url), content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", page)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, SHOP, port).start()
    await web.TCPSite(runner, "127.0.0.4", port).start()
    try:
        async with browser_page(tmp_path / "browser") as tab:
            await tab.open(f"http://{SHOP}:{port}/")

            async def there() -> bool:
                return bool(await tab.ask("!!document.querySelector('[data-llamame]')"))

            await eventually(there, 15, "the button is there")
            assert await tab.ask(f"{_IN}.querySelector('button').textContent") == "Llámame"
            await tab.ask(f"{_IN}.querySelector('button').focus()")
            await tab.key("Enter", code="Enter", virtual=13)
            assert await tab.ask(f"{_IN}.activeElement.id") == "number"
            await tab.ask(f"{_IN}.getElementById('number').value = '911 234 568'")
            await tab.ask(f"{_IN}.getElementById('name').value = 'Yago'")
            await tab.key("Enter", code="Enter", virtual=13)
            told = f"{_IN}.getElementById('told').textContent"

            async def says() -> bool:
                said = await tab.ask(told)
                assert "Le llamaremos en cuanto alguien quede libre." in said, said
                return True

            await eventually(says, 15, "the page says that we will call")
            waiting = (await centre.http_get("/api/callbacks"))["waiting"]
            (row,) = [row for row in waiting if row["number"] == "+34911234568"]
            assert (row["source"], row["site"], row["name"]) == ("site", "web", "Yago")

            await tab.open(f"http://127.0.0.4:{port}/?lang=en")
            await eventually(there, 15, "the button is there")
            assert await tab.ask(f"{_IN}.querySelector('button').textContent") == "Call me"
            await tab.ask(f"{_IN}.querySelector('button').click()")
            await tab.ask(f"{_IN}.getElementById('number').value = '911234567'")
            await tab.ask(f"{_IN}.querySelector('form').requestSubmit()")

            async def refused() -> bool:
                assert "could not note it" in await tab.ask(told)
                return True

            await eventually(refused, 15, "the other page is refused")
    finally:
        await runner.cleanup()
    assert len((await centre.http_get("/api/callbacks"))["waiting"]) == len(waiting)
    await centre._answer("DELETE", f"/api/callbacks/{row['contact']}", None)
