"""Headless agents at a real centre: they sign in, take real calls and do what their scripts say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cti.softphone.baresip import BaresipStack
from cti.softphone.port import CallState
from tests.support.centre import Centre
from tests.support.headless import at_work, launch
from tests.support.polling import eventually
from tests.support.scene import Cast, Ears, config_text, write_config

pytestmark = pytest.mark.integration

UP, ENDED = CallState.UP, CallState.ENDED
AGENTS = {"ana": "{ventas: 8}", "bea": "{soporte: 7}", "carlos": "{ventas: 6}"}
"""Who calls 902 can only be for Ana, or for Carlos, who is not always there."""


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("headless")
    config = write_config(folder / "config", config_text(AGENTS))
    async with Centre.running(folder / "home", config) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def cast(centre: Centre, stack: BaresipStack) -> AsyncIterator[Cast]:
    yield Cast(centre, stack)


async def _call(centre: Centre, cast: Cast, number: str = "") -> Any:
    call = await (await cast.caller(number)).dial(f"sip:902@{centre.sip}")
    await call.wait_for(UP, within_s=10)
    return call


async def test_a_caller_is_answered_held_and_handed_over(
    centre: Centre, cast: Cast, ears: Ears, tmp_path: Path
) -> None:
    """
    Ana talks, holds, is back, asks Bea and leaves the caller to her: the caller hears each of them.

    What Ana writes is in the record, and both have gone home in the end.
    """
    ana = """
on_call:
  - {wait: 500ms}
  - {answer: yes}
  - {talk: 4s, tone: 440}
  - {hold: 3s}
  - {retrieve: yes}
  - {talk: 4s, tone: 660}
  - consult: {agent: bea}
    do:
      - {talk: 2s, tone: 550}
      - {complete_transfer: yes}
  - {note: quiere una lavadora}
  - {dispose: venta}
  - {wrap_up_done: yes}
  - {not_ready: café}
"""
    bea = "on_call: [{no_answer: yes}]\non_consult: [{wait: 1s}, {answer: yes}, {talk: end, tone: 880}]\n"
    async with at_work(centre, tmp_path, ana=ana, bea=bea) as team:
        call = await _call(centre, cast, "+34600555001")
        await ears.hears_tone(call, 440, within_s=40)
        await team["ana"].says("retiene")
        await eventually(lambda: ears.music_from(call, *_last_ms(call, 1_500)) == [True], 10, "music")
        await ears.hears_tone(call, 660, within_s=40)
        await ears.hears_tone(call, 880, within_s=40)
        await team["ana"].says("no disponible: café")
        await call.hangup()
        await team["bea"].says("la llamada ha terminado")
        assert await team["ana"].stop() == 0
        await eventually(lambda: _presence(cast, "ana", "logged_out"), 5, "ana is at home")

    record = await cast.record(number="+34600555001")
    talks = [segment["agent"] for segment in record["segments"] if segment["kind"] == "talking"]
    assert talks == ["ana", "bea"]
    assert record["hold_ms"] > 2_000 and record["transfers"] == 1
    assert [note["text"] for note in record["notes"]] == ["quiere una lavadora"]
    assert not [line for line in team["ana"].lines if "rechazado" in line]


async def test_who_is_asked_does_not_pick_up(centre: Centre, cast: Cast, ears: Ears, tmp_path: Path) -> None:
    """The script goes its other way, and the caller hears Ana again."""
    ana = """
on_call:
  - {answer: yes}
  - consult: {agent: bea}
    within: 3s
    do: [{complete_transfer: yes}]
    otherwise: [{talk: end, tone: 660}]
"""
    bea = "on_consult: [{no_answer: yes}]\n"
    async with at_work(centre, tmp_path, ana=ana, bea=bea) as team:
        call = await _call(centre, cast)
        await team["ana"].says("no lo coge: bea")
        await ears.hears_tone(call, 660, within_s=40)
        await team["bea"].says("el teléfono deja de sonar")
        await call.hangup()
        await team["ana"].says("la llamada ha terminado")


async def test_an_agent_declines_and_takes_a_break(
    centre: Centre, cast: Cast, ears: Ears, tmp_path: Path
) -> None:
    """The caller gets the next one, and Ana comes back from her break."""
    ana = (
        "on_call: [{wait: 300ms}, {decline: yes}, {not_ready: café}, {wait: 2s}, {ready: yes}]\n"
        "sign_in: [{ready: yes}]\n"
    )
    carlos = "on_call: [{answer: yes}, {talk: 3s, tone: 700}, {hang_up: yes}, {wrap_up_done: yes}]\n"
    async with (
        at_work(centre, tmp_path, ana=ana) as first,
        at_work(centre, tmp_path, carlos=carlos) as second,
    ):
        call = await _call(centre, cast, "+34600555002")
        await ears.hears_tone(call, 700, within_s=40)
        await first["ana"].says("no disponible: café")
        await second["carlos"].says("acaba el trabajo posterior")
        await eventually(lambda: first["ana"].lines[-1] == "disponible", 10, "ana is back")
        await call.wait_for(ENDED, within_s=40)
    record = await cast.record(number="+34600555002")
    assert [(offer["agent"], offer["result"]) for offer in record["offers"]] == [
        ("ana", "busy"),
        ("carlos", "accepted"),
    ]


async def test_three_talk_while_the_server_is_replaced(
    centre: Centre, cast: Cast, ears: Ears, tmp_path: Path
) -> None:
    """Killed in the middle of a script: the agents are back by themselves and the script goes on."""
    ana = """
