"""What stands behind flows, through the whole product: surveys, messages, hand-overs, calls back."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from cti.softphone.baresip import BaresipStack, BaresipUserAgent
from cti.softphone.port import CallState
from cti.softphone.voice import tone_pcm
from tests.support import carrier
from tests.support.audio import tone_ms
from tests.support.carrier import Carrier
from tests.support.centre import Centre
from tests.support.flow_centre import TOKEN, Crm, Guest, answers_of, no_trouble, put_customer
from tests.support.flow_config import PROMPTS, flows_config
from tests.support.polling import eventually
from tests.support.scene import Cast, Ears, write_config

pytestmark = pytest.mark.integration

UP, ENDED = CallState.UP, CallState.ENDED
AGENTS = ["ana", "beto"]
ES = {name: texts[0] for name, texts in PROMPTS.items()}
ZOE = "911234567"
MARTA = "+34600800001"
VOICE_HZ = 700

ENTRIES = """
  "917": {flow: llamada}
  "919": {flow: fuera}
"""
FLOWS = """
  llamada:
    start: ofrecer
    on: {too_many: persona, failure: persona, no_input: again, no_match: again, hang_up: end}
    nodes:
      ofrecer: {callback: ventas, offer: le_llamamos, accepted: adios, declined: persona}
      adios: {goodbye: despedida}
      persona: {enqueue: general}
  fuera:
    start: pasar
    on: {too_many: persona, failure: no_contesta, no_input: again, no_match: again, hang_up: end}
    nodes:
      pasar: {transfer: {number: "<zoe>"}, ring: 8s}
      no_contesta: {say: no_contesta, next: persona}
      persona: {enqueue: general}
"""


@pytest_asyncio.fixture(scope="module")
async def crm() -> AsyncIterator[Crm]:
    async with Crm.running() as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def network(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Carrier]:
    async with carrier.running(tmp_path_factory.mktemp("carrier"), [ZOE]) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def centre(
    crm: Crm, network: Carrier, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("detras")
    home = folder / "home"
    home.mkdir()
    secrets = {"lookups": {"crm": TOKEN}, "trunks": {"operador": carrier.PASSWORD}}
    (home / "secrets.json").write_text(json.dumps(secrets))
    trunk = (
        f"trunks: {{operador: {{host: '{network.sip}', register: true, user: {carrier.ACCOUNT}, "
        "caller_id: '+34910000001', allow: ['9xxxxxxxx']}}"
    )
    text = flows_config(crm.url, more=trunk, entries=ENTRIES, flows=FLOWS.replace("<zoe>", ZOE))
    async with Centre.running(home, write_config(folder / "config", text)) as running:
        await put_customer(running, "C-1", "Marta Ruiz", MARTA, "12345678Z", "oro")
        yield running
        assert no_trouble(running) == []


@pytest_asyncio.fixture(scope="module")
async def zoe(network: Carrier, stack: BaresipStack) -> AsyncIterator[BaresipUserAgent]:
    phone = await stack.user_agent(ZOE, network.sip, ZOE, register_every_s=60)
    await phone.register()
    yield phone
    # While its network is still there.
    await phone.close()


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast, crm: Crm) -> AsyncIterator[None]:
    crm.asked.clear()
    crm.told.clear()
    await cast.only(of=AGENTS)
    yield
    await cast.everybody_hangs_up()


async def _talks_and_is_let_go(centre: Centre, cast: Cast, entry: str, number: str) -> Guest:
    """Through the queue to Ana, who hangs up first."""
    await cast.only("ana", of=AGENTS)
    guest = await Guest.dials(centre, cast, entry, number)
    if entry == "920":
        await guest.keys("elegir", "1")
    leg = await cast.takes("ana", within_s=15)
    await leg.hangup()
    return guest


async def test_a_survey_after_the_talk_is_kept_answer_by_answer(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """Each answer at once, with agent, queue, reason and segment; the figures are those of who answered."""
    guest = await _talks_and_is_let_go(centre, cast, "920", MARTA)
    await ears.hears(guest.call, ES["p_trato"], within_s=20)
    await guest.call.send_dtmf("5")

    async def first() -> bool:
        kept = await answers_of(centre, guest.contact)
        assert [(a["question"], a["value"]) for a in kept] == [("trato", 5)], kept
        told = {name: kept[0][name] for name in ("agent", "queue", "intent", "segment", "survey")}
        wanted = {"agent": "ana", "queue": "ventas", "intent": "Un pedido", "segment": "oro"}
        assert told == {**wanted, "survey": "atencion"}
        return True

    await eventually(first, 10, "the first answer is kept while the second is asked")
    await ears.hears(guest.call, ES["p_resuelto"], within_s=15)
    await guest.call.send_dtmf("4")
    await ears.hears(guest.call, ES["gracias"], within_s=15)
    await guest.call.wait_for(ENDED, within_s=10)
    assert (await guest.record())["outcome"] == "answered"
    figures = await centre.http_get("/api/surveys/atencion")
    assert (figures["contacts"], figures["finished"], figures["answers"]) == (1, 1, 2)
    means = {question["question"]: question["mean"] for question in figures["questions"]}
    assert means == {"trato": 5.0, "resuelto": 4.0}


async def test_a_survey_that_is_left_half_way_keeps_what_was_said(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """One answer, then a hang-up: it counts as answered, not as finished."""
    before = await centre.http_get("/api/surveys/atencion")
    guest = await _talks_and_is_let_go(centre, cast, "920", "+34600800002")
    await ears.hears(guest.call, ES["p_trato"], within_s=20)
    await guest.call.send_dtmf("2")
    await ears.hears(guest.call, ES["p_resuelto"], within_s=15)
    await guest.call.hangup()
    record = await guest.record()
    assert record["outcome"] == "answered"
    assert [(a["question"], a["value"]) for a in await answers_of(centre, guest.contact)] == [("trato", 2)]
    after = await centre.http_get("/api/surveys/atencion")
    assert after["contacts"] - before["contacts"] == 1
    assert after["finished"] == before["finished"]


async def test_who_is_not_in_the_sample_is_asked_nothing(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Of 0 %, nobody: goodbye at once."""
    guest = await _talks_and_is_let_go(centre, cast, "921", "+34600800003")
    await ears.hears(guest.call, ES["despedida"], within_s=15)
    await guest.call.wait_for(ENDED, within_s=10)
    assert ears.when(guest.call, ES["p_trato"]) is None
    assert await answers_of(centre, guest.contact) == []


