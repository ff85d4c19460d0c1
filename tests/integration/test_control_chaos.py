"""Commands in any order, with answers and hang-ups at any moment, on a real switch: what do people hear?"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
import wave
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from centralita.tasks import spawn
from cti.softphone.baresip import BaresipCall, BaresipStack, BaresipUserAgent
from cti.softphone.port import CallEndedFirst, CallState, Mark, NotInTime, on_clock
from tests.support.audio import longest_gap_ms, pcm_of
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import Cast, config_text, write_config

pytestmark = pytest.mark.integration

UP, ENDED = CallState.UP, CallState.ENDED
AGENTS = ("ana", "beto", "carla", "dani", "elsa")
CALLERS = 3
LASTS_S = 75.0
SILENCE_MAX_MS = 2_000
SLACK_MS = 500
"""Of a machine that is busy with all the others of the test."""
WANTED = ("hold", "retrieve", "consult", "complete_transfer", "cancel_consult", "conference", "transfer")
"""Commands that have to have been carried out at least once, or the test has shown nothing."""


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("caos")
    config = folder / "config"
    _steady_music(config / "musica")
    text = config_text(dict.fromkeys(AGENTS, "{ventas: 8, soporte: 8}")) + "music: {folder: musica}\n"
    async with Centre.running(folder / "home", write_config(config, text)) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def cast(centre: Centre, stack: BaresipStack) -> AsyncIterator[Cast]:
    yield Cast(centre, stack)


def _steady_music(folder: Path) -> None:
    """Without pauses, so that silence is never the music's."""
    folder.mkdir(parents=True)
    times = np.arange(8000 * 10) / 8000
    wave_form = (0.2 * np.sin(2 * np.pi * 330 * times)).astype(np.float32)
    with wave.open(str(folder / "musica.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(pcm_of(wave_form))


class Scene:
    """Everybody who takes part, and what was done."""

    def __init__(self, centre: Centre, cast: Cast, seed: int) -> None:
        self.centre, self.cast = centre, cast
        self.chance = random.Random(seed)
        self.until_s = time.monotonic() + LASTS_S
        self.calls: list[tuple[str, BaresipCall]] = []
        self.done: Counter[str] = Counter()
        self.story: list[str] = []

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.until_s

    def note(self, what: str) -> None:
        self.story.append(f"{time.monotonic() - self.until_s + LASTS_S:6.2f} {what}")

    async def agent(self, name: str, phone: BaresipUserAgent, hz: int) -> None:
        """Picks up mostly, refuses or lets it ring sometimes; may put the receiver down at any moment."""
        while not self.over:
            with contextlib.suppress(NotInTime):
                leg = await phone.next_call(within_s=0.5)
                await self._ring(name, leg, hz)

    async def _ring(self, name: str, leg: BaresipCall, hz: int) -> None:
        fate = self.chance.random()
        if fate < 0.1:
            self.note(f"{name} declines")
            await leg.decline()
        elif fate < 0.85:
            await self._sleep(0, 0.6)
            with contextlib.suppress(CallEndedFirst, NotInTime):
                await leg.answer()
                await leg.wait_for(UP, within_s=5)
                self.note(f"{name} picks up")
                leg.tone(hz)
                self.calls.append((name, leg))
                await self._talk(name, leg, self.chance.choice([4, 8, 25]))
        with contextlib.suppress(NotInTime):
            await leg.wait_for(ENDED, within_s=60)

    async def caller(self, name: str, phone: BaresipUserAgent, hz: int) -> None:
        while not self.over:
            call = await phone.dial(f"sip:902@{self.centre.sip}")
            with contextlib.suppress(CallEndedFirst, NotInTime):
                await call.wait_for(UP, within_s=10)
                call.tone(hz)
                self.calls.append((name, call))
                self.note(f"{name} calls")
                await self._talk(name, call, self.chance.choice([6, 15, 40]))
            await call.wait_for(ENDED, within_s=10)
            await self._sleep(0.2, 1)

    async def _talk(self, name: str, call: BaresipCall, longest_s: float) -> None:
        """Until the other side, or the end of all, or their own patience."""
        left_s = min(longest_s * self.chance.random() + 1, max(0.1, self.until_s - time.monotonic()))
        try:
            await call.wait_for(ENDED, within_s=left_s)
            self.note(f"{name} is hung up")
        except NotInTime:
            self.note(f"{name} hangs up")
            await call.hangup()

    async def orders(self) -> None:
        """Mostly what makes sense for somebody who talks now, sometimes anything."""
        while not self.over:
            await self._sleep(0.1, 0.7)
            live = await self.centre.http_get("/api/live")
            busy = [agent for agent in live["agents"] if agent["activity"] == "talking"]
            seldom = self.chance.random() < 0.25
            agent = self.chance.choice(live["agents"] if seldom or not busy else busy)
            command, more = self._order(agent, live)
            status, said = await self.centre.order(agent["id"], command, **more)
            assert status < 500, f"{command} {more} for {agent['id']}: {status} {said}"
            self.note(
                f"{agent['id']} {command} {more or ''} -> {status} {'' if status == 200 else said['title']}"
            )
            if status == 200:
                self.done[command] += 1

    def _order(self, agent: dict[str, Any], live: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        others = [a["id"] for a in live["agents"] if a["id"] != agent["id"] and a["activity"] == "idle"]
        other = self.chance.choice(others or [agent["id"]])
        to = self.chance.choice([{"agent": other}, {"agent": other}, {"queue": "soporte"}])
        sensible: Sequence[tuple[str, dict[str, Any]]]
        if self.chance.random() < 0.1:
            words = ("hold", "retrieve", "conference", "complete_transfer", "cancel_consult", "hang_up")
            sensible = [(word, {}) for word in words]
        elif agent["presence"] != "ready":
            sensible = [("ready", {})]
        elif agent["activity"] == "wrap_up":
            sensible = [("wrap_up_done", {})]
        elif agent.get("talk") == "consulting" and _rings(live, agent) and self.chance.random() < 0.8:
            sensible = [("ready", {})]  # patience: somebody may pick up
        elif agent.get("talk") == "consulting":
            sensible = [
                (word, {})
                for word in ("complete_transfer", "complete_transfer", "conference", "cancel_consult")
            ]
        elif agent.get("talk") == "held":
            sensible = [("retrieve", {}), ("consult", {"to": to})]
        elif agent["activity"] == "talking":
            sensible = [
                ("hold", {}),
                ("consult", {"to": to}),
                ("consult", {"to": to}),
                ("transfer", {"to": to}),
            ]
        else:
            sensible = [("ready", {})]
        # Each of them once: the dice alone leave one out now and then.
        new = [order for order in sensible if order[0] in WANTED and not self.done[order[0]]]
        return self.chance.choice(new or sensible)

    async def _sleep(self, least_s: float, most_s: float) -> None:
        await asyncio.sleep(self.chance.uniform(least_s, most_s))


@pytest.mark.parametrize("seed", [1])
async def test_nobody_is_left_in_silence_or_alone(centre: Centre, cast: Cast, seed: int) -> None:
    """For more than a minute everybody does as they like; every second of every call was heard afterwards."""
    scene = Scene(centre, cast, seed)
    phones = [await cast.agent(name) for name in AGENTS]
    await cast.all_ready(*AGENTS)
    callers = [await cast.caller() for _ in range(CALLERS)]
    tasks = [
        *(
            scene.agent(name, phone, 500 + 90 * n)
            for n, (name, phone) in enumerate(zip(AGENTS, phones, strict=True))
        ),
        *(scene.caller(f"caller{n}", phone, 1000 + 90 * n) for n, phone in enumerate(callers)),
        scene.orders(),
    ]
    scene.until_s = time.monotonic() + LASTS_S
    try:
        await asyncio.gather(*(spawn(task, name=f"chaos {n}") for n, task in enumerate(tasks)))

        async def empty() -> bool:
            live = await centre.http_get("/api/live")
            return not live["contacts"] and not await centre.channels()

        await eventually(empty, 15, "nobody is left on the line", every_s=0.5)
        live = await centre.http_get("/api/live")
        assert {a["activity"] for a in live["agents"]} <= {"idle", "wrap_up"}
        silent = {f"{name} {n}": _silence_ms(call) for n, (name, call) in enumerate(scene.calls)}
        scene.note(f"{len(scene.calls)} calls; {scene.done}; longest silences {sorted(silent.values())[-5:]}")
        too_long = {who: ms for who, ms in silent.items() if ms > SILENCE_MAX_MS + SLACK_MS}
        assert not too_long, too_long
        missing = [word for word in WANTED if not scene.done[word]]
        assert not missing, f"never carried out: {missing}; {scene.done}"
    except BaseException as failure:
        failure.add_note("\n".join(scene.story))
        raise


def _rings(live: dict[str, Any], agent: dict[str, Any]) -> bool:
    """Whom this agent asks has not picked up yet."""
    mine = next((c for c in live["contacts"] if c["agent"] == agent["id"]), None)
    return mine is not None and mine["consult"] is not None and mine["consult"]["state"] == "ringing"


def _silence_ms(call: BaresipCall) -> int:
    """The longest silence between picking up and the end; where nothing was received there is silence."""
    began_s, pcm = on_clock(call.chunks())
    up_s, ended_s = call.at_s(Mark.UP), call.at_s(Mark.ENDED)
    assert up_s is not None and ended_s is not None
    if not pcm:
        return int((ended_s - up_s) * 1000)
    before_ms = int((began_s - up_s) * 1000)
    after_ms = int((ended_s - began_s) * 1000) - len(pcm) // 16
    return longest_gap_ms(bytes(max(0, before_ms) * 16) + pcm + bytes(max(0, after_ms) * 16))
