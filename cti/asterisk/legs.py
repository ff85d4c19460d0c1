"""
What the switch's events say about legs: a book of callers and of the legs that we ring.

Turns AMI messages into engine events. Plain synchronous code over plain data,
so that a captured stream can be replayed in a test.

- A caller's end is the Hangup of its channel, nothing else.
- Who is rung for somebody has accepted when the leg enters a bridge: before that
  there is nobody to hear. An agent's own phone, from which a customer is to be
  called, has accepted when it is off the hook.
- A leg's failure is told once, when both its OriginateResponse and its Hangup
  (if it had a channel) are in.
- A customer whom an agent calls is a caller from the first bell on, but its end
  before the first bridge is told with the reason why nobody was reached.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from acd import events as ev
from acd.commands import OfferContact
from acd.model import ContactId, EndedBy, OfferEnd, OfferId, OfferKind
from cti.asterisk.outcomes import LegEnd, classify, classify_outside
from cti.asterisk.phones import Message


@dataclass(slots=True)
class Leg:
    """A leg that we ring; the channel's name is unknown until Asterisk makes it."""

    offer_id: OfferId
    contact_id: ContactId
    kind: OfferKind = OfferKind.CONTACT
    outside: bool = False
    """On a line to the telephone network, not an agent's phone."""
    asked: bool = False
    """The Originate has been sent."""
    channel: str = ""
    rang: bool = False
    answered: bool = False
    """Picked up; it counts only with `accepted`."""
    accepted: bool = False
    bridge: str = ""
    """Where it is now; empty when it talks to nobody."""
    muted: bool = False
    offered: OfferContact | None = None
    """What it was rung by; None for one found after a restart."""
    again: bool = False
    """To be rung once more, to pick up by itself: this end of it is none."""
    withdrawn: OfferEnd | None = None
    reason: int | None = None
    cause: int | None = None
    over: bool = False

    def end(self) -> LegEnd:
        return LegEnd(bool(self.channel), self.rang, self.reason, self.cause, self.answered)


@dataclass(slots=True)
class CallerChannel:
    uniqueid: str
    name: str
    leaving: bool = False
    """The switch has been asked to end it: what its legs do now is its doing."""
    bridge: str = ""
    called: Leg | None = None
    """Of a customer who has not been reached yet: how far it is; its id is the agent's leg."""


