"""Menus of two levels, two languages and opening hours, walked by real callers who press keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from centralita.clock import wall_clock_ms
from cti.softphone.port import CallState, SoftCall
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import ANNOUNCE_S, NEXT, WRAP_S, Cast, Ears, write_config

pytestmark = pytest.mark.integration

ENDED, UP = CallState.ENDED, CallState.UP
AGENTS = ["ana", "bea"]
NEXT_EN, ONE_AHEAD_EN = "You are next in line.", "There is one person ahead of you."
ES = {
    "bienvenida": "Bienvenido a la tienda de los dos idiomas.",
    "principal": "Para compras pulse uno. Para averías pulse dos. For English press nine.",
    "averias": "Para lavadoras pulse uno. Para televisores pulse dos. Cero, una persona.",
    "noche": "Está llamando fuera de nuestro horario habitual.",
    "despedida": "Gracias por llamar a la tienda. Adiós.",
}
EN = {
    "bienvenida": "Welcome to the shop of two languages.",
    "principal": "For sales press one. For repairs press two.",
    "averias": "For washing machines press one. For television sets press two.",
    "noche": "You are calling outside our usual hours.",
    "despedida": "Thank you for calling the shop. Goodbye.",
}

CONFIG = """
schema: acd/1
name: Tienda de los dos idiomas
languages: [es, en]
routing: {{policy: fair}}
skills: {{ventas: 0..10, tecnica: 0..10, lang.es: 0..10, lang.en: 0..10}}
agents:
  ana: {{name: Ana, phone: ana, skills: {{ventas: 8, tecnica: 7, lang.es: 10}}}}
  bea: {{name: Bea, phone: bea, skills: {{ventas: 8, tecnica: 7, lang.en: 8}}}}
phones: {{ana: {{}}, bea: {{}}}}
hours:
  solo_hoy: {{week: {{}}, days: {{{today}}}}}
  hoy_no: {{week: {{mon-sun: "00:00-24:00"}}, days: {{{never}}}}}
entry: {{"920": {{flow: tienda}}, "921": {{flow: abierta}}, "922": {{flow: cerrada}}}}
flows:
  tienda:
    start: saludo
    on: {{too_many: ventas, failure: ventas, no_input: again, no_match: again, hang_up: end}}
    nodes:
      saludo: {{say: bienvenida, next: principal}}
      principal:
        menu: principal
        keys: {{"1": ventas, "2": averias, "9": ingles, "0": ventas}}
      averias: {{menu: averias, keys: {{"1": tecnica, "2": tecnica, "0": tecnica}}, too_many: tecnica}}
      ingles: {{language: en, next: welcome}}
      welcome: {{say: bienvenida, next: principal_en}}
      principal_en: {{menu: principal, keys: {{"1": ventas, "2": averias, "0": ventas}}}}
      ventas: {{enqueue: ventas}}
      tecnica: {{enqueue: tecnica}}
  abierta:
    start: reloj
    nodes: {{reloj: {{hours: solo_hoy, open: ventas, closed: fin}}, ventas: {{enqueue: ventas}}, {night}}}
  cerrada:
    start: reloj
    nodes: {{reloj: {{hours: hoy_no, open: ventas, closed: fin}}, ventas: {{enqueue: ventas}}, {night}}}
queues:
  ventas: {{need: ["ventas >= 5/10", "lang(language) >= 5/10"], {times}}}
  tecnica: {{need: ["tecnica >= 5/10", "lang(language) >= 5/10"], {times}}}
prompts:
{prompts}
"""


def config_text() -> str:
    today = datetime.fromtimestamp(wall_clock_ms() / 1000, UTC).date()
    near = [today + timedelta(days=n) for n in (-1, 0, 1)]
    waits = "keep_waiting, full: {limit: 100, to: keep_waiting}, nobody_signed_in: keep_waiting"
    return CONFIG.format(
        today=", ".join(f'"{day}": "00:00-24:00"' for day in near),
        never=", ".join(f'"{day}": []' for day in near),
        night="fin: {say: noche, next: adios}, adios: {goodbye: despedida}",
        times=f"ring: {{for: 8s}}, wrap: {{for: {WRAP_S}s}}, announce_every: {ANNOUNCE_S}s, on: {{closed: "
        f"{waits}, nobody_could_ever: keep_waiting, waited: {{1h: keep_waiting}}}}",
        prompts="\n".join(f"  {name}: {{es: '{ES[name]}', en: '{EN[name]}'}}" for name in ES),
    )


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("menus")
    config = write_config(folder / "config", config_text())
    async with Centre.running(folder / "home", config) as running:
        yield running


@pytest.fixture(scope="module")
def english(centre: Centre) -> Ears:
    return Ears(centre, "en")


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


async def test_a_menu_behind_a_menu_leads_to_its_own_queue(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Two questions, two keys; a wrong key in between puts the second question again, not the first."""
    await cast.only("ana", of=AGENTS)
    call = await _dials(centre, cast, "920", "+34600333001")
    await ears.hears(call, ES["bienvenida"], within_s=8)
    await ears.hears(call, ES["principal"], within_s=15)
    await call.send_dtmf("2")
    asked = await ears.hears(call, ES["averias"], within_s=15)
    await call.send_dtmf("7")
    again = asked + ears.lasts(ES["averias"])
    await ears.hears(call, ES["averias"], within_s=15, after_ms=again)
    assert ears.when(call, ES["principal"], after_ms=again) is None
    await call.send_dtmf("1")

    await cast.takes("ana", within_s=6)
    await call.hangup()
    record = await cast.record(number="+34600333001")
    assert (record["outcome"], record["queue"]) == ("answered", "tecnica")


