"""The page in a real browser, on a live centre with real calls: what a supervisor sees is so, and at once."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from cti.softphone.port import CallState
from tests.integration.conftest import AGENTS
from tests.support.browser import BrowserUnavailable, Page, browser_binary, browser_page
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import Cast

pytestmark = pytest.mark.integration

ENTRY = "902"
UP = CallState.UP
CALLS, FINISHED, AGENTS_TABLE = "table.calls", "table.finished", "table.agents"


@pytest_asyncio.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    try:
        browser_binary()
    except BrowserUnavailable as reason:
        pytest.skip(str(reason))
    async with browser_page(tmp_path / "browser") as opened:
        await opened.looks()
        await opened.language("es-ES")
        yield opened


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


def _printed_url(centre: Centre) -> str:
    """The address that the start has printed for people, token included."""
    found = re.search(r"Panel / page:\s+(\S+)", (centre.home / "start.out").read_text())
    assert found is not None, "no address was printed"
    return found[1]


async def _live(page: Page, centre: Centre) -> None:
    # Just started for the first time, a server makes its database while it already takes calls.
    await eventually(lambda: centre.http_get("/api/contacts"), 10, "the history answers")
    await page.open(_printed_url(centre))
    await eventually(lambda: _says(page, "En vivo", "header"), 5, "the page is live")


async def _says(page: Page, words: str, selector: str = "body") -> bool:
    return words in await page.text(selector)


async def test_the_printed_address_opens_a_live_page(centre: Centre, page: Page) -> None:
    """One click on the printed address: queues and agents of this centre, in Spanish, without a complaint."""
    await _live(page, centre)
    seen, agents = await page.text(), await page.text(AGENTS_TABLE)
    live = await centre.http_get("/api/live")
    assert all(queue["id"] in seen for queue in live["queues"])
    assert all(agent["id"] in agents for agent in live["agents"])
    assert "Recibe llamadas" in seen
    assert await page.ask("location.search") == "", "the token stays in the address"
    assert await page.ask("document.documentElement.lang") == "es"
    assert not page.complaints


async def test_without_the_token_there_is_nothing_to_see(centre: Centre, page: Page) -> None:
    """401 and a sentence that says how to come in; neither page nor figures."""
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/?token=falso", "/api/live", "/api/contacts"):
            async with session.get(centre.url + path, allow_redirects=False) as answer:
                assert answer.status == 401, path
    await page.open(centre.url)
    shown = await page.text()
    assert "centralita run" in shown
    assert not any(name in shown for name in AGENTS)


async def test_a_call_is_followed_from_its_first_second_to_the_list_of_finished_ones(
    centre: Centre, cast: Cast, page: Page
) -> None:
    """Caller and agent by SIP: waiting, ringing, talking, wrap-up, finished, each within a second."""
    await cast.only(of=list(AGENTS))
    await _live(page, centre)
    number, shown = "+34600444555", "+34 600 444 555"
    call = await (await cast.caller(number)).dial(f"sip:{ENTRY}@{centre.sip}")
    await call.wait_for(UP, within_s=5)
    up_s = time.monotonic()
    await eventually(lambda: _says(page, shown, CALLS), 1, "the caller is on the page")
    appeared_s = time.monotonic() - up_s
    await eventually(lambda: _says(page, "Espera (1.º)", CALLS), 1, "waiting, first in line")
    assert "1 espera" in " ".join((await page.text("main")).split())

    await cast.only("ana", of=list(AGENTS))
    leg = await (await cast.agent("ana")).next_call(within_s=5)
    await eventually(lambda: _says(page, "Suena el agente", CALLS), 1, "ana's phone rings")
    await eventually(lambda: _says(page, "Sonando", AGENTS_TABLE), 1, "ana is shown as ringing")
    await leg.answer()
    await leg.wait_for(UP, within_s=3)
    await eventually(lambda: _says(page, "Habla", CALLS), 1, "they talk")
    assert "ana" in await page.text(CALLS)
    await leg.hangup()
    await eventually(lambda: _says(page, "Tras llamada", AGENTS_TABLE), 1, "ana wraps up")

    await call.wait_for(CallState.ENDED, within_s=10)
    await eventually(lambda: _says(page, shown, FINISHED), 1, "the finished call")
    assert "Atendida" in await page.text(FINISHED)
    assert shown not in await page.text(CALLS)
    assert appeared_s < 1
    assert not page.complaints


async def test_a_dead_server_is_not_shown_as_alive(centre: Centre, cast: Cast, page: Page) -> None:
    """No server: figures turn grey, stand still and say since when; with the next one all is true again."""
    await cast.only(of=list(AGENTS))
    await _live(page, centre)
    call = await (await cast.caller("+34600444556")).dial(f"sip:{ENTRY}@{centre.sip}")
    await eventually(lambda: _says(page, "+34 600 444 556", CALLS), 3, "the caller is on the page")
    await eventually(lambda: _stored(centre, "+34600444556"), 3, "the caller is written down")
    bright = await _colour(page)
    supervisor = centre.facts()["pids"]["supervisor"]
    os.kill(supervisor, signal.SIGSTOP)
    try:
        centre.kill_server()
        await eventually(lambda: _says(page, "Sin conexión desde", "header"), 3, "the page says so")
        clock = re.search(r"Sin conexión desde (\d\d:\d\d)", await page.text("header"))
        assert clock is not None
        assert await _colour(page) != bright
        assert "Recibe llamadas" not in await page.text("header")
        stood = await page.text(f"{CALLS} .col-time time, {CALLS} td.col-time")
        await page.ask("new Promise((done) => setTimeout(done, 2200))")
        assert await page.text(f"{CALLS} .col-time time, {CALLS} td.col-time") == stood
    finally:
        os.kill(supervisor, signal.SIGCONT)
    await eventually(lambda: _says(page, "En vivo", "header"), 15, "live again, by itself")
    assert await _colour(page) == bright
    await eventually(lambda: _says(page, "+34 600 444 556", CALLS), 2, "with the number of who waits")
    await call.hangup()
    await eventually(lambda: _says(page, "+34 600 444 556", FINISHED), 3, "and its end is followed")


def _stored(centre: Centre, number: str) -> bool:
    """Whether a restarted server can know who this caller is."""
    with contextlib.closing(sqlite3.connect(centre.home / "centralita.db", timeout=5)) as database:
        found = database.execute("select count(*) from party where number_e164 = ?", (number,))
        return bool(found.fetchone()[0])


async def _colour(page: Page) -> str:
    return str(await page.ask("getComputedStyle(document.querySelector('.tile .big strong')).color"))


@pytest.mark.parametrize("language", ["es-ES", "en-GB"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_it_can_be_read_in_both_languages_by_day_and_night(
    centre: Centre, cast: Cast, page: Page, tmp_path: Path, language: str, dark: bool
) -> None:
    """Every text is there and has contrast (WCAG 2.1, 4.5:1), nothing is cut off, wide or narrow."""
    await cast.only("carla", of=list(AGENTS))
    for number in ("+34600444557", "anonymous"):
        call = await (await cast.caller(number)).dial(f"sip:{ENTRY}@{centre.sip}")
        await call.wait_for(UP, within_s=5)
    await page.language(language)
    await page.open(_printed_url(centre))
    words = ("En vivo", "Desconocido") if language == "es-ES" else ("Live", "Unknown")
    await eventually(lambda: _says(page, words[0], "header"), 5, "the page is live")
    await eventually(lambda: _says(page, words[1], CALLS), 3, "an unknown caller")
    for width in (1400, 900, 390):
        await page.looks(dark=dark, width=width)
        await page.picture(tmp_path / f"{language[:2]}-{'dark' if dark else 'light'}-{width}.png")
        assert await page.ask("document.documentElement.scrollWidth") <= width, f"wider than {width}"
    await page.looks(dark=dark)
    assert await page.ask(CONTRAST) == []
    assert "undefined" not in await page.text()
    assert not page.complaints


CONTRAST = """
(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== "transparent" && parts(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const ownText = (node) => [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.querySelectorAll("body *")].filter(ownText).map((node) => {
    const [a, b] = [light(getComputedStyle(node).color), light(behind(node))];
    return [node.textContent.trim(), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
  }).filter(([, ratio]) => ratio < 4.5);
})()
"""
"""Texts on the page whose contrast is below 4.5, with their contrast."""
