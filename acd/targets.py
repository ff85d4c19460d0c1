"""Where an agent may send a contact, or whom the agent may ask: refused with the reason if it cannot be."""

from __future__ import annotations

from dataclasses import replace

from acd.exits import Door, due, staff
from acd.model import AgentId, ExitKind, ExitTo, QueueId, Target, TargetKind
from acd.routing.bits import slots
from acd.routing.eligible import unavailable
from acd.state import Agent, Contact
from acd.turn import Turn

_TURNED_AWAY = {
    ExitKind.CLOSED: "queue closed",
    ExitKind.FULL: "queue full",
    ExitKind.NOBODY_SIGNED_IN: "queue unstaffed",
    ExitKind.NOBODY_COULD_EVER: "queue unstaffed",
    ExitKind.LONG_WAIT: "queue long wait",
}


def agent_now(turn: Turn, contact: Contact, by: AgentId, name: AgentId) -> Agent | str:
    """The agent of this name, who can take something at this moment; or why not."""
    agent = turn.state.agents.get(name)
    if agent is None:
        return f"unknown agent {name}"
    if name == by:
        return "cannot be oneself"
    why = unavailable(agent, turn.now_ms)
    if why is None and not agent.rules.capacity.get(contact.medium, 0):
        why = f"takes no {contact.medium}"
    return agent if why is None else f"agent not available: {why}"


def somebody_of(turn: Turn, contact: Contact, queue: QueueId) -> Agent | str:
    """Who of this queue is free and could serve the contact there, idle longest; or why there is nobody."""
    as_if = as_if_in(turn, contact, queue)
    if as_if is None:
        return f"unknown queue {queue}"
    index = turn.state.index
    index.catch_up()
    free = [index.roll.filed(slot) for slot in slots(index.could_serve(as_if) & index.roll.free)]
    return turn.state.agents[min(free)[1]] if free else f"nobody free in {queue}"


def whom(turn: Turn, contact: Contact, by: AgentId, to: Target) -> Agent | str:
    """The agent behind a target that is no number; or why there is none."""
    if to.kind is TargetKind.QUEUE:
        return somebody_of(turn, contact, QueueId(to.name))
    return agent_now(turn, contact, by, AgentId(to.name))


def as_if_in(turn: Turn, contact: Contact, queue: QueueId) -> Contact | None:
    """The contact as it would be in this queue; None if there is no such queue."""
    found = turn.state.rules_for(contact, queue)
    if found is None:
        return None
    rules, version = found
    return replace(contact, rules=rules, config_version=version, preferred=())


def turned_away(
    turn: Turn, contact: Contact, queue: QueueId, *, is_open: bool, estimate_ms: int | None
) -> str | None:
    """Why the door of a queue would send this contact elsewhere now; None if it could wait there."""
    as_if = as_if_in(turn, contact, queue)
    if as_if is None or as_if.rules is None:
        return f"unknown queue {queue}"
    door = Door(is_open, len(turn.state.lines.get(queue, ())), estimate_ms)
    kept: list[str] = []
    people = staff(turn.state, as_if)
    while (found := due(as_if.rules, people=people, kept=kept, waited_ms=0, door=door)) is not None:
        if found.exit.to is not ExitTo.KEEP_WAITING:
            return _TURNED_AWAY.get(found.kind, f"queue {found.kind}")
        kept.append(found.key)
    return None
