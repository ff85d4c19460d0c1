"""Why does this contact wait? In numbers, for screens: who could serve it, and what keeps each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.model import ContactId, Phase, SkillNeed
from acd.routing.eligible import Veto, veto
from acd.routing.needs import Needs, next_step_ms
from acd.state import Contact, State, signature


@dataclass(frozen=True, slots=True)
class Team:
    """All agents of the configuration as those who need the same see them. Nobody is counted twice."""

    busy: Mapping[Veto, int]
    """Those who could serve, by what keeps them, in a fixed order."""
    lacks_skill: Mapping[SkillNeed, int]
    """The others, by the first need that they do not meet, by skill and level."""
    free: int = 0
    """Could serve this moment: only between two looks of the engine, so as a rule 0."""


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


class _Crowd:
    """All agents at one moment, one bit each: counting them is one operation on a number."""

    def __init__(self, state: State, now_ms: int) -> None:
        self._skills = [agent.rules.skills for agent in state.agents.values() if not agent.retired]
        self._able: dict[SkillNeed, int] = {}
        self._busy = dict.fromkeys(Veto, 0)
        agents = (agent for agent in state.agents.values() if not agent.retired)
        for place, agent in enumerate(agents):
            why = veto(agent, now_ms)
            if why is not None:
                self._busy[why] |= 1 << place

    def team(self, needs: Needs) -> Team:
        able = (1 << len(self._skills)) - 1
        lacks: dict[SkillNeed, int] = {}
        for need in needs:
            meets = self._meets(need)
            if able & ~meets:
                lacks[need] = (able & ~meets).bit_count()
            able &= meets
        busy = {why: (bits & able).bit_count() for why, bits in self._busy.items() if bits & able}
        return Team(busy, lacks, able.bit_count() - sum(busy.values()))

    def _meets(self, need: SkillNeed) -> int:
        if need not in self._able:
            bits = ("1" if skills.get(need.skill, 0) >= need.at_least else "0" for skills in self._skills)
            self._able[need] = int("".join(bits)[::-1] or "0", 2)
        return self._able[need]


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
    return _reason(contact, position - 1, _Crowd(state, now_ms).team(contact.needs), now_ms)


def why_waiting_all(state: State, now_ms: int) -> dict[ContactId, WaitingReason]:
    """The same for everybody who waits, in order; agents are counted once for each set of needs."""
    crowd = _Crowd(state, now_ms)
    teams: dict[str, Team] = {}
    found = {}
    for line in state.lines.values():
        for ahead, (_, contact_id) in enumerate(line):
            contact = state.contacts[contact_id]
            if contact.phase is Phase.WAITING:
                name = signature(contact.needs)
                if name not in teams:
                    teams[name] = crowd.team(contact.needs)
                found[contact_id] = _reason(contact, ahead, teams[name], now_ms)
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
