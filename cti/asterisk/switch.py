"""
One Asterisk as the engine's switch: commands go out by AMI, events come back.

Snapshot, then stream: at every (re)connect the channels and registrations are
listed once, and commands wait until the engine has taken that list.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from types import MappingProxyType

import structlog

from acd.commands import (
    AnswerLeg,
    CallCustomer,
    CallIn,
    CallOutside,
    Command,
    Confer,
    Connect,
    EndLeg,
    MuteLeg,
    OfferContact,
    Park,
    StopCalling,
    WithdrawOffer,
)
from acd.model import AgentId, ContactId, OfferKind
from cti.asterisk.ami.client import AmiClient
from cti.asterisk.ami.codec import AmiError, Message
from cti.asterisk.ami.waiters import ActionFailed
from cti.asterisk.bells import Bells
from cti.asterisk.control import Control
from cti.asterisk.dialplan import WAKE_KEY
from cti.asterisk.instance import Changes
from cti.asterisk.legs import EVENTS as LEG_EVENTS
from cti.asterisk.legs import Leg, LegBook
from cti.asterisk.orders import Orders
from cti.asterisk.outward import Outward
from cti.asterisk.phones import EVENTS as PHONE_EVENTS
from cti.asterisk.phones import PhoneBook
from cti.asterisk.ports import Engine, Manager
from cti.asterisk.snapshot import MARKS, Lists, registrations, take_snapshot
from cti.asterisk.trunk_watch import EVENT as TRUNK_EVENT
from cti.asterisk.trunk_watch import PATIENCE_S, TrunkWatch
from cti.asterisk.trunks import PREFIX
from cti.spawn import Spawn

_log = structlog.get_logger("switch")
EVENTS = LEG_EVENTS | PHONE_EVENTS | {TRUNK_EVENT}
"""The only events that the manager session asks for."""
ALIVE_EVERY_S = 2.0
LOOK_AGAIN_S = 1.0
DOUBT_S = 0.2
NO_ANSWERS: Mapping[str, str] = MappingProxyType({})


class AsteriskSwitch:
    """
    Args:
        name: Of this switch in `Channel.switch`.
        manager: The account.
        phones: Agent -> endpoint of its phone.
        fixed: Endpoints at a fixed address, which do not register.
        answers: Phone -> how it can be told to pick up, "talk" (a NOTIFY) or "header" (a new INVITE).
        engine: Where events go and texts come from.
        spawn: Owner of our tasks.
    """

    def __init__(
        self,
        name: str,
        manager: Manager,
        phones: Mapping[AgentId, str],
        engine: Engine,
        spawn: Spawn,
        *,
        fixed: frozenset[str] = frozenset(),
        answers: Mapping[str, str] = NO_ANSWERS,
    ) -> None:
        self.name = name
        self._engine, self._spawn = engine, spawn
        self._looking: set[str] = set()
        self.book = LegBook(engine.tell)
        self.phones = PhoneBook(engine.tell, lambda: self._soon("phones", self._look_at_phones))
        self.phones.phones, self.phones.fixed = {aor: agent for agent, aor in phones.items()}, fixed
        self._trunks = TrunkWatch()
        self._synced = asyncio.Event()
        self._ami = AmiClient(
            manager.host,
            manager.port,
            manager.username,
            manager.secret,
            events=EVENTS,
            on_event=self._take,
            on_up=self._on_up,
            on_down=self._on_down,
            spawn=spawn,
        )
        self._orders = Orders(self._ami, self._synced)
        self._control = Control(self._orders, self.book)
        self._control.answers = dict(answers)
        self._outward = Outward(self._orders, self.book, self._control, engine)
        self._bells = Bells(self._orders, self.book, self._control, engine, spawn)
        self._bells.phones = dict(phones)
        self.book.leg_known, self.book.ring_again = self._bells.known, self._bells.ring_again
        self.book.picked_up = self._bells.picked_up

    @property
    def ready(self) -> bool:
        return self._synced.is_set()

    async def wait_ready(self, within_ms: int) -> None:
        """Until the engine has taken the switch's list; not longer than this, as a caller waits."""
        if not self._synced.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._synced.wait(), within_ms / 1000)

    def start(self) -> tuple[asyncio.Task[None], ...]:
        """Begin to connect; returns the tasks that keep the connection and tell callers that we live."""
        return self._ami.start(), self._spawn(self._say_alive(), name="switch.alive")

    async def close(self) -> None:
        await self._ami.close()

    def set_phones(
        self, phones: Mapping[AgentId, str], fixed: Collection[str], answers: Mapping[str, str] = NO_ANSWERS
    ) -> None:
        """Other phones or owners, by a configuration that the engine has taken already; calls go on."""
        self._bells.phones = dict(phones)
        self._control.answers = dict(answers)
        self.phones.assign(phones, fixed)

    def trunk_trouble(self) -> dict[str, str]:
        """Trunk -> what is wrong with its registration and how to mend it, both languages."""
        return self._trunks.trouble(time.monotonic())

    async def apply(
        self,
        changes: Changes,
        phones: Mapping[AgentId, str],
        *,
        fixed: Collection[str],
        answers: Mapping[str, str] = NO_ANSWERS,
    ) -> None:
        """
        Have Asterisk take up changed files, then go by these phones; no call notices.

        Waits for Asterisk if it is away. Of a module that it does not want to reload the
        log tells. The engine has to know the agents already: how a phone stands that
        is another's now is told to it.
        """
        for module in changes.modules:
            await self._orders.insist("Reload", [("Module", module)])
        await self._synced.wait()
        await self._look_at_phones()
        self.set_phones(phones, fixed, answers)
        await self._look_at_trunks()
        for trunk in self._trunks.unregistered():
            # A new password alone is no reason for Asterisk to try again before its time.
            await self._orders.insist("PJSIPRegister", [("Registration", PREFIX + trunk)])

    def execute(self, command: Command) -> None:
        """Start carrying out a command of the engine; what becomes of it comes back as an event."""
        match command:
            case OfferContact():
                self.book.legs[command.offer_id] = Leg(
                    command.offer_id, command.contact_id, command.kind, offered=command
                )
                self._spawn(self._bells.ring(command), name=f"offer {command.offer_id}")
            case CallOutside():
                kind = OfferKind.OUTSIDE if command.by is None else OfferKind.CONSULT
                self.book.legs[command.leg_id] = Leg(command.leg_id, command.contact_id, kind, outside=True)
                self._spawn(self._outward.outside(command), name=f"outside {command.leg_id}")
            case CallCustomer():
                self._spawn(self._outward.customer(command), name=f"customer {command.contact_id}")
            case StopCalling():
                self._spawn(self._outward.stop(command), name=f"stop calling {command.contact_id}")
            case WithdrawOffer():
                self._bells.withdraw(command.offer_id, command.why)
            case EndLeg():
                self._bells.end(command.offer_id)
            case CallIn():
                self._spawn(self._call_in(command.contact_id), name=f"call in {command.contact_id}")
            case _:
                self._move(command)

    def _move(self, command: Park | Connect | Confer | MuteLeg | AnswerLeg) -> None:
        """What concerns legs that are there."""
        match command:
            case Park():
                self._spawn(self._control.park(command), name=f"park {command.leg_id}")
            case Connect():
                self._spawn(self._control.connect(command), name=f"connect {command.leg_id}")
            case Confer():
                self._spawn(self._control.confer(command), name=f"confer {command.contact_id}")
            case MuteLeg():
                self._spawn(self._control.mute(command), name=f"mute {command.leg_id}")
            case AnswerLeg():
                self._spawn(self._control.answer(command), name=f"answer {command.leg_id}")

    async def is_gone(self, contact_id: ContactId) -> bool:
        """
        Whether a caller's channel no longer exists.

        An AGI hang-up is no proof: the caller may just have been bridged, and while
        that happens the channel cannot be found for a moment. So it is looked for
        twice, a second apart. Normally the Hangup event tells long before; this is
        for the channel that ended before we had its name.
        """
        for _ in range(2):
            await asyncio.sleep(LOOK_AGAIN_S)
            await self._synced.wait()
            channel = self.book.channels.get(contact_id)
            if channel is None:
                return True
            try:
                await self._ami.send("Getvar", [("Channel", channel.uniqueid), ("Variable", "CC_CONTACT")])
            except ActionFailed:
                continue
            except AmiError as error:
                _log.warning("is_gone.unknown", contact=contact_id, why=str(error))
            return False
        self.book.forget(contact_id)
        return True

    async def _call_in(self, contact_id: ContactId) -> None:
        """Mark the caller's channel and wake it; if that is lost, the mark is seen at the end of the nap."""
        await self._synced.wait()
        caller = self.book.channels.get(contact_id)
        if caller is not None:
            mark = [("Channel", caller.uniqueid), ("Variable", "CC_COME"), ("Value", "1")]
            await self._orders.insist("Setvar", mark)
            wake = [("Channel", caller.uniqueid), ("Digit", WAKE_KEY), ("Receive", "true")]
            await self._orders.insist("PlayDTMF", wake)

    async def _say_alive(self) -> None:
        """Waiting callers look at this mark and do not have to ask us."""
        while True:
            await self._synced.wait()
            await self._orders.mark("", (("CC_ALIVE", str(self._engine.wall_ms() // 1000)),))
            await asyncio.sleep(ALIVE_EVERY_S)

    def _on_down(self, reason: str) -> None:
        self._synced.clear()

    async def _on_up(self) -> None:
        """List everything once and let the engine compare, then open the way for commands."""
        self.book.gone = set()
        since_ms, known = self._engine.now_ms(), set(self.book.callers)
        self.phones.forget_calls()
        status = await self._ami.send("CoreStatus")
        await self._look_at_trunks()
        self.phones.set_registrations(registrations(await self._registered()))
        marks = await self._ami.send_list("Status", [("Variables", ",".join(MARKS))])
        channels = await self._ami.send_list("CoreShowChannels")
        boot = f"{status.get('CoreStartupDate')} {status.get('CoreStartupTime')}"
        lists = Lists(self.name, boot, since_ms, known, channels, marks)
        snapshot = take_snapshot(lists, self.book, self.phones, self._engine.caller_found)
        self.book.gone = None
        await self._engine.ask(snapshot)
        self.book.tell_the_reached()
        self._synced.set()
        _log.info("switch.synced", callers=len(snapshot.callers), legs=len(snapshot.legs))

    def _take(self, message: Message) -> None:
        self.book.take(message)
        self.phones.take(message)
        self._control.noted()
        if message.event == TRUNK_EVENT:
            self._soon("trunks", self._look_at_trunks)

    def _soon(self, what: str, look: Callable[[], Awaitable[None]], after_s: float = DOUBT_S) -> None:
        """One list for all the doubts of the next moment."""

        async def later() -> None:
            await asyncio.sleep(after_s)
            self._looking.discard(what)
            await look()

        if what not in self._looking:
            self._looking.add(what)
            self._spawn(later(), name=f"switch.{what}")

    async def _look_at_trunks(self) -> None:
        try:
            found = await self._ami.send_list("PJSIPShowRegistrationsOutbound")
        except ActionFailed:  # Asterisk's way to say that there are none
            found = ()
        except AmiError as error:
            _log.info("trunks.not_listed", why=str(error))  # the next connection lists them
            return
        if self._trunks.take(found, time.monotonic()):
            self._soon("trunks later", self._look_at_trunks, PATIENCE_S)

    async def _look_at_phones(self) -> None:
        try:
            contacts = await self._registered()
        except AmiError as error:
            _log.info("phones.not_listed", why=str(error))  # the next snapshot lists them
            return
        self.phones.tell_phones(registrations(contacts))

    async def _registered(self) -> tuple[Message, ...]:
        try:
            return await self._ami.send_list("PJSIPShowContacts")
        except ActionFailed:  # Asterisk's way to say that nobody is registered
            return ()
