"""A demonstration agent: a registered SIP phone with habits."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

import structlog

from centralita.demo.desk import Desk
from centralita.demo.people import AGENT_SAYS, PAUSES
from centralita.demo.voices import Voices
from cti.softphone.port import CallEndedFirst, CallState, NotInTime, SipUserAgent, SoftCall

_log = structlog.get_logger("demo.agents")

DECLINES, IGNORES, PAUSED = 0.04, 0.04, 0.08
"""Chances, per call: declines it, lets it ring, takes a break afterwards."""
TALK_MEDIAN_S, TALK_SPREAD = 40.0, 0.5
HANGS_UP_FIRST = 0.4


@dataclass(frozen=True, slots=True)
class World:
    """What everybody in the demonstration shares."""

    desk: Desk
    voices: Voices
    chance: random.Random


async def work(name: str, phone: SipUserAgent, world: World) -> None:
    """Take calls for ever, as people do."""
    while True:
        try:
            call = await phone.next_call(within_s=3_600)
        except NotInTime:
            continue
        try:
            await _take(name, call, world)
        except (CallEndedFirst, NotInTime) as end:
            _log.debug("demo.call_over", agent=name, why=str(end))


async def _take(name: str, call: SoftCall, world: World) -> None:
    chance = world.chance
    mood = chance.random()
    if mood < DECLINES:
        await asyncio.sleep(chance.uniform(1, 3))
        await call.decline()
        return
    if mood < DECLINES + IGNORES:
        await call.wait_for(CallState.ENDED, within_s=180)
        await asyncio.sleep(chance.uniform(15, 40))
        await world.desk.presence(name, "ready")
        return
    await asyncio.sleep(chance.uniform(1, 4))
    await call.answer()
    await call.wait_for(CallState.UP, within_s=5)
    await _talk(call, world)
    await _afterwards(name, world)


async def _talk(call: SoftCall, world: World) -> None:
    chance = world.chance
    call.say(world.voices.speech(AGENT_SAYS["es"], "es", before_ms=300, between_ms=6_000))
    lasts_s = chance.lognormvariate(0, TALK_SPREAD) * TALK_MEDIAN_S
    try:
        await call.wait_for(CallState.ENDED, within_s=lasts_s)
    except NotInTime:
        if chance.random() < HANGS_UP_FIRST:
            await call.hangup()
        await call.wait_for(CallState.ENDED, within_s=600)


async def _afterwards(name: str, world: World) -> None:
    chance = world.chance
    if chance.random() < PAUSED:
        await world.desk.presence(name, "not_ready", chance.choice(PAUSES))
        await asyncio.sleep(chance.uniform(20, 60))
        await world.desk.presence(name, "ready")
    elif chance.random() < 0.5:
        await asyncio.sleep(chance.uniform(3, 12))
        await world.desk.wrap_up_done(name)
