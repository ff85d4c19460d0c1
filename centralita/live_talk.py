"""What goes on in a talk, read from the engine: hold, consultation, conference, somebody outside."""

from __future__ import annotations

from typing import Literal

from acd.model import OfferState, Phase
from acd.state import Agent, Contact, Offer, State
from centralita.web.live_shape import LiveConsult

Doing = Literal["talking", "held", "consulting", "conference", "dialling", "asked"]


def doing_in_talk(state: State, agent: Agent) -> Doing | None:
    """What the agent does with the contact in hand; None when it only rings, or there is none."""
    leg = state.offers.get(agent.offer_id) if agent.offer_id is not None else None
    contact = state.contacts.get(leg.contact_id) if leg is not None else None
    if leg is None or contact is None:
        return None
    if contact.consult_id == leg.id:
        return "conference" if contact.conference else "asked"
    if contact.phase is Phase.DIALLING:
        return "dialling"
    if contact.phase is not Phase.TALKING or contact.offer_id != leg.id:
        return None
    if contact.conference:
        return "conference"
    if contact.consult_id is not None:
        return "consulting"
    return "held" if contact.on_hold_ms is not None else "talking"


def consult_of(state: State, contact: Contact) -> LiveConsult | None:
    """Whom its agent asks; in a conference nobody any more."""
    leg = _second(state, contact)
    if leg is None or contact.conference:
        return None
    up = leg.state is OfferState.ACCEPTED
    return LiveConsult(
        agent=leg.agent_id or None,
        outside=not leg.agent_id,
        state="up" if up else "ringing",
        since_ms=leg.up_ms if up else leg.start_ms,
    )


def is_outside(state: State, contact: Contact) -> bool:
    """Somebody outside has the contact, or shares it."""
    if contact.phase is Phase.OUTSIDE:
        return True
    leg = _second(state, contact)
    return contact.conference and leg is not None and not leg.agent_id


def _second(state: State, contact: Contact) -> Offer | None:
    return None if contact.consult_id is None else state.offers.get(contact.consult_id)
