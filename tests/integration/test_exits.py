"""The ways out of a queue other than an agent: each is heard by a real caller, and leads where it says."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from centralita.clock import wall_clock_ms
from cti.softphone.port import CallState, SoftCall
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import ANNOUNCE_S, NEXT, WRAP_S, Cast, Ears, write_config
from tests.support.sipp import RingForever, register, start_agents

pytestmark = pytest.mark.integration

ENDED, UP = CallState.ENDED, CallState.UP
AGENTS = ["ana", "carla", "dora"]
SAID = {
    "cierre": "La oficina está cerrada hasta el próximo día laborable.",
    "llenos": "Todas las líneas de esta sección están ocupadas.",
    "sin_gente": "Hoy no queda ningún compañero conectado.",
    "imposible": "Nadie de nuestra empresa habla de este asunto por teléfono.",
    "recado": "Puede escribirnos una carta a la calle Mayor, número siete.",
    "espera": "Le pasamos con el primer compañero libre de cualquier sección.",
    "paciencia": "Le rogamos un poco más de paciencia, no hemos olvidado su llamada.",
    "adios": "Gracias por llamar a la empresa de las salidas. Hasta otro día.",
}
TOO_LONG_MS = 6_000
NUMBERS = {
    "general": "910",
    "cerrada": "911",
    "llena": "912",
    "vacia": "913",
    "muda": "914",
    "imposible": "915",
    "lenta": "916",
    "paciente": "917",
}
"""Queue -> the number whose flow leads there at once."""

CONFIG = """
schema: acd/1
name: Centro de las salidas
languages: [es]
routing: {{policy: fair}}
skills: {{ventas: 0..10, soporte: 0..10}}
agents:
  ana: {{name: Ana, phone: ana, skills: {{ventas: 7}}}}
  carla: {{name: Carla, phone: carla, skills: {{soporte: 7}}}}
  dora: {{name: Dora, phone: dora, skills: {{ventas: 9}}}}
phones: {{ana: {{}}, carla: {{}}, dora: {{}}}}
hours:
  nunca_hoy:
    week: {{mon-sun: "00:00-24:00"}}
    days: {{{closed_days}}}
entry: {{{entry}}}
flows:
{flows}
  recados:
    start: direccion
    nodes: {{direccion: {{say: recado, next: fin}}, fin: {{goodbye: despedida}}}}
queues:
{queues}
prompts:
{prompts}
"""


def config_text(today: date) -> str:
    """One queue for each exit, one number for each; `general` is everybody's and never sends away."""
    queues = {
        "general": _queue(),
        "cerrada": _queue("hours: nunca_hoy", closed="message(cierre) -> hang_up"),
        "llena": _queue(limit=1, full="message(llenos) -> to queue general"),
        "vacia": _queue(
            'need: ["ventas >= 9/10"]',
            nobody_signed_in="message(sin_gente) -> hang_up",
            no_answer="rest(5m)",
        ),
        "muda": _queue('need: ["ventas >= 9/10"]', nobody_signed_in="hang_up"),
        "imposible": _queue(
            'need: ["soporte >= 9/10"]', nobody_could_ever="message(imposible) -> to flow recados"
        ),
        "lenta": _queue(
            'need: ["ventas >= 5/10"]',
            waited=f"{{{TOO_LONG_MS // 1000}s: message(espera) -> to queue general}}",
        ),
        "paciente": _queue(
            'need: ["ventas >= 5/10"]', waited="{4s: message(paciencia) -> keep_waiting, 1h: hang_up}"
        ),
    }
    said = {**SAID, "despedida": SAID["adios"]}
    return CONFIG.format(
        closed_days=", ".join(f'"{today + timedelta(days=n)}": []' for n in (-1, 0, 1)),
        entry=", ".join(f'"{number}": {{flow: a_{name}}}' for name, number in NUMBERS.items()),
        flows="\n".join(
            f"  a_{name}: {{start: cola, nodes: {{cola: {{enqueue: {name}}}}}}}" for name in queues
        ),
        queues="\n".join(f"  {name}: {queue}" for name, queue in queues.items()),
        prompts="\n".join(f"  {name}: {{es: '{text}'}}" for name, text in said.items() if name != "adios"),
    )


