"""The centre as it is at this moment, read from the engine."""

from __future__ import annotations

from collections.abc import Callable

from acd.model import Activity, ContactId, Phase, QueueRules
from acd.routing.eligible import unavailable, unfit
from acd.state import Agent, Contact, State
from centralita.web.live_shape import Live, LiveAgent, LiveContact, LiveQueue


def live(
    state: State,
    *,
    now_ms: int,
    seq: int,
    number: Callable[[ContactId], str | None],
    alarms: list[str],
) -> Live:
    """
    Everything a screen shows.

    Args:
        state: The engine's, between two inputs.
        now_ms: Engine time.
        seq: The journal's last seq.
        number: Of a contact's caller, or None.
        alarms: What is wrong beside the calls.
    """
    return Live(
        at_ms=now_ms,
        seq=seq,
        config_version=state.routing.version,
        alarms=alarms,
        queues=[_queue(state, rules, now_ms) for rules in state.routing.queues.values()],
        agents=[_agent(agent) for agent in state.agents.values()],
        contacts=[_contact(state, contact, number) for contact in state.contacts.values()],
    )


def _queue(state: State, rules: QueueRules, now_ms: int) -> LiveQueue:
    line = state.lines.get(rules.id, [])
    able = [agent for agent in state.agents.values() if unfit(agent, rules) is None]
    talking = [c for c in state.contacts.values() if c.phase is Phase.TALKING and c.rules is not None]
    return LiveQueue(
        id=rules.id,
        waiting=len(line),
        longest_wait_since_ms=line[0][0] if line else None,
        ready=sum(unavailable(agent, now_ms) is None for agent in able),
        talking=sum(c.rules is not None and c.rules.id == rules.id for c in talking),
    )


def _agent(agent: Agent) -> LiveAgent:
    return LiveAgent(
        id=agent.id,
        presence=agent.presence.value,
        activity=agent.activity.value,
        reason=agent.reason,
        reachable=agent.reachable,
        since_ms=agent.since_ms,
        contact_id=agent.contact_id if agent.activity is not Activity.IDLE else None,
        resting_until_ms=agent.resting_until_ms,
    )


def _contact(state: State, contact: Contact, number: Callable[[ContactId], str | None]) -> LiveContact:
    offered = state.offers[contact.offer_id].agent_id if contact.offer_id is not None else None
    return LiveContact(
        id=contact.id,
        phase=contact.phase.value,
        queue=contact.rules.id if contact.rules is not None else None,
        position=state.position(contact.id),
        since_ms=contact.phase_since_ms,
        agent=contact.agent_id or offered,
        number=number(contact.id),
    )
