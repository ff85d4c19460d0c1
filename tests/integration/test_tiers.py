"""Handed over to the next tier, and back in the old place: with real SIP, judged by what each party hears."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cti.softphone.port import CallState, SoftCall
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import ANNOUNCE_S, NEXT, ONE_AHEAD, Cast, Ears, write_config

pytestmark = pytest.mark.integration

UP, ENDED = CallState.UP, CallState.ENDED
AGENTS = ["ana", "beto"]
GOODBYE = "Gracias por llamar a la empresa de los niveles. Hasta otro día."
NOTE = "ya ha reiniciado el aparato dos veces"

CONFIG = f"""
schema: acd/1
name: Centro de los niveles
languages: [es]
routing: {{policy: fair}}
skills: {{ventas: 0..10, tecnica: 0..10}}
agents:
  ana: {{name: Ana, phone: ana, skills: {{ventas: 7}}}}
  beto: {{name: Beto, phone: beto, skills: {{tecnica: 7}}}}
phones: {{ana: {{}}, beto: {{}}}}
entry: {{"900": {{flow: primero}}}}
flows:
  primero: {{start: cola, nodes: {{cola: {{enqueue: nivel1}}}}}}
queues:
  nivel1:
    need: ["ventas >= 5/10"]
    escalate: nivel2
    place_back: 5m
    {{ring}}
    wrap: {{for: 30s, extend: 1, extend_by: 60s}}
    {{rest}}
  nivel2:
    need: ["tecnica >= 5/10"]
    {{ring}}
    wrap: {{for: 2s}}
    {{rest}}
prompts: {{despedida: {{es: "{GOODBYE}"}}}}
""".replace("{ring}", "ring: {for: 20s}").replace(
    "{rest}",
    f"announce_every: {ANNOUNCE_S}s\n    short_abandon: 1s\n    on: {{closed: keep_waiting, "
    "full: {limit: 100, to: keep_waiting}, nobody_signed_in: keep_waiting, "
    "nobody_could_ever: keep_waiting, waited: {1h: keep_waiting}}",
)


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("niveles")
    async with Centre.running(folder / "home", write_config(folder / "config", CONFIG)) as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


async def test_an_agent_hands_the_caller_over_to_the_next_tier(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """Ana's phone is free at once; the caller hears music, then Beto, who sees what was before."""
    await cast.only(*AGENTS, of=AGENTS)
    ana, beto = await cast.agent("ana"), await cast.agent("beto")
    call = await _dials(centre, cast, "+34600333001")
    first = await ana.next_call(within_s=5)
    await first.answer()
    await first.wait_for(UP, within_s=5)
    await eventually(lambda: _does(cast, "ana", "talking"), 3, "ana talks")
    seen = centre.events()
    await seen.first("hello", within_s=5)
    contact = (await cast.live_agent("ana"))["contact_id"]
    await centre.http_post("/api/agents/ana/escalate", {"contact": contact, "note": NOTE})

    await first.wait_for(ENDED, within_s=3)
    handed = len(call.heard()) // 16
    second = await beto.next_call(within_s=8)
    pop = (await seen.first("offer.announced", within_s=2))["data"]
    assert pop["queue"] == "nivel2"
    assert [note["text"] for note in pop["earlier"]["notes"]] == [NOTE]
    talks = [part for part in pop["earlier"]["segments"] if part["kind"] == "talking"]
    assert [(part["agent"], part["queue"]) for part in talks] == [("ana", "nivel1")]
    await eventually(lambda: _hears_music(ears, call, handed), 12, "music, once they know", every_s=0.5)
    await second.answer()
    await second.wait_for(UP, within_s=5)
    call.tone(440)
    second.tone(880)
    await ears.hears_tone(second, 440)
    await ears.hears_tone(call, 880)
    assert (await cast.live_agent("ana"))["activity"] == "wrap_up"
    await second.hangup()
    await call.wait_for(ENDED, within_s=8)
    await seen.close()

    record = await cast.record(number="+34600333001")
    kinds = [(part["kind"], part["agent"]) for part in record["segments"] if part["kind"] == "talking"]
    assert kinds == [("talking", "ana"), ("talking", "beto")]
    assert (record["outcome"], record["queue"]) == ("answered", "nivel2")
    assert [note["text"] for note in record["notes"]] == [NOTE]
    # Since the first queue was joined: the clock that decides places went on.
    assert record["offers"][1]["explanation"]["waited_ms"] > record["offers"][0]["explanation"]["waited_ms"]
    await _wrap_up_is_extended_once(centre, cast)
    await _explained(centre, record["id"])


