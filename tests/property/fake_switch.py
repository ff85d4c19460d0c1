"""
A telephone switch in miniature, for the engine's commands and against it.

It has callers, legs and rooms in which some of them talk. Commands and events travel in two lines,
each in order, at their own pace, so that anything crosses anything; both can be cut.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from acd import events as ev
from acd.commands import (
    CallCustomer,
    CallOutside,
    Command,
    Confer,
    Connect,
    EndLeg,
    OfferContact,
    Park,
    StopCalling,
    WithdrawOffer,
)
from acd.model import Channel, ContactId, EndedBy, OfferEnd, OfferId, OfferKind


@dataclass(slots=True)
class Leg:
    contact: ContactId
    kind: OfferKind
    by: OfferId | None
    up: bool = False
    called: bool = False
    """The customer was rung for it."""


@dataclass(slots=True)
class FakeSwitch:
    callers: dict[ContactId, bool] = field(default_factory=dict)
    """Picked up; a caller of an incoming contact always has."""
    legs: dict[OfferId, Leg] = field(default_factory=dict)
    rooms: list[set[str]] = field(default_factory=list)
    told: deque[ev.Event] = field(default_factory=deque)
    orders: deque[Command] = field(default_factory=deque)
    rung: Counter[ContactId] = field(default_factory=Counter)
    """How often each customer was."""

    # What people do

    def picks_up(self, leg_id: OfferId) -> None:
        """Who is rung for a caller or a leg talks to it; for one that is gone there is nobody to hear."""
        leg = self.legs[leg_id]
        leg.up = True
        if leg.kind in (OfferKind.DIAL, OfferKind.CALLBACK):
            self.told.append(ev.OfferAccepted(leg_id))
            return
        other = leg.by if leg.kind is OfferKind.CONSULT else leg.contact
        if other in self.legs or other in self.callers:
            self._together({str(other), leg_id})
            self.told.append(ev.OfferAccepted(leg_id))
        else:
            self._end_leg(leg_id, OfferEnd.CALLER_GONE, accepted=False)

    def hangs_up(self, leg_id: OfferId, why: OfferEnd = OfferEnd.DECLINED) -> None:
        self._end_leg(leg_id, why, accepted=self.legs[leg_id].up)

    def caller_hangs_up(self, contact: ContactId, result: OfferEnd | None = None) -> None:
        """Told before the ends of the legs that end with it."""
        del self.callers[contact]
        room = set(self.room_of(contact))
        self.told.append(ev.ContactGone(contact, EndedBy.CALLER, result))
        self._out(contact)
        for other in room if len(room) == 2 else ():
            if other in self.legs and self.legs[OfferId(other)].contact == contact:
                self._end_leg(OfferId(other), OfferEnd.CALLER_GONE, accepted=True)

    def customer_picks_up(self, contact: ContactId, leg_id: OfferId) -> None:
        if leg_id not in self.legs:
            self.caller_hangs_up(contact)
            return
        self.callers[contact] = True
        self._together({contact, leg_id})
        self.told.append(ev.ContactReached(contact))

    # What the engine wants

    def obey(self, command: Command) -> None:
        match command:
            case OfferContact():
                self.legs[command.offer_id] = Leg(command.contact_id, command.kind, command.by)
                self.told.append(ev.OfferRinging(command.offer_id))
            case CallOutside():
                kind = OfferKind.OUTSIDE if command.by is None else OfferKind.CONSULT
                self.legs[command.leg_id] = Leg(command.contact_id, kind, command.by)
            case Park(leg_id):
                self._out(leg_id)
            case Connect(contact_id, leg_id):
                self._bring(contact_id, (leg_id,))
            case Confer(contact_id, legs):
                self._bring(contact_id, legs)
            case WithdrawOffer() | EndLeg():
                self._hang_up(command)
            case CallCustomer() | StopCalling():
                self._customer(command)
            case _:
                pass

    def _hang_up(self, command: WithdrawOffer | EndLeg) -> None:
        leg = self.legs.get(command.offer_id)
        if leg is None or (leg.up and isinstance(command, WithdrawOffer)):
            return
        why = command.why if isinstance(command, WithdrawOffer) else OfferEnd.WITHDRAWN
        self.hangs_up(command.offer_id, why)

    def _customer(self, command: CallCustomer | StopCalling) -> None:
        if isinstance(command, StopCalling):
            if command.contact_id in self.callers:
                self.caller_hangs_up(command.contact_id)
        elif command.leg_id in self.legs:
            self.legs[command.leg_id].called = True
            self.rung[command.contact_id] += 1
            self.callers.setdefault(command.contact_id, False)
        else:
            self.told.append(ev.ContactGone(command.contact_id, result=OfferEnd.FAILED))

    def _bring(self, contact: ContactId, legs: tuple[OfferId, ...]) -> None:
        """Those who are there; a caller is nothing to bring together with nobody."""
        here = {leg for leg in legs if leg in self.legs and self.legs[leg].up}
        if here and self.callers.get(contact):
            self._together({contact, *here})

    # How it is

    def room_of(self, party: str) -> set[str]:
        return next((room for room in self.rooms if party in room), set())

    def talks(self, *parties: str | None) -> bool:
        """Whether just these talk to each other."""
        return self.room_of(str(parties[0])) == set(parties)

    def _together(self, parties: set[str]) -> None:
        if parties in self.rooms:
            return
        for party in sorted(parties):
            self._out(party)
        self.rooms.append(parties)

    def _out(self, party: str) -> None:
        """Who is left with nobody to talk to is alone: a caller at home with music."""
        room = self.room_of(party)
        room.discard(party)
        self.rooms = [left for left in self.rooms if len(left) > 1]

    def _end_leg(self, leg_id: OfferId, why: OfferEnd, *, accepted: bool) -> None:
        del self.legs[leg_id]
        self._out(leg_id)
        self.told.append(ev.LegGone(leg_id) if accepted else ev.OfferFailed(leg_id, why))

    def cut(self) -> None:
        """The connection is lost, and whatever was on its way."""
        self.told.clear()
        self.orders.clear()

    def snapshot(self, now_ms: int) -> ev.SwitchSnapshot:
        """All there is, as an adapter tells it."""
        callers = tuple(
            ev.CallerSeen(contact, Channel("a", f"u-{contact}"), bridged=bool(self.room_of(contact)))
            for contact in self.callers
        )
        legs = tuple(
            ev.LegSeen(leg_id, leg.up, bool(self.room_of(leg_id)), leg.called)
            for leg_id, leg in self.legs.items()
        )
        return ev.SwitchSnapshot("a", "b1", now_ms, callers, legs, ("ana", "beto", "carla"))  # type: ignore[arg-type]
