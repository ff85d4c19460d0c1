"""
What the switch's events say about legs: a book of callers and agents' legs.

Turns AMI messages into engine events. Plain synchronous code over plain data,
so that a captured stream can be replayed in a test.

- A caller's end is the Hangup of its channel, nothing else.
- An agent has accepted when its leg enters a bridge: before that there is
  nobody to hear.
- A leg's failure is told once, when both its OriginateResponse and its Hangup
  (if it had a channel) are in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from acd import events as ev
from acd.model import ContactId, EndedBy, OfferEnd, OfferId
from cti.asterisk.outcomes import LegEnd, classify
from cti.asterisk.phones import Message


@dataclass(slots=True)
class Leg:
    """An agent's leg; the channel's name is unknown until Asterisk makes it."""

    offer_id: OfferId
    contact_id: ContactId
    asked: bool = False
    """The Originate has been sent."""
    channel: str = ""
    rang: bool = False
    answered: bool = False
    """Picked up; the talk has begun only with `bridged`."""
    bridged: bool = False
    withdrawn: OfferEnd | None = None
    reason: int | None = None
    cause: int | None = None
    over: bool = False


@dataclass(slots=True)
class CallerChannel:
    uniqueid: str
    name: str
    leaving: bool = False
    """The switch has been asked to end it: what its legs do now is its doing."""


class LegBook:
    """
    Args:
        tell: Takes each engine event, in order.
        leg_known: Called when a leg's channel has a name, so that the caller's
            channel can carry it (`CC_LEG`) and silence the bell by itself.
    """

    def __init__(
        self,
        tell: Callable[[ev.Event], None],
        leg_known: Callable[[Leg], None],
    ) -> None:
        self._tell = tell
        self._leg_known = leg_known
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

    def adopt(
        self, offer_id: OfferId, contact_id: ContactId, channel: str, *, rang: bool, bridged: bool
    ) -> None:
        """A leg found on the switch after a restart."""
        leg = self.legs.setdefault(offer_id, Leg(offer_id, contact_id))
        leg.asked, leg.channel = True, channel
        leg.rang, leg.bridged = leg.rang or rang, leg.bridged or bridged

    def take(self, message: Message) -> None:
        """Read one event of the switch."""
        handler = _HANDLERS.get(message.event)
        if handler is not None:
            handler(self, message)

    def fail(self, offer_id: OfferId, result: OfferEnd) -> None:
        """The leg could not even be asked for."""
        if self.legs.pop(offer_id, None) is not None:
            self._tell(ev.OfferFailed(offer_id, result))

    def _leg(self, message: Message) -> Leg | None:
        return self.legs.get(OfferId(message.get("Uniqueid")))

    def _newchannel(self, message: Message) -> None:
        leg = self._leg(message)
        if leg is not None:
            leg.channel = message.get("Channel")
            self._leg_known(leg)

    def _newstate(self, message: Message) -> None:
        leg, state = self._leg(message), message.get("ChannelStateDesc")
        if leg is not None and state == "Up":
            leg.answered = True
        elif leg is not None and state == "Ringing" and not leg.rang:
            leg.rang = True
            self._tell(ev.OfferRinging(leg.offer_id))

    def _bridge_enter(self, message: Message) -> None:
        leg = self._leg(message)
        if leg is not None and not leg.bridged:
            leg.bridged = True
            self._tell(ev.OfferAccepted(leg.offer_id))

    def _originate_response(self, message: Message) -> None:
        leg = self._leg(message)
        if leg is None or message.get("Response") == "Success":
            return
        leg.reason = int(message.get("Reason") or 0)
        if leg.over or not leg.channel:
            self._end(leg)

    def _hangup(self, message: Message) -> None:
        uniqueid = message.get("Uniqueid")
        if self.gone is not None:
            self.gone.add(uniqueid)
        if uniqueid in self.callers:
            self.caller_gone(self.callers[uniqueid])
            return
        leg = self._leg(message)
        if leg is None:
            return
        leg.cause, leg.over = int(message.get("Cause") or 0), True
        leg.answered = leg.answered or message.get("ChannelStateDesc") == "Up"
        if leg.bridged:
            del self.legs[leg.offer_id]
            self._blame_the_caller(leg)
            self._tell(ev.LegGone(leg.offer_id))
        elif leg.answered or leg.reason is not None or leg.withdrawn is not None:
            self._end(leg)

    def _end(self, leg: Leg) -> None:
        """Tell the outcome of a leg that never talked."""
        del self.legs[leg.offer_id]
        self._blame_the_caller(leg)
        end = LegEnd(bool(leg.channel), leg.rang, leg.reason, leg.cause, leg.answered)
        result = leg.withdrawn or classify(end)
        self._tell(ev.OfferFailed(leg.offer_id, result))

    def _blame_the_caller(self, leg: Leg) -> None:
        """
        A leg that ends because its caller hung up can be told of before the caller.

        The hang-up handler of the caller ends the leg first. Told in that order, the
        engine would ring the next agent for somebody who is already gone.
        """
        channel = self.channels.get(leg.contact_id)
        if channel is not None and channel.leaving:
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
        contact = self.callers.get(message.get("Uniqueid"))
        if contact is not None:
            self.channels[contact].leaving = True

    def _dial_begin(self, message: Message) -> None:
        """A caller is being connected to the fallback telephone."""
        contact = self.callers.get(message.get("Uniqueid"))
        if contact is not None and message.get("Context") == "cc-fallback":
            self._tell(ev.ContactElsewhere(contact))


_HANDLERS: dict[str, Callable[[LegBook, Message], None]] = {
    "Newchannel": LegBook._newchannel,
    "Newstate": LegBook._newstate,
    "BridgeEnter": LegBook._bridge_enter,
    "OriginateResponse": LegBook._originate_response,
    "Hangup": LegBook._hangup,
    "HangupRequest": LegBook._hangup_request,
    "SoftHangupRequest": LegBook._hangup_request,
    "DialBegin": LegBook._dial_begin,
}

EVENTS = frozenset(_HANDLERS)