class LegBook:
    """
    Args:
        tell: Takes each engine event, in order.
    """

    def __init__(self, tell: Callable[[ev.Event], None]) -> None:
        self._tell = tell
        self.leg_known: Callable[[Leg], None] = lambda leg: None
        """
        Called when a leg's channel has a name, so that the caller's channel can carry it
        (`CC_LEG`) and silence the bell by itself.
        """
        self.ring_again: Callable[[Leg], None] = lambda leg: None
        """Called when a leg that is to be rung once more has ended."""
        self.picked_up: Callable[[Leg], None] = lambda leg: None
        """Called when somebody who is asked has picked up."""
        self.callers: dict[str, ContactId] = {}
        """Uniqueid of a caller's channel -> contact."""
        self.channels: dict[ContactId, CallerChannel] = {}
        self.legs: dict[OfferId, Leg] = {}
        self.gone: set[str] | None = None
        """Uniqueids hung up while a snapshot is being taken; None at other times."""

    def caller(self, contact_id: ContactId, uniqueid: str, channel: str) -> None:
        if uniqueid not in self.callers:
            self.callers[uniqueid] = contact_id
            self.channels[contact_id] = CallerChannel(uniqueid, channel)

    def customer(self, contact_id: ContactId, uniqueid: str, leg_id: OfferId) -> Leg:
        """Somebody whom an agent calls; the channel's name comes with its first event."""
        called = Leg(leg_id, contact_id, outside=True)
        self.caller(contact_id, uniqueid, "")
        self.channels[contact_id].called = called
        return called

    def adopt(
        self, offer_id: OfferId, contact_id: ContactId, channel: str, *, rang: bool, accepted: bool
    ) -> Leg:
        """A leg found on the switch after a restart."""
        leg = self.legs.setdefault(offer_id, Leg(offer_id, contact_id))
        leg.asked, leg.channel = True, channel
        leg.rang, leg.accepted = leg.rang or rang, leg.accepted or accepted
        return leg

    def asking(self, asked: Leg) -> Leg | None:
        """The leg of the same contact that this one is rung for."""
        others = (
            leg for leg in self.legs.values() if leg.contact_id == asked.contact_id and leg is not asked
        )
        return next((leg for leg in others if leg.accepted and not leg.over), None)

    def take(self, message: Message) -> None:
        """Read one event of the switch."""
        handler = _HANDLERS.get(message.event)
        if handler is not None:
            handler(self, message)

    def fail(self, offer_id: OfferId, result: OfferEnd) -> None:
        """The leg could not even be asked for."""
        if self.legs.pop(offer_id, None) is not None:
            self._tell(ev.OfferFailed(offer_id, result))

    def unreached(self, contact_id: ContactId, result: OfferEnd, *, rung: bool = True) -> None:
        """The customer has not been reached; not `rung`: nothing has rung there, and could another time."""
        self.forget(contact_id)
        self._tell(ev.ContactGone(contact_id, EndedBy.CALLER, result, rung))

    def tell_the_reached(self) -> None:
        """Customers who picked up while nobody watched, as the list has shown."""
        for contact_id, caller in list(self.channels.items()):
            if caller.called is not None and caller.called.accepted:
                self.reached(contact_id)

    def reached(self, contact_id: ContactId) -> None:
        """The customer hears the agent: a caller like any other from now on."""
        self.channels[contact_id].called = None
        self._tell(ev.ContactReached(contact_id))

    def talk_together(self, contact_id: ContactId, leg: Leg) -> bool:
        caller = self.channels.get(contact_id)
        return caller is not None and bool(leg.bridge) and caller.bridge == leg.bridge

    def _leg(self, message: Message) -> Leg | None:
        return self.legs.get(OfferId(message.get("Uniqueid")))

    def _caller(self, message: Message) -> CallerChannel | None:
        contact_id = self.callers.get(message.get("Uniqueid"))
        return None if contact_id is None else self.channels[contact_id]

    def _either(self, message: Message) -> Leg | None:
        """One of our legs, or a customer who is being called."""
        caller = self._caller(message)
        return self._leg(message) if caller is None else caller.called

    def _newchannel(self, message: Message) -> None:
        leg, caller = self._leg(message), self._caller(message)
        if leg is not None:
            leg.channel = message.get("Channel")
            self.leg_known(leg)
        elif caller is not None and caller.called is not None:
            caller.name = caller.called.channel = message.get("Channel")
            self.leg_known(caller.called)

    def _newstate(self, message: Message) -> None:
        leg, state = self._either(message), message.get("ChannelStateDesc")
        if leg is None:
            return
        ours = leg is self._leg(message)
        if state == "Up":
            leg.answered = True
            if ours and leg.kind in (OfferKind.DIAL, OfferKind.CALLBACK):
                self._accept(leg)
            elif ours and leg.kind is OfferKind.CONSULT:
                self.picked_up(leg)
        elif state == "Ringing" and not leg.rang:
            leg.rang = True
            if ours:
                self._tell(ev.OfferRinging(leg.offer_id))

    def _bridge_enter(self, message: Message) -> None:
        leg, caller = self._leg(message), self._caller(message)
        if leg is not None:
            leg.bridge = message.get("BridgeUniqueid")
            self._accept(leg)
        elif caller is not None:
            caller.bridge = message.get("BridgeUniqueid")
            if caller.called is not None:
                self.reached(caller.called.contact_id)

    def _bridge_leave(self, message: Message) -> None:
        place = self._leg(message) or self._caller(message)
        # Taken into another bridge, it may be told to have left the old one afterwards.
        if place is not None and place.bridge == message.get("BridgeUniqueid"):
            place.bridge = ""

    def _accept(self, leg: Leg) -> None:
        if not leg.accepted:
            leg.accepted = True
            self._tell(ev.OfferAccepted(leg.offer_id))

    def _originate_response(self, message: Message) -> None:
        leg = self._either(message)
        if leg is None or message.get("Response") == "Success":
            return
        leg.reason = int(message.get("Reason") or 0)
        if leg.over or not leg.channel:
            self._end(leg, message)

    def _hangup(self, message: Message) -> None:
        uniqueid = message.get("Uniqueid")
        if self.gone is not None:
            self.gone.add(uniqueid)
        leg = self._either(message)
        if leg is None:
            if uniqueid in self.callers:
                self.caller_gone(self.callers[uniqueid])
            return
        leg.cause, leg.over = int(message.get("Cause") or 0), True
        leg.answered = leg.answered or message.get("ChannelStateDesc") == "Up"
        if leg.accepted:
            del self.legs[leg.offer_id]
            self._blame_the_caller(leg)
            self._tell(ev.LegGone(leg.offer_id))
        elif leg.reason is not None or (not leg.again and (leg.answered or leg.withdrawn is not None)):
            self._end(leg, message)

    def _end(self, leg: Leg, message: Message) -> None:
        """Tell the outcome of a leg that never talked."""
        if message.get("Uniqueid") in self.callers:
            self.unreached(leg.contact_id, leg.withdrawn or classify_outside(leg.end()))
            return
        if leg.again and leg.withdrawn is None:
            leg.again = leg.over = leg.answered = False
            leg.channel, leg.reason, leg.cause = "", None, None
            self.ring_again(leg)
            return
        del self.legs[leg.offer_id]
        self._blame_the_caller(leg)
        result = classify_outside(leg.end()) if leg.outside else classify(leg.end())
        self._tell(ev.OfferFailed(leg.offer_id, leg.withdrawn or result))

    def _blame_the_caller(self, leg: Leg) -> None:
        """
        A leg that ends because its caller hung up can be told of before the caller.

        The hang-up handler of the caller ends the leg first. Told in that order, the
        engine would ring the next agent for somebody who is already gone.
        """
        channel = self.channels.get(leg.contact_id)
        if channel is not None and channel.leaving and channel.called is None:
            self.caller_gone(leg.contact_id)

    def caller_gone(self, contact_id: ContactId) -> None:
        self.forget(contact_id)
        self._tell(ev.ContactGone(contact_id, EndedBy.CALLER))

    def forget(self, contact_id: ContactId) -> None:
        """A caller's channel is no more; whoever calls this tells the engine, if it has to be told."""
        channel = self.channels.pop(contact_id, None)
        if channel is not None:
            del self.callers[channel.uniqueid]

    def _hangup_request(self, message: Message) -> None:
        caller = self._caller(message)
        if caller is not None:
            caller.leaving = True

    def _dial_begin(self, message: Message) -> None:
        """A caller is being connected to the fallback telephone."""
        contact = self.callers.get(message.get("Uniqueid"))
        if contact is not None and message.get("Context") == "cc-fallback":
            self._tell(ev.ContactElsewhere(contact))


_HANDLERS: dict[str, Callable[[LegBook, Message], None]] = {
    "Newchannel": LegBook._newchannel,
    "Newstate": LegBook._newstate,
    "BridgeEnter": LegBook._bridge_enter,
    "BridgeLeave": LegBook._bridge_leave,
    "OriginateResponse": LegBook._originate_response,
    "Hangup": LegBook._hangup,
    "HangupRequest": LegBook._hangup_request,
    "SoftHangupRequest": LegBook._hangup_request,
    "DialBegin": LegBook._dial_begin,
}

EVENTS = frozenset(_HANDLERS)
