"""
The agent's page with its browser telephone, in a real browser, on a live centre with real calls.

The browser needs a way for its audio: where the machine has no address beside loopback, the module makes
a network of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from cti.softphone.baresip import BaresipCall, BaresipStack
from cti.softphone.port import CallState
from tests.integration.test_web_phone import has_a_network
from tests.support import carrier
from tests.support.agent_page import AgentPage, speech_file
from tests.support.audio import find_clip, silence_ms
from tests.support.browser import BrowserUnavailable, Page, browser_binary, browser_page
from tests.support.carrier import Carrier
from tests.support.centre import Centre
from tests.support.netns import NoNetwork, own_network
from tests.support.polling import eventually
from tests.support.scene import PROMPTS, WRAP_S, Cast, Ears, config_text, write_config

pytestmark = pytest.mark.integration

ADDRESS = "10.77.6.1"
AGENTS = {"ana": "{ventas: 8}", "beto": "{soporte: 8}", "carla": "{soporte: 5, ventas: 5}"}
ENTRY, CALLER = "902", "+34611222333"
CALLER_HZ, BETO_HZ = 440, 1_000
SENTENCE = PROMPTS["averia"]
"""What ana says at her browser, over and over: in no call is it played by the centre."""
ZOE, SHOWN = "911234567", "+34910000001"
_TRUNK = f"""
trunks:
  operador:
    {{{{host: "{{host}}", register: true, user: {{user}}, caller_id: "{SHOWN}", allow: ["9xxxxxxxx"]}}}}
"""


@pytest.fixture(scope="module")
def network() -> Iterator[None]:
    try:
        with contextlib.nullcontext() if has_a_network() else own_network(ADDRESS):
            yield
    except NoNetwork as reason:
        pytest.skip(str(reason))


@pytest_asyncio.fixture(scope="module")
async def line(network: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Carrier]:
    async with carrier.running(tmp_path_factory.mktemp("carrier"), [ZOE]) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def centre(line: Carrier, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    """The telephone of ana is a browser, the others' are ordinary; there is time to answer and wrap up."""
    folder: Path = tmp_path_factory.mktemp("centre")
    text = config_text(AGENTS, ring_s=20).replace("ana: {}", "ana: {kind: browser}")
    text = text.replace(f"wrap: {{for: {WRAP_S}s}}", "wrap: {for: 60s, extend: once}")
    text += _TRUNK.format(host=line.sip, user=carrier.ACCOUNT)
    (folder / "home").mkdir()
    (folder / "home/secrets.json").write_text(json.dumps({"trunks": {"operador": carrier.PASSWORD}}))
    async with Centre.running(folder / "home", write_config(folder / "config", text)) as running:
        yield running


@pytest.fixture(scope="module")
def speech(ears: Ears, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return speech_file(tmp_path_factory.mktemp("speech") / "speech.wav", ears.clip(SENTENCE))


@pytest_asyncio.fixture
async def page(tmp_path: Path, speech: Path) -> AsyncIterator[Page]:
    try:
        browser_binary()
    except BrowserUnavailable as reason:
        pytest.skip(str(reason))
    async with browser_page(tmp_path / "browser", speaks=speech) as opened:
        await opened.looks(width=1280, height=720)
        await opened.language("es-ES")
        yield opened
        # A page that is left hangs up; a browser that is killed is noticed after 15 s only.
        await opened.send("Page.navigate", url="about:blank")


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast, centre: Centre) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()
    for name in AGENTS:
        await centre.order(name, "wrap_up_done")


@pytest_asyncio.fixture
async def desk(page: Page, centre: Centre, cast: Cast) -> AgentPage:
    """Ana's desk: her telephone is ready, and so is she; nobody else is."""
    await cast.only(of=list(AGENTS))
    ana = await AgentPage.opened(page, centre, "ana")
    await eventually(lambda: cast.is_reachable("ana"), 10, "ana's telephone is known to the centre")
    await ana.ready()
    return ana


async def _calls(cast: Cast, centre: Centre, number: str = "") -> BaresipCall:
    """Somebody calls for ventas, with a steady tone for a voice."""
    caller = await cast.caller(number)
    call = await caller.dial(f"sip:{ENTRY}@{centre.sip}")
    call.tone(CALLER_HZ)
    return call


