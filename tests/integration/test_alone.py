"""What the switch does for callers when our server does not: nobody is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cti.softphone.port import CallState, Mark
from tests.integration.conftest import AGENTS
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import ANNOUNCE_S, NEXT, PROMPTS, Cast, Ears, config_text, write_config

pytestmark = pytest.mark.integration

FALLBACK_S = 8
UP, ENDED, RINGING = CallState.UP, CallState.ENDED, CallState.RINGING


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("alone")
    config = write_config(folder / "config", config_text(AGENTS, fallback_s=FALLBACK_S))
    async with Centre.running(folder / "home", config) as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


async def test_the_bell_stops_while_the_server_is_dead(centre: Centre, cast: Cast) -> None:
    """Server frozen, phone ringing, caller hangs up: the switch itself silences the bell within a second."""
    await cast.only("ana", of=list(AGENTS))
    ana = await cast.agent("ana")
    call = await (await cast.caller()).dial(f"sip:902@{centre.sip}")
    leg = await ana.next_call(within_s=5)
    await leg.wait_for(RINGING, within_s=2)
    await eventually(lambda: _offered(cast), 2, "ana offered")
    frozen = centre.kill_server(signal.SIGSTOP)
    await call.hangup()
    left_s = call.at_s(Mark.ENDED)
    await leg.wait_for(ENDED, within_s=1)
    assert left_s is not None
    assert (leg.at_s(Mark.ENDED) or 0) - left_s < 0.2
    # The supervisor notices the silence and replaces the server.
    await eventually(lambda: centre.server_pid() != frozen, 20, "another server")
    await eventually(lambda: _healthy(centre), 20, "healthy again")


async def test_a_caller_whose_every_entry_fails_reaches_the_fallback_phone(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """The server lives but turns this caller away each time: message, then the fallback telephone rings."""
    guard = await cast.agent_phone("guardia")
    nonce = centre.facts()["agi_nonce"]
    await centre.cli("dialplan set global CC_NONCE wrong")
    try:
        call = await (await cast.caller()).dial(f"sip:900@{centre.sip}")
        await call.wait_for(UP, within_s=5)
        ringing = await guard.next_call(within_s=40)
        await ears.hears(call, PROMPTS["averia"], within_s=5)
        await ringing.answer()
        await ringing.wait_for(UP, within_s=3)
        ringing.tone(880)
        await ears.hears_tone(call, 880)
        await ringing.hangup()
        await call.wait_for(ENDED, within_s=5)
    finally:
        await centre.cli(f"dialplan set global CC_NONCE {nonce}")


async def test_everybody_reaches_the_fallback_when_the_server_stays_away(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """Nobody restarts the server: a waiting caller and a new one both reach the fallback phone in time."""
    await cast.only(of=list(AGENTS))
    guard = await cast.agent_phone("guardia")
    waiting = await (await cast.caller()).dial(f"sip:902@{centre.sip}")
    joined = await ears.hears(waiting, NEXT, within_s=8)
    supervisor = centre.facts()["pids"]["supervisor"]
    os.kill(supervisor, signal.SIGSTOP)
    try:
        centre.kill_server(signal.SIGKILL)
        new = await (await cast.caller()).dial(f"sip:902@{centre.sip}")
        await new.wait_for(UP, within_s=5)
        for _ in range(2):
            ringing = await guard.next_call(within_s=FALLBACK_S + ANNOUNCE_S + 20)
            await ringing.answer()
            await ringing.wait_for(UP, within_s=3)
            ringing.tone(880)
        await ears.hears_tone(waiting, 880)
        await ears.hears_tone(new, 880)
        await ears.hears(waiting, PROMPTS["averia"], within_s=2, after_ms=joined)
        # The server comes back: callers who talk to the fallback are left in peace.
        os.kill(supervisor, signal.SIGCONT)
        await eventually(lambda: _healthy(centre), 20, "healthy again")
        phases = {c["phase"] for c in (await centre.http_get("/api/live"))["contacts"]}
        assert phases == {"fallback"}
        await ears.hears_tone(waiting, 880)
    finally:
        os.kill(supervisor, signal.SIGCONT)


async def test_music_plays_while_the_server_is_away_and_the_caller_comes_back(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """kill -9 with a caller in the menu: music, then the menu again at the node where the caller was."""
    await cast.only(of=list(AGENTS))
    call = await (await cast.caller()).dial(f"sip:900@{centre.sip}")
    await ears.hears(call, PROMPTS["bienvenida"], within_s=8)
    await ears.hears(call, PROMPTS["opciones"], within_s=15)
    supervisor = centre.facts()["pids"]["supervisor"]
    os.kill(supervisor, signal.SIGSTOP)
    try:
        centre.kill_server(signal.SIGKILL)
        killed = len(call.heard()) // 16
        await eventually(lambda: len(call.heard()) // 16 > killed + 3_300, 6, "3 s more of audio")
    finally:
        # Before anything is looked at: while the server stays away callers go to the fallback telephone.
        os.kill(supervisor, signal.SIGCONT)
    await ears.hears(call, PROMPTS["opciones"], within_s=20, after_ms=killed + 3_000)
    assert all(ears.music_from(call, killed + 200, killed + 3_200))
    assert ears.when(call, PROMPTS["bienvenida"], after_ms=killed) is None


async def _offered(cast: Cast) -> bool:
    return bool((await cast.live_agent("ana"))["activity"] == "offered")


async def _healthy(centre: Centre) -> bool:
    return await centre.health() == 200
