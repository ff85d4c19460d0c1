"""Which way out of a queue is due, if any. Pure: taking it is the business of `acd.line`."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass

from acd.model import Exit, ExitKind, QueueRules
from acd.quick import quick
from acd.state import Contact, State

_CLOSED, _FULL, _LONG_WAIT = ExitKind.CLOSED, ExitKind.FULL, ExitKind.LONG_WAIT
_SIGNED_IN, _COULD_EVER = ExitKind.NOBODY_SIGNED_IN, ExitKind.NOBODY_COULD_EVER


class Staff(enum.Enum):
    """Who there is for a caller, over all steps of the queue."""

    NEVER = "never"
    """Nobody in the configuration could serve the caller."""
    SIGNED_OUT = "signed_out"
    """Somebody could, but is not signed in."""
    HERE = "here"
    """Somebody is signed in: ready, busy or on a break."""


@quick
@dataclass(frozen=True, slots=True)
class Door:
    """What only counts for those who come, not for those who wait already."""

    is_open: bool
    waiting: int
    """Contacts in the line."""
    estimate_ms: int | None = None
    """Estimated wait of one who joins now; None: not known, or of no matter to who has a place already."""


@dataclass(frozen=True, slots=True)
class Due:
    kind: ExitKind
    exit: Exit
    key: str
    """What is taken once only by a contact that keeps waiting."""


def staff(state: State, contact: Contact) -> Staff:
    """Who there is for a contact; a queue that has no exit for it is not looked at."""
    rules = contact.rules
    assert rules is not None
    if _SIGNED_IN not in rules.exits and _COULD_EVER not in rules.exits:
        return Staff.HERE
    state.index.catch_up()
    could = state.index.could_serve(contact)
    if could & state.index.roll.here:
        return Staff.HERE
    return Staff.SIGNED_OUT if could else Staff.NEVER


def due(
    rules: QueueRules, *, people: Staff, kept: Collection[str], waited_ms: int, door: Door | None = None
) -> Due | None:
    """
    The way out that is to be taken now.

    Args:
        rules: Of the contact's queue. An exit that they do not have is never due.
        people: Who there is for the contact.
        kept: Keys of exits that the contact has taken in this queue and waited on.
        waited_ms: In this queue; 0 for one who comes.
        door: For one who comes; None for one who waits.

    Returns:
        The first of closed, nobody could ever, nobody signed in, full, long wait,
        then the earliest mark of the wait that has passed; or None.
    """
    found = _by_kind(rules, people, kept, door) if door is not None or people is not Staff.HERE else None
    if found is not None:
        return found
    for mark_ms, way in rules.waited:
        key = f"{ExitKind.WAITED}:{mark_ms}"
        if mark_ms <= waited_ms and key not in kept:
            return Due(ExitKind.WAITED, way, key)
    return None


def _by_kind(rules: QueueRules, people: Staff, kept: Collection[str], door: Door | None) -> Due | None:
    exits = rules.exits
    for kind, is_so in (
        (_CLOSED, door is not None and not door.is_open),
        (_COULD_EVER, people is Staff.NEVER),
        (_SIGNED_IN, people is not Staff.HERE),
        (_FULL, door is not None and rules.full_at is not None and door.waiting >= rules.full_at),
        (_LONG_WAIT, door is not None and _too_long(door.estimate_ms, rules.estimate_limit_ms)),
    ):
        if is_so and kind in exits and kind.value not in kept:
            return Due(kind, exits[kind], kind.value)
    return None


def _too_long(estimate_ms: int | None, limit_ms: int | None) -> bool:
    return estimate_ms is not None and limit_ms is not None and estimate_ms > limit_ms


def next_mark_ms(rules: QueueRules, waited_ms: int) -> int | None:
    """The next wait in this queue at which an exit falls due; None if none will."""
    return next((mark_ms for mark_ms, _ in rules.waited if mark_ms > waited_ms), None)
