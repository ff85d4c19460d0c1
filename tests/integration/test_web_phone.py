"""
A call from the page's own telephone, in a real browser: heard both ways, steered by clicks, ended by one.

The browser needs a way for its audio: any address of this machine beside loopback will do,
also when the centre itself stands on 127.0.0.1. Where there is none, the module makes a network of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import wave
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from aiohttp import web

from cti.softphone.port import CallState
from tests.integration.conftest import AGENTS
from tests.integration.test_beyond_loopback import SecureCentre
from tests.support.audio import RATE_HZ, find_clip, pcm_of, samples, silence_ms
from tests.support.browser import BrowserUnavailable, Page, browser_binary, browser_page
from tests.support.centre import Centre
from tests.support.netns import NoNetwork, own_network
from tests.support.polling import eventually
from tests.support.scene import PROMPTS, Cast, Ears, config_text, write_config
from tests.support.showcase import Showcase, shown

pytestmark = pytest.mark.integration

ADDRESS = "10.77.5.1"
UP = CallState.UP
MICROPHONE_HZ = 48_000
SENTENCE = PROMPTS["averia"]
"""What the person at the browser says: in no call is it played by the centre."""
PHONE, STATE, TROUBLE = "aside.phone", "aside.phone .call-state", "aside.phone .trouble"
OFFER, GO, STOP = "button.call", "aside.phone .go", "aside.phone .stop"


def has_a_network() -> bool:
    """Whether the machine has an address beside loopback; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return False
        return not str(probe.getsockname()[0]).startswith("127.")


@pytest.fixture(scope="module")
def network() -> Iterator[None]:
    try:
        with contextlib.nullcontext() if has_a_network() else own_network(ADDRESS):
            yield
    except NoNetwork as reason:
        pytest.skip(str(reason))


