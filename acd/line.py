"""
What happens to those who wait: joining, steps, places, exits, leaving.

An exit is taken only at the door: when a contact comes, or when one who waits
visits again. For one who waits in the dialplan it is not taken but `CallIn`
is ordered; if it is no longer due when the caller comes, nothing has happened.
"""

from __future__ import annotations

from acd import places
from acd.commands import CallIn
from acd.exits import Door, Due, due, next_mark_ms, staff
from acd.model import Clock, ExitTo, Phase, QueueRules
from acd.phases import end_segment, enter
from acd.records import ContactDiverted, ContactQueued, Corrected
from acd.routing.needs import needs_at, next_step_ms, step_at
from acd.state import IN_LINE, Contact
from acd.turn import Turn

CALL_AGAIN_MS = 30_000
"""A caller who has been called to the door and has not come is called again."""

DIVERSIONS_MAX = 5
"""Exits in a row, without waiting in between, to other queues or flows."""


def arrive(
    turn: Turn,
    contact: Contact,
    rules: QueueRules,
    version: str,
    *,
    is_open: bool,
    estimate_ms: int | None = None,
) -> None:
    """
    Come to the door of a queue: join its line, or take the exit that is due.

    Back in the same queue after the fallback telephone, everything goes on as
    if the caller had waited there: the door was passed long ago. Who has a place
    kept in this line gets it back; the wait estimated for those at its end is not theirs.
    """
    back = contact.left_behind(rules.id)
    end_segment(turn, contact)
    contact.ended_by = contact.exit = contact.exit_kind = None
    if not back:
        begin_stay(turn, contact, rules, version)
    place = places.find(turn, contact)
    line = turn.state.lines.get(rules.id, [])
    door = Door(is_open, len(line), estimate_ms if place is None else None)
    if _take_exits(turn, contact, None if back else door):
        return
    if place is not None:
        places.give_back(turn, contact, place)
    enter(turn, contact, Phase.WAITING)
    take_place(turn, contact)
    position = turn.state.position(contact.id)
    assert position is not None
    turn.remember(ContactQueued(contact.id, rules.id, position, turn.now_ms))
    if place is not None:
        places.remember(turn, contact)


def begin_stay(turn: Turn, contact: Contact, rules: QueueRules, version: str) -> None:
    """
    A new queue. Who comes from an exit of another one, or was handed over by an agent,
    brings the clock along; who has merely talked does not.
    """
    transferred = contact.transferred_to == rules.id
    anew = transferred and rules.transferred_clock is Clock.NEW
    if anew or contact.joined_ms is not None or contact.queued_ms is None:
        contact.queued_ms, contact.diversions = turn.now_ms, 0
        contact.away_ms = contact.handed_ms = 0
    if transferred:  # into the clock, where no later word of the rules can undo it
        contact.queued_ms -= rules.transferred_head_start_ms
        contact.away_ms += rules.transferred_head_start_ms
    contact.transferred_to = None
    contact.rules, contact.config_version = rules, version
    contact.joined_ms = turn.now_ms
    contact.kept, contact.say_now = [], ()


def rejoin(turn: Turn, contact: Contact) -> None:
    """
    Stand again in the queue that the contact was taken from, by the rules and the clock it had there.

    Its door was passed long ago. Steps and exits begin anew: the time in a talk is no wait.
    """
    assert contact.rules is not None
    end_segment(turn, contact)
    contact.ended_by = contact.exit = contact.exit_kind = contact.joined_ms = None
    begin_stay(turn, contact, contact.rules, contact.config_version)
    enter(turn, contact, Phase.WAITING)
    take_place(turn, contact)
    position = turn.state.position(contact.id)
    assert position is not None
    turn.remember(ContactQueued(contact.id, contact.rules.id, position, turn.now_ms))


def take_place(turn: Turn, contact: Contact) -> None:
    """Stand where clock, step and language say; look for an agent, and for the next step and exit."""
    rules, waited_ms = _stay(turn, contact)
    step = step_at(rules, waited_ms)
    contact.step = "" if step is None else step.id
    contact.needs = needs_at(rules, waited_ms, turn.state.language_of(contact), contact.added_needs)
    turn.state.join_line(contact)
    _set_mark(turn, f"step:{contact.id}", contact, next_step_ms(rules, waited_ms))
    turn.look_at(contact)