async def test_an_agent_serves_two_queues_in_the_order_of_those_who_wait(centre: Centre, cast: Cast) -> None:
    """Sales was called first, repairs second: one agent, both calls, in this order."""
    await cast.only(of=AGENTS)
    await cast.agent("ana")
    first = await _dials(centre, cast, "920", "+34600333002")
    await first.send_dtmf("1")
    await eventually(lambda: _waiting(centre, 1), 8, "the first one waits")
    second = await _dials(centre, cast, "920", "+34600333003")
    await second.send_dtmf("2")
    await second.send_dtmf("1")
    await eventually(lambda: _waiting(centre, 2), 15, "the second one waits")

    await cast.only("ana", of=AGENTS)
    for number, queue in (("+34600333002", "ventas"), ("+34600333003", "tecnica")):
        leg = await cast.takes("ana", within_s=WRAP_S + 8)
        assert number in leg.peer
        await leg.hangup()
        record = await cast.record(number=number)
        assert (record["queue"], record["offers"][-1]["agent"]) == (queue, "ana")


async def test_who_chooses_english_hears_english_and_gets_an_agent_who_speaks_it(
    centre: Centre, cast: Cast, ears: Ears, english: Ears
) -> None:
    """Key 9: menus, position, goodbye, all of it; and Bea, although Ana has been idle longer."""
    await cast.only(of=AGENTS)
    before = await _dials(centre, cast, "920")
    await before.send_dtmf("9")
    await before.send_dtmf("1")
    await eventually(lambda: _waiting(centre, 1), 15, "somebody waits already")
    call = await _dials(centre, cast, "920", "+34600333004")
    await ears.hears(call, ES["bienvenida"], within_s=8)
    await call.send_dtmf("9")
    at = await english.hears(call, EN["bienvenida"], within_s=8)
    await english.hears(call, EN["principal"], within_s=15, after_ms=at)
    await call.send_dtmf("1")
    at = await english.hears(call, ONE_AHEAD_EN, within_s=10, after_ms=at)
    await before.hangup()
    at = await english.hears(call, NEXT_EN, within_s=ANNOUNCE_S + 8, after_ms=at + 500)
    assert ears.when(call, NEXT) is None

    await cast.only("ana", "bea", of=AGENTS)
    await cast.agent("bea")
    leg = await cast.takes("bea", within_s=6)
    await leg.hangup()
    await english.hears(call, EN["despedida"], within_s=8, after_ms=at)
    await call.wait_for(ENDED, within_s=5)
    record = await cast.record(number="+34600333004")
    assert (record["outcome"], record["language"]) == ("answered", "en")


async def test_the_language_outlives_a_restart_of_the_server(
    centre: Centre, cast: Cast, english: Ears
) -> None:
    """Killed while the caller waits: who comes back to the menu or the queue is spoken to in English."""
    await cast.only(of=AGENTS)
    call = await _dials(centre, cast, "920")
    await call.send_dtmf("9")
    await english.hears(call, EN["bienvenida"], within_s=8)
    at = await english.hears(call, EN["principal"], within_s=15)
    centre.kill_server()
    await english.hears(call, EN["principal"], within_s=20, after_ms=at + 1_000)
    await call.send_dtmf("1")
    await english.hears(call, NEXT_EN, within_s=15, after_ms=at)


@pytest.mark.parametrize(("number", "is_open"), [("921", True), ("922", False)])
async def test_the_menu_goes_by_the_clock(
    centre: Centre, cast: Cast, ears: Ears, number: str, is_open: bool
) -> None:
    """A day of its own opens a closed week, and closes an open one: into the queue, or told and thanked."""
    await cast.only(of=AGENTS)
    call = await _dials(centre, cast, number)
    if is_open:
        await ears.hears(call, NEXT, within_s=8)
        assert ears.when(call, ES["noche"]) is None
        return
    at = await ears.hears(call, ES["noche"], within_s=8)
    await ears.hears(call, ES["despedida"], within_s=8, after_ms=at)
    await call.wait_for(ENDED, within_s=5)


async def _dials(centre: Centre, cast: Cast, entry: str, number: str = "") -> SoftCall:
    call = await (await cast.caller(number)).dial(f"sip:{entry}@{centre.sip}")
    await call.wait_for(UP, within_s=8)
    return call


async def _waiting(centre: Centre, count: int) -> bool:
    live = await centre.http_get("/api/live")
    return bool(sum(queue["waiting"] for queue in live["queues"]) == count)