@pytest_asyncio.fixture(scope="module")
async def centre(network: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    """On loopback as usual, in whichever network the browser is."""
    folder: Path = tmp_path_factory.mktemp("centre")
    config = write_config(folder / "config", config_text(AGENTS))
    async with Centre.running(folder / "home", config) as running:
        yield running


@pytest.fixture(scope="module")
def speech(ears: Ears, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sentence and a second of silence, as a browser's microphone wants it."""
    slow = np.concatenate([samples(ears.clip(SENTENCE)), np.zeros(RATE_HZ, np.float32)])
    times = np.arange(len(slow) * MICROPHONE_HZ // RATE_HZ) * RATE_HZ / MICROPHONE_HZ
    path: Path = tmp_path_factory.mktemp("speech") / "speech.wav"
    with wave.open(str(path), "wb") as wav:
        wav.setparams((1, 2, MICROPHONE_HZ, 0, "NONE", ""))
        wav.writeframes(pcm_of(np.interp(times, np.arange(len(slow)), slow).astype(np.float32)))
    return path


@pytest_asyncio.fixture
async def page(tmp_path: Path, speech: Path) -> AsyncIterator[Page]:
    try:
        browser_binary()
    except BrowserUnavailable as reason:
        pytest.skip(str(reason))
    async with browser_page(tmp_path / "browser", speaks=speech) as opened:
        await opened.looks()
        await opened.language("es-ES")
        yield opened
        # A page that is left hangs up; a browser that is killed is noticed after 15 s only.
        await opened.send("Page.navigate", url="about:blank")


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


async def _open(page: Page, centre: Centre, *, microphone: bool = True) -> None:
    """The page as the newcomer opens it, who then answers the browser's question."""
    await _offered(page, f"{centre.url}/?token={centre.facts()['http']['token']}")
    await page.microphone(allowed=microphone)


async def _offered(page: Page, url: str) -> None:
    await page.open(url)
    await eventually(lambda: _says(page, "900", OFFER), 10, "the page offers to call 900")


async def _call(page: Page, centre: Centre) -> None:
    """From the open page to a call in which the greeting is heard."""
    await page.click(OFFER)
    await eventually(lambda: _says(page, "En línea", STATE), 15, "the page says that the call is up")
    await eventually(lambda: _in_phase(centre, "ivr"), 3, "the call is in the menu")
    before = await _heard(page)
    await eventually(lambda: _heard_more(page, before), 10, "the greeting is heard in the page")


async def _says(page: Page, words: str, selector: str) -> bool:
    return words in await page.text(selector)


async def _in_phase(centre: Centre, phase: str) -> bool:
    return [c["phase"] for c in (await centre.http_get("/api/live"))["contacts"]] == [phase]


async def _nobody(centre: Centre) -> bool:
    return not (await centre.http_get("/api/live"))["contacts"]


async def _heard(page: Page) -> float:
    """Energy of all audio that the page has received in this call."""
    return float(await page.ask(f"document.querySelector('{PHONE}').dataset.heard"))


async def _heard_more(page: Page, before: float) -> bool:
    return await _heard(page) > before


async def test_a_newcomer_calls_from_the_page_and_is_heard(
    centre: Centre, cast: Cast, ears: Ears, page: Page, tmp_path: Path
) -> None:
    """Click, greeting, a key, an agent who hears what is said; muted, silence; one click ends it for both."""
    await cast.only("ana", of=list(AGENTS))
    ana = await cast.agent("ana")
    await _open(page, centre)
    await _call(page, centre)
    await page.click(f"{PHONE} .keypad button:nth-child(1)")
    assert await page.text(f"{PHONE} .keyed") == "1"
    leg = await ana.next_call(within_s=10)
    (contact,) = (await centre.http_get("/api/live"))["contacts"]
    assert contact["queue"] == "ventas"
    await leg.answer()
    await leg.wait_for(UP, within_s=5)
    clip = ears.clip(SENTENCE)
    await eventually(lambda: find_clip(leg.heard(), clip) is not None, 25, "ana hears it", every_s=0.5)
    clock = re.search(r"\d:\d\d", await page.text(STATE))
    assert clock is not None and clock[0] != "0:00"
    await page.picture(tmp_path / "in-call.png")

    await page.click(f"{PHONE} [aria-pressed]")
    assert await page.ask(f"document.querySelector('{PHONE} [aria-pressed]').ariaPressed") == "true"
    # Longer than the pause between two of the sentences.
    await eventually(lambda: silence_ms(leg.heard()[-16 * 2_500 :]) > 2_400, 8, "ana hears nothing any more")
    await page.click(STOP)
    await leg.wait_for(CallState.ENDED, within_s=3)
    await eventually(lambda: _says(page, "Llamada terminada", STATE), 2, "the page says that it is over")
    await eventually(lambda: _nobody(centre), 3, "nobody is on the line")
    assert not page.complaints


async def test_keys_of_the_keyboard_are_keys_of_the_telephone(centre: Centre, cast: Cast, page: Page) -> None:
    """A 2 typed on the keyboard leads to soporte; when the agent has hung up, the page says so."""
    await cast.only("carla", of=list(AGENTS))
    carla = await cast.agent("carla")
    await _open(page, centre)
    await _call(page, centre)
    await page.key("2", code="Digit2", virtual=ord("2"))
    leg = await carla.next_call(within_s=10)
    await leg.answer()
    await eventually(lambda: _in_phase(centre, "talking"), 5, "they talk")
    await leg.hangup()
    await eventually(lambda: _says(page, "Llamada terminada", STATE), 15, "the page says that it is over")
    assert not page.complaints


async def test_a_page_that_is_left_takes_its_call_along(centre: Centre, cast: Cast, page: Page) -> None:
    """Nobody is kept on the line by a closed page, and no agent is rung for one."""
    await cast.only(of=list(AGENTS))
    await _open(page, centre)
    await _call(page, centre)
    await page.send("Page.navigate", url="about:blank")
    await eventually(lambda: _nobody(centre), 5, "the caller is gone")


async def test_a_refused_microphone_is_said_with_its_remedy(centre: Centre, cast: Cast, page: Page) -> None:
    """In both languages; no call is made; once it is allowed the same button calls."""
    await _open(page, centre, microphone=False)
    await page.click(OFFER)
    await eventually(lambda: _says(page, "permita el micrófono", TROUBLE), 5, "what to do")
    assert "No se ha podido llamar" in await page.text(STATE)
    assert await _nobody(centre)
    await page.click("header button[lang]")
    await eventually(lambda: _says(page, "allow the microphone", TROUBLE), 2, "the same in English")
    await page.click("header button[lang]")
    await page.microphone(allowed=True)
    await page.click(GO)
    await eventually(lambda: _says(page, "En línea", STATE), 15, "the call is up")
    assert await page.text(TROUBLE) == ""
    await page.click(STOP)
    await eventually(lambda: _nobody(centre), 3, "nobody is on the line")


@contextlib.asynccontextmanager
async def _silent_switch() -> AsyncIterator[str]:
    """The address of a WebSocket that takes every connection for SIP and says nothing."""

    async def silent(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("sip",))
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    app = web.Application()
    app.add_routes([web.get("/ws", silent)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"ws://127.0.0.1:{runner.addresses[0][1]}/ws"
    await runner.cleanup()


async def _complains(page: Page, url: str, words: Sequence[str]) -> None:
    """A click on the offer ends, in both languages, in these words."""
    await _offered(page, url)
    await page.microphone(allowed=True)
    await page.click(OFFER)
    for said in words:
        await eventually(partial(_says, page, said, TROUBLE), 15, f"«{said}»")
        await page.click("header button[lang]")


async def test_a_switch_that_is_not_there_is_said_with_its_address(page: Page) -> None:
    """Which address it is that cannot be reached, and what to look at."""
    async with shown(Showcase(), ws="ws://127.0.0.1:9/ws") as url:
        await _complains(
            page, url, ["No se llega a ws://127.0.0.1:9/ws", "ws://127.0.0.1:9/ws cannot be reached"]
        )


async def test_a_page_over_an_open_network_says_why_there_is_no_microphone(
    speech: Path, tmp_path: Path
) -> None:
    """Plain http from another machine: the browser hides the microphone, the page says how to open it."""
    async with _alone(speech, tmp_path) as page, shown(Showcase(), address=ADDRESS) as url:
        await _offered(page, url)
        await page.click(OFFER)
        await eventually(lambda: _says(page, "https://", TROUBLE), 5, "what to do")
        assert f"http://{ADDRESS}:" in await page.text(TROUBLE)


async def test_a_machine_without_any_network_says_that_audio_finds_no_way(
    speech: Path, tmp_path: Path
) -> None:
    """Loopback alone: no call that seems to ring for ever."""
    async with _alone(speech, tmp_path) as page:
        removed = await asyncio.create_subprocess_exec("ip", "link", "delete", "inside")
        assert await removed.wait() == 0
        async with _silent_switch() as switch, shown(Showcase(), ws=switch) as url:
            await _complains(page, url, ["no encuentra camino para el audio", "no way for the audio"])


@contextlib.asynccontextmanager
async def _alone(speech: Path, folder: Path) -> AsyncIterator[Page]:
    """A browser in a network of its own, which all that follows is in as well."""
    try:
        with own_network(ADDRESS):
            async with browser_page(folder / "browser", speaks=speech) as page:
                await page.looks()
                await page.language("es-ES")
                yield page
    except NoNetwork as reason:
        pytest.skip(str(reason))


async def test_from_another_machine_it_goes_over_tls(speech: Path, tmp_path: Path) -> None:
    """On an address beyond loopback: https page, wss, and audio both ways through the same address."""
    try:
        with own_network(ADDRESS):
            await _beyond_loopback(speech, tmp_path)
    except NoNetwork as reason:
        pytest.skip(str(reason))


async def _beyond_loopback(speech: Path, folder: Path) -> None:
    config = write_config(folder / "config", config_text(AGENTS))
    # The certificate is the centre's own: whoever comes accepts it once, here with a flag.
    async with (
        SecureCentre.running(folder / "home", config, environ={"BIND": ADDRESS}) as centre,
        browser_page(folder / "browser", speaks=speech, flags=["--ignore-certificate-errors"]) as page,
    ):
        await page.language("es-ES")
        await _open(page, centre)
        assert (await centre.http_get("/api/web-phone"))["ws"].startswith(f"wss://{ADDRESS}:")
        await _call(page, centre)
        await page.click(STOP)
        await eventually(lambda: _nobody(centre), 3, "nobody is on the line")
        # Questions about the past are answered 503 until the database is made; the page asks again.
        assert not [each for each in page.complaints if "503" not in each]
