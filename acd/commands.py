"""What the distributor wants done. Executed only after the journal has the input."""

from __future__ import annotations

from dataclasses import dataclass

from acd.model import AgentId, ContactId, OfferEnd, OfferId, OfferKind
from acd.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class OfferContact:
    """Ring this agent for this contact; the switch owns the ring timer."""

    offer_id: OfferId
    contact_id: ContactId
    agent_id: AgentId
    ring_ms: int
    auto_answer: bool = False
    """Tell the phone to pick up by itself."""
    kind: OfferKind = OfferKind.CONTACT
    """
    CONTACT: who picks up talks to the caller. CONSULT: to the leg `by`. DIAL: is alone and hears
    that it rings, until the customer picks up; accepted as soon as the phone is off the hook. CALLBACK:
    the same, for a contact that waited to be called.
    """
    by: OfferId | None = None
    """The leg of the agent who asks, for CONSULT."""


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    """Stop the bell. The switch still has to say how the offer ended."""

    offer_id: OfferId
    why: OfferEnd


@dataclass(frozen=True, slots=True)
class EndLeg:
    """Hang up an agent's leg that has nobody to talk to."""

    offer_id: OfferId


@dataclass(frozen=True, slots=True)
class CallIn:
    """Have a waiting caller come to the door within seconds: an exit is due. Never moves the leg by force."""

    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class CallOutside:
    """Ring somebody outside for a contact; told of as of an offer's leg (ringing, accepted, failed, gone)."""

    leg_id: OfferId
    contact_id: ContactId
    number: str
    """Token behind which the shell keeps the telephone number."""
    ring_ms: int
    by: OfferId | None = None
    """The agent's leg that talks to who picks up; None: the caller does."""


@dataclass(frozen=True, slots=True)
class CallCustomer:
    """Ring the customer of an outgoing contact; who picks up talks to the agent's leg."""

    contact_id: ContactId
    leg_id: OfferId
    uniqueid: str
    number: str
    """Token, see `CallOutside`."""
    ring_ms: int


@dataclass(frozen=True, slots=True)
class StopCalling:
    """
    Hang up on the customer of an outgoing contact: nobody is there any more to talk to.

    `ContactGone` has to follow, or `ContactReached` if the customer has just picked up.
    """

    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class Park:
    """
    Take a leg out of its talk: it is alone and hears a soft tone.

    A caller it talked to comes home by itself and hears music.
    """

    leg_id: OfferId
    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class Connect:
    """The caller and this leg talk, whatever either was doing; harmless if they do already."""

    contact_id: ContactId
    leg_id: OfferId


@dataclass(frozen=True, slots=True)
class Confer:
    """
    The caller and these legs talk together.

    Whoever leaves, the others go on; when the last leg has left, the caller comes home.
    """

    contact_id: ContactId
    legs: tuple[OfferId, ...]


@dataclass(frozen=True, slots=True)
class MuteLeg:
    leg_id: OfferId
    muted: bool


@dataclass(frozen=True, slots=True)
class AnswerLeg:
    """Have the phone pick up."""

    leg_id: OfferId


Command = (
    OfferContact
    | WithdrawOffer
    | EndLeg
    | CallIn
    | CallOutside
    | CallCustomer
    | StopCalling
    | Park
    | Connect
    | Confer
    | MuteLeg
    | AnswerLeg
)
