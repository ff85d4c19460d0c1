"""May this agent be offered this contact now? If not, the reason in words."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from acd.model import Activity, Desktop, Presence, SkillId, SkillNeed

if TYPE_CHECKING:  # the state keeps an index, which asks here who is free
    from acd.state import Agent


class Veto(enum.StrEnum):
    """The kinds of reasons for which an agent can take nothing at all."""

    RETIRED = "retired"
    LOGGED_OUT = "logged_out"
    NOT_READY = "not_ready"
    OFFERED = "offered"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    NO_PHONE = "no_phone"
    OWN_CALL = "own_call"
    DESKTOP_GONE = "desktop_gone"
    RESTING = "resting"


_WORDS = {
    Veto.RETIRED: "left the configuration",
    Veto.LOGGED_OUT: "logged out",
    Veto.NOT_READY: "not ready",
    Veto.NO_PHONE: "no phone registered",
    Veto.OWN_CALL: "on a call of their own",
    Veto.DESKTOP_GONE: "desktop gone",
}


WORDED = (Veto.NOT_READY, Veto.RESTING)
"""Of these the agent's own reason is told too."""

_OF_PRESENCE = {Presence.LOGGED_OUT: Veto.LOGGED_OUT, Presence.NOT_READY: Veto.NOT_READY}
_OF_ACTIVITY = {
    Activity.OFFERED: Veto.OFFERED,
    Activity.TALKING: Veto.TALKING,
    Activity.WRAP_UP: Veto.WRAP_UP,
}


def veto(agent: Agent, now_ms: int) -> Veto | None:
    """Why the agent can take nothing now; what the agent can change comes before circumstances."""
    if agent.retired:
        return Veto.RETIRED
    if agent.presence is not Presence.READY:
        return _OF_PRESENCE[agent.presence]
    if agent.activity is not Activity.IDLE:
        return _OF_ACTIVITY[agent.activity]
    if not agent.reachable:
        return Veto.NO_PHONE
    if agent.in_use:
        return Veto.OWN_CALL
    if agent.desktop is Desktop.GONE:
        return Veto.DESKTOP_GONE
    resting = agent.resting_until_ms is not None and agent.resting_until_ms > now_ms
    return Veto.RESTING if resting else None


def unavailable(agent: Agent, now_ms: int) -> str | None:
    """Why the agent can take nothing at all now, in words; None if anything."""
    why = veto(agent, now_ms)
    return None if why is None else in_words(why, agent.reason if why in WORDED else "")


def in_words(why: Veto, given: str) -> str:
    """A reason with the agent's own words, if there are any."""
    words = _WORDS.get(why, why.value)
    return f"{words} ({given})" if given else words


def lacking(skills: Mapping[SkillId, int], needs: Iterable[SkillNeed]) -> SkillNeed | None:
    """The first need that these skills do not meet."""
    for need in needs:
        if skills.get(need.skill, 0) < need.at_least:
            return need
    return None
