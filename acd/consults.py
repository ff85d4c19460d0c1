"""
Consultation: the contact is on hold while its agent asks another, or somebody outside.

Whom the agent asks is rung as for an offer: reserved, announced before the bell, with a deadline and
with the same consequences. Who was asked is free at once afterwards, unless they take the contact over.
"""

from __future__ import annotations

from typing import Any

from acd import events as ev
from acd.hold import NOT_THEIRS, put_on_hold, talk_again
from acd.legs import NOBODY, drop, hang_up, ring_agent, ring_outside
from acd.model import Activity, AgentId, OfferEnd, OfferKind, OfferState, Phase, Target, TargetKind
from acd.offers import consequence, picked_up, record_offer_end, stop_bell, stop_offering
from acd.records import ConferenceEnded, ConsultConnected, ConsultEnded, ConsultStarted, Segment
from acd.state import Contact, Offer
from acd.targets import whom
from acd.turn import Turn


def refused(turn: Turn, contact: Contact, agent_id: AgentId) -> str | None:
    """Why the agent cannot do anything with this contact that involves others; None if it can be."""
    if contact.agent_id != agent_id:
        return NOT_THEIRS
    if contact.conference:
        return "in a conference"
    return None if contact.consult_id is None else "asks somebody already"


def not_answered(turn: Turn, contact: Contact, agent_id: AgentId) -> str | None:
    """Why the agent can neither leave the contact to somebody nor begin a conference; None if both can be."""
    if contact.agent_id != agent_id:
        return NOT_THEIRS
    if contact.conference:
        return "in a conference"
    if contact.consult_id is None:
        return "asks nobody"
    up = turn.state.offers[contact.consult_id].state is OfferState.ACCEPTED
    return None if up else "not picked up yet"


def start(turn: Turn, contact: Contact, event: ev.ConsultAsked) -> None:
    """Hold first, then the bell: who picks up talks to an agent who is alone."""
    why, by, to = refused(turn, contact, event.agent_id), contact.offer_id, event.to
    if why is not None:
        turn.ignore(event, contact.id, why)
        return
    assert by is not None
    found = None if to.kind is TargetKind.OUTSIDE else whom(turn, contact, event.agent_id, to)
    if isinstance(found, str):
        turn.ignore(event, contact.id, found)
        return
    if contact.on_hold_ms is None:
        put_on_hold(turn, contact)
    if found is None:
        kind, who = OfferKind.CONSULT, event.agent_id
        leg = ring_outside(turn, contact, kind, to.name, by=by, by_agent=who)
    else:
        to = Target(TargetKind.AGENT, found.id)
        leg = ring_agent(turn, contact, found, OfferKind.CONSULT, by=by, by_agent=event.agent_id)
    contact.consult_id = leg.id
    turn.remember(ConsultStarted(contact.id, event.agent_id, leg.id, to, turn.now_ms))


def answered(turn: Turn, offer: Offer, event: ev.OfferAccepted) -> None:
    """Who is asked has picked up and talks to the agent, unless the agent has thought better of it."""
    contact = turn.state.contacts.get(offer.contact_id)
    if contact is None or contact.consult_id != offer.id:
        _too_late(turn, contact, offer)
        return
    picked_up(turn, contact, offer)
    agent = turn.state.agents.get(offer.agent_id)
    if agent is not None:
        turn.set_activity(agent, Activity.TALKING)
    assert contact.agent_id is not None
    turn.remember(ConsultConnected(contact.id, contact.agent_id, offer.id, whoever(offer), turn.now_ms))


def _too_late(turn: Turn, contact: Contact | None, offer: Offer) -> None:
    """The agent may have been called out of the talk with the contact by the one who picks up: back there."""
    hang_up(turn, offer)
    if contact is None or contact.phase is not Phase.TALKING or contact.offer_id != offer.by:
        return
    if contact.on_hold_ms is None and not contact.conference:
        talk_again(turn, contact)


def failed(turn: Turn, offer: Offer, event: ev.OfferFailed) -> None:
    """Nobody picked up: the agent talks to the contact again."""
    contact = turn.state.contacts[offer.contact_id]
    if offer.agent_id != NOBODY:
        record_offer_end(turn, offer, event.result)
        stop_offering(turn, contact, offer, event.result)
    told(turn, contact, event.result, contact.agent_id)
    drop(turn, offer)
    consequence(turn, offer, event.result)
    talk_again(turn, contact)


def left(turn: Turn, offer: Offer, event: ev.LegGone | ev.OfferFailed) -> None:
    """Who was asked has hung up: agent and contact talk again, or go on without a third."""
    contact = turn.state.contacts[offer.contact_id]
    in_conference = contact.conference
    told(turn, contact, OfferEnd.ACCEPTED, contact.agent_id)
    drop(turn, offer)
    if not in_conference:
        talk_again(turn, contact)


def end(turn: Turn, contact: Contact, why: OfferEnd = OfferEnd.WITHDRAWN) -> None:
    """Take leave of whom the agent asks, or of the third in a conference: bell stopped, or leg hung up."""
    assert contact.consult_id is not None
    offer = turn.state.offers[contact.consult_id]
    up = offer.state is OfferState.ACCEPTED
    stays = None if why is OfferEnd.CALLER_GONE else contact.agent_id
    told(turn, contact, OfferEnd.ACCEPTED if up else why, stays)
    if up:
        hang_up(turn, offer)
    else:
        stop_bell(turn, contact, offer, why)


def told(turn: Turn, contact: Contact, result: OfferEnd, stays: AgentId | None) -> None:
    """
    Nobody is asked any more, or the conference is over: write that down.

    Args:
        turn: This one.
        contact: With somebody who is asked or takes part.
        result: ACCEPTED when they had talked.
        stays: The agent who is still with the contact; None: nobody, or somebody outside.
    """
    assert contact.consult_id is not None and contact.agent_id is not None
    offer = turn.state.offers[contact.consult_id]
    since_ms, who = offer.up_ms, whoever(offer)
    if contact.conference:
        kind = "conference"
        turn.remember(ConferenceEnded(contact.id, stays, turn.now_ms))
    else:
        kind = "consult"
        talk_ms = turn.now_ms - since_ms if result is OfferEnd.ACCEPTED else 0
        turn.remember(ConsultEnded(contact.id, contact.agent_id, offer.id, result, talk_ms, turn.now_ms))
    if result is OfferEnd.ACCEPTED:
        contact.segments.append(Segment(kind, since_ms, turn.now_ms, agent_id=who, offer_id=offer.id))
    contact.consult_id, contact.conference = None, False


def whoever(offer: Offer) -> AgentId | None:
    """The agent of a leg; None: somebody outside."""
    return None if offer.agent_id == NOBODY else offer.agent_id


ACTIONS: dict[str, Any] = {"consult": start}
OFFER_ACTIONS: dict[str, Any] = {
    "consult_answered": answered,
    "consult_failed": failed,
    "consult_left": left,
}