on_call:
  - {answer: yes}
  - {talk: 12s, tone: 440}
  - {hold: 3s}
  - consult: {queue: soporte}
    do: [{conference: yes}, {talk: 10s}, {talk: end, tone: 660}]
"""
    bea = "on_consult: [{answer: yes}, {talk: 8s, tone: 880}, {talk: end}]\n"
    async with at_work(centre, tmp_path, ana=ana, bea=bea) as team:
        call = await _call(centre, cast)
        await ears.hears_tone(call, 440, within_s=40)
        centre.kill_server()
        await team["ana"].says("se ha perdido la conexión")
        await team["ana"].says("habla con los dos", within_s=40)
        await ears.hears_tone(call, 880, within_s=40)
        await ears.hears_tone(call, 660, within_s=40)
        assert not [line for agent in team.values() for line in agent.lines if "rechazado" in line]
        await call.hangup()
        for agent in team.values():
            await agent.says("la llamada ha terminado")


async def test_an_agent_elsewhere(centre: Centre, cast: Cast, ears: Ears, tmp_path: Path) -> None:
    """With address, token and telephone instead of the installation's folder, in English."""
    facts = centre.facts()
    url, token = facts["http"]["url"], facts["http"]["token"]
    account = facts["phones"]["ana"]
    sip = f"{account['user']}:{account['password']}@{centre.sip}"
    where = ["--url", url, "--lang", "en"]
    environ = {"CENTRALITA_TOKEN": token, "CENTRALITA_SIP": sip, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    ana = launch(tmp_path, "ana", None, where, environ)
    try:
        await ana.says("ready")
        call = await _call(centre, cast)
        await ana.says("picks up")
        await cast.talks("ana")
        await call.hangup()
        await ana.says("the call is over")
        assert await ana.stop() == 0
    finally:
        ana.kill()


@pytest.mark.parametrize(
    ("name", "script", "options", "says"),
    [
        ("anna", None, [], "¿quiso decir «ana»?"),
        ("ana", "on_call: [{anser: yes}]", [], "ana.yaml:2:12"),
        ("ana", "on_call: [{talk: 5s, play: nada.wav}]", [], "nada.wav"),
        ("ana", None, ["--url", "http://127.0.0.1:1"], "--token"),
    ],
)
async def test_who_cannot_begin_says_why(
    centre: Centre, tmp_path: Path, name: str, script: str | None, options: list[str], says: str
) -> None:
    """In one line, with how to mend it."""
    agent = launch(tmp_path, name, script, ["--home", str(centre.home), *options])
    try:
        assert await agent.ended() == 1
        assert says in agent.lines[-1]
    finally:
        agent.kill()


@pytest.mark.parametrize(
    ("name", "token", "says"), [("ana", "wrong", "--token"), ("anna", "", "¿quiso decir «ana»?")]
)
async def test_whom_the_centre_will_not_have_is_told(
    centre: Centre, tmp_path: Path, name: str, token: str, says: str
) -> None:
    """And nothing is tried again."""
    given = token or centre.facts()["http"]["token"]
    options = ["--url", centre.url, "--token", given, "--sip", f"ana:x@{centre.sip}"]
    agent = launch(tmp_path, name, None, options, {"XDG_CACHE_HOME": str(tmp_path / "cache")})
    try:
        assert await agent.ended() == 1
        assert says in agent.lines[-1]
    finally:
        agent.kill()


def _last_ms(call: Any, ms: int) -> tuple[int, int]:
    end = len(call.heard()) // 16
    return end - ms, end


async def _presence(cast: Cast, agent: str, presence: str) -> bool:
    return bool((await cast.live_agent(agent))["presence"] == presence)
