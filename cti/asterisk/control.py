"""
Moving legs that are up: hold, take back, consult, confer, mute, pick up.

Rules that keep a talk from being destroyed, each of them measured on Asterisk 22:

- Only one party of a talk is ever redirected. The other's `Bridge()` then returns,
  and it goes on in the dialplan by itself. Both at once only for a conference.
- A talk is always begun by the thread of the caller, or of the leg that asks, with
  `Bridge()` on the other leg. That takes the other out of a bridge it may be in, whose
  partner goes on as if the other had hung up: no redirect of the leg is needed.
- What concerns one contact is done in the order in which it was asked for, and a
  redirect is over only when the bridge events say so: one that crosses another, or
  a `Bridge()` in the making, would leave a leg behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from weakref import WeakValueDictionary

import structlog

from acd.commands import AnswerLeg, Confer, Connect, MuteLeg, Park
from acd.model import ContactId, OfferId
from cti.asterisk.legs import Leg, LegBook
from cti.asterisk.orders import Orders
from cti.asterisk.phones import phone_of
from cti.asterisk.snapshot import MUTED

_log = structlog.get_logger("switch")
UNDER_WAY = "not up"
"""Asterisk's word for a channel that is ending, or on its way from one place of the dialplan to another."""
EFFECT_S = 1.0
"""So long an order is waited for; then the next one is given all the same."""
MEETINGS = 3
"""So often contact and agent are told to talk, if they do not."""


