"""What happens to agents: presence, wrap-up, rest, phones, screens, and their place in the configuration."""

from __future__ import annotations

from typing import Any

from acd import events as ev
from acd.model import Activity, AgentId, Desktop, Presence, Routing, SignIn
from acd.records import WrapEnded, WrapExtended
from acd.state import Agent
from acd.turn import Turn

PHONE_GRACE_MS = 5_000
"""Phones register anew all the time: who is back within this has not left."""


def set_presence(turn: Turn, event: ev.PresenceSet) -> None:
    """The agent's choice, at once or for after the contact in hand; it replaces a wish from before."""
    agent = turn.state.agents.get(event.agent_id)
    if agent is None:
        turn.ignore(event, event.agent_id, "unknown agent")
    elif agent.retired:
        turn.ignore(event, agent.id, "left the configuration")
    elif event.after_contact and agent.activity is not Activity.IDLE and event.presence is not Presence.READY:
        _wish(turn, agent, event)
    else:  # READY takes nothing away from a contact in hand: it need not wait for the end
        _choose(turn, agent, event)


def _wish(turn: Turn, agent: Agent, event: ev.PresenceSet) -> None:
    wish = event.presence, event.reason
    if wish == (agent.pending, agent.pending_reason):
        turn.ignore(event, agent.id, "already so")
        return
    turn.touch(agent)
    agent.pending, agent.pending_reason = wish


def _choose(turn: Turn, agent: Agent, event: ev.PresenceSet) -> None:
    same = (agent.presence, agent.reason) == (event.presence, event.reason)
    if same and agent.resting_until_ms is None and agent.pending is None:
        turn.ignore(event, agent.id, "already so")
        return
    turn.touch(agent)
    if event.presence is Presence.READY:
        _end_rest(turn, agent)
    _become(turn, agent, event.presence, event.reason)


def _become(turn: Turn, agent: Agent, presence: Presence, reason: str) -> None:
    """Change the presence; a wish for later is settled with it."""
    turn.touch(agent)
    agent.pending, agent.pending_reason = None, ""
    turn.set_presence(agent, presence, reason)


def free(turn: Turn, agent: Agent) -> None:
    """The contact in hand is over: the agent is idle, or what they wished to be from then on."""
    turn.set_activity(agent, Activity.IDLE)
    if agent.pending is not None:
        _become(turn, agent, agent.pending, agent.pending_reason)


def wrap_up_done(turn: Turn, event: ev.WrapUpDone) -> None:
    agent = turn.state.agents.get(event.agent_id)
    if agent is None or agent.activity is not Activity.WRAP_UP:
        turn.ignore(event, event.agent_id, "not in wrap-up")
    else:
        end_wrap_up(turn, agent)


def extend_wrap_up(turn: Turn, event: ev.WrapUpExtended) -> None:
    """More time for the work after a contact, as often and as long as its queue lets the agent have."""
    agent = turn.state.agents.get(event.agent_id)
    if agent is None or agent.activity is not Activity.WRAP_UP:
        turn.ignore(event, event.agent_id, "not in wrap-up")
    elif not agent.wrap_extend_ms:
        turn.ignore(event, agent.id, "the queue does not extend wrap-up")
    elif not agent.wrap_extensions_left:
        turn.ignore(event, agent.id, "no extension left")
    else:
        assert agent.wrap_until_ms is not None and agent.contact_id is not None
        agent.wrap_extensions_left -= 1
        agent.wrap_until_ms += agent.wrap_extend_ms
        turn.timers.set(f"wrap:{agent.id}", agent.wrap_until_ms)
        turn.remember(WrapExtended(agent.id, agent.contact_id, agent.wrap_until_ms, turn.now_ms))


def end_wrap_up(turn: Turn, agent: Agent) -> None:
    assert agent.contact_id is not None
    turn.timers.drop(f"wrap:{agent.id}")
    turn.remember(WrapEnded(agent.id, agent.contact_id, turn.now_ms - agent.wrap_since_ms, turn.now_ms))
    agent.wrap_until_ms = None
    agent.idle_since_ms = turn.now_ms
    free(turn, agent)


