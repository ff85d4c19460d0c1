"""Why does this contact wait? In numbers, for screens: who could serve it, and what keeps each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.model import ContactId, Phase, SkillNeed
from acd.routing.eligible import Veto
from acd.routing.index import Index
from acd.routing.needs import next_step_ms
from acd.routing.policy import Kind
from acd.state import Contact, State


@dataclass(frozen=True, slots=True)
class Team:
    """All agents of the configuration as those who need the same see them. Nobody is counted twice."""

    busy: Mapping[Veto, int]
    """Those who could serve, by what keeps them, in a fixed order."""
    lacks_skill: Mapping[SkillNeed, int]
    """The others, by the first need that they do not meet, by skill and level."""
    free: int = 0
    """Could serve this moment and are kept for others: a preferred contact's time, agents kept free."""
    elsewhere: int = 0
    """Skilled enough, but of a site or for a medium that does not count now."""


@dataclass(frozen=True, slots=True)
class WaitingReason:
    """What one contact waits for."""

    step: str
    """Id of the queue's step that holds; empty for a queue without steps."""
    next_step_ms: int | None
    """Until the next step begins, milliseconds from now; None if none will."""
    ahead_of_you: int
    """Contacts in the same queue that come first."""
    team: Team


def _team(index: Index, kind: Kind) -> Team:
    crowd, roll = index.crowd, index.roll
    able, lacks = crowd.all, dict[SkillNeed, int]()
    for need in kind.needs:
        met = able & crowd.meets(need.skill, need.at_least)
        if met != able:
            lacks[need] = (able ^ met).bit_count()
        able = met
    here = able & crowd.at(kind.sites) & crowd.takes(kind.medium)
    busy = {why: (mask & here).bit_count() for why, mask in roll.by_veto().items() if mask & here}
    return Team(busy, lacks, (here & roll.free).bit_count(), (able ^ here).bit_count())


def why_waiting(state: State, contact: Contact, now_ms: int) -> WaitingReason | None:
    """
    Why this contact waits; None if it does not wait (or its bell rings already).

    Args:
        state: The engine's, between two inputs.
        contact: Of that state.
        now_ms: Engine time.
    """
    position = state.position(contact.id)
    if contact.phase is not Phase.WAITING or position is None:
        return None
    kind = state.index.stands[contact.id].group.kind
    return _reason(contact, position - 1, _team(state.index, kind), now_ms)


def why_waiting_all(state: State, now_ms: int) -> dict[ContactId, WaitingReason]:
    """The same for everybody who waits, in order; agents are counted once for each set of needs."""
    index = state.index
    teams: dict[int, Team] = {}
    found = {}
    for line in state.lines.values():
        for ahead, (_, contact_id) in enumerate(line):
            contact = state.contacts[contact_id]
            if contact.phase is Phase.WAITING:
                group = index.stands[contact_id].group
                team = teams.get(id(group))
                if team is None:
                    team = teams[id(group)] = _team(index, group.kind)
                found[contact_id] = _reason(contact, ahead, team, now_ms)
    return found


def _reason(contact: Contact, ahead: int, team: Team, now_ms: int) -> WaitingReason:
    assert contact.rules is not None and contact.joined_ms is not None
    mark_ms = next_step_ms(contact.rules, now_ms - contact.joined_ms)
    return WaitingReason(
        step=contact.step,
        next_step_ms=None if mark_ms is None else contact.joined_ms + mark_ms - now_ms,
        ahead_of_you=ahead,
        team=team,
    )
