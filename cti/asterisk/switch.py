"""
One Asterisk as the engine's switch: commands go out by AMI, events come back.

Snapshot, then stream: at every (re)connect the channels and registrations are
listed once, and commands wait until the engine has taken that list.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

import structlog

from acd import events as ev
from acd.commands import CallIn, Command, EndLeg, OfferContact, WithdrawOffer
from acd.model import AgentId, ContactId, OfferEnd, OfferId
from cti.asterisk.ami.client import AmiClient
from cti.asterisk.ami.codec import AmiError, HeaderRefused, Message
from cti.asterisk.ami.waiters import ActionFailed
from cti.asterisk.dialplan import WAKE_KEY
from cti.asterisk.instance import Changes
from cti.asterisk.legs import EVENTS as LEG_EVENTS
from cti.asterisk.legs import Leg, LegBook
from cti.asterisk.phones import EVENTS as PHONE_EVENTS
from cti.asterisk.phones import PhoneBook
from cti.asterisk.snapshot import MARKS, CallerFound, Lists, registrations, take_snapshot
from cti.asterisk.trunk_watch import EVENT as TRUNK_EVENT
from cti.asterisk.trunk_watch import PATIENCE_S, TrunkWatch
from cti.asterisk.trunks import PREFIX
from cti.spawn import Spawn

_log = structlog.get_logger("switch")
EVENTS = LEG_EVENTS | PHONE_EVENTS | {TRUNK_EVENT}
"""The only events that the manager session asks for."""
ALIVE_EVERY_S = 2.0
LOOK_AGAIN_S = 1.0
ENDS_ITSELF_S = 0.2
DOUBT_S = 0.2
AUTO_ANSWER = {
    "PJSIP_HEADER(add,Call-Info)": "<sip:centralita>;answer-after=0",
    "PJSIP_HEADER(add,Alert-Info)": "<http://centralita>;info=alert-autoanswer;delay=0",
}
"""
Phones understand one of the two, as there is no standard: Call-Info is that of Grandstream,
Yealink, Linphone and others, Alert-Info that of Snom, Yealink and Cisco.
"""
_UNSAFE = re.compile(r'[\x00-\x1f"<>\\,;()]')


@dataclass(frozen=True, slots=True)
class Manager:
    """Where the manager listens, and as whom we log in."""

    host: str
    port: int
    username: str
    secret: str


@dataclass(frozen=True, slots=True)
class Engine:
    """What the switch needs of the runtime."""

    tell: Callable[[ev.Event], None]
    ask: Callable[[ev.Event], Awaitable[object]]
    before_ring: Callable[[], Awaitable[None]]
    """Returns once the pop has left; bounded."""
    shown_caller: Callable[[ContactId], tuple[str, str]]
    """Name and number to show on the agent's phone; empty when unknown."""
    wall_ms: Callable[[], int]
    now_ms: Callable[[], int]
    """Engine time."""
    caller_found: CallerFound


