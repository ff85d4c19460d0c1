"""Who is first among those who may: the agent idle longest, then by name."""

from __future__ import annotations

from acd.model import AgentId
from acd.state import Agent


def longest_idle(agent: Agent) -> tuple[int, AgentId]:
    return agent.idle_since_ms, agent.id
