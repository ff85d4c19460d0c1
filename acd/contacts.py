"""What happens to contacts: the actions named in `acd.states.CONTACT_TABLE`."""

from __future__ import annotations

from typing import Any

from acd import events as ev
from acd import places
from acd.commands import EndLeg
from acd.line import arrive, leave, move_place, take_place
from acd.line import visit as at_the_door
from acd.model import EndedBy, Exit, ExitKind, ExitTo, OfferEnd, Outcome, Phase
from acd.offers import end_talk, withdraw
from acd.phases import end_segment, enter
from acd.records import ContactClosed, ContactEscalatedTo, ContactOpened, ContactSorted
from acd.state import IN_LINE, Contact
from acd.turn import Turn

_REJECTED = {
    ExitKind.CLOSED: Outcome.REJECTED_CLOSED,
    ExitKind.FULL: Outcome.REJECTED_FULL,
    ExitKind.NOBODY_SIGNED_IN: Outcome.REJECTED_UNSTAFFED,
    ExitKind.NOBODY_COULD_EVER: Outcome.REJECTED_UNSTAFFED,
    ExitKind.WAITED: Outcome.REJECTED_WAITED,
    ExitKind.LONG_WAIT: Outcome.REJECTED_LONG_WAIT,
}


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
        medium=event.medium,
    )
    turn.remember(ContactOpened(event.contact_id, event.channel, event.entry, turn.now_ms, event.medium))


def move(turn: Turn, contact: Contact, event: ev.IvrMoved) -> None:
    """Note the place in the menu; who is there again is no longer with the fallback telephone."""
    if contact.phase is Phase.FALLBACK:
        end_segment(turn, contact)
        enter(turn, contact, Phase.IVR)
        contact.joined_ms = None
    contact.exit = contact.exit_kind = None
    contact.node = event.node


def classify(turn: Turn, contact: Contact, event: ev.ContactClassified) -> None:
    """What the rules made of the caller. One who waits stands elsewhere at once, and for other agents."""
    leave(turn, contact)
    if not contact.language_chosen:
        contact.language = event.language
    contact.segment, contact.head_start_ms = event.segment, event.head_start_ms
    contact.sorted_by, contact.preferred = event.rules, event.preferred
    contact.added_needs = event.needs
    _sorted(turn, contact)


def choose_language(turn: Turn, contact: Contact, event: ev.LanguageChosen) -> None:
    """The caller's own word wins over every rule, for the rest of the contact."""
    if contact.language_chosen and contact.language == event.language:
        turn.ignore(event, contact.id, "already so")
        return
    leave(turn, contact)
    contact.language, contact.language_chosen = event.language, True
    _sorted(turn, contact)


def _sorted(turn: Turn, contact: Contact) -> None:
    move_place(turn, contact)
    turn.remember(
        ContactSorted(
            contact.id,
            contact.language,
            contact.segment,
            contact.head_start_ms,
            contact.sorted_by,
            turn.now_ms,
            contact.preferred,
        )
    )


def enqueue(turn: Turn, contact: Contact, event: ev.ContactEnqueued) -> None:
    """Come to a queue. Back there after the fallback telephone, its rules and the clock are kept."""
    found = turn.state.rules_for(contact, event.queue)
    if found is None:
        turn.ignore(event, contact.id, f"unknown queue {event.queue}")
    else:
        arrive(turn, contact, *found, is_open=event.is_open, estimate_ms=event.estimate_ms)


def claim_place(turn: Turn, contact: Contact, event: ev.CallerReturned) -> None:
    """The caller had given up waiting: the place is theirs where they wait, or as soon as they come there."""
    if contact.placed_back:
        turn.ignore(event, contact.id, "has had a place back already")
        return
    if event.earlier not in turn.state.places:
        turn.ignore(event, contact.id, f"no place is kept for {event.earlier}")
        return
    contact.earlier = event.earlier
    place = places.find(turn, contact)
    if place is not None and contact.phase in IN_LINE:
        leave(turn, contact)
        places.give_back(turn, contact, place)
        take_place(turn, contact)
        places.remember(turn, contact)


def visit(turn: Turn, contact: Contact, event: ev.ContactVisited) -> None:
    """The caller is at the door and hears what there is to say: an exit that is due is taken."""
    at_the_door(turn, contact)


