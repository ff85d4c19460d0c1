"""What happens to contacts: the actions named in `acd.states.CONTACT_TABLE`."""

from __future__ import annotations

from typing import Any

from acd import events as ev
from acd.commands import EndLeg
from acd.model import EndedBy, OfferEnd, Outcome, Phase
from acd.offers import end_segment, end_talk, withdraw
from acd.records import ContactClosed, ContactOpened, ContactQueued
from acd.state import Contact
from acd.turn import Turn


def start(turn: Turn, event: ev.ContactStarted) -> None:
    if event.contact_id in turn.state.contacts:
        turn.ignore(event, event.contact_id, "already known")
        return
    turn.state.contacts[event.contact_id] = Contact(
        id=event.contact_id,
        channel=event.channel,
        entry=event.entry,
        config_version=turn.state.routing.version,
        started_ms=turn.now_ms,
        phase_since_ms=turn.now_ms,
    )
    turn.remember(ContactOpened(event.contact_id, event.channel, event.entry, turn.now_ms))


def move(turn: Turn, contact: Contact, event: ev.IvrMoved) -> None:
    """Note the place in the menu; who is there again is no longer with the fallback telephone."""
    if contact.phase is Phase.FALLBACK:
        end_segment(turn, contact)
        enter(turn, contact, Phase.IVR)
    contact.node = event.node


def enqueue(turn: Turn, contact: Contact, event: ev.ContactEnqueued) -> None:
    """Join a queue. Back in the same queue after the fallback telephone, the clock is kept."""
    rules = turn.state.routing.queues.get(event.queue)
    if rules is None:
        turn.ignore(event, contact.id, f"unknown queue {event.queue}")
        return
    same = contact.rules is not None and contact.rules.id == rules.id
    end_segment(turn, contact)
    if not (same and contact.phase is Phase.FALLBACK and contact.queued_ms is not None):
        contact.queued_ms = turn.now_ms
    contact.rules, contact.ended_by = rules, None
    enter(turn, contact, Phase.WAITING)
    turn.state.join_line(contact)
    position = turn.state.position(contact.id)
    assert position is not None
    turn.remember(ContactQueued(contact.id, rules.id, position, turn.now_ms))
    turn.rematch = True


def go_elsewhere(turn: Turn, contact: Contact, event: ev.ContactElsewhere) -> None:
    """The fallback telephone has the caller: keep the clock, offer to nobody."""
    if contact.phase is Phase.OFFERED:
        withdraw(turn, contact, OfferEnd.WITHDRAWN)
    end_segment(turn, contact)
    turn.state.leave_line(contact)
    enter(turn, contact, Phase.FALLBACK)


def come_back(turn: Turn, contact: Contact, event: ev.ContactReturned) -> None:
    """The caller is here again, so the agent must have left: free the agent even if nobody told us."""
    assert contact.offer_id is not None
    turn.order(EndLeg(contact.offer_id))
    end_talk(turn, contact, EndedBy.AGENT)


def finish(turn: Turn, contact: Contact, event: ev.ContactFinished) -> None:
    """We have said goodbye; the hang-up that follows is ours, unless an agent ended the talk before."""
    contact.ended_by = contact.ended_by or EndedBy.SYSTEM


def close(turn: Turn, contact: Contact, event: ev.ContactGone) -> None:
    """The caller's leg has ended: everything about the contact ends with it."""
    if contact.phase is Phase.OFFERED:
        withdraw(turn, contact, OfferEnd.CALLER_GONE)
    elif contact.phase is Phase.TALKING:
        end_talk(turn, contact, event.ended_by)
    # An agent (or we) may have ended the talk before the caller's leg went down.
    ended_by = event.ended_by if contact.ended_by is None else contact.ended_by
    end_segment(turn, contact, ended_by)
    turn.state.leave_line(contact)
    del turn.state.contacts[contact.id]
    turn.remember(_closing_record(turn, contact, ended_by, event.ended_by))


def enter(turn: Turn, contact: Contact, phase: Phase) -> None:
    contact.phase, contact.phase_since_ms = phase, turn.now_ms


def _closing_record(turn: Turn, contact: Contact, ended_by: EndedBy, gone_by: EndedBy) -> ContactClosed:
    return ContactClosed(
        contact_id=contact.id,
        channel=contact.channel,
        entry=contact.entry,
        outcome=_outcome(contact, gone_by),
        ended_by=ended_by,
        queue=contact.rules.id if contact.rules is not None else None,
        started_ms=contact.started_ms,
        queued_ms=contact.queued_ms,
        answered_ms=contact.answered_ms,
        ended_ms=turn.now_ms,
        wait_ms=contact.wait_ms,
        ring_ms=contact.ring_ms,
        talk_ms=contact.talk_ms,
        config_version=contact.config_version,
        segments=tuple(contact.segments),
        offers=tuple(contact.offers),
    )


def _outcome(contact: Contact, gone_by: EndedBy) -> Outcome:
    if gone_by is EndedBy.SWITCH:
        return Outcome.SWITCH_LOST
    if contact.answered_ms is not None:
        return Outcome.ANSWERED
    if contact.queued_ms is None or contact.rules is None:
        return Outcome.COMPLETED_IVR if contact.ended_by is EndedBy.SYSTEM else Outcome.ABANDONED_IVR
    short = contact.wait_ms < contact.rules.short_abandon_ms
    return Outcome.SHORT_ABANDON if short else Outcome.ABANDONED_QUEUE


ACTIONS: dict[str, Any] = {
    "move": move,
    "enqueue": enqueue,
    "go_elsewhere": go_elsewhere,
    "come_back": come_back,
    "finish": finish,
    "close": close,
}
