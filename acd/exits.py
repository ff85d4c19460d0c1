"""Which way out of a queue is due, if any. Pure: taking it is the business of `acd.line`."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from acd.model import Exit, ExitKind, Presence, QueueRules
from acd.routing.eligible import lacking
from acd.routing.needs import pools
from acd.state import Agent


class Staff(enum.Enum):
    """Who there is for a caller, over all steps of the queue."""

    NEVER = "never"
    """Nobody in the configuration could serve the caller."""
    SIGNED_OUT = "signed_out"
    """Somebody could, but is not signed in."""
    HERE = "here"
    """Somebody is signed in: ready, busy or on a break."""


@dataclass(frozen=True, slots=True)
class Door:
    """What only counts for those who come, not for those who wait already."""

    is_open: bool
    waiting: int
    """Contacts in the line."""


@dataclass(frozen=True, slots=True)
class Due:
    kind: ExitKind
    exit: Exit
    key: str
    """What is taken once only by a contact that keeps waiting."""


def staff(agents: Iterable[Agent], rules: QueueRules, language: str) -> Staff:
    """Who there is for a caller of this language; a queue that has no exit for it is not looked at."""
    if rules.exits.keys().isdisjoint((ExitKind.NOBODY_COULD_EVER, ExitKind.NOBODY_SIGNED_IN)):
        return Staff.HERE
    ways = pools(rules, language)
    found = Staff.NEVER
    for agent in agents:
        if not agent.retired and any(lacking(agent.rules.skills, needs) is None for needs in ways):
            if agent.presence is not Presence.LOGGED_OUT:
                return Staff.HERE
            found = Staff.SIGNED_OUT
    return found


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
        The first of closed, nobody could ever, nobody signed in, full, then the
        earliest mark of the wait that has passed; or None.
    """
    holds = {
        ExitKind.CLOSED: door is not None and not door.is_open,
        ExitKind.NOBODY_COULD_EVER: people is Staff.NEVER,
        ExitKind.NOBODY_SIGNED_IN: people is not Staff.HERE,
        ExitKind.FULL: door is not None and rules.full_at is not None and door.waiting >= rules.full_at,
    }
    for kind, is_so in holds.items():
        if is_so and kind in rules.exits and kind.value not in kept:
            return Due(kind, rules.exits[kind], kind.value)
    for mark_ms, way in rules.waited:
        key = f"{ExitKind.WAITED}:{mark_ms}"
        if mark_ms <= waited_ms and key not in kept:
            return Due(ExitKind.WAITED, way, key)
    return None


def next_mark_ms(rules: QueueRules, waited_ms: int) -> int | None:
    """The next wait in this queue at which an exit falls due; None if none will."""
    return next((mark_ms for mark_ms, _ in rules.waited if mark_ms > waited_ms), None)
