"""What the distributor wants done. Executed only after the journal has the input."""

from __future__ import annotations

from dataclasses import dataclass

from acd.model import AgentId, ContactId, OfferEnd, OfferId
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


Command = OfferContact | WithdrawOffer | EndLeg | CallIn