class Control:
    """
    Args:
        orders: To the switch.
        book: What is there.
    """

    def __init__(self, orders: Orders, book: LegBook) -> None:
        self._orders, self._book = orders, book
        self._turns: WeakValueDictionary[ContactId, asyncio.Lock] = WeakValueDictionary()
        self._news = asyncio.Event()
        self.answers: Mapping[str, str] = {}
        """Phone -> how it can be made to pick up: "talk" by a NOTIFY, "header" by a new INVITE."""

    def noted(self) -> None:
        """The book has changed."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    def turn(self, contact_id: ContactId) -> asyncio.Lock:
        """Who holds it may move the legs of this contact; first come, first served."""
        return self._turns.setdefault(contact_id, asyncio.Lock())

    async def park(self, command: Park) -> None:
        async with self.turn(command.contact_id):
            leg = self._there(command.leg_id)
            if leg is not None and await self._redirect(leg.channel, "cc-agent,alone"):
                await self._until(lambda: not leg.bridge)

    async def hear_the_bell(self, contact_id: ContactId, by: OfferId, asked: OfferId) -> None:
        """While the asked leg rings, if it is still to."""
        async with self.turn(contact_id):
            leg = self._there(by)
            if leg is not None and asked in self._book.legs:
                await self._redirect(leg.channel, "cc-agent,consulting")

    async def connect(self, command: Connect) -> None:
        async with self.turn(command.contact_id):
            leg, caller = self._there(command.leg_id), self._book.channels.get(command.contact_id)
            if leg is None or caller is None:
                return
            await self._orders.mark(caller.name, (("CC_LEG", leg.channel), ("CC_ASIDE", "")))
            if self._book.talk_together(command.contact_id, leg):
                return
            await self._orders.mark(caller.name, (("SHARED(CC_TALK)", leg.channel),))
            await self._meet(command.contact_id, caller.name, leg)
        await self._mute_as_before(leg)

    async def _meet(self, contact_id: ContactId, caller: str, leg: Leg) -> None:
        """
        Asked for again while it has no effect: a leg that is just on its way from one place of the dialplan
        to another cannot be bridged, and both would be left with music.
        """
        for _ in range(MEETINGS):
            if not await self._redirect(caller, "cc-caller,meet"):
                return
            if await self._until(lambda: self._book.talk_together(contact_id, leg)):
                return
            if leg.over or leg.offer_id not in self._book.legs or contact_id not in self._book.channels:
                return

    async def bring_together(self, asked: Leg) -> None:
        """
        Somebody who is asked has picked up, and calls who asks to the talk by its own thread.

        Called again here while that has no effect: a phone that picks up by itself may do so while who asks
        is still on the way to the bell. The call is then lost: one would hear the bell and the other the tone
        of hold for good (seen twice in 40 tries on a busy machine).
        """
        for _ in range(MEETINGS):
            if await self._until(lambda: asked.accepted or asked.over):
                return
            async with self.turn(asked.contact_id):
                asking = self._book.asking(asked)
                if asking is None or asking.bridge or asked.accepted or asked.over or asked.withdrawn:
                    return
                await self._redirect(asking.channel, "cc-agent,meet")

    async def confer(self, command: Confer) -> None:
        async with self.turn(command.contact_id):
            legs = [leg for leg in map(self._there, command.legs) if leg is not None]
            caller = self._book.channels.get(command.contact_id)
            if caller is None or not legs or self._all_together(command.contact_id, legs):
                return
            marks = zip(("CC_LEG", "CC_ASIDE"), (leg.channel for leg in legs), strict=False)
            await self._orders.mark(caller.name, marks)
            await self._to_the_room(legs)
            await self._redirect(caller.name, "cc-caller,confer")
            await self._until(lambda: self._all_together(command.contact_id, legs))
        for leg in legs:
            await self._mute_as_before(leg)

    async def mute(self, command: MuteLeg) -> None:
        leg = self._there(command.leg_id)
        if leg is not None:
            leg.muted = command.muted
            # For a restarted server: the mark goes where the leg goes, the muting may not.
            await self._orders.mark(leg.channel, ((MUTED, "1" if leg.muted else ""),))
            await self._mute(leg)

    async def answer(self, command: AnswerLeg) -> None:
        """Does nothing for a phone that cannot be told: who asked should have known."""
        leg = self._there(command.leg_id)
        if leg is None or leg.answered:
            return
        phone = phone_of(leg.channel)
        if self.answers.get(phone) == "talk":
            headers = [("Channel", leg.channel), ("Variable", "Event=talk")]
            await self._orders.once("PJSIPNotify", headers)
        elif self.answers.get(phone) == "header" and leg.offered is not None:
            leg.again = True
            await self._orders.hang_up(leg.offer_id)

    def _there(self, leg_id: OfferId) -> Leg | None:
        leg = self._book.legs.get(leg_id)
        return leg if leg is not None and leg.channel else None

    def _all_together(self, contact_id: ContactId, legs: list[Leg]) -> bool:
        return all(leg.over or self._book.talk_together(contact_id, leg) for leg in legs)

    async def _to_the_room(self, legs: list[Leg]) -> None:
        """Two that talk to each other go at once: singly, the first would leave the other alone."""
        first, *others = legs
        pair = [leg for leg in others if leg.bridge and leg.bridge == first.bridge][:1]
        await self._redirect(first.channel, "cc-agent,confer", *(leg.channel for leg in pair))
        for leg in others:
            if leg not in pair:
                await self._redirect(leg.channel, "cc-agent,confer")

    async def _redirect(self, channel: str, place: str, *extra: str) -> bool:
        context, _, exten = place.partition(",")
        headers = [("Channel", channel), ("Context", context), ("Exten", exten), ("Priority", "1")]
        for other in extra:
            headers += [("ExtraChannel", other), ("ExtraContext", context), ("ExtraExten", exten)]
            headers += [("ExtraPriority", "1")]
        return await self._orders.once("Redirect", headers, again_when=UNDER_WAY)

    async def _mute_as_before(self, leg: Leg) -> None:
        if leg.muted:
            await self._mute(leg)

    async def _mute(self, leg: Leg) -> None:
        """What comes in from the phone is not passed on; `in` is the direction as Asterisk sees it."""
        state = "on" if leg.muted else "off"
        await self._orders.once(
            "MuteAudio", [("Channel", leg.channel), ("Direction", "in"), ("State", state)]
        )

    async def _until(self, condition: Callable[[], bool]) -> bool:
        """Whether an order has had its effect in time."""
        try:
            async with asyncio.timeout(EFFECT_S):
                while not condition():
                    await self._news.wait()
        except TimeoutError:
            _log.info("switch.no_effect")
            return False
        return True
