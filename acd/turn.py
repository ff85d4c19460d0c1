"""One turn of the engine: the state at this moment, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.commands import Command
from acd.model import Activity, AgentId, Presence
from acd.records import AgentStateChanged, Ignored, Record
from acd.state import Agent, State
from acd.timers import Timers


@dataclass(slots=True)
class Turn:
    state: State
    timers: Timers
    now_ms: int
    records: list[Record] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    touched: dict[AgentId, tuple[object, ...]] = field(default_factory=dict)
    """Agents whose state may have changed, with how they looked before."""
    rematch: bool = False

    def remember(self, record: Record) -> None:
        self.records.append(record)

    def order(self, command: Command) -> None:
        self.commands.append(command)

    def ignore(self, event: object, subject: str, reason: str) -> None:
        self.remember(Ignored(type(event).__name__, subject, reason, self.now_ms))

    def touch(self, agent: Agent) -> None:
        """Say that an agent is about to change: the change is remembered once, at the end of the turn."""
        self.touched.setdefault(agent.id, _look(agent))

    def flush_agents(self) -> None:
        """One record for each agent that looks different now than at its first touch."""
        for agent_id, before in self.touched.items():
            agent = self.state.agents.get(agent_id)
            if agent is None or _look(agent) == before:
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
        self.rematch = True

    def set_activity(self, agent: Agent, activity: Activity) -> None:
        self.touch(agent)
        agent.activity = activity
        if activity is Activity.IDLE:
            agent.offer_id = agent.contact_id = None
            self.rematch = True
            if agent.retired:
                del self.state.agents[agent.id]


def _look(agent: Agent) -> tuple[object, ...]:
    return (
        agent.presence,
        agent.activity,
        agent.reason,
        agent.reachable,
        agent.resting_until_ms,
        agent.contact_id,
    )
