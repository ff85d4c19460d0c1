"""
One Asterisk as the engine's switch: commands go out by AMI, events come back.

Snapshot, then stream: at every (re)connect the channels and registrations are
listed once, and commands wait until the engine has taken that list.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from acd import events as ev
from acd.commands import Command, EndLeg, OfferContact, WithdrawOffer
from acd.model import AgentId, Channel, ContactId, OfferEnd, OfferId
from cti.asterisk.ami.client import AmiClient
from cti.asterisk.ami.codec import AmiError, HeaderRefused, Message
from cti.asterisk.ami.waiters import ActionFailed
from cti.asterisk.legs import EVENTS, Leg, LegBook
from cti.spawn import Spawn

_log = structlog.get_logger("switch")
_LEG_ID = re.compile(r"(c[0-9a-z]+)-o[0-9]+\Z")
ALIVE_EVERY_S = 2.0
LOOK_AGAIN_S = 1.0
DOUBT_S = 0.2
_MARKS = ("CC_CONTACT", "CC_BACK", "CALLERID(num)", "CALLERID(name)", "CALLERID(pres)")
"""
What a restarted server asks of each channel: our marks, and who the caller is. Asked, not sent with
every event (`channelvars`): pyst2's Manager, where one is logged in beside us, dies of those.
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
    caller_found: Callable[[ContactId, str, str, bool], None]
    """Contact, number, name, withheld: who is on the line, from the switch; may be known already."""


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
        self._looking_at_phones = False
        self._phones: dict[AgentId, str] = {}
        self.book = LegBook(engine.tell, self._leg_known, self._look_at_phones_soon)
        self.set_phones(phones)
        self.book.fixed = fixed
        self._synced = asyncio.Event()
        self._ami = AmiClient(
            manager.host,
            manager.port,
            manager.username,
            manager.secret,
            events=EVENTS,
            on_event=self.book.take,
            on_up=self._on_up,
            on_down=self._on_down,
            spawn=spawn,
        )

    @property
    def ready(self) -> bool:
        return self._synced.is_set()

    def start(self) -> tuple[asyncio.Task[None], ...]:
        """Begin to connect; returns the tasks that keep the connection and tell callers that we live."""
        return self._ami.start(), self._spawn(self._say_alive(), name="switch.alive")

    async def close(self) -> None:
        await self._ami.close()

    def set_phones(self, phones: Mapping[AgentId, str]) -> None:
        self._phones = dict(phones)
        self.book.phones = {aor: agent for agent, aor in phones.items()}

    def execute(self, command: Command) -> None:
        """Start carrying out a command of the engine; what becomes of it comes back as an event."""
        if isinstance(command, OfferContact):
            self.book.legs[command.offer_id] = Leg(command.offer_id, command.contact_id)
            self._spawn(self._offer(command), name=f"offer {command.offer_id}")
        elif isinstance(command, WithdrawOffer):
            self._withdraw(command.offer_id, command.why)
        elif isinstance(command, EndLeg):
            self._end(command.offer_id)

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
            self._spawn(self._hang_up(offer_id), name=f"end {offer_id}")

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
        status = await self._ami.send("CoreStatus")
        self.book.set_phones(_registrations(await self._registered()))
        marks = await self._ami.send_list("Status", [("Variables", ",".join(_MARKS))])
        channels = await self._ami.send_list("CoreShowChannels")
        boot = f"{status.get('CoreStartupDate')} {status.get('CoreStartupTime')}"
        snapshot = self._snapshot(boot, since_ms, channels, _marks(marks), known)
        self.book.gone = None
        await self._engine.ask(snapshot)
        self._synced.set()
        _log.info("switch.synced", callers=len(snapshot.callers), legs=len(snapshot.legs))

    def _look_at_phones_soon(self) -> None:
        """One list for all the doubts of the next moment."""
        if not self._looking_at_phones:
            self._looking_at_phones = True
            self._spawn(self._look_at_phones(), name="switch.phones")

    async def _look_at_phones(self) -> None:
        await asyncio.sleep(DOUBT_S)
        self._looking_at_phones = False
        try:
            contacts = await self._registered()
        except AmiError as error:
            _log.info("phones.not_listed", why=str(error))  # the next snapshot lists them
            return
        self.book.tell_phones(_registrations(contacts))

    async def _registered(self) -> tuple[Message, ...]:
        try:
            return await self._ami.send_list("PJSIPShowContacts")
        except ActionFailed:  # Asterisk's way to say that nobody is registered
            return ()

    def _snapshot(
        self,
        boot: str,
        since_ms: int,
        channels: tuple[Message, ...],
        marks: Mapping[str, Mapping[str, str]],
        known: set[str],
    ) -> ev.SwitchSnapshot:
        callers, legs = [], self._not_yet_asked()
        alive = [m for m in channels if m.get("Uniqueid") not in (self.book.gone or ())]
        for message in alive:
            uniqueid, leg_id = message.get("Uniqueid"), _LEG_ID.match(message.get("Uniqueid"))
            if leg_id is not None:
                legs.append(self._leg_seen(message, OfferId(uniqueid), ContactId(leg_id[1])))
                continue
            mark = marks.get(uniqueid, {})
            contact = mark.get("CC_CONTACT")
            if contact:
                self.book.caller(ContactId(contact), uniqueid, message.get("Channel"))
                withheld = not mark.get("CALLERID(pres)", "").startswith("allowed")
                number, name = mark.get("CALLERID(num)", ""), mark.get("CALLERID(name)", "")
                self._engine.caller_found(ContactId(contact), number, name, withheld)
                elsewhere = message.get("Context") == "cc-fallback" and message.get("Application") == "Dial"
                channel = Channel(self.name, uniqueid)
                callers.append(ev.CallerSeen(ContactId(contact), channel, elsewhere, _home_ms(mark)))
        self._forget(known, {m.get("Uniqueid") for m in alive})
        return ev.SwitchSnapshot(
            self.name, boot, since_ms, tuple(callers), tuple(legs), self.book.registered()
        )

    def _not_yet_asked(self) -> list[ev.LegSeen]:
        """Offers whose Originate waits for this very snapshot: the switch cannot know of them."""
        return [ev.LegSeen(leg.offer_id, up=False) for leg in self.book.legs.values() if not leg.asked]

    def _leg_seen(self, message: Message, offer_id: OfferId, contact_id: ContactId) -> ev.LegSeen:
        bridged = bool(message.get("BridgeId"))
        self.book.adopt(
            offer_id,
            contact_id,
            message.get("Channel"),
            rang=message.get("ChannelStateDesc") == "Ringing",
            bridged=bridged,
        )
        return ev.LegSeen(offer_id, up=bridged, bridged=bridged)

    def _forget(self, known: set[str], alive: set[str]) -> None:
        """Drop what was known before the list was asked for and is not in it."""
        for uniqueid in known - alive:
            if uniqueid in self.book.callers:
                self.book.forget(self.book.callers[uniqueid])
        for offer_id in [o for o, leg in self.book.legs.items() if leg.asked and o not in alive]:
            del self.book.legs[offer_id]


def _marks(statuses: tuple[Message, ...]) -> dict[str, dict[str, str]]:
    """Uniqueid -> our variables of that channel."""
    found: dict[str, dict[str, str]] = {}
    for message in statuses:
        pairs = (text.partition("=") for text in message.all("Variable"))
        found[message.get("Uniqueid")] = {name: value for name, _, value in pairs}
    return found


def _home_ms(mark: Mapping[str, str]) -> int | None:
    """The dialplan's note, in seconds, of when the caller came back from an agent."""
    seconds = mark.get("CC_BACK", "")
    # Cut to whole seconds by the dialplan: the middle of the second is the best guess.
    return int(seconds) * 1000 + 500 if seconds.isdigit() else None


def _registrations(contacts: tuple[Message, ...]) -> dict[str, set[str]]:
    """AOR -> registered URIs. Asterisk names a registration `aor;@hash` and a fixed address `aor@@hash`."""
    found: dict[str, set[str]] = {}
    for message in contacts:
        if message.get("Status") != "Unreachable":
            found.setdefault(_aor(message), set()).add(message.get("Uri"))
    return found


def _aor(message: Message) -> str:
    return message.get("Aor") or re.split(r";|/|@@", message.get("ObjectName"), maxsplit=1)[0]