def go_elsewhere(turn: Turn, contact: Contact, event: ev.ContactElsewhere) -> None:
    """The fallback telephone has the caller: keep the clock, offer to nobody."""
    if contact.phase is Phase.OFFERED:
        withdraw(turn, contact, OfferEnd.WITHDRAWN)
    end_segment(turn, contact)
    leave(turn, contact)
    contact.exit = contact.exit_kind = None
    enter(turn, contact, Phase.FALLBACK)


def come_back(turn: Turn, contact: Contact, event: ev.ContactReturned) -> None:
    """The caller is here again, so the agent must have left: free the agent even if nobody told us."""
    assert contact.offer_id is not None
    turn.order(EndLeg(contact.offer_id))
    end_talk(turn, contact, EndedBy.AGENT)


def escalate(turn: Turn, contact: Contact, event: ev.ContactEscalated) -> None:
    """
    The agent hands the contact over: the talk ends, the next tier's queue is an exit to be walked.

    Clock, language, segment and preferred agents go along; the talk counts for its place but
    not as wait. What becomes of one who finds that queue closed or full is its rules' business.
    """
    assert contact.rules is not None and contact.offer_id is not None
    target = contact.rules.escalate_to
    if contact.agent_id != event.agent_id:
        turn.ignore(event, contact.id, f"not with {event.agent_id}")
    elif target is None:
        turn.ignore(event, contact.id, f"{contact.rules.id} has no next tier")
    elif turn.state.rules_for(contact, target) is None:
        turn.ignore(event, contact.id, f"unknown queue {target}")
    else:
        turn.order(EndLeg(contact.offer_id))
        contact.handed_ms += turn.now_ms - contact.phase_since_ms
        end_talk(turn, contact, EndedBy.AGENT)
        contact.joined_ms = None  # on the way between two queues, as with any exit
        contact.exit = Exit(ExitTo.QUEUE, target)
        turn.remember(ContactEscalatedTo(contact.id, event.agent_id, contact.rules.id, target, turn.now_ms))


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
    leave(turn, contact)
    if contact.phase in IN_LINE and event.ended_by is not EndedBy.SYSTEM:
        places.keep(turn, contact)
    del turn.state.contacts[contact.id]
    turn.remember(_closing_record(turn, contact, ended_by, event.ended_by))


def _closing_record(turn: Turn, contact: Contact, ended_by: EndedBy, gone_by: EndedBy) -> ContactClosed:
    return ContactClosed(
        contact_id=contact.id,
        channel=contact.channel,
        entry=contact.entry,
        outcome=_outcome(contact, gone_by),
        ended_by=ended_by,
        queue=contact.rules.id if contact.rules is not None else None,
        started_ms=contact.started_ms,
        queued_ms=None if contact.queued_ms is None else contact.queued_ms + contact.away_ms,
        answered_ms=contact.answered_ms,
        ended_ms=turn.now_ms,
        wait_ms=contact.wait_ms,
        ring_ms=contact.ring_ms,
        talk_ms=contact.talk_ms,
        config_version=contact.config_version,
        segments=tuple(contact.segments),
        offers=tuple(contact.offers),
        language=contact.language,
        segment=contact.segment,
    )


def _outcome(contact: Contact, gone_by: EndedBy) -> Outcome:
    if gone_by is EndedBy.SWITCH:
        return Outcome.SWITCH_LOST
    if contact.answered_ms is not None:
        return Outcome.ANSWERED
    ours = contact.ended_by is EndedBy.SYSTEM
    if contact.exit_kind is not None and (ours or not contact.wait_ms):
        return _REJECTED[contact.exit_kind]
    if contact.joined_ms is None and (ours or not contact.wait_ms):  # in the menu, or from there elsewhere
        return Outcome.COMPLETED_IVR if ours else Outcome.ABANDONED_IVR
    assert contact.rules is not None
    short = contact.wait_ms < contact.rules.short_abandon_ms
    return Outcome.SHORT_ABANDON if short else Outcome.ABANDONED_QUEUE


ACTIONS: dict[str, Any] = {
    "move": move,
    "classify": classify,
    "choose_language": choose_language,
    "enqueue": enqueue,
    "visit": visit,
    "go_elsewhere": go_elsewhere,
    "come_back": come_back,
    "escalate": escalate,
    "claim_place": claim_place,
    "finish": finish,
    "close": close,
}