def _queue(
    more: str = "",
    *,
    closed: str = "keep_waiting",
    limit: int = 100,
    full: str = "keep_waiting",
    nobody_signed_in: str = "keep_waiting",
    nobody_could_ever: str = "keep_waiting",
    waited: str = "{1h: keep_waiting}",
    no_answer: str = "not_ready(no_answer)",
) -> str:
    on = (
        f"closed: {closed}, full: {{limit: {limit}, to: {full}}}, nobody_signed_in: {nobody_signed_in}, "
        f"nobody_could_ever: {nobody_could_ever}, waited: {waited}"
    )
    times = (
        f"ring: {{for: 2s, then: {no_answer}}}, wrap: {{for: {WRAP_S}s}}, announce_every: {ANNOUNCE_S}s, "
        "short_abandon: 1s"
    )
    return f"{{{', '.join(part for part in (more, times, f'on: {{{on}}}') if part)}}}"


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("salidas")
    today = datetime.fromtimestamp(wall_clock_ms() / 1000, UTC).date()
    config = write_config(folder / "config", config_text(today))
    async with Centre.running(folder / "home", config) as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


async def test_closed_is_said_and_ends_with_goodbye(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Although an agent is free: the hours decide. Told why, thanked, hung up, and counted as such."""
    await cast.only("carla", of=AGENTS)
    call = await _dials(centre, cast, "cerrada", "+34600222001")
    at = await ears.hears(call, SAID["cierre"], within_s=8)
    await ears.hears(call, SAID["adios"], within_s=8, after_ms=at)
    await call.wait_for(ENDED, within_s=5)

    record = await cast.record(number="+34600222001")
    assert (record["outcome"], record["ended_by"], record["offers"]) == ("rejected_closed", "system", [])


async def test_a_full_queue_says_so_and_another_takes_the_caller(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """One may wait; the next one is told and waits in the general queue, where they are the first."""
    await cast.only(of=AGENTS)
    first = await _dials(centre, cast, "llena", "+34600222002")
    await ears.hears(first, NEXT, within_s=8)
    second = await _dials(centre, cast, "llena", "+34600222003")
    at = await ears.hears(second, SAID["llenos"], within_s=8)
    await ears.hears(second, NEXT, within_s=8, after_ms=at)

    assert await _queues(centre) == ["general", "llena"]
    assert ears.when(first, SAID["llenos"]) is None
    await second.hangup()
    record = await cast.record(number="+34600222003")
    assert (record["outcome"], record["queue"]) == ("abandoned_queue", "general")


async def test_nobody_signed_in_is_said_at_once(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Whoever could help has gone home: nobody waits for them."""
    await _signed_out(centre, *AGENTS)
    call = await _dials(centre, cast, "vacia", "+34600222004")
    at = await ears.hears(call, SAID["sin_gente"], within_s=8)
    await ears.hears(call, SAID["adios"], within_s=8, after_ms=at)
    await call.wait_for(ENDED, within_s=5)

    record = await cast.record(number="+34600222004")
    assert (record["outcome"], record["ended_by"]) == ("rejected_unstaffed", "system")


async def test_a_configuration_without_words_still_tells_the_truth(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """An exit that only hangs up: the house says why before its farewell."""
    await _signed_out(centre, *AGENTS)
    call = await _dials(centre, cast, "muda")
    at = await ears.hears(call, "En este momento no hay nadie que pueda atenderle.", within_s=8)
    await ears.hears(call, SAID["adios"], within_s=8, after_ms=at)
    await call.wait_for(ENDED, within_s=5)


async def test_the_last_one_to_sign_out_is_noticed_by_those_who_wait(
    centre: Centre, cast: Cast, ears: Ears, tmp_path: Path
) -> None:
    """Dora lets it ring and rests, so the caller waits; her phone goes, and within seconds it is said."""
    await _signed_out(centre, *AGENTS)
    phone = await start_agents(RingForever(), tmp_path)
    account = {"dora": centre.password("dora")}
    await register(centre.sip, account, phone.port, tmp_path, name="comes")
    await eventually(lambda: cast.is_reachable("dora"), 5, "dora's phone is there")
    call = await _dials(centre, cast, "vacia", "+34600222005")
    await ears.hears(call, NEXT, within_s=15)

    await register(centre.sip, account, phone.port, tmp_path, name="goes", expires_s=0)
    gone_s = time.monotonic()
    await ears.hears(call, SAID["sin_gente"], within_s=20)
    took_s = time.monotonic() - gone_s
    await call.wait_for(ENDED, within_s=15)
    record = await cast.record(number="+34600222005")
    assert (record["outcome"], record["queue"]) == ("rejected_unstaffed", "vacia")
    assert record["wait_ms"] > 1_000
    # The phone's grace, a nap of the dialplan, the sentence itself, and a busy machine.
    assert took_s < 18, took_s
    await phone.stop()


async def test_a_wish_that_nobody_could_ever_serve_leads_to_another_flow(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """No agent of the configuration has the skill: said, then the flow that knows what to do."""
    await cast.only("carla", of=AGENTS)
    call = await _dials(centre, cast, "imposible", "+34600222006")
    at = await ears.hears(call, SAID["imposible"], within_s=8)
    at = await ears.hears(call, SAID["recado"], within_s=10, after_ms=at)
    await ears.hears(call, SAID["adios"], within_s=10, after_ms=at)
    await call.wait_for(ENDED, within_s=5)

    record = await cast.record(number="+34600222006")
    assert (record["outcome"], record["ended_by"]) == ("completed_ivr", "system")


async def test_who_has_waited_too_long_is_answered_elsewhere_before_those_who_came_later(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """The clock goes along: in the general queue the caller stands before one who joined it earlier."""
    await cast.only(of=AGENTS)
    carla = await cast.agent("carla")
    early = await _dials(centre, cast, "lenta", "+34600222007")
    await ears.hears(early, NEXT, within_s=8)
    late = await _dials(centre, cast, "general", "+34600222008")
    await ears.hears(late, NEXT, within_s=8)
    at = await ears.hears(early, SAID["espera"], within_s=20)
    await ears.hears(early, NEXT, within_s=8, after_ms=at)
    assert await _queues(centre) == ["general", "general"]

    await cast.only("carla", of=AGENTS)
    leg = await carla.next_call(within_s=5)
    assert "+34600222007" in leg.peer
    await leg.answer()
    await leg.wait_for(UP, within_s=5)
    early.tone(440)
    await ears.hears_tone(leg, 440)
    await early.hangup()

    record = await cast.record(number="+34600222007")
    assert (record["outcome"], record["queue"]) == ("answered", "general")
    assert record["offers"][0]["explanation"]["waited_ms"] > TOO_LONG_MS
    waits = [s["queue"] for s in record["segments"] if s["kind"] == "waiting"]
    assert waits == ["lenta", "general"]


async def test_who_is_asked_for_patience_keeps_the_place(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Said once, with the place behind it and music after it; then announcements as before."""
    await cast.only(of=AGENTS)
    call = await _dials(centre, cast, "paciente", "+34600222009")
    at = await ears.hears(call, SAID["paciencia"], within_s=15)
    after = at + ears.lasts(SAID["paciencia"])
    place = await ears.hears(call, NEXT, within_s=5, after_ms=after - 200)
    assert place - after < 1_000
    again = await ears.hears(
        call, NEXT, within_s=ANNOUNCE_S + 8, after_ms=place + ears.lasts(NEXT) + ANNOUNCE_S * 500
    )
    assert ears.when(call, SAID["paciencia"], after_ms=after) is None
    assert any(ears.music_from(call, place + ears.lasts(NEXT) + 900, again - 200))
    assert await _queues(centre) == ["paciente"]


async def _dials(centre: Centre, cast: Cast, queue: str, number: str = "") -> SoftCall:
    caller = await cast.caller(number)
    call = await caller.dial(f"sip:{NUMBERS[queue]}@{centre.sip}")
    await call.wait_for(UP, within_s=8)
    return call


async def _signed_out(centre: Centre, *names: str) -> None:
    for name in names:
        await centre.http_post(f"/api/agents/{name}/presence", {"presence": "logged_out"})


async def _queues(centre: Centre) -> list[str]:
    """Where people wait now, by queue, one entry a person."""
    live: dict[str, Any] = await centre.http_get("/api/live")
    return sorted(contact["queue"] for contact in live["contacts"] if contact["phase"] == "waiting")