async def _talks(desk: AgentPage, cast: Cast, centre: Centre, number: str = "") -> BaresipCall:
    """From a ready desk to a talk in which the agent hears the caller."""
    call = await _calls(cast, centre, number)
    await desk.mode("ringing")
    await desk.act("answer")
    await desk.mode("talking")
    await desk.hears_tone(CALLER_HZ)
    return call


async def _hears_ana(call: BaresipCall, ears: Ears, who: str) -> None:
    """Wait until this party hears what ana says from now on."""
    clip, start = ears.clip(SENTENCE), len(call.heard())

    async def heard() -> bool:
        return find_clip(call.heard()[start:], clip) is not None

    await eventually(heard, 20, f"{who} hears ana", every_s=0.5)


async def test_a_call_is_answered_and_heard_both_ways(
    desk: AgentPage, centre: Centre, cast: Cast, ears: Ears, tmp_path: Path
) -> None:
    """The pop is there before the bell, a click answers, both hear each other, a click ends it."""
    await desk.page.picture(tmp_path / "idle.png")
    await desk.watch_the_bell()
    call = await _calls(cast, centre, CALLER)
    await desk.mode("ringing")
    await desk.shows("ventas")
    await eventually(desk.rings, 8, "the telephone of the page rings")
    assert await desk.pop_lead_ms() > 0
    assert "611 222 333" in await desk.page.text(".canvas .who")
    await desk.page.picture(tmp_path / "ringing.png")
    await desk.act("answer")
    await desk.mode("talking")
    await desk.hears_tone(CALLER_HZ)
    await _hears_ana(call, ears, "the caller")
    await desk.page.picture(tmp_path / "talking.png")
    assert await desk.energy() > 0
    await desk.act("hang_up")
    await call.wait_for(CallState.ENDED, within_s=20)
    await desk.mode("wrap-up")
    await desk.page.picture(tmp_path / "wrap.png")
    assert not desk.page.complaints


async def _hears_nothing(call: BaresipCall, who: str) -> None:
    """Wait until this party has heard nothing for longer than the pause between two of ana's sentences."""
    loop = asyncio.get_running_loop()
    mark, since_s = len(call.heard()), loop.time()

    async def silent() -> bool:
        nonlocal mark, since_s
        fresh = call.heard()[mark:]
        # A muted leg may send silence, or nothing at all.
        if len(fresh) // 16 - silence_ms(fresh) > 100:
            mark, since_s = len(call.heard()), loop.time()
        return loop.time() - since_s > 2.5

    await eventually(silent, 15, f"{who} hears nothing", every_s=0.1)


