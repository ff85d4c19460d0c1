"""Which way out of a queue is due, if any. Pure: taking it is the business of `acd.line`."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from acd.model import AgentId, AgentRules, Exit, ExitKind, Medium, Presence, QueueRules, SiteId
from acd.routing.eligible import lacking
from acd.routing.needs import Needs, spoken
from acd.state import Agent, Contact, State


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
    estimate_ms: int | None = None
    """Estimated wait of one who joins now; None: not known, or of no matter to who has a place already."""


@dataclass(frozen=True, slots=True)
class Due:
    kind: ExitKind
    exit: Exit
    key: str
    """What is taken once only by a contact that keeps waiting."""


@dataclass(frozen=True, slots=True)
class Asks:
    """What a contact asks of agents beside what its queue does."""

    language: str
    medium: Medium = Medium.VOICE
    needs: Needs = ()
    """What rules added."""
    preferred: tuple[AgentId, ...] = ()


def asks_of(state: State, contact: Contact) -> Asks:
    return Asks(state.language_of(contact), contact.medium, contact.added_needs, contact.preferred)


def staff(agents: Iterable[Agent], rules: QueueRules, asks: Asks) -> Staff:
    """Who there is for a contact; a queue that has no exit for it is not looked at."""
    if rules.exits.keys().isdisjoint((ExitKind.NOBODY_COULD_EVER, ExitKind.NOBODY_SIGNED_IN)):
        return Staff.HERE
    said = [(step.needs, step.sites) for step in rules.steps] or [(rules.needs, rules.sites)]
    ways = [(spoken(needs, asks.language, asks.needs), sites) for needs, sites in said]
    own = ways
    if rules.preference is not None and asks.preferred:
        own = [*ways, (spoken(rules.preference.needs, asks.language, asks.needs), ())]
    found = Staff.NEVER
    for agent in agents:
        open_to = own if agent.id in asks.preferred else ways
        if not agent.retired and _could_serve(agent.rules, open_to, asks.medium):
            if agent.presence is not Presence.LOGGED_OUT:
                return Staff.HERE
            found = Staff.SIGNED_OUT
    return found


def _could_serve(agent: AgentRules, ways: Sequence[tuple[Needs, tuple[SiteId, ...]]], medium: Medium) -> bool:
    """Whether the agent is skilled enough at one of the sites of any step."""
    return agent.capacity.get(medium, 0) > 0 and any(
        (not sites or agent.site in sites) and lacking(agent.skills, needs) is None for needs, sites in ways
    )


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
    holds = {
        ExitKind.CLOSED: door is not None and not door.is_open,
        ExitKind.NOBODY_COULD_EVER: people is Staff.NEVER,
        ExitKind.NOBODY_SIGNED_IN: people is not Staff.HERE,
        ExitKind.FULL: door is not None and rules.full_at is not None and door.waiting >= rules.full_at,
        ExitKind.LONG_WAIT: door is not None and _too_long(door.estimate_ms, rules.estimate_limit_ms),
    }
    for kind, is_so in holds.items():
        if is_so and kind in rules.exits and kind.value not in kept:
            return Due(kind, rules.exits[kind], kind.value)
    for mark_ms, way in rules.waited:
        key = f"{ExitKind.WAITED}:{mark_ms}"
        if mark_ms <= waited_ms and key not in kept:
            return Due(ExitKind.WAITED, way, key)
    return None


def _too_long(estimate_ms: int | None, limit_ms: int | None) -> bool:
    return estimate_ms is not None and limit_ms is not None and estimate_ms > limit_ms


def next_mark_ms(rules: QueueRules, waited_ms: int) -> int | None:
    """The next wait in this queue at which an exit falls due; None if none will."""
    return next((mark_ms for mark_ms, _ in rules.waited if mark_ms > waited_ms), None)
