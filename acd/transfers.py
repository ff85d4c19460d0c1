"""
Transfer: an agent hands the contact over, asking first (attended) or not (blind), or by hanging up.

A contact is never dropped by it: who cannot be reached, or hangs up too early, leaves it to the queue
that it came from, with the clock that it had there.
"""

from __future__ import annotations

from typing import Any

from acd import consults
from acd import events as ev
from acd.commands import CallIn, Connect
from acd.hold import NOT_THEIRS
from acd.legs import NOBODY, drop, hang_up, ring_agent, ring_outside
from acd.line import rejoin
from acd.model import (
    AgentId,
    EndedBy,
    Exit,
    ExitTo,
    OfferEnd,
    OfferKind,
    OfferState,
    Phase,
    QueueId,
    Target,
    TargetKind,
)
from acd.offers import back_to_the_menu, begin_talk, end_talk, picked_up, stop_bell
from acd.phases import end_segment, enter
from acd.records import ContactEscalatedTo, ContactTransferred, OutsideConnected, OutsideEnded
from acd.state import Agent, Contact, Offer
from acd.targets import agent_now, turned_away
from acd.turn import Turn


def complete(turn: Turn, contact: Contact, event: ev.TransferCompleted) -> None:
    """The agent leaves the contact to whom they are asking."""
    why = consults.not_answered(turn, contact, event.agent_id)
    if why is not None:
        turn.ignore(event, contact.id, why)
    else:
        take_over(turn, contact, leg_is_up=True)


def take_over(turn: Turn, contact: Contact, *, leg_is_up: bool, at_ms: int | None = None) -> None:
    """
    Who was asked, or is in the conference as well, has the contact from now on.

    Args:
        turn: This one.
        contact: With somebody who has picked up.
        leg_is_up: The agent who leaves is still there and is to be hung up.
        at_ms: When the agent left, if it was found out only now.
    """
    assert contact.consult_id is not None and contact.agent_id is not None
    successor, before = turn.state.offers[contact.consult_id], contact.agent_id
    who = consults.whoever(successor)
    together = contact.conference
    if not together:  # before the other leg goes: until then this one talks to it
        turn.order(Connect(contact.id, successor.id))
    consults.told(turn, contact, OfferEnd.ACCEPTED, stays=who)
    _leave(turn, contact, at_ms=at_ms, leg_is_up=leg_is_up)
    to = Target(TargetKind.OUTSIDE, successor.number) if who is None else Target(TargetKind.AGENT, who)
    _transferred(turn, contact, before, to, attended=True)
    successor.by = None
    if who is None:
        go_outside(turn, contact, successor)
        turn.remember(OutsideConnected(contact.id, successor.id, turn.now_ms))
    else:
        begin_talk(turn, contact, successor)
    contact.connect_ms = None if together else turn.now_ms


def blind(turn: Turn, contact: Contact, event: ev.TransferAsked) -> None:
    """The agent sends the contact on without asking, where it can be taken now."""
    found = _possible(turn, contact, event)
    if isinstance(found, str):
        turn.ignore(event, contact.id, found)
        return
    was_held, to = contact.on_hold_ms is not None, event.to
    _leave(turn, contact, leg_is_up=True)
    _transferred(turn, contact, event.agent_id, to, attended=False)
    if found is not None:
        rejoin(turn, contact)
        _offer_by_name(turn, contact, found, event.agent_id)
    elif to.kind is TargetKind.QUEUE:
        contact.transferred_to = QueueId(to.name)
        _send_to_queue(turn, contact, QueueId(to.name), come=was_held)
    else:
        by = event.agent_id
        leg = ring_outside(turn, contact, OfferKind.OUTSIDE, to.name, by=None, by_agent=by)
        go_outside(turn, contact, leg)


def _possible(turn: Turn, contact: Contact, event: ev.TransferAsked) -> Agent | str | None:
    """The agent to offer the contact to; None for a queue or somebody outside; a text: why it cannot be."""
    why = consults.refused(turn, contact, event.agent_id)
    if why is not None:
        return why
    if event.to.kind is TargetKind.AGENT:
        if contact.rules is None:
            return "no queue to come back to"
        return agent_now(turn, contact, event.agent_id, AgentId(event.to.name))
    if event.to.kind is TargetKind.QUEUE:
        queue = QueueId(event.to.name)
        if turn.state.rules_for(contact, queue) is None:
            return f"unknown queue {queue}"
        if not event.anyway:
            return turned_away(turn, contact, queue, is_open=event.is_open, estimate_ms=event.estimate_ms)
    return None


def escalate(turn: Turn, contact: Contact, event: ev.ContactEscalated) -> None:
    """
    The agent hands the contact over: the talk ends, the next tier's queue is an exit to be walked.

    Clock, language, segment and preferred agents go along; the talk counts for its place but
    not as wait. What becomes of one who finds that queue closed or full is its rules' business.
    """
    target = None if contact.rules is None else contact.rules.escalate_to
    why = consults.refused(turn, contact, event.agent_id)
    if why == NOT_THEIRS:
        turn.ignore(event, contact.id, f"not with {event.agent_id}")
    elif why is not None:
        turn.ignore(event, contact.id, why)
    elif contact.rules is None or target is None:
        queue = "no queue" if contact.rules is None else contact.rules.id
        turn.ignore(event, contact.id, f"{queue} has no next tier")
    elif turn.state.rules_for(contact, target) is None:
        turn.ignore(event, contact.id, f"unknown queue {target}")
    else:
        was_held, before = contact.on_hold_ms is not None, contact.rules.id
        _leave(turn, contact, leg_is_up=True)
        contact.transfers += 1
        _send_to_queue(turn, contact, target, come=was_held)
        turn.remember(ContactEscalatedTo(contact.id, event.agent_id, before, target, turn.now_ms))


