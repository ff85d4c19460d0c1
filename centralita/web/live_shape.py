"""The shape of `GET /api/live` and of the stream's `snapshot`: what is true at this moment."""

from __future__ import annotations

from typing import TypedDict


class LiveQueue(TypedDict):
    id: str
    waiting: int
    """Contacts in the queue that nobody has answered yet, offered ones included."""
    longest_wait_since_ms: int | None
    """When the longest waiting contact joined, UTC ms; null when nobody waits."""
    ready: int
    """Agents who could be offered a contact of this queue now."""
    talking: int


class LiveAgent(TypedDict):
    id: str
    presence: str
    """acd.model.Presence"""
    activity: str
    """acd.model.Activity"""
    reason: str
    reachable: bool
    """The agent's phone is registered."""
    since_ms: int
    """Since when the agent has been in this state, UTC ms."""
    contact_id: str | None
    resting_until_ms: int | None


class LiveContact(TypedDict):
    id: str
    phase: str
    """acd.model.Phase, never "closed"."""
    queue: str | None
    position: int | None
    """1 is next; null when not waiting."""
    since_ms: int
    """Since when the contact has been in this phase (waiting and offered count as one), UTC ms."""
    agent: str | None
    number: str | None
    """E.164, null when not known for sure."""


class Live(TypedDict):
    at_ms: int
    seq: int
    """The journal seq this includes: an event with `seq // 4096 <= seq` is already in it."""
    config_version: str
    alarms: list[str]
    """What an administrator has to mend, each "español / English"; calls go on all the same."""
    queues: list[LiveQueue]
    agents: list[LiveAgent]
    contacts: list[LiveContact]
