"""
The pages of flows, of what callers said, of callbacks and of messages, in a real browser.

Flows and callbacks are those of a running centre; what nobody has said or left there yet is put behind the
real web by fakes.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from centralita.people.rights import Role
from centralita.web.services_ports import ServicesPorts
from tests.integration.conftest import AGENTS
from tests.integration.test_page import CONTRAST, NAMELESS
from tests.support.browser import BrowserUnavailable, Page, browser_binary, browser_page
from tests.support.centre import Centre
from tests.support.flow_showcase import IN_DOUBT, LOST, REFUSED_ES, TAKEN, FakeSaid, FakeVoicemail
from tests.support.polling import eventually
from tests.support.scene import Cast, config_text, write_config
from tests.support.showcase import Showcase, shown
from tests.unit.people.scene import PASSWORD
from tests.unit.web import people_scene

pytestmark = pytest.mark.integration

MAIN = "main"
NUMBER = "911234567"
_TRUNK = "trunks: {operador: {host: '127.0.0.1:9', caller_id: '+34910000001', allow: ['9xxxxxxxx']}}\n"
CUT = """
[...document.querySelectorAll("header *, nav *, h2, h3, button, .state, .panel *, .messages *, td, th")]
  .filter((node) => node.checkVisibility() && !["SELECT", "OPTION", "AUDIO"].includes(node.tagName))
  .filter((node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline")
  .map((node) => node.textContent.trim())
"""
"""Texts that do not fit into their place."""


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    """It has a line to call out by; nobody is at its other end."""
    folder: Path = tmp_path_factory.mktemp("centre")
    config = write_config(folder / "config", config_text(AGENTS) + _TRUNK)
    async with Centre.running(folder / "home", config) as running:
        yield running


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


async def _says(page: Page, words: str, selector: str = MAIN) -> bool:
    seen = await page.text(selector)
    assert words in seen, f"{selector}: {seen!r}"
    return True


async def _shows(page: Page, words: str, selector: str = MAIN, *, within_s: float = 10) -> None:
    await eventually(partial(_says, page, words, selector), within_s, f"«{words}» in {selector}")


async def _gone(page: Page, selector: str) -> None:
    async def gone() -> bool:
        return bool(await page.ask(f"document.querySelector({selector!r}) === null"))

    await eventually(gone, 10, f"{selector} is gone")


def _url(centre: Centre) -> str:
    """Of its page, token included."""
    return f"{centre.url}/?token={centre.facts()['http']['token']}"


async def _open(page: Page, url: str, part: str) -> None:
    """A part of the area; the address brings the token along."""
    await page.open(url)
    await page.open(f"{url.partition('/?')[0]}/flujos#{part}")
    there = "document.querySelector('main section') !== null && !document.querySelector('main .loading')"
    await eventually(lambda: page.ask(there), 10, "the part is there")


def _filled(folder: Path | None, said: FakeSaid) -> dict[str, Any]:
    return {"said": said, "services": ServicesPorts(voicemail=FakeVoicemail(folder))}


# Flows, of a real centre


async def test_every_flow_of_the_live_configuration_is_drawn(centre: Centre, page: Page) -> None:
    """A card for each node, a line for what it leads to, and the panel says what the chosen one says."""
    flows = (await centre.http_get("/api/flows"))["flows"]
    await _open(page, _url(centre), "flujos")
    for flow in flows:
        await page.ask(_choose("select", flow["id"]))
        wanted = sorted(node["id"] for node in flow["nodes"])
        drawn = "[...document.querySelectorAll('.drawing [data-node]')].map((card) => card.dataset.node)"
        assert sorted(await page.ask(drawn)) == wanted
        for node in flow["nodes"]:
            await page.ask(f"document.querySelector('[data-node=\"{node['id']}\"]').focus()")
            await page.key("Enter", virtual=13)
            await _shows(page, node["prompts"].get("es", node["id"]), ".panel")
    assert not page.complaints


async def test_one_goes_from_node_to_node_with_the_keyboard(centre: Centre, page: Page) -> None:
    """Right follows an exit, left goes back, Home is the start; focus and panel go along."""
    (flow, *_) = (await centre.http_get("/api/flows"))["flows"]
    await _open(page, _url(centre), "flujos")
    assert await _focused(page, focus=True) == flow["start"]
    leads = {edge["to"] for edge in flow["edges"] if edge["from"] == flow["start"]}
    await page.key("ArrowRight", virtual=39)
    second = await _focused(page)
    assert second in leads
    assert await page.ask("document.querySelector('.panel').dataset.chosen") == second
    await page.key("ArrowLeft", virtual=37)
    assert await _focused(page) == flow["start"]
    await page.key("ArrowRight", virtual=39)
    await page.key("Home", virtual=36)
    assert await _focused(page) == flow["start"]


async def test_the_list_says_in_words_what_the_drawing_shows(centre: Centre, page: Page) -> None:
    """For who cannot see a drawing: each node with its exits, and each exit leads to its node."""
    (flow, *_) = (await centre.http_get("/api/flows"))["flows"]
    await _open(page, _url(centre), "flujos")
    await page.click(".choice button:last-child")
    assert await page.ask("document.querySelectorAll('.node-list > li').length") == len(flow["nodes"])
    exits = "document.querySelectorAll('.node-list .exits li').length"
    assert await page.ask(exits) == len(flow["edges"])
    target = next(edge["to"] for edge in flow["edges"] if edge["from"] == flow["start"])
    await page.click(f"#node-{flow['start']} .exits button")
    assert await page.ask("document.activeElement.id") == f"node-{target}"


async def test_a_drawing_is_seen_whole_when_wanted(centre: Centre, page: Page) -> None:
    """«Entero»: no card outside the window, however large the flow."""
    await _open(page, _url(centre), "flujos")
    await page.click(".zoom button:nth-of-type(3)")
    outside = """
    (() => {
      const paper = document.querySelector(".paper").getBoundingClientRect();
      return [...document.querySelectorAll(".card")].filter((card) => {
        const { left, right, top, bottom } = card.getBoundingClientRect();
        const beside = left < paper.left - 1 || right > paper.right + 1;
        return beside || top < paper.top - 1 || bottom > paper.bottom + 1;
      }).length;
    })()
    """
    assert await page.ask(outside) == 0


async def _focused(page: Page, *, focus: bool = False) -> object:
    if focus:
        await page.ask("document.querySelector('.card[tabindex=\"0\"]').focus()")
    return await page.ask("document.activeElement.dataset.node")


def _choose(selector: str, value: str) -> str:
    """Choose in a list, as a person does."""
    return (
        f"(() => {{ const list = document.querySelector({selector!r}); list.value = {value!r};"
        " list.dispatchEvent(new Event('change', { bubbles: true })); })()"
    )


# Callbacks, of a real centre


async def test_a_call_is_promised_and_taken_back(centre: Centre, cast: Cast, page: Page) -> None:
    """By the form: it stands in the list as the server has it; cancelled, it is over."""
    await cast.only(of=list(AGENTS))
    await _open(page, _url(centre), "devoluciones")
    await _shows(page, "Nadie espera que se le llame")
    await page.click(".title .call")
    await page.ask("document.querySelector('[name=number]').focus()")
    await page.send("Input.insertText", text="911 23 45 67")
    await page.ask(_choose("[name=queue]", "ventas"))
    await page.click(".new [type=submit]")
    await _shows(page, f"Se llamará a {NUMBER}", ".promised")
    (row,) = (await centre.http_get("/api/callbacks"))["waiting"]
    assert row["queue"] == "ventas"
    assert await page.text(f"[data-callback='{row['contact']}'] th") == _grouped(row["number"])
    await page.click(f"[data-callback='{row['contact']}'] button")
    await _shows(page, "Anulada", f"[data-done='{row['contact']}']")
    await _gone(page, f"[data-callback='{row['contact']}']")
    assert (await centre.http_get("/api/callbacks"))["waiting"] == []
    assert not page.complaints


async def test_a_number_that_cannot_be_called_is_refused_in_words(centre: Centre, page: Page) -> None:
    """The server's own sentence stands in the form, and nothing is promised."""
    await _open(page, _url(centre), "devoluciones")
    await page.click(".title .call")
    await page.ask("document.querySelector('[name=number]').focus()")
    await page.send("Input.insertText", text="12")
    await page.ask(_choose("[name=queue]", "ventas"))
    await page.click(".new [type=submit]")
    await eventually(lambda: page.text(".new .refused"), 10, "why it is refused")
    assert (await centre.http_get("/api/callbacks"))["waiting"] == []


def _grouped(number: str) -> str:
    """As the page writes a Spanish number."""
    return re.sub(r"^\+34(\d{3})(\d{3})(\d{3})$", r"+34 \1 \2 \3", number)


# What callers said


async def test_what_was_not_understood_comes_first(page: Page, tmp_path: Path) -> None:
    """Then what was denied, then the rest; the filters leave out what they say."""
    async with shown(Showcase(), **_filled(None, FakeSaid())) as url:
        await _open(page, url, "dicho")
        rows = "[...document.querySelectorAll('[data-said]')].map((row) => row.dataset.said)"
        await eventually(lambda: page.ask(f"{rows}.length === 3"), 10, "three phrases")
        assert await page.ask(rows) == [LOST, IN_DOUBT, TAKEN]
        await page.click(".tools [type=checkbox]")
        assert await page.ask(rows) == [LOST, IN_DOUBT]
        await page.ask(_choose(".tools select", "en"))
        assert await page.ask(rows) == [IN_DOUBT]


async def test_a_phrase_is_published_or_refused_and_the_page_says_which(page: Page) -> None:
    """Nothing is shown as done that the server has not said; a refusal is shown with its line."""
    said = FakeSaid()
    async with shown(Showcase(), **_filled(None, said)) as url:
        await _open(page, url, "dicho")
        row = f'[data-said="{LOST}"]'
        await eventually(lambda: page.text(row), 10, "the phrase")
        await page.ask(_choose(f"{row} select", "pedido"))
        await page.click(f"{row} button")
        await _shows(page, REFUSED_ES, ".said-table")
        assert not said.added
        await page.ask(_choose(f"{row} select", "factura"))
        await page.click(f"{row} button")
        await _shows(page, "Publicada en Facturación", row)
        assert said.added == [("factura", "es", LOST)]
        assert REFUSED_ES not in await page.text(MAIN)


# Messages


async def test_a_message_is_heard_marked_and_deleted(page: Page, tmp_path: Path) -> None:
    """It plays in the page, is marked by a press only, and goes after having been asked about."""
    filled = _filled(tmp_path, FakeSaid())
    async with shown(Showcase(), **filled) as url:
        await _open(page, url, "buzon")
        message = "[data-message=m2]"
        await _shows(page, "Sin oír", message)
        await page.click("h2")  # nothing may sound before somebody has touched the page
        heard = f"""
        new Promise((done, failed) => {{
          const audio = document.querySelector("{message} audio");
          audio.addEventListener("timeupdate", () => audio.currentTime > 0.2 && done(audio.duration));
          audio.addEventListener("error", () => failed(audio.error.message));
          audio.play().catch(failed);
        }})
        """
        assert await page.ask(heard) == pytest.approx(1.0, abs=0.1)
        await _shows(page, "Sin oír", message)
        await page.click(f"{message} .buttons button:first-child")
        await _shows(page, "Oído", f"{message} .message-head")
        await page.click(f"{message} .buttons > button:last-of-type")
        await page.click(f"{message} .sure .stop")
        await _gone(page, message)
        assert "m2" not in filled["services"].voicemail.rows
        assert not page.complaints


# All of them


PARTS = ("flujos", "dicho", "devoluciones", "buzon")
EMPTY = {
    "dicho": ("Nadie ha dicho nada aún", "Nobody has said anything yet"),
    "devoluciones": ("Nadie espera que se le llame", "Nobody waits to be called"),
    "buzon": ("No hay mensajes", "There are no messages"),
}


@pytest.mark.parametrize("part", sorted(EMPTY))
async def test_where_there_is_nothing_it_says_what_will_be_there(page: Page, part: str) -> None:
    """No empty table: a sentence, in the reader's language."""
    async with shown(Showcase(), said=FakeSaid(empty=True)) as url:
        await _open(page, url, part)
        await _shows(page, EMPTY[part][0])
        await page.click("header button:last-of-type")
        await _shows(page, EMPTY[part][1])


async def test_who_may_not_see_a_page_sees_no_link_to_it(page: Page) -> None:
    """An agent has the messages of their queues; any other part says which right it takes."""
    async with people_scene.centre() as there:
        await there.scene.with_password("pepa", Role.AGENT)
        await _sign_in(page, there.base, "pepa")
        await page.open(there.base + "/")
        links = "[...document.querySelectorAll('nav.areas a')].map((link) => link.hash)"
        await eventually(lambda: page.ask(f"{links}.length > 0"), 10, "the links")
        assert await page.ask(links) == ["", "#buzon"]
        await page.open(f"{there.base}/flujos#dicho")
        await _shows(page, "said:read")


async def _sign_in(page: Page, base: str, name: str) -> None:
    await page.open(base + "/")
    await eventually(lambda: page.ask("document.getElementById('enter') !== null"), 10, "the sign-in")
    for field, value in (("name", name), ("password", PASSWORD)):
        await page.ask(f"document.getElementById({field!r}).value = {value!r}")
    await page.click("#enter button[type=submit]")
    me = "fetch('/api/me').then((answer) => answer.json()).then((me) => me.name)"
    await eventually(lambda: _is(page, me, name), 10, f"{name} is in")


async def _is(page: Page, expression: str, wanted: object) -> bool:
    return bool(await page.ask(expression) == wanted)


async def test_without_a_server_the_page_turns_grey_and_says_since_when(page: Page) -> None:
    """What was read stays readable, and nothing can be ordered that nobody would hear."""
    async with shown(Showcase(), **_filled(None, FakeSaid())) as url:
        await _open(page, url, "dicho")
        await eventually(lambda: page.text(f'[data-said="{LOST}"]'), 10, "the phrase")
        await _shows(page, "En vivo", "header")
    await _shows(page, "Sin conexión desde", "header", within_s=20)
    assert "stale" in await page.ask("document.querySelector('main').className")
    assert LOST in await page.text(MAIN)
    enabled = "[...document.querySelectorAll('.add button')].filter((button) => !button.disabled).length"
    assert await page.ask(enabled) == 0


@pytest.mark.parametrize("language", ["es-ES", "en-GB"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_they_can_be_read_in_both_languages_by_day_and_night(
    page: Page, tmp_path: Path, language: str, dark: bool
) -> None:
    """Contrast 4.5:1, every control named, nothing cut off, wide or narrow."""
    async with shown(Showcase(), **_filled(tmp_path, FakeSaid())) as url:
        await page.language(language)
        for part in PARTS:
            for width in (1400, 390):
                await page.looks(dark=dark, width=width)
                await _open(page, url, part)
                await _shows(page, "En vivo" if language == "es-ES" else "Live", "header")
                await page.picture(tmp_path / f"{part}-{width}.png")
                assert await page.ask("document.documentElement.scrollWidth") <= width, f"{part} at {width}"
                assert await page.ask(CONTRAST) == [], part
                assert await page.ask(NAMELESS) == [], part
                assert "undefined" not in await page.text(), part
            await page.looks(dark=dark)
            assert await page.ask(CUT) == [], part
    assert not page.complaints
