"""
Callbacks: a contact that waits without a leg, and is rung exactly once when an agent is off the hook for it.

What is told of it goes by the same words as of any contact: offered, declined, accepted. Only that the
agent who accepts does not talk yet: the customer's telephone rings then, as with outgoing calls.
"""

from __future__ import annotations

from typing import Any

from acd import events as ev
from acd import places, promises
from acd.closing import close
from acd.exits import Staff, staff
from acd.legs import hang_up
from acd.line import begin_stay, leave
from acd.model import (
    Activity,
    Channel,
    ContactId,
    Direction,
    EndedBy,
    ExitKind,
    ExitTo,
    OfferEnd,
    Phase,
    PromiseEnd,
    QueueId,
)
from acd.offers import picked_up, withdraw
from acd.outgoing import call_customer
from acd.phases import end_segment, enter
from acd.records import CallbackAgreed, CallbackWaits, ContactOpened, CustomerCalled
from acd.state import IN_LINE, Contact, Offer, Promise
from acd.targets import as_if_in
from acd.turn import Turn

LINE_REST_MS = 30_000
"""How long a contact is left alone for whom no line was free."""
_ON_THE_LINE = (Phase.IVR, Phase.AFTER, Phase.FALLBACK)


def promise(turn: Turn, contact: Contact, event: ev.CallbackPromised) -> None:
    """The caller need not stay on the line. The clock goes on as it does through a queue's exits."""
    if contact.promise is not None:
        turn.ignore(event, contact.id, "already so")
        return
    why = _refused(turn, contact, event.queue, is_open=event.is_open)
    if why is not None:
        turn.ignore(event, contact.id, why)
        return
    earlier = contact.earlier
    contact.exit = contact.exit_kind = None
    _agree(turn, contact, event.queue, Promise(event.token, event.channel, event.ring_ms, turn.now_ms))
    _note_hours(turn, event.queue, is_open=event.is_open)
    taken_over(turn, contact, earlier)


def ask(turn: Turn, event: ev.CallbackAsked) -> None:
    """Nobody has called; the contact is one that we call."""
    if event.contact_id in turn.state.contacts:
        turn.ignore(event, event.contact_id, "already known")
        return
    contact = _nobody_yet(turn, event.contact_id, event.channel, event.entry)
    why = _refused(turn, contact, event.queue, is_open=event.is_open)
    if why is not None:
        turn.ignore(event, contact.id, why)
        return
    turn.state.contacts[contact.id] = contact
    opened = ContactOpened(
        contact.id, contact.channel, contact.entry, turn.now_ms, contact.medium, contact.direction
    )
    turn.remember(opened)
    _agree(turn, contact, event.queue, Promise(event.token, event.channel, event.ring_ms, turn.now_ms))
    _note_hours(turn, event.queue, is_open=event.is_open)
    promises.rest(turn, contact, event.rest_ms)
    _wait(turn, contact)


def _nobody_yet(turn: Turn, contact_id: ContactId, channel: Channel, entry: str) -> Contact:
    return Contact(
        id=contact_id,
        channel=channel,
        entry=entry,
        config_version=turn.state.routing.version,
        started_ms=turn.now_ms,
        phase_since_ms=turn.now_ms,
        direction=Direction.OUTBOUND,
    )


def _refused(turn: Turn, contact: Contact, queue: QueueId, *, is_open: bool) -> str | None:
    """
    Why nobody may be promised a call out of this queue now; None if they may.

    The wait is no reason, and neither is that nobody is signed in: the promise waits for people.
    """
    as_if = as_if_in(turn, contact, queue)
    if as_if is None or as_if.rules is None:
        return f"unknown queue {queue}"
    rules, waiting = as_if.rules, len(turn.state.lines.get(queue, ()))
    for kind, holds, why in (
        (ExitKind.CLOSED, not is_open, "queue closed"),
        (ExitKind.FULL, rules.full_at is not None and waiting >= rules.full_at, "queue full"),
        (ExitKind.NOBODY_COULD_EVER, staff(turn.state, as_if) is Staff.NEVER, "queue unstaffed"),
    ):
        way = rules.exits.get(kind)
        if holds and way is not None and way.to is not ExitTo.KEEP_WAITING:
            return why
    return None


def _agree(turn: Turn, contact: Contact, queue: QueueId, promise: Promise) -> None:
    found = turn.state.rules_for(contact, queue)
    assert found is not None
    begin_stay(turn, contact, *found)
    place = places.find(turn, contact)
    if place is not None:
        places.give_back(turn, contact, place)
    contact.joined_ms, contact.promise = None, promise
    position = turn.state.position(contact.id)
    assert position is not None
    turn.remember(CallbackAgreed(contact.id, queue, position, turn.now_ms))
    if place is not None:
        places.remember(turn, contact)