def abandoned(turn: Turn, contact: Contact, *, at_ms: int | None = None) -> None:
    """The agent is gone while the contact was on hold, or not yet back from it: to its queue again."""
    if contact.consult_id is not None:
        consults.end(turn, contact)
    _leave(turn, contact, leg_is_up=False, at_ms=at_ms)
    back_to_queue(turn, contact)


def sent_back(turn: Turn, contact: Contact) -> None:
    """The same, of an agent who is there and with whom the contact cannot be brought together."""
    _leave(turn, contact, leg_is_up=True)
    back_to_queue(turn, contact)


def back_to_queue(turn: Turn, contact: Contact) -> None:
    """Where the contact came from, its clock kept; without a queue nothing is left but goodbye."""
    if contact.rules is not None:
        rejoin(turn, contact)
    turn.order(CallIn(contact.id))


def _leave(turn: Turn, contact: Contact, *, leg_is_up: bool, at_ms: int | None = None) -> None:
    """The agent is out of it; the talk counts for the contact's place but not as wait."""
    since_ms = contact.phase_since_ms
    end_talk(turn, contact, EndedBy.AGENT, at_ms, leg_is_up=leg_is_up)
    contact.handed_ms += turn.now_ms - since_ms


def _transferred(turn: Turn, contact: Contact, by: AgentId, to: Target, *, attended: bool) -> None:
    contact.transfers += 1
    turn.remember(ContactTransferred(contact.id, by, to, attended, turn.now_ms))


def _send_to_queue(turn: Turn, contact: Contact, queue: QueueId, *, come: bool) -> None:
    """On the way between two queues, as with any exit; who is on hold has to be called."""
    contact.joined_ms = None
    contact.exit = Exit(ExitTo.QUEUE, queue)
    if come:
        turn.order(CallIn(contact.id))


def _offer_by_name(turn: Turn, contact: Contact, agent: Agent, by: AgentId) -> None:
    """In its own queue as anybody, but this agent is asked first."""
    turn.state.index.leave(contact)
    contact.phase = Phase.OFFERED
    contact.offer_id = ring_agent(turn, contact, agent, OfferKind.CONTACT, by_agent=by).id


def go_outside(turn: Turn, contact: Contact, leg: Offer) -> None:
    """The contact is with this leg from now on, or on the way there."""
    end_segment(turn, contact)
    leg.kind = OfferKind.OUTSIDE
    contact.offer_id = leg.id
    contact.ended_by = None
    enter(turn, contact, Phase.OUTSIDE)


def outside_answered(turn: Turn, offer: Offer, event: ev.OfferAccepted) -> None:
    """Contact and somebody outside talk, if the contact is still there for it."""
    contact = turn.state.contacts.get(offer.contact_id)
    if contact is None or contact.offer_id != offer.id:
        hang_up(turn, offer)
        return
    picked_up(turn, contact, offer)
    contact.served = contact.served or offer.by_agent == NOBODY
    turn.remember(OutsideConnected(contact.id, offer.id, turn.now_ms))


def outside_failed(turn: Turn, offer: Offer, event: ev.OfferFailed) -> None:
    """Not reached: the contact is where it was before its talk."""
    contact = turn.state.contacts[offer.contact_id]
    turn.remember(OutsideEnded(contact.id, offer.id, event.result, 0, turn.now_ms))
    drop(turn, offer)
    if offer.by_agent == NOBODY:
        back_to_the_menu(turn, contact, event.result)
        turn.order(CallIn(contact.id))
        return
    _out_of_it(turn, contact)
    back_to_queue(turn, contact)


def outside_left(turn: Turn, offer: Offer, event: ev.LegGone | ev.OfferFailed) -> None:
    """Who was outside has hung up: the contact comes home, as after any talk."""
    contact = turn.state.contacts[offer.contact_id]
    talk_ms = turn.now_ms - offer.up_ms
    turn.remember(OutsideEnded(contact.id, offer.id, OfferEnd.ACCEPTED, talk_ms, turn.now_ms))
    drop(turn, offer)
    _out_of_it(turn, contact)
    contact.ended_by = EndedBy.AGENT


def _out_of_it(turn: Turn, contact: Contact) -> None:
    contact.handed_ms += turn.now_ms - contact.phase_since_ms
    end_segment(turn, contact)
    contact.offer_id = None
    enter(turn, contact, Phase.AFTER)


def end_outside(turn: Turn, contact: Contact) -> None:
    """The contact has hung up on somebody outside, or on the way there."""
    assert contact.offer_id is not None
    offer = turn.state.offers[contact.offer_id]
    up = offer.state is OfferState.ACCEPTED
    result = OfferEnd.ACCEPTED if up else OfferEnd.CALLER_GONE
    talk_ms = turn.now_ms - offer.up_ms if up else 0
    turn.remember(OutsideEnded(contact.id, offer.id, result, talk_ms, turn.now_ms))
    if up:
        hang_up(turn, offer)
    else:
        stop_bell(turn, contact, offer, OfferEnd.CALLER_GONE)


ACTIONS: dict[str, Any] = {"complete": complete, "transfer": blind, "escalate": escalate}
OFFER_ACTIONS: dict[str, Any] = {
    "outside_answered": outside_answered,
    "outside_failed": outside_failed,
    "outside_left": outside_left,
}
