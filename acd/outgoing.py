"""
Outgoing calls: an agent's own telephone first, then the customer's.

The customer is a contact from the moment it is dialled, and a caller like any other once reached.
"""

from __future__ import annotations

from typing import Any

from acd import events as ev
from acd import promises
from acd.agents import lose_phone
from acd.closing import close
from acd.commands import CallCustomer, StopCalling
from acd.legs import LOST_AFTER_MS, drop, hang_up, ring_agent
from acd.model import (
    Activity,
    ContactId,
    Direction,
    EndedBy,
    OfferEnd,
    OfferKind,
    OfferState,
    Phase,
    PromiseEnd,
)
from acd.offers import begin_talk, picked_up, record_offer_end, stop_bell, stop_offering
from acd.records import ContactOpened, CustomerCalled
from acd.state import Agent, Contact, Offer
from acd.turn import Turn

STOPPED_FOR_MS = 5_000
"""How long a customer who is no longer called waits for the switch to say so."""


def dial(turn: Turn, event: ev.ContactDialled) -> None:
    """Ring the agent's own telephone; who is not ready for callers may call all the same."""
    state = turn.state
    agent = state.agents.get(event.agent_id)
    found = None if event.queue is None else state.routing.queues.get(event.queue)
    if event.contact_id in state.contacts:
        turn.ignore(event, event.contact_id, "already known")
    elif agent is None or agent.retired:
        turn.ignore(event, event.contact_id, f"unknown agent {event.agent_id}")
    elif event.queue is not None and found is None:
        turn.ignore(event, event.contact_id, f"unknown queue {event.queue}")
    elif (why := _busy(agent)) is not None:
        turn.ignore(event, event.contact_id, why)
    else:
        contact = Contact(
            id=event.contact_id,
            channel=event.channel,
            entry="",
            config_version=state.routing.version,
            started_ms=turn.now_ms,
            phase_since_ms=turn.now_ms,
            phase=Phase.DIALLING,
            rules=found,
            direction=Direction.OUTBOUND,
            number=event.number,
            dial_ms=event.ring_ms,
        )
        _begin(turn, contact, agent)


def _busy(agent: Agent) -> str | None:
    if agent.activity is not Activity.IDLE:
        return "agent is busy"
    if not agent.reachable:
        return "phone not reachable"
    return "phone in use" if agent.in_use else None


def _begin(turn: Turn, contact: Contact, agent: Agent) -> None:
    turn.state.contacts[contact.id] = contact
    turn.remember(
        ContactOpened(
            contact.id,
            contact.channel,
            contact.entry,
            turn.now_ms,
            contact.medium,
            contact.direction,
            agent.id,
        )
    )
    contact.offer_id = ring_agent(turn, contact, agent, OfferKind.DIAL).id


def off_the_hook(turn: Turn, offer: Offer, event: ev.OfferAccepted) -> None:
    """Now the customer's telephone, unless the call was given up."""
    contact = turn.state.contacts.get(offer.contact_id)
    if contact is None or contact.offer_id != offer.id:
        hang_up(turn, offer)
        return
    picked_up(turn, contact, offer)
    turn.set_activity(turn.state.agents[offer.agent_id], Activity.TALKING)
    call_customer(turn, contact, offer)
    turn.remember(CustomerCalled(contact.id, offer.agent_id, turn.now_ms))


def call_customer(turn: Turn, contact: Contact, offer: Offer) -> None:
    """Ring the customer; the switch owns the ring timer."""
    contact.dialled_ms = turn.now_ms
    turn.timers.set(f"dial:{contact.id}", turn.now_ms + contact.dial_ms + LOST_AFTER_MS)
    turn.order(CallCustomer(contact.id, offer.id, contact.channel.uniqueid, contact.number, contact.dial_ms))


def reach(turn: Turn, contact: Contact, event: ev.ContactReached) -> None:
    """The customer has picked up: a talk, if the agent is still there."""
    if contact.offer_id is None:
        turn.order(StopCalling(contact.id))
        turn.ignore(event, contact.id, "given up")
        return
    offer = turn.state.offers[contact.offer_id]
    if offer.state is not OfferState.ACCEPTED:
        turn.ignore(event, contact.id, "not picked up yet")
        return
    turn.timers.drop(f"dial:{contact.id}")
    begin_talk(turn, contact, offer)
    promises.end(turn, contact, PromiseEnd.REACHED)


def own_phone_failed(turn: Turn, offer: Offer, event: ev.OfferFailed) -> None:
    """The agent did not pick up their own telephone: the customer has never been called."""
    contact = turn.state.contacts[offer.contact_id]
    record_offer_end(turn, offer, event.result)
    stop_offering(turn, contact, offer, event.result)
    contact.offer_id = None
    drop(turn, offer)
    agent = turn.state.agents.get(offer.agent_id)
    if event.result is OfferEnd.UNREACHABLE and agent is not None:
        lose_phone(turn, agent)
    _end(turn, contact)


def own_phone_hung_up(turn: Turn, offer: Offer, event: ev.LegGone | ev.OfferFailed) -> None:
    """The agent has given up while the customer's telephone rang."""
    contact = turn.state.contacts[offer.contact_id]
    contact.offer_id = None
    drop(turn, offer)
    stop_calling(turn, contact)


def stop_calling(turn: Turn, contact: Contact) -> None:
    """Nobody is there for the customer any more; the contact waits for the switch to say that it is over."""
    turn.timers.set(f"dial:{contact.id}", turn.now_ms + STOPPED_FOR_MS)
    turn.order(StopCalling(contact.id))


def give_up(turn: Turn, contact: Contact) -> None:
    """The agent wants it ended before anybody is reached."""
    assert contact.offer_id is not None
    offer = turn.state.offers[contact.offer_id]
    contact.offer_id = None
    if offer.state is OfferState.ACCEPTED:
        hang_up(turn, offer)
        stop_calling(turn, contact)
    else:
        stop_bell(turn, contact, offer, OfferEnd.WITHDRAWN)
        _end(turn, contact)


def never_told(turn: Turn, contact_id: ContactId) -> None:
    """The switch has not said what became of the customer's telephone: stop believing that it will."""
    contact = turn.state.contacts.get(contact_id)
    if contact is not None and contact.phase is Phase.DIALLING:
        turn.order(StopCalling(contact.id))
        _end(turn, contact, OfferEnd.NO_REPLY if contact.offer_id is not None else None)


def _end(turn: Turn, contact: Contact, result: OfferEnd | None = None) -> None:
    close(turn, contact, ev.ContactGone(contact.id, EndedBy.SYSTEM, result))


ACTIONS: dict[str, Any] = {"reach": reach}
OFFER_ACTIONS: dict[str, Any] = {
    "off_the_hook": off_the_hook,
    "own_phone_failed": own_phone_failed,
    "own_phone_hung_up": own_phone_hung_up,
}
