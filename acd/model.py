"""
The words of the distributor: identifiers, states and the rules it routes by.

Everything here is a frozen value. What changes while the centre runs lives in
`acd.state`; what happens comes in as `acd.events`; what to do and what to
remember go out as `acd.commands` and `acd.records`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

ContactId = NewType("ContactId", str)
"""Ours, minted when a customer first reaches us. Never a channel's id."""

AgentId = NewType("AgentId", str)
"""The agent's name in the configuration: a person, not a phone."""

QueueId = NewType("QueueId", str)
"""The queue's name in the configuration."""

OfferId = NewType("OfferId", str)
"""One try of one contact at one agent; also the ChannelId of the agent's leg."""

SkillId = NewType("SkillId", str)


class Presence(enum.StrEnum):
    """What the agent chose."""

    LOGGED_OUT = "logged_out"
    READY = "ready"
    NOT_READY = "not_ready"


class Activity(enum.StrEnum):
    """What the engine knows the agent is doing. "idle" is not "available"."""

    IDLE = "idle"
    OFFERED = "offered"
    TALKING = "talking"
    WRAP_UP = "wrap_up"


class Phase(enum.StrEnum):
    """Where a contact is."""

    IVR = "ivr"
    WAITING = "waiting"
    OFFERED = "offered"
    TALKING = "talking"
    AFTER = "after"
    """Back with us after an agent: goodbye, survey, requeue."""
    FALLBACK = "fallback"
    """With the fallback telephone, which needs no server: not ours to offer."""
    CLOSED = "closed"


class OfferState(enum.StrEnum):
    """Where an offer is, from our decision to the end of the talk."""

    DIALLING = "dialling"
    RINGING = "ringing"
    WITHDRAWN = "withdrawn"
    """We want it ended; the switch has not yet said how it ended."""
    ACCEPTED = "accepted"


class OfferEnd(enum.StrEnum):
    """How an offer ended."""

    ACCEPTED = "accepted"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    """No phone is registered."""
    NO_REPLY = "no_reply"
    """A phone is registered, but nothing comes back from it."""
    FAILED = "failed"
    """The phone or the switch refused for a technical reason."""
    CALLER_GONE = "caller_gone"
    WITHDRAWN = "withdrawn"
    LOST = "lost"
    """The switch never told, or forgot: found by a deadline or a snapshot."""


class Outcome(enum.StrEnum):
    """What became of a contact."""

    ANSWERED = "answered"
    ABANDONED_IVR = "abandoned_ivr"
    ABANDONED_QUEUE = "abandoned_queue"
    SHORT_ABANDON = "short_abandon"
    COMPLETED_IVR = "completed_ivr"
    """Served by the menu or a script, without an agent."""
    SWITCH_LOST = "switch_lost"
    """The telephone switch lost the call (it died or restarted)."""


class EndedBy(enum.StrEnum):
    CALLER = "caller"
    AGENT = "agent"
    SYSTEM = "system"
    SWITCH = "switch"


class SignIn(enum.StrEnum):
    """What makes an agent ready at the start of a shift."""

    PHONE = "phone"
    """Ready as soon as the phone registers, logged out when it goes."""
    COMMAND = "command"
    """Only by command (desktop or API)."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A call leg on a switch: uniqueid is unique only within one switch."""

    switch: str
    uniqueid: str


@dataclass(frozen=True, slots=True)
class SkillNeed:
    skill: SkillId
    at_least: int
    """1 to 10, higher is better (the reverse of Asterisk's penalty)."""


@dataclass(frozen=True, slots=True)
class QueueRules:
    """
    One queue as the engine needs it. All times in milliseconds.

    `short_abandon_ms` 0 means that every abandon counts.
    """

    id: QueueId
    needs: tuple[SkillNeed, ...] = ()
    ring_ms: int = 18_000
    wrap_ms: int = 30_000
    announce_every_ms: int = 30_000
    busy_rest_ms: int = 10_000
    """An agent whose phone was busy is not tried again for this long."""
    decline_rest_ms: int = 10_000
    failed_rest_ms: int = 30_000
    short_abandon_ms: int = 5_000


@dataclass(frozen=True, slots=True)
class AgentRules:
    id: AgentId
    skills: Mapping[SkillId, int] = field(default_factory=dict)
    sign_in: SignIn = SignIn.PHONE


@dataclass(frozen=True, slots=True)
class Routing:
    """One published configuration, as far as routing is concerned."""

    version: str
    """SHA-256 of the canonical configuration, shortened by the shell."""
    queues: Mapping[QueueId, QueueRules]
    agents: Mapping[AgentId, AgentRules]
