"""
What stands behind callbacks: when a contact without a leg may be called, and when its promise is over.

A promised contact stands in its queue as anybody, with its clock, head start, steps and preferred
agents. It steps out of the line (`Phase.PROMISED`) while its queue is closed, while its customer is
calling us, and for a moment when no line was free; then back to where its clock says.
"""

from __future__ import annotations

from acd.line import leave, take_place
from acd.model import ContactId, Direction, OfferEnd, Phase, PromiseEnd
from acd.offers import withdraw
from acd.records import CallbackEnded
from acd.state import Contact, State
from acd.turn import Turn

NOBODY_THERE = "nobody is on the line"


def stand(turn: Turn, contact: Contact) -> None:
    """Put an absent contact into the line or beside it, as it is now; a bell that rings for it goes on."""
    assert contact.absent and contact.rules is not None
    if contact.phase is Phase.OFFERED:
        return
    if not_now(turn.state, contact):
        leave(turn, contact)
        contact.phase = Phase.PROMISED
    elif contact.phase is Phase.PROMISED:
        contact.phase = Phase.WAITING
        take_place(turn, contact)


def not_now(state: State, contact: Contact) -> bool:
    """Whether this is no moment to call an absent contact."""
    assert contact.rules is not None
    closed = contact.rules.id in state.closed
    return closed or contact.called_in is not None or contact.rests_until_ms is not None


def rest(turn: Turn, contact: Contact, rest_ms: int) -> None:
    """Ask no agent for this long; 0 is not at all."""
    if rest_ms:
        contact.rests_until_ms = turn.now_ms + rest_ms
        turn.timers.set(f"callback:{contact.id}", contact.rests_until_ms)


def rest_over(turn: Turn, contact_id: ContactId) -> None:
    contact = turn.state.contacts.get(contact_id)
    if contact is not None and contact.absent:
        contact.rests_until_ms = None
        stand(turn, contact)


def end(turn: Turn, contact: Contact, how: PromiseEnd) -> None:
    """The promise is over; nothing happens if there was none."""
    promise = contact.promise
    if promise is None:
        return
    contact.promise, contact.rests_until_ms = None, None
    turn.timers.drop(f"callback:{contact.id}")
    assert contact.rules is not None
    turn.remember(CallbackEnded(contact.id, contact.rules.id, how, promise.at_ms, turn.now_ms))


def on_the_line(turn: Turn, contact: Contact) -> None:
    """Who was promised a call has not hung up but wants to be served now."""
    end(turn, contact, PromiseEnd.BY_PHONE)


def of_caller(turn: Turn, earlier: ContactId) -> Contact | None:
    """The contact with this id, if it was promised a call that has not come about."""
    contact = turn.state.contacts.get(earlier)
    return None if contact is None or contact.promise is None else contact


def not_claimed(turn: Turn, contact: Contact, earlier: ContactId) -> str | None:
    """Why a contact cannot be the caller of one that was promised a call; None if it can be."""
    promised = turn.state.contacts[earlier]
    if contact.absent:
        return NOBODY_THERE
    if contact.direction is Direction.OUTBOUND:
        return "an outgoing contact"
    if not promised.absent:
        return "on the line, or being called"
    if promised.called_in is not None:
        return "already so" if promised.called_in == contact.id else "calls on another line already"
    return None


def hold_back(turn: Turn, contact: Contact, earlier: ContactId) -> None:
    """The customer is calling: not the moment to ring them."""
    promised = turn.state.contacts[earlier]
    promised.called_in = contact.id
    if promised.phase is Phase.OFFERED:
        withdraw(turn, promised, OfferEnd.WITHDRAWN)
    stand(turn, promised)


def let_go(turn: Turn, contact: Contact) -> None:
    """The call is over, or is somebody else's, and has not taken the promise's place: it waits on."""
    held = None if contact.earlier is None else turn.state.contacts.get(contact.earlier)
    if held is not None and held.called_in == contact.id:
        held.called_in = None
        stand(turn, held)