async def _hears_music(call: BaresipCall, ears: Ears, who: str) -> None:
    """Wait until this party hears nothing but the hold music for two seconds, from now on."""
    start_ms = len(call.heard()) // 16

    async def music() -> bool:
        return sum(ears.music_from(call, start_ms, len(call.heard()) // 16)[-2:]) == 2

    await eventually(music, 15, f"{who} hears music", every_s=0.5)


async def test_a_caller_on_hold_hears_music_and_comes_back(
    desk: AgentPage, centre: Centre, cast: Cast, ears: Ears, tmp_path: Path
) -> None:
    """On hold: music, nobody hears the caller; taken back: both hear each other; muted: she is not heard."""
    call = await _talks(desk, cast, centre)
    await desk.act("hold")
    await desk.mode("held")
    await _hears_music(call, ears, "the caller")
    await desk.loses_tone(CALLER_HZ)
    await desk.page.picture(tmp_path / "held.png")
    await desk.act("retrieve")
    await desk.mode("talking")
    await desk.hears_tone(CALLER_HZ)
    await _hears_ana(call, ears, "the caller")
    await desk.act("mute")
    await desk.shows("No se le oye")
    await _hears_nothing(call, "the caller")
    await desk.hears_tone(CALLER_HZ)
    await desk.act("mute")
    await _hears_ana(call, ears, "the caller")
    await desk.act("hang_up")
    await desk.mode("wrap-up")
    assert not desk.page.complaints


async def test_a_colleague_is_asked_and_takes_the_call(
    desk: AgentPage, centre: Centre, cast: Cast, ears: Ears, tmp_path: Path
) -> None:
    """While ana and beto talk the caller hears music; then the caller has beto, and ana wraps up."""
    await cast.only("beto", of=["beto", "carla"])
    call = await _talks(desk, cast, centre)
    await desk.pick("beto", "consult")
    await desk.shows("Sonando en beto")
    beto = await cast.bell("beto", within_s=10)
    await _hears_music(call, ears, "the caller")
    await beto.answer()
    beto.tone(BETO_HZ)
    await desk.shows("Hablando con beto")
    await desk.hears_tone(BETO_HZ)
    await _hears_ana(beto, ears, "beto")
    await _hears_music(call, ears, "the caller")
    await desk.page.picture(tmp_path / "consulting.png")
    await desk.act("complete_transfer")
    await desk.mode("wrap-up")
    await ears.hears_tone(call, BETO_HZ)
    await ears.hears_tone(beto, CALLER_HZ)
    await cast.talks("beto")
    assert not desk.page.complaints


async def test_a_conference_goes_on_without_the_agent_who_leaves(
    desk: AgentPage, centre: Centre, cast: Cast, ears: Ears, tmp_path: Path
) -> None:
    """All three hear each other; when ana hangs up, beto has the caller."""
    await cast.only("beto", of=["beto", "carla"])
    call = await _talks(desk, cast, centre)
    beto = await _asks_beto(desk, cast)
    await desk.act("conference")
    await desk.mode("conference")
    await ears.hears_tone(call, BETO_HZ, within_s=10)
    await ears.hears_tone(beto, CALLER_HZ, within_s=10)
    beto.quiet()
    await desk.hears_tone(CALLER_HZ)
    call.quiet()
    await _hears_ana(call, ears, "the caller")
    await _hears_ana(beto, ears, "beto")
    await desk.page.picture(tmp_path / "conference.png")
    await desk.act("hang_up")
    await desk.mode("wrap-up")
    beto.tone(BETO_HZ)
    call.tone(CALLER_HZ)
    await ears.hears_tone(call, BETO_HZ)
    await ears.hears_tone(beto, CALLER_HZ)
    assert not desk.page.complaints


async def _asks_beto(desk: AgentPage, cast: Cast) -> BaresipCall:
    """From a talk to a consultation in which ana hears beto."""
    await desk.pick("beto", "consult")
    await desk.mode("consulting")
    beto = await cast.bell("beto", within_s=10)
    await beto.answer()
    beto.tone(BETO_HZ)
    await desk.shows("Hablando con beto")
    await desk.hears_tone(BETO_HZ)
    return beto


async def test_a_consultation_that_is_given_up_leads_back_to_the_caller(
    desk: AgentPage, centre: Centre, cast: Cast, ears: Ears
) -> None:
    """By ana's key, and by beto who hangs up: both times she is with the caller again by itself."""
    await cast.only("beto", of=["beto", "carla"])
    call = await _talks(desk, cast, centre)
    beto = await _asks_beto(desk, cast)
    await desk.page.key("b", code="KeyB", virtual=ord("B"))
    await desk.mode("talking")
    await beto.wait_for(CallState.ENDED, within_s=8)
    await desk.hears_tone(CALLER_HZ)
    await _hears_ana(call, ears, "the caller")
    await cast.all_ready("beto")
    beto = await _asks_beto(desk, cast)
    await beto.hangup()
    await desk.mode("talking")
    await desk.hears_tone(CALLER_HZ)
    await _hears_ana(call, ears, "the caller")
    await desk.act("hang_up")
    await desk.mode("wrap-up")
    assert not desk.page.complaints


async def test_a_caller_who_hangs_up_on_hold_frees_the_agent(
    desk: AgentPage, centre: Centre, cast: Cast, ears: Ears
) -> None:
    """The page says so at once, and her telephone is free for the next call, which she can hear."""
    call = await _talks(desk, cast, centre)
    await desk.act("hold")
    await desk.mode("held")
    await _hears_music(call, ears, "the caller")
    await call.hangup()
    await desk.mode("wrap-up")
    await desk.ready()
    call = await _talks(desk, cast, centre)
    await _hears_ana(call, ears, "the next caller")
    await desk.act("hang_up")
    await desk.mode("wrap-up")
    assert not desk.page.complaints


async def test_what_is_refused_is_said_and_a_transfer_to_a_queue_is_done(
    desk: AgentPage, centre: Centre, cast: Cast, ears: Ears
) -> None:
    """Nobody of soporte is there: why is read beside the list, in both languages; then carla takes it."""
    await cast.only(of=["beto", "carla"])
    call = await _talks(desk, cast, centre)
    await desk.pick("soporte", "consult")
    await desk.page.send("Page.bringToFront")
    await eventually(lambda: desk.page.text(".people .refused"), 8, "the refusal is read")
    spanish = await desk.page.text(".people .refused")
    await desk.page.click("header button[lang]")
    await eventually(lambda: _differs(desk, spanish), 3, "the refusal in English")
    await desk.page.click("header button[lang]")
    await desk.mode("talking")
    await cast.all_ready("carla")
    await desk.pick("soporte", "transfer")
    await desk.mode("wrap-up")
    carla = await cast.takes("carla", within_s=10)
    carla.tone(BETO_HZ)
    await ears.hears_tone(call, BETO_HZ)
    await ears.hears_tone(carla, CALLER_HZ)
    assert not desk.page.complaints


async def _differs(desk: AgentPage, before: str) -> bool:
    now = await desk.page.text(".people .refused")
    return bool(now) and now != before


async def test_a_number_that_is_typed_is_called(
    desk: AgentPage,
    centre: Centre,
    cast: Cast,
    ears: Ears,
    line: Carrier,
    stack: BaresipStack,
    tmp_path: Path,
) -> None:
    """Her telephone picks up by itself, both hear each other, and a number that is not allowed is refused."""
    zoe = await stack.user_agent(ZOE, line.sip, ZOE, register_every_s=60)
    await zoe.register()
    await eventually(line.centre_contact, 10, "the centre has registered")
    await desk.write("#whom", "666 000 111")
    await desk.pick("666000111", "dialNumber")
    await eventually(lambda: desk.page.text(".people .refused"), 8, "why that number is not called")
    await desk.write("#whom", "911 23 45 67")
    await desk.pick(ZOE, "dialNumber")
    await desk.mode("dialling")
    call = await zoe.next_call(within_s=15)
    await call.answer()
    call.tone(CALLER_HZ)
    await desk.mode("talking")
    await desk.shows("Llamada saliente")
    await desk.hears_tone(CALLER_HZ)
    await _hears_ana(call, ears, "zoe")
    await desk.page.picture(tmp_path / "outgoing.png")
    await desk.act("hang_up")
    await call.wait_for(CallState.ENDED, within_s=20)
    assert not desk.page.complaints
    await zoe.close()


async def test_another_tab_looks_on_and_takes_over_the_telephone(
    desk: AgentPage, centre: Centre, cast: Cast, ears: Ears, page: Page
) -> None:
    """One tab rings. The other answers through the server; when the first is closed, it is the telephone."""
    other = await desk.another_tab()
    await other.shows("Teléfono en otra pestaña", "#phone-chip", within_s=15)
    call = await _calls(cast, centre)
    await other.mode("ringing")
    await other.act("answer")
    await desk.mode("talking")
    await desk.hears_tone(CALLER_HZ)
    await other.act("hang_up")
    await call.wait_for(CallState.ENDED, within_s=20)
    await other.act("wrap_up_done")
    await desk.page.send("Page.navigate", url="about:blank")
    await other.phone_ready()
    await other.shows("Teléfono listo", "#phone-chip")
    await eventually(lambda: cast.is_reachable("ana"), 10, "ana's telephone is back")
    await other.ready()
    call = await _talks(other, cast, centre)
    await _hears_ana(call, ears, "the caller")
    await other.act("hang_up")
    await other.mode("wrap-up")
    await other.page.send("Page.navigate", url="about:blank")


async def test_a_page_that_is_reloaded_is_the_telephone_again(
    desk: AgentPage, centre: Centre, cast: Cast, ears: Ears
) -> None:
    """After a reload in mid-call that call is over, and the next one comes and is heard both ways."""
    call = await _talks(desk, cast, centre)
    await desk.page.send("Page.reload")
    await call.wait_for(CallState.ENDED, within_s=30)
    await desk.phone_ready()
    await eventually(lambda: cast.is_reachable("ana"), 10, "ana's telephone is back")
    await desk.ready()
    call = await _talks(desk, cast, centre)
    await _hears_ana(call, ears, "the next caller")
    await desk.act("hang_up")
    await desk.mode("wrap-up")


async def test_keys_answer_and_never_while_somebody_types(
    desk: AgentPage, centre: Centre, cast: Cast
) -> None:
    """A letter typed while it rings stays a letter, where the focus was; outside of a field A answers."""
    await desk.write("#whom", "c")
    await _calls(cast, centre)
    await desk.mode("ringing")
    await desk.page.key("a", code="KeyA", virtual=ord("A"))
    assert await desk.page.ask("document.activeElement.id") == "whom"
    assert await desk.page.ask("document.querySelector('#whom').value") == "ca"
    await desk.mode("ringing")
    await desk.page.key("Escape", virtual=27)
    await desk.page.key("a", code="KeyA", virtual=ord("A"))
    await desk.mode("talking")
    await desk.page.key("x", code="KeyX", virtual=ord("X"))
    await desk.mode("wrap-up")
    assert not desk.page.complaints


async def test_an_agent_with_a_desk_telephone_works_from_the_same_page(
    page: Page, centre: Centre, cast: Cast, ears: Ears, tmp_path: Path
) -> None:
    """The page cannot pick that phone up and says so; everything else is done from it."""
    await cast.only("carla", of=list(AGENTS))
    desk = await AgentPage.opened(page, centre, "carla", browser_phone=False)
    await desk.shows("Teléfono de mesa", "#phone-chip")
    call = await _calls(cast, centre)
    leg = await cast.bell("carla", within_s=15)
    await desk.mode("ringing")
    await desk.act("answer")
    await eventually(lambda: desk.page.text(".bar .refused"), 8, "the hint to pick up the phone")
    assert "descuelgue el teléfono" in await desk.page.text(".bar .refused")
    await desk.page.picture(tmp_path / "desk-phone.png")
    await leg.answer()
    leg.tone(BETO_HZ)
    await desk.mode("talking")
    await ears.hears_tone(leg, CALLER_HZ)
    await desk.act("hold")
    await desk.mode("held")
    await _hears_music(call, ears, "the caller")
    await desk.act("retrieve")
    await desk.mode("talking")
    await ears.hears_tone(call, BETO_HZ)
    await desk.act("hang_up")
    await leg.wait_for(CallState.ENDED, within_s=8)
    await desk.mode("wrap-up")


async def _no_more_time(desk: AgentPage) -> bool:
    return await desk.page.ask("document.querySelector('[data-act=extend_wrap_up]')") is None


async def test_what_is_written_after_a_call_is_kept_and_never_lost(
    desk: AgentPage, centre: Centre, cast: Cast
) -> None:
    """Outcome and note are saved with one key, and stand in the record; more time is given once."""
    call = await _talks(desk, cast, centre, CALLER)
    await desk.act("hang_up")
    await call.wait_for(CallState.ENDED, within_s=20)
    await desk.mode("wrap-up")
    await desk.act("extend_wrap_up")
    await eventually(lambda: _no_more_time(desk), 8, "there is no more time to give")
    await desk.write("[name=disposition]", "venta")
    await desk.write("#note", "Quiere la factura en papel")
    ctrl_enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "modifiers": 2}
    await desk.page.send("Input.dispatchKeyEvent", type="rawKeyDown", **ctrl_enter)
    await desk.mode("ready")
    record = await cast.record(number=CALLER)
    assert "venta" in json.dumps(record)
    assert "factura en papel" in json.dumps(record)
