"""What happens to contacts: the actions named in `acd.states.CONTACT_TABLE`."""

from __future__ import annotations

from typing import Any

from acd import callbacks, places, promises
from acd import events as ev
from acd.line import arrive, leave, move_place, take_place
from acd.line import visit as at_the_door
from acd.model import ContactId, Direction, EndedBy, OfferEnd, Phase
from acd.offers import withdraw
from acd.phases import end_segment, enter
from acd.records import ContactOpened, ContactSorted
from acd.state import IN_LINE, Contact
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
    if contact.node != event.node:
        contact.sent_result = None
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


def keep_message(turn: Turn, contact: Contact, event: ev.MessageLeft) -> None:
    """What became of the contact, should nobody talk to it: see `acd.closing`."""
    if contact.has_message:
        turn.ignore(event, contact.id, "already so")
        return
    contact.has_message = True


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
        promises.on_the_line(turn, contact)
        earlier = contact.earlier
        arrive(turn, contact, *found, is_open=event.is_open, estimate_ms=event.estimate_ms)
        callbacks.taken_over(turn, contact, earlier)


def claim_place(turn: Turn, contact: Contact, event: ev.CallerReturned) -> None:
    """The caller had given up waiting: the place is theirs where they wait, or as soon as they come there."""
    if promises.of_caller(turn, event.earlier) is not None:
        _claim_promise(turn, contact, event)
        return
    if contact.direction is Direction.OUTBOUND:
        turn.ignore(event, contact.id, "an outgoing contact")
        return
    if contact.placed_back:
        turn.ignore(event, contact.id, "has had a place back already")
        return
    if event.earlier not in turn.state.places:
        turn.ignore(event, contact.id, f"no place is kept for {event.earlier}")
        return
    promises.let_go(turn, contact)
    _claim(turn, contact, event.earlier)


def _claim(turn: Turn, contact: Contact, earlier: ContactId) -> None:
    contact.earlier = earlier
    place = places.find(turn, contact)
    if place is not None and contact.phase in IN_LINE:
        leave(turn, contact)
        places.give_back(turn, contact, place)
        take_place(turn, contact)
        places.remember(turn, contact)


def _claim_promise(turn: Turn, contact: Contact, event: ev.CallerReturned) -> None:
    """Nobody is rung who is calling us; the promise ends when they have its place."""
    why = promises.not_claimed(turn, contact, event.earlier)
    if why is not None:
        turn.ignore(event, contact.id, why)
        return
    promises.let_go(turn, contact)
    promises.hold_back(turn, contact, event.earlier)
    _claim(turn, contact, event.earlier)
    callbacks.taken_over(turn, contact, event.earlier)


def visit(turn: Turn, contact: Contact, event: ev.ContactVisited) -> None:
    """The caller is at the door and hears what there is to say: an exit that is due is taken."""
    if contact.absent:
        turn.ignore(event, contact.id, promises.NOBODY_THERE)
    else:
        at_the_door(turn, contact)


def go_elsewhere(turn: Turn, contact: Contact, event: ev.ContactElsewhere) -> None:
    """The fallback telephone has the caller: keep the clock, offer to nobody."""
    if contact.absent:
        turn.ignore(event, contact.id, promises.NOBODY_THERE)
        return
    if contact.phase in (Phase.OFFERED, Phase.SENT):
        withdraw(turn, contact, OfferEnd.WITHDRAWN)
    end_segment(turn, contact)
    leave(turn, contact)
    contact.exit = contact.exit_kind = None
    enter(turn, contact, Phase.FALLBACK)


def finish(turn: Turn, contact: Contact, event: ev.ContactFinished) -> None:
    """We have said goodbye; the hang-up that follows is ours, unless an agent ended the talk before."""
    contact.ended_by = contact.ended_by or EndedBy.SYSTEM


ACTIONS: dict[str, Any] = {
    "move": move,
    "classify": classify,
    "choose_language": choose_language,
    "keep_message": keep_message,
    "enqueue": enqueue,
    "visit": visit,
    "go_elsewhere": go_elsewhere,
    "claim_place": claim_place,
    "finish": finish,
}