def taken_over(turn: Turn, contact: Contact, earlier: ContactId | None) -> None:
    """Whoever has the place of a promised contact ends its promise: never two for one customer."""
    promised = None if earlier is None else promises.of_caller(turn, earlier)
    if promised is None or promised.called_in != contact.id or contact.earlier is not None:
        return
    promised.called_in = None
    close(turn, promised, ev.ContactGone(promised.id, EndedBy.CALLER), PromiseEnd.BY_PHONE)


def gone(turn: Turn, contact: Contact, event: ev.ContactGone) -> None:
    """The caller's leg has ended. Who was promised a call waits on, absent."""
    if contact.absent:
        turn.ignore(event, contact.id, promises.NOBODY_THERE)
    elif contact.promise is not None and contact.phase in _ON_THE_LINE:
        end_segment(turn, contact, event.ended_by if contact.ended_by is None else contact.ended_by)
        promises.let_go(turn, contact)
        _wait(turn, contact)
    elif contact.promise is not None and contact.phase is Phase.DIALLING and not event.rung:
        _not_rung(turn, contact)
    else:
        close(turn, contact, event)


def _not_rung(turn: Turn, contact: Contact) -> None:
    """No line was free, or the agent gave up too soon: the customer knows nothing of it, and it waits on."""
    turn.timers.drop(f"dial:{contact.id}")
    if contact.offer_id is not None:
        hang_up(turn, turn.state.offers[contact.offer_id])
        contact.offer_id = None
    end_segment(turn, contact)
    contact.dialled_ms = None
    promises.rest(turn, contact, LINE_REST_MS)
    _wait(turn, contact)


def _wait(turn: Turn, contact: Contact) -> None:
    """From now on without a leg; steps count from the promise."""
    promise = contact.promise
    assert promise is not None and contact.rules is not None
    contact.absent, contact.ended_by = True, None
    contact.channel, contact.joined_ms = promise.channel, promise.at_ms
    contact.called_ms, contact.sent_result = None, None
    enter(turn, contact, Phase.PROMISED)
    promises.stand(turn, contact)
    position = turn.state.position(contact.id)
    assert position is not None
    turn.remember(CallbackWaits(contact.id, contact.rules.id, position, promise.at_ms, turn.now_ms))


def cancel(turn: Turn, contact: Contact, event: ev.CallbackCancelled) -> None:
    """No call is wanted: the contact ends, unless its caller is still on the line."""
    if contact.promise is None:
        turn.ignore(event, contact.id, "no promise")
    elif contact.absent:
        close(turn, contact, ev.ContactGone(contact.id, event.by), PromiseEnd.CANCELLED)
    elif contact.phase is Phase.DIALLING:
        turn.ignore(event, contact.id, "being called")
    else:
        promises.end(turn, contact, PromiseEnd.CANCELLED)


def hours(turn: Turn, event: ev.QueueHours) -> None:
    if not _note_hours(turn, event.queue, is_open=event.is_open):
        turn.ignore(event, event.queue, "already so")


def _note_hours(turn: Turn, queue: QueueId, *, is_open: bool) -> bool:
    """Whether that is news. Those who are absent stand in the line only while the queue is open."""
    state = turn.state
    if is_open != (queue in state.closed):
        return False
    if is_open:
        del state.closed[queue]
    else:
        state.closed[queue] = None
    for contact in state.contacts.values():
        if contact.absent and contact.rules is not None and contact.rules.id == queue:
            promises.stand(turn, contact)
    return True


def taken(turn: Turn, offer: Offer, event: ev.OfferAccepted) -> None:
    """The agent is off the hook: now the customer's telephone, unless it is not the moment any more."""
    contact = turn.state.contacts.get(offer.contact_id)
    if contact is None or not contact.absent or contact.called_in is not None:
        hang_up(turn, offer)
        return
    assert contact.promise is not None and contact.phase in (*IN_LINE, Phase.PROMISED)
    if contact.offer_id not in (None, offer.id):
        withdraw(turn, contact, OfferEnd.WITHDRAWN)
    picked_up(turn, contact, offer)
    end_segment(turn, contact)
    leave(turn, contact)
    contact.absent, contact.offer_id = False, offer.id
    contact.number, contact.dial_ms = contact.promise.token, contact.promise.ring_ms
    enter(turn, contact, Phase.DIALLING)
    turn.set_activity(turn.state.agents[offer.agent_id], Activity.TALKING)
    call_customer(turn, contact, offer)
    turn.remember(CustomerCalled(contact.id, offer.agent_id, turn.now_ms))


ACTIONS: dict[str, Any] = {"promise": promise, "cancel": cancel, "leave": gone}
OFFER_ACTIONS: dict[str, Any] = {"callback_taken": taken}