def phone_reachable(turn: Turn, event: ev.PhoneReachable) -> None:
    """Registration is a veto at once; for agents who sign in by phone it also is their shift, with grace."""
    agent = turn.state.agents.get(event.agent_id)
    if agent is None:
        turn.ignore(event, event.agent_id, "unknown agent")
        return
    if agent.reachable == event.reachable:
        turn.ignore(event, event.agent_id, "already so")
        return
    if not event.reachable:
        lose_phone(turn, agent)
        return
    turn.touch(agent)
    agent.reachable = True
    turn.rematch = True
    turn.timers.drop(f"phone:{agent.id}")
    if agent.rules.sign_in is SignIn.PHONE and agent.presence is Presence.LOGGED_OUT and not agent.retired:
        turn.set_presence(agent, Presence.READY)


def phone_in_use(turn: Turn, event: ev.PhoneInUse) -> None:
    """A call of the agent's own: nothing new is offered; a bell of ours that rings there goes on."""
    agent = turn.state.agents.get(event.agent_id)
    if agent is None:
        turn.ignore(event, event.agent_id, "unknown agent")
    elif agent.in_use == event.in_use:
        turn.ignore(event, event.agent_id, "already so")
    else:
        turn.touch(agent)
        agent.in_use = event.in_use
        turn.rematch = True


def desktop_changed(turn: Turn, event: ev.DesktopChanged) -> None:
    """A lost screen is a veto, never a choice; to somebody who is signed out it means nothing."""
    agent = turn.state.agents.get(event.agent_id)
    if agent is None:
        turn.ignore(event, event.agent_id, "unknown agent")
        return
    lost = event.desktop is Desktop.GONE and agent.presence is Presence.LOGGED_OUT
    desktop = Desktop.NONE if lost else event.desktop
    if agent.desktop is desktop:
        turn.ignore(event, event.agent_id, "already so")
    else:
        turn.touch(agent)
        agent.desktop = desktop
        turn.rematch = True


def lose_phone(turn: Turn, agent: Agent) -> None:
    """No registration: told by the switch, or found out by a call that could not ring."""
    turn.touch(agent)
    agent.reachable = False
    if agent.rules.sign_in is SignIn.PHONE:
        turn.timers.set(f"phone:{agent.id}", turn.now_ms + PHONE_GRACE_MS)


def phone_gone(turn: Turn, agent_id: AgentId) -> None:
    """The phone has not come back: the shift is over."""
    agent = turn.state.agents.get(agent_id)
    if agent is not None and not agent.reachable and agent.presence is Presence.READY:
        _become(turn, agent, Presence.LOGGED_OUT, "phone gone")


def rest_over(turn: Turn, agent_id: AgentId) -> None:
    agent = turn.state.agents.get(agent_id)
    if agent is not None:
        turn.touch(agent)
        # Behind the others: whoever has just refused is not the first to be asked again.
        turn.stand_last(agent)
        _end_rest(turn, agent)


def _end_rest(turn: Turn, agent: Agent) -> None:
    turn.timers.drop(f"rest:{agent.id}")
    if agent.resting_until_ms is not None:
        agent.resting_until_ms = None
        if agent.presence is Presence.READY:  # otherwise the reason is the agent's own
            agent.reason = ""
        turn.rematch = True


def publish(turn: Turn, routing: Routing) -> None:
    """Take the agents of a configuration up: new ones appear, others change skills, the missing retire."""
    for agent_id, rules in routing.agents.items():
        agent = turn.state.agents.get(agent_id)
        if agent is None:
            turn.state.agents[agent_id] = Agent(
                agent_id, rules, since_ms=turn.now_ms, idle_since_ms=turn.now_ms
            )
        else:
            agent.rules, agent.retired = rules, False
    for agent in list(turn.state.agents.values()):
        if agent.id not in routing.agents:
            agent.retired = True
            _become(turn, agent, Presence.LOGGED_OUT, "left the configuration")
            if agent.activity is Activity.IDLE:
                del turn.state.agents[agent.id]
    turn.rematch = turn.staff_changed = True


ACTIONS: dict[type, Any] = {
    ev.PresenceSet: set_presence,
    ev.WrapUpDone: wrap_up_done,
    ev.WrapUpExtended: extend_wrap_up,
    ev.PhoneReachable: phone_reachable,
    ev.PhoneInUse: phone_in_use,
    ev.DesktopChanged: desktop_changed,
}