async def _wrap_up_is_extended_once(centre: Centre, cast: Cast) -> None:
    """Ana still wraps up: more time once, then the reason why no more."""
    before = await cast.live_agent("ana")
    assert before["wrap_extensions"] == 1
    await centre.http_post("/api/agents/ana/wrap-up/extend", {})
    after = await cast.live_agent("ana")
    assert after["wrap_until_ms"] - before["wrap_until_ms"] == 60_000
    assert after["wrap_extensions"] == 0
    await centre.http_post("/api/agents/ana/wrap-up/done", {})
    await eventually(lambda: _does(cast, "ana", "idle"), 3, "ana ready again")


async def _explained(centre: Centre, contact_id: str) -> None:
    """The API and the command tell the same; run again from the journal, the engine decides the same."""
    told: dict[str, Any] = await centre.http_get(f"/api/contacts/{contact_id}/explain?agent=beto")
    assert [offer["why_not"]["code"] for offer in told["offers"]] == ["reason", "chosen"]
    assert told["offers"][0]["why_not"]["es"] == "ventas 0 < 5"
    command = [sys.executable, "-m", "centralita", "explain", contact_id, "--home", str(centre.home)]
    assert (await _output(*command, "--agent", "beto")).strip() == told["text"]
    reruns = json.loads(await _output(*command, "--rerun", "--json"))["reruns"]
    assert [(one["done"], one["same"], one["differences"]) for one in reruns] == [(True, True, [])] * 2


async def _output(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def test_who_hung_up_waiting_gets_the_place_back_once(centre: Centre, cast: Cast, ears: Ears) -> None:
    """First of two; hangs up, calls again: first once more. Hangs up again: then behind the other."""
    await cast.only(of=AGENTS)
    early = await _dials(centre, cast, "+34600333002")
    await ears.hears(early, NEXT, within_s=10)
    other = await _dials(centre, cast, "+34600333003")
    await ears.hears(other, ONE_AHEAD, within_s=10)
    seen = centre.events()
    await seen.first("hello", within_s=5)
    await early.hangup()
    await seen.first("contact.closed", within_s=5)

    again = await _dials(centre, cast, "+34600333002")
    back = (await seen.first("contact.placed_back", within_s=8))["data"]
    assert (back["queue"], back["position"]) == ("nivel1", 1)
    await ears.hears(again, NEXT, within_s=10)
    seen.messages.clear()
    await again.hangup()
    await seen.first("contact.closed", within_s=5)

    third = await _dials(centre, cast, "+34600333002")
    await ears.hears(third, ONE_AHEAD, within_s=10)
    assert all(message["type"] != "contact.placed_back" for message in seen.messages)
    await seen.close()


async def _dials(centre: Centre, cast: Cast, number: str) -> SoftCall:
    call = await (await cast.caller(number)).dial(f"sip:900@{centre.sip}")
    await call.wait_for(UP, within_s=8)
    return call


async def _hears_music(ears: Ears, call: SoftCall, after_ms: int) -> bool:
    """In the last second; looked for off the loop, which has to keep the audio flowing."""
    now_ms = len(call.heard()) // 16
    return now_ms - after_ms > 2_000 and any(
        await asyncio.to_thread(ears.music_from, call, now_ms - 1_000, now_ms)
    )


async def _does(cast: Cast, name: str, wanted: str) -> bool:
    return bool((await cast.live_agent(name))["activity"] == wanted)