class AsteriskSwitch:
    """
    Args:
        name: Of this switch in `Channel.switch`.
        manager: The account.
        phones: Agent -> endpoint of its phone.
        fixed: Endpoints at a fixed address, which do not register.
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
    ) -> None:
        self.name = name
        self._engine, self._spawn = engine, spawn
        self._looking: set[str] = set()
        self.book = LegBook(engine.tell, self._leg_known)
        self.phones = PhoneBook(engine.tell, lambda: self._soon("phones", self._look_at_phones))
        self._phones = dict(phones)
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

    def set_phones(self, phones: Mapping[AgentId, str], fixed: Collection[str]) -> None:
        """Other phones or owners, by a configuration that the engine has taken already; calls go on."""
        self._phones = dict(phones)
        self.phones.assign(phones, fixed)

    def trunk_trouble(self) -> dict[str, str]:
        """Trunk -> what is wrong with its registration and how to mend it, both languages."""
        return self._trunks.trouble(time.monotonic())

    async def apply(self, changes: Changes, phones: Mapping[AgentId, str], *, fixed: Collection[str]) -> None:
        """
        Have Asterisk take up changed files, then go by these phones; no call notices.

        Waits for Asterisk if it is away. Of a module that it does not want to reload the
        log tells. The engine has to know the agents already: how a phone stands that
        is another's now is told to it.
        """
        for module in changes.modules:
            await self._insist("Reload", [("Module", module)])
        await self._synced.wait()
        await self._look_at_phones()
        self.set_phones(phones, fixed)
        await self._look_at_trunks()
        for trunk in self._trunks.unregistered():
            # A new password alone is no reason for Asterisk to try again before its time.
            await self._insist("PJSIPRegister", [("Registration", PREFIX + trunk)])

    def execute(self, command: Command) -> None:
        """Start carrying out a command of the engine; what becomes of it comes back as an event."""
        if isinstance(command, OfferContact):
            self.book.legs[command.offer_id] = Leg(command.offer_id, command.contact_id)
            self._spawn(self._offer(command), name=f"offer {command.offer_id}")
        elif isinstance(command, WithdrawOffer):
            self._withdraw(command.offer_id, command.why)
        elif isinstance(command, EndLeg):
            self._end(command.offer_id)
        elif isinstance(command, CallIn):
            self._spawn(self._call_in(command.contact_id), name=f"call in {command.contact_id}")

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

    async def _offer(self, command: OfferContact) -> None:
        await self._synced.wait()
        await self._engine.before_ring()
        await self._synced.wait()  # the connection may have been lost meanwhile
        leg = self.book.legs.get(command.offer_id)
        caller = self.book.channels.get(command.contact_id)
        phone = self._phones.get(command.agent_id)
        if leg is None:
            return
        if leg.withdrawn is not None or caller is None or phone is None:
            self.book.fail(command.offer_id, leg.withdrawn or OfferEnd.FAILED)
            return
        leg.asked = True
        try:
            await self._ami.send("Originate", self._originate(command, caller.name, phone))
        except (ActionFailed, HeaderRefused) as error:
            _log.error("originate.refused", offer=command.offer_id, phone=phone, why=str(error))
            self.book.fail(command.offer_id, OfferEnd.FAILED)
        except AmiError as error:
            # Not known whether it rings: the snapshot after the reconnect will tell.
            _log.warning("originate.unknown", offer=command.offer_id, why=str(error))

    def _originate(self, command: OfferContact, caller: str, phone: str) -> list[tuple[str, str]]:
        name, number = self._engine.shown_caller(command.contact_id)
        variables = {
            "CC_CALLER": caller,
            "CC_CONTACT": command.contact_id,
            "CC_OFFER": command.offer_id,
            "CC_ROLE": "agent",
            "PJSIP_HEADER(add,X-Contact)": command.contact_id,
            "PJSIP_HEADER(add,X-Offer)": command.offer_id,
            **(AUTO_ANSWER if command.auto_answer else {}),
        }
        return [
            ("Channel", f"PJSIP/{phone}"),
            ("Context", "cc-agent"),
            ("Exten", "join"),
            ("Priority", "1"),
            ("Timeout", str(command.ring_ms)),
            ("CallerID", f'"{_UNSAFE.sub(" ", name)}" <{_UNSAFE.sub("", number) or "anonymous"}>'),
            ("ChannelId", command.offer_id),
            ("Async", "true"),
            *(("Variable", f"{key}={value}") for key, value in variables.items()),
        ]

    def _withdraw(self, offer_id: OfferId, why: OfferEnd) -> None:
        leg = self.book.legs.get(offer_id)
        if leg is None:
            self._engine.tell(ev.OfferFailed(offer_id, why))
            return
        leg.withdrawn = why
        if leg.channel:
            self._spawn(self._hang_up(offer_id), name=f"withdraw {offer_id}")

    def _end(self, offer_id: OfferId) -> None:
        leg = self.book.legs.get(offer_id)
        if leg is not None and not leg.asked:
            # Nothing rings yet, and now nothing will: `_offer` finds no leg to ask for.
            del self.book.legs[offer_id]
        else:
            self._spawn(self._end_if_it_does_not(offer_id), name=f"end {offer_id}")

    async def _end_if_it_does_not(self, offer_id: OfferId) -> None:
        """A leg whose caller is home again has mostly ended by itself, and the news of it is on the way."""
        leg = self.book.legs.get(offer_id)
        if leg is not None and leg.bridged:
            await asyncio.sleep(ENDS_ITSELF_S)
            if offer_id not in self.book.legs:
                return
        await self._hang_up(offer_id)

    async def _hang_up(self, offer_id: OfferId) -> None:
        await self._synced.wait()
        try:
            await self._ami.send("Hangup", [("Channel", offer_id), ("Cause", "16")])
        except AmiError as error:
            _log.info("hangup.not_done", leg=offer_id, why=str(error))

    def _leg_known(self, leg: Leg) -> None:
        """The leg has a channel: let the caller's own channel know it, for the time that we are dead."""
        if leg.withdrawn is not None:
            self._spawn(self._hang_up(leg.offer_id), name=f"withdraw {leg.offer_id}")
            return
        caller = self.book.channels.get(leg.contact_id)
        if caller is not None:
            self._spawn(self._set(caller.name, "CC_LEG", leg.channel), name=f"mark {leg.offer_id}")

    async def _call_in(self, contact_id: ContactId) -> None:
        """Mark the caller's channel and wake it; if that is lost, the mark is seen at the end of the nap."""
        await self._synced.wait()
        caller = self.book.channels.get(contact_id)
        if caller is not None:
            mark = [("Channel", caller.uniqueid), ("Variable", "CC_COME"), ("Value", "1")]
            await self._insist("Setvar", mark)
            wake = [("Channel", caller.uniqueid), ("Digit", WAKE_KEY), ("Receive", "true")]
            await self._insist("PlayDTMF", wake)

    async def _insist(self, action: str, headers: list[tuple[str, str]]) -> None:
        """Carry out what does no harm twice: over a lost connection it is asked for again."""
        while True:
            await self._synced.wait()
            try:
                await self._ami.send(action, headers)
            except (ActionFailed, HeaderRefused) as error:
                _log.warning("switch.refused", action=action, asked=dict(headers), why=str(error))
            except AmiError as error:
                _log.info("switch.again", action=action, why=str(error))
                await asyncio.sleep(LOOK_AGAIN_S)
                continue
            return

    async def _set(self, channel: str, variable: str, value: str) -> None:
        headers = [("Variable", variable), ("Value", value)]
        if channel:
            headers.append(("Channel", channel))
        try:
            await self._ami.send("Setvar", headers)
        except AmiError as error:
            _log.info("setvar.not_done", variable=variable, why=str(error))

    async def _say_alive(self) -> None:
        """Waiting callers look at this mark and do not have to ask us."""
        while True:
            await self._synced.wait()
            await self._set("", "CC_ALIVE", str(self._engine.wall_ms() // 1000))
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
        self._synced.set()
        _log.info("switch.synced", callers=len(snapshot.callers), legs=len(snapshot.legs))

    def _take(self, message: Message) -> None:
        self.book.take(message)
        self.phones.take(message)
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