async def _audio(centre: Centre, path: str) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {centre.facts()['http']['token']}"}
    async with aiohttp.ClientSession(headers=headers) as http, http.get(centre.url + path) as answer:
        return answer.status, await answer.read()


async def test_a_message_is_what_was_said(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Three seconds of a tone: listed with who and how long, downloaded, heard by somebody, deleted."""
    guest = await Guest.dials(centre, cast, "916", MARTA)
    await ears.hears(guest.call, ES["deje_mensaje"], within_s=15)
    folder = centre.home / "voicemail/ventas"
    await eventually(lambda: list(folder.glob(f"{guest.contact}*")), 10, "the recording has begun")
    guest.call.say(tone_pcm(VOICE_HZ, duration_ms=3_000))
    await ears.hears(guest.call, ES["despedida"], within_s=20)
    await guest.call.wait_for(ENDED, within_s=10)
    assert (await guest.record())["outcome"] == "voicemail"

    async def listed() -> dict[str, Any]:
        found = (await centre.http_get("/api/voicemail?box=ventas&unheard=true"))["messages"]
        mine = [message for message in found if message["contact_id"] == guest.contact]
        assert len(mine) == 1, found
        return dict(mine[0])

    message = await eventually(listed, 10, "the message is in the list")
    assert (message["number"], message["name"], message["ref"]) == (MARTA, "Marta Ruiz", "C-1")
    assert 3_000 <= message["length_ms"] <= 8_000 and message["heard_ms"] is None
    status, wav = await _audio(centre, f"/api/voicemail/{message['id']}/audio")
    assert status == 200
    with wave.open(io.BytesIO(wav), "rb") as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        pcm = sound.readframes(sound.getnframes())
    assert len(pcm) // 16 == message["length_ms"]
    assert 2_700 <= tone_ms(pcm, VOICE_HZ) <= 3_100

    await centre.http_post(f"/api/voicemail/{message['id']}/heard")
    assert (await centre.http_get("/api/voicemail?unheard=true"))["messages"] == []
    (heard,) = (await centre.http_get("/api/voicemail"))["messages"]
    assert heard["heard_ms"] is not None and heard["heard_by"]
    await centre._request("DELETE", f"/api/voicemail/{message['id']}", None)
    assert (await centre.http_get("/api/voicemail"))["messages"] == []
    assert (await _audio(centre, f"/api/voicemail/{message['id']}/audio"))[0] == 404
    await eventually(lambda: list(folder.iterdir()) == [], 5, "the file has gone")


async def test_silence_is_no_message(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Nothing said: no message, said so, and the exit for it."""
    guest = await Guest.dials(centre, cast, "916", "+34600800004")
    await ears.hears(guest.call, ES["nada_dicho"], within_s=25)
    await guest.is_in("waiting", "general")
    assert (await centre.http_get("/api/voicemail"))["messages"] == []


async def test_hanging_up_ends_a_message(centre: Centre, cast: Cast, ears: Ears) -> None:
    """As most do: what was said until then is kept."""
    guest = await Guest.dials(centre, cast, "916", "+34600800005")
    await ears.hears(guest.call, ES["deje_mensaje"], within_s=15)
    folder = centre.home / "voicemail/ventas"
    await eventually(lambda: list(folder.glob(f"{guest.contact}*")), 10, "the recording has begun")
    guest.call.say(tone_pcm(VOICE_HZ, duration_ms=2_500))
    await eventually(lambda: not guest.call.saying(), 10, "said")
    await guest.call.hangup()

    async def listed() -> Any:
        return (await centre.http_get("/api/voicemail"))["messages"]

    (message,) = await eventually(listed, 10, "the message is in the list")
    assert message["contact_id"] == guest.contact
    assert (await guest.record())["outcome"] == "voicemail"
    await centre._request("DELETE", f"/api/voicemail/{message['id']}", None)


async def test_hanging_up_without_a_word_is_no_message(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Asked for one, and gone: given up in the menu, as ever."""
    guest = await Guest.dials(centre, cast, "916", "+34600800015")
    await ears.hears(guest.call, ES["deje_mensaje"], within_s=15)
    folder = centre.home / "voicemail/ventas"
    await eventually(lambda: list(folder.glob(f"{guest.contact}*")), 10, "the recording has begun")
    await guest.call.hangup()
    assert (await guest.record())["outcome"] == "abandoned_ivr"
    assert (await centre.http_get("/api/voicemail"))["messages"] == []


async def test_a_hand_over_to_an_agent_by_name(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Ana answers, and it is a talk like any other; she declines, and the flow goes on from there."""
    await cast.only("ana", "beto", of=AGENTS)
    guest = await Guest.dials(centre, cast, "918", "+34600800006")
    leg = await cast.takes("ana", within_s=15)
    guest.call.tone(440)
    leg.tone(880)
    await ears.hears_tone(leg, 440)
    await ears.hears_tone(guest.call, 880)
    await leg.hangup()
    await guest.call.wait_for(ENDED, within_s=15)
    record = await guest.record()
    assert (record["outcome"], record["offers"][-1]["agent"]) == ("answered", "ana")

    await cast.only("ana", of=AGENTS)
    again = await Guest.dials(centre, cast, "918", "+34600800007")
    await (await cast.bell("ana", within_s=15)).decline()
    await ears.hears(again.call, ES["no_contesta"], within_s=15)
    await again.is_in("waiting", "general")
    assert [step["node"] for step in (await again.ivr())["path"]] == ["pasar", "no_contesta", "persona"]


async def test_a_hand_over_to_a_number_outside(
    centre: Centre, cast: Cast, ears: Ears, network: Carrier, zoe: BaresipUserAgent
) -> None:
    """Zoe answers and they talk; she declines, and the flow goes on; the agents are not rung at all."""
    before = len(network.received())
    guest = await Guest.dials(centre, cast, "919", "+34600800008")
    leg = await zoe.next_call(within_s=20)
    await leg.answer()
    guest.call.tone(440)
    leg.tone(880)
    await ears.hears_tone(leg, 440, within_s=10)
    await ears.hears_tone(guest.call, 880, within_s=10)
    await leg.hangup()
    await guest.call.wait_for(ENDED, within_s=20)
    await guest.record()

    again = await Guest.dials(centre, cast, "919", "+34600800009")
    await (await zoe.next_call(within_s=20)).decline()
    await ears.hears(again.call, ES["no_contesta"], within_s=20)
    await again.is_in("waiting", "general")
    assert [call.called for call in network.received()[before:]] == [ZOE, ZOE]


async def test_a_caller_leaves_and_is_called_before_who_came_later(
    centre: Centre, cast: Cast, ears: Ears, network: Carrier, zoe: BaresipUserAgent
) -> None:
    """Accepted by key 1, thanked, gone; one call when Ana is free, and the later caller is second."""
    await cast.agent("ana")
    before = len(network.received())
    guest = await Guest.dials(centre, cast, "917", f"+34{ZOE}")
    await guest.keys("ofrecer", "1")
    await ears.hears(guest.call, ES["despedida"], within_s=15)
    await guest.call.wait_for(ENDED, within_s=10)
    later = await Guest.dials(centre, cast, "920", "+34600800010")
    await later.keys("elegir", "1")
    await later.is_in("waiting", "ventas")
    assert ((await later.live()) or {})["position"] == 2
    assert network.received()[before:] == []
    await cast.all_ready("ana")
    bell = await cast.bell("ana", within_s=15)
    await bell.answer()
    leg = await zoe.next_call(within_s=20)
    await leg.answer()
    await guest.is_in("talking", within_s=15)
    leg.tone(440)
    await ears.hears_tone(bell, 440, within_s=10)
    await bell.hangup()
    await ears.hears(leg, ES["p_trato"], within_s=20)  # like anybody else who has talked to an agent
    await leg.hangup()
    record = await guest.record()
    assert (record["outcome"], record["queue"]) == ("answered", "ventas")
    assert [call.called for call in network.received()[before:]] == [ZOE]
    await later.call.hangup()
