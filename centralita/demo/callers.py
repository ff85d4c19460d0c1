"""Demonstration callers: they come at random, press keys, wait or lose patience, talk and hang up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

import structlog

from centralita.demo.people import CALLER_SAYS, ERRANDS, PEOPLE, Errand, Person
from centralita.headless.voice import Voice
from cti.softphone.port import CallEndedFirst, CallState, NotInTime, SipUserAgent, SoftCall
from cti.spawn import Spawn

_log = structlog.get_logger("demo.callers")

BETWEEN_S = 5.0
"""Mean time between two callers."""
PATIENCE_S = 150.0
"""Mean time that somebody stays on the line who is not (yet) talking."""
LEAVES_IN_MENU = 0.03
THINKS_S = (2.5, 7.0)
"""Before a key is pressed."""


class Street:
    """
    Everybody who might call.

    Args:
        phones: By number, one for each person.
        target: SIP URI to dial.
        voice: With everything made that callers say.
        chance: Who calls when, and how long they stay.
        spawn: Runs each call.
    """

    def __init__(
        self,
        phones: Mapping[str, SipUserAgent],
        target: str,
        voice: Voice,
        chance: random.Random,
        spawn: Spawn,
    ) -> None:
        self._phones, self._target, self._voice = phones, target, voice
        self._chance, self._spawn = chance, spawn
        self._free = list(PEOPLE)

    async def live(self) -> None:
        """Callers come for ever, at random moments; who is on the line does not call twice."""
        chance = self._chance
        while True:
            await asyncio.sleep(chance.expovariate(1 / BETWEEN_S))
            if self._free:
                person = self._free.pop(chance.randrange(len(self._free)))
                self._spawn(self._call(person), name=f"demo {person.number}")

    async def _call(self, person: Person) -> None:
        errands = [errand for errand in ERRANDS if errand.lang == person.lang]
        errand = self._chance.choices(errands, [e.share for e in errands])[0]
        try:
            call = await self._phones[person.number].dial(self._target)
            await self._through(call, errand)
        except (CallEndedFirst, NotInTime) as end:
            _log.debug("demo.caller_over", number=person.number, why=str(end))
        finally:
            self._free.append(person)

    async def _through(self, call: SoftCall, errand: Errand) -> None:
        chance = self._chance
        await call.wait_for(CallState.UP, within_s=10)
        for key in errand.keys:
            await _unless_over(call, chance.uniform(*THINKS_S))
            if chance.random() < LEAVES_IN_MENU:
                await call.hangup()
                return
            await call.send_dtmf(key)
        texts = (errand.asks, *CALLER_SAYS[errand.lang])
        # Said over and over: whoever picks up hears somebody who has something to say.
        call.say(self._voice.speech(texts, errand.lang, before_ms=4_000, between_ms=5_000), repeat=True)
        await _unless_over(call, chance.expovariate(1 / PATIENCE_S) + errand.talk_s)
        await call.hangup()


async def _unless_over(call: SoftCall, seconds: float) -> None:
    """
    Let time pass.

    Raises:
        CallEndedFirst: The call ended meanwhile.
    """
    try:
        await call.wait_for(CallState.ENDED, within_s=seconds)
    except NotInTime:
        return
    raise CallEndedFirst("the centre said goodbye")
