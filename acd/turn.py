"""One turn of the engine: the state at this moment, and what comes out of it."""

from __future__ import annotations

from acd.commands import Command
from acd.model import Activity, AgentId, ContactId, Desktop, Presence
from acd.records import AgentStateChanged, Ignored, Record
from acd.state import Agent, Contact, State
from acd.timers import Timers


class Turn:
    """Made anew for every input."""

    __slots__ = (
        "commands",
        "explains",
        "learned",
        "now_ms",
        "records",
        "rematch",
        "staff_changed",
        "state",
        "timers",
        "to_look_at",
        "touched",
    )

    def __init__(self, state: State, timers: Timers, now_ms: int, *, explains: bool = True) -> None:
        self.state = state
        self.timers = timers
        self.now_ms = now_ms
        self.explains = explains
        """Whether offers tell why."""
        self.records: list[Record] = []
        self.commands: list[Command] = []
        self.learned = 0
        """So many of the records have been taken in by what learns from them."""
        self.touched: dict[AgentId, tuple[Agent, tuple[object, ...]]] = {}
        """Agents whose state may have changed, with how they looked before; those who have left included."""
        self.rematch = False
        """Anything may have become possible: everybody who is free looks."""
        self.to_look_at: dict[ContactId, None] = {}
        """Who waits and may have an exit due."""
        self.staff_changed = False
        """Somebody who could have served is no longer there: look at everybody who waits."""

    def remember(self, record: Record) -> None:
        self.records.append(record)

    def order(self, command: Command) -> None:
        self.commands.append(command)

    def ignore(self, event: object, subject: str, reason: str) -> None:
        self.remember(Ignored(type(event).__name__, subject, reason, self.now_ms))

    def look_at(self, contact: Contact) -> None:
        """Say that an exit may be due for a contact: found out at the end of the turn, if it still waits."""
        self.to_look_at[contact.id] = None

    def seek(self, contact: Contact) -> None:
        """One who waits again, as before, looks for an agent."""
        self.state.index.join(contact)

    def touch(self, agent: Agent) -> None:
        """Say that an agent is about to change: the change is remembered once, at the end of the turn."""
        if agent.id not in self.touched:
            self.touched[agent.id] = agent, _look(agent)

    def flush_agents(self) -> None:
        """One record for each agent that looks different now than at its first touch."""
        for agent, before in self.touched.values():
            if _look(agent) == before:
                continue
            agent.since_ms = self.now_ms
            self.remember(
                AgentStateChanged(
                    agent.id,
                    agent.presence,
                    agent.activity,
                    agent.reason,
                    agent.reachable,
                    agent.resting_until_ms,
                    self.now_ms,
                    agent.in_use,
                    agent.desktop,
                    agent.pending,
                    agent.pending_reason,
                )
            )
        self.touched.clear()

    def set_presence(self, agent: Agent, presence: Presence, reason: str = "") -> None:
        self.touch(agent)
        if presence is Presence.READY and agent.presence is not Presence.READY:
            agent.idle_since_ms = self.now_ms
            agent.resting_until_ms = None
            self.timers.drop(f"rest:{agent.id}")
        agent.presence, agent.reason = presence, reason
        self.state.note_idle(agent)
        if presence is Presence.LOGGED_OUT:
            self.staff_changed = True
            if agent.desktop is Desktop.GONE:  # the next shift begins without yesterday's screen
                agent.desktop = Desktop.NONE

    def set_activity(self, agent: Agent, activity: Activity) -> None:
        self.touch(agent)
        agent.activity = activity
        self.state.note_idle(agent)
        if activity is Activity.IDLE:
            agent.offer_id = agent.contact_id = None
            if agent.retired:
                del self.state.agents[agent.id]
                self.state.index.forget(agent)

    def stand_last(self, agent: Agent) -> None:
        """Count the agent as idle from now on: behind all others who are."""
        agent.idle_since_ms = self.now_ms
        self.state.note_idle(agent)


def _look(agent: Agent) -> tuple[object, ...]:
    return (
        agent.presence,
        agent.activity,
        agent.reason,
        agent.reachable,
        agent.resting_until_ms,
        agent.in_use,
        agent.desktop,
        agent.contact_id,
        agent.pending,
        agent.pending_reason,
    )
