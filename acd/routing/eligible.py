"""May this agent be offered this contact now? If not, the reason in words."""

from __future__ import annotations

from acd.model import Activity, Presence, QueueRules
from acd.state import Agent


def unavailable(agent: Agent, now_ms: int) -> str | None:
    """Why the agent can take nothing at all now; None if anything."""
    if agent.retired:
        return "left the configuration"
    if agent.presence is Presence.LOGGED_OUT:
        return "logged out"
    if agent.presence is Presence.NOT_READY:
        return f"not ready ({agent.reason})" if agent.reason else "not ready"
    if agent.activity is not Activity.IDLE:
        return agent.activity.value
    if not agent.reachable:
        return "no phone registered"
    if agent.resting_until_ms is not None and agent.resting_until_ms > now_ms:
        return f"resting ({agent.reason})" if agent.reason else "resting"
    return None


def unfit(agent: Agent, rules: QueueRules) -> str | None:
    """The first need that the agent's skills do not meet, e.g. "ventas 3 < 5"."""
    for need in rules.needs:
        level = agent.rules.skills.get(need.skill, 0)
        if level < need.at_least:
            return f"{need.skill} {level} < {need.at_least}"
    return None