def move_place(turn: Turn, contact: Contact) -> None:
    """Stand anew, after `leave` and a change of clock, language or rules; only for one who waits."""
    if contact.phase in IN_LINE:
        take_place(turn, contact)


def leave(turn: Turn, contact: Contact) -> None:
    """Give the place up, with the deadlines that go with it; nothing happens if there is none."""
    turn.state.leave_line(contact)
    turn.timers.drop(f"step:{contact.id}")
    turn.timers.drop(f"exit:{contact.id}")


def visit(turn: Turn, contact: Contact) -> None:
    """One who waits is at the door: what is due is taken."""
    contact.say_now, contact.called_ms = (), None
    if not _take_exits(turn, contact, None):
        turn.look_at(contact)


def look(turn: Turn, contact: Contact) -> None:
    """Call one who waits to the door if an exit is due, else wake when the next may be."""
    if contact.phase is not Phase.WAITING or contact.absent:  # nobody is there to be told, or to leave
        return
    name = f"exit:{contact.id}"
    rules, waited_ms = _stay(turn, contact)
    people = staff(turn.state, contact)
    if due(rules, people=people, kept=contact.kept, waited_ms=waited_ms) is None:
        contact.called_ms = None
        _set_mark(turn, name, contact, next_mark_ms(rules, waited_ms))
        return
    if contact.called_ms is None or turn.now_ms - contact.called_ms >= CALL_AGAIN_MS:
        contact.called_ms = turn.now_ms
        turn.order(CallIn(contact.id))
    turn.timers.set(name, contact.called_ms + CALL_AGAIN_MS)


def _take_exits(turn: Turn, contact: Contact, door: Door | None) -> bool:
    """Take what is due, in order, until the contact has left or waits on; tells whether it has left."""
    rules, waited_ms = _stay(turn, contact)
    people = staff(turn.state, contact)
    if contact.phase is Phase.WAITING and turn.now_ms > contact.phase_since_ms:
        contact.diversions = 0
    while (found := due(rules, people=people, kept=contact.kept, waited_ms=waited_ms, door=door)) is not None:
        if found.exit.to is ExitTo.KEEP_WAITING:
            _remember(turn, contact, found)
            contact.kept.append(found.key)
            contact.say_now = found.exit.say
        elif _in_a_circle(contact, found):
            what = f"sent on {DIVERSIONS_MAX} times without a wait: stays in {rules.id} although {found.kind}"
            turn.remember(Corrected(contact.id, what, turn.now_ms))
            contact.kept.append(found.key)
        else:
            _divert(turn, contact, found)
            return True
    return False


def _in_a_circle(contact: Contact, found: Due) -> bool:
    """A hang-up ends a circle by itself."""
    return contact.diversions >= DIVERSIONS_MAX and found.exit.to is not ExitTo.HANG_UP


def _divert(turn: Turn, contact: Contact, found: Due) -> None:
    _remember(turn, contact, found)
    if contact.phase is Phase.WAITING:
        end_segment(turn, contact)
        leave(turn, contact)
    contact.diversions += 1
    contact.exit, contact.exit_kind = found.exit, found.kind
    contact.joined_ms = contact.called_ms = None
    contact.say_now, contact.kept, contact.needs, contact.step = (), [], (), ""
    enter(turn, contact, Phase.IVR)


def _remember(turn: Turn, contact: Contact, found: Due) -> None:
    assert contact.rules is not None
    waits = contact.phase is Phase.WAITING
    waited_ms = contact.wait_ms + (turn.now_ms - contact.phase_since_ms if waits else 0)
    turn.remember(
        ContactDiverted(
            contact.id,
            contact.rules.id,
            found.kind,
            found.exit.to,
            found.exit.name,
            found.exit.alarm,
            waited_ms,
            turn.now_ms,
        )
    )


def _stay(turn: Turn, contact: Contact) -> tuple[QueueRules, int]:
    """The rules of the contact's queue and how long it has been there, milliseconds."""
    assert contact.rules is not None and contact.joined_ms is not None, contact.id
    return contact.rules, turn.now_ms - contact.joined_ms


def _set_mark(turn: Turn, name: str, contact: Contact, mark_ms: int | None) -> None:
    if mark_ms is None:
        turn.timers.drop(name)
    else:
        assert contact.joined_ms is not None
        turn.timers.set(name, contact.joined_ms + mark_ms)
