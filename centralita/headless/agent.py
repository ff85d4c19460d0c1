"""A headless agent: a desk, a telephone, and what to do with them."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from centralita.headless.desk import Centre, Desk, DeskError
from centralita.headless.play import FOREVER_S, Hands, Play
from centralita.headless.script import Script, Step
from centralita.headless.view import View
from centralita.headless.voice import Voice
from centralita.headless.words import Words
from centralita.tasks import spawn
from cti.softphone.baresip import BaresipStack
from cti.softphone.port import CallEndedFirst, CallState, NotInTime, NotRegistered, SipUserAgent, SoftCall

REGISTER_EVERY_S = 60
REGISTER_AGAIN_S = 2.0
POP_S = 2.0
"""The pop comes before the bell; by another connection it may be this much later."""
HOME_S = 2.0

_log = structlog.get_logger("headless")


@dataclass(frozen=True, slots=True)
class Account:
    """Of the agent's telephone. `domain` is `host:port` of the switch."""

    user: str
    password: str
    domain: str


@dataclass(frozen=True, slots=True)
class Person:
    """
    Who an agent is, and how it goes about its work.

    name: In the centre's configuration.
    """

    name: str
    account: Account
    script: Script
    voice: Voice
    words: Words
    chance: random.Random


class HeadlessAgent:
    """
    Args:
        person: Who.
        centre: Where.
    """

    def __init__(self, person: Person, centre: Centre) -> None:
        self._person, words = person, person.words
        self._view = View(person.name)
        self._desk = Desk(centre, person.name, self._view.hear, self._moved)
        self._bells: deque[SoftCall] = deque()
        self._connected, rang = asyncio.Event(), asyncio.Event()
        self._hands = Hands(
            self._desk.do, self._view, person.voice, words, person.chance, rang, person.script.language
        )
        self._lost = False
        self._end: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, stack: BaresipStack) -> None:
        """
        Work until cancelled.

        Raises:
            DeskError: The centre will not have us.
        """
        person = self._person
        phone = await stack.user_agent(
            person.account.user,
            person.account.domain,
            person.account.password,
            register_every_s=REGISTER_EVERY_S,
        )
        tasks = [
            spawn(self._stay_connected(), name=f"desk of {person.name}"),
            spawn(self._hear_bells(phone), name=f"bells of {person.name}"),
            spawn(self._work(phone), name=f"agent {person.name}"),
        ]
        try:
            await self._end
        finally:
            for task in tasks:
                task.cancel()

    async def go_home(self) -> None:
        """Sign out, if the centre hears it in time."""
        self._person.words("home")
        try:
            async with asyncio.timeout(HOME_S):
                await self._desk.do("logged_out")
                await self._desk.do("desktop_bye")
        except TimeoutError:
            return

    async def _stay_connected(self) -> None:
        try:
            await self._desk.run()
        except DeskError as error:
            self._end.set_exception(error)

    async def _hear_bells(self, phone: SipUserAgent) -> None:
        while True:
            try:
                self._bells.append(await phone.next_call(within_s=FOREVER_S))
            except NotInTime:
                continue
            self._hands.rang.set()

    async def _work(self, phone: SipUserAgent) -> None:
        await self._register(phone)
        await self._connected.wait()
        await Play(self._hands).follow(self._person.script.sign_in)
        while True:
            call = await self._next_call()
            try:
                await self._take(call)
            except (CallEndedFirst, NotInTime) as end:
                _log.info("headless.call_over", agent=self._person.name, why=str(end))

    async def _register(self, phone: SipUserAgent) -> None:
        """The switch knows the phone again by itself after this."""
        told = False
        while True:
            try:
                await phone.register()
            except NotRegistered as error:
                if not told:
                    self._person.words("not_registered", why=error)
                told = True
                await asyncio.sleep(REGISTER_AGAIN_S)
            else:
                self._person.words("registered")
                return

    async def _next_call(self) -> SoftCall:
        """What rings next; until then, what there is to do when there is nothing to do."""
        idle = spawn(self._idle(), name=f"leisure of {self._person.name}")
        try:
            await self._hands.rang.wait()
        finally:
            idle.cancel()
        call = self._bells.popleft()
        if not self._bells:
            self._hands.rang.clear()
        return call

    async def _idle(self) -> None:
        await self._view.until(lambda: self._view.activity == "idle", FOREVER_S)
        await Play(self._hands).follow(self._person.script.idle)

    async def _take(self, call: SoftCall) -> None:
        if call.state is CallState.ENDED:
            return
        offer = await self._offer_of(call)
        play = Play(self._hands, call, str(offer.get("queue") or ""))
        try:
            await play.follow(self._begin(offer))
            await play.stay()
        except CallEndedFirst:
            play.notice_end()

    async def _offer_of(self, call: SoftCall) -> Mapping[str, Any]:
        """What was announced of this call; empty if nothing was."""
        offer_id = call.headers.get("X-Offer", "")
        await self._view.until(lambda: offer_id in self._view.offers, POP_S)
        return self._view.offers.get(offer_id, {})

    def _begin(self, offer: Mapping[str, Any]) -> tuple[Step, ...]:
        """Say what rings; the steps for it."""
        script, kind = self._person.script, offer.get("kind", "contact")
        who = _who(offer)
        match kind:
            case "consult":
                self._person.words("rings_consult", by=offer["by"], who=who)
                return script.on_consult
            case "dial":
                self._person.words("rings_dial", who=who)
                return script.on_dial
            case _:
                self._person.words("rings", who=who)
                return script.on_call

    def _moved(self, connected: bool) -> None:
        if connected:
            self._person.words("connected")
            self._connected.set()
        elif not self._end.done():
            self._person.words("lost")


def _who(offer: Mapping[str, Any]) -> str:
    customer = offer.get("customer") or {}
    known = customer.get("name") or customer.get("number") or customer.get("shown") or "?"
    queue = offer.get("queue")
    return f"{known} ({queue})" if queue else str(known)
