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

SiteId = NewType("SiteId", str)
"""Where agents sit, or which company they belong to: steps may open other sites."""


class Medium(enum.StrEnum):
    """What a contact comes by; an agent has a capacity for each."""

    VOICE = "voice"
    CHAT = "chat"
    TASK = "task"


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
    OUTSIDE = "outside"
    """With somebody outside to whom an agent has handed it over, or on the way there."""
    DIALLING = "dialling"
    """Not here yet: an agent is calling this customer."""
    PROMISED = "promised"
    """On nobody's line, to be called back; not at this moment, see `acd.promises`."""
    SENT = "sent"
    """Somebody rings to whom the menu hands it over."""
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
    ENDING = "ending"
    """It was up and we have hung it up; the switch has not yet said that it is gone."""


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
    VOICEMAIL = "voicemail"
    """Left a message instead of talking to anybody."""
    REJECTED_CLOSED = "rejected_closed"
    REJECTED_FULL = "rejected_full"
    REJECTED_UNSTAFFED = "rejected_unstaffed"
    """Nobody was signed in, or nobody could ever have served the contact."""
    REJECTED_LONG_WAIT = "rejected_long_wait"
    """Told at the door that the wait would be too long."""
    REJECTED_WAITED = "rejected_waited"
    """Told after a long wait that nobody will come."""
    DIAL_NO_ANSWER = "dial_no_answer"
    """Called by an agent, and did not pick up."""
    DIAL_BUSY = "dial_busy"
    DIAL_FAILED = "dial_failed"
    """Called by an agent: refused, not possible, or given up before anybody picked up."""
    CALLBACK_NO_ANSWER = "callback_no_answer"
    """Called back as promised, and did not pick up."""
    CALLBACK_BUSY = "callback_busy"
    CALLBACK_FAILED = "callback_failed"
    """Called back: refused, not possible, or given up before anybody picked up."""
    CALLBACK_CANCELLED = "callback_cancelled"
    """The promise was taken back before anybody called."""
    CALLBACK_BY_PHONE = "callback_by_phone"
    """Called again before we did: that contact has the place."""
    SWITCH_LOST = "switch_lost"
    """The telephone switch lost the call (it died or restarted)."""


class PromiseEnd(enum.StrEnum):
    """How a promise to call back ended."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    CANCELLED = "cancelled"
    BY_PHONE = "by_phone"
    """The customer is on the line for the same: called again, or did not hang up but waited on."""
    LOST = "lost"
    """The telephone switch died while the customer was being called."""


class EndedBy(enum.StrEnum):
    CALLER = "caller"
    AGENT = "agent"
    SYSTEM = "system"
    SWITCH = "switch"


class Direction(enum.StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    """An agent dialled the customer, who may have asked for it."""


class OfferKind(enum.StrEnum):
    """What a leg that we ring is for."""

    CONTACT = "contact"
    """An agent is to take a contact: chosen by the distributor, or named by an agent who hands it over."""
    CONSULT = "consult"
    """An agent, or somebody outside, is asked by the agent who has the contact; the contact is on hold."""
    OUTSIDE = "outside"
    """Somebody outside is to take a contact that an agent has handed over."""
    DIAL = "dial"
    """The agent's own phone, from which the agent wants to call a customer."""
    CALLBACK = "callback"
    """An agent is to take a contact who was promised a call: off the hook, the customer is rung."""


class Annotation(enum.StrEnum):
    """What is added to what is known of a contact. The words themselves never come in here."""

    DATA = "data"
    """A program has attached, changed or removed something."""
    NOTE = "note"
    DISPOSITION = "disposition"
    """An agent has said how the contact went."""


class TargetKind(enum.StrEnum):
    AGENT = "agent"
    QUEUE = "queue"
    OUTSIDE = "outside"


class Clock(enum.StrEnum):
    """Which clock a contact has in a queue that an agent has transferred it to."""

    KEEP = "keep"
    """Its own, as if it had waited here since it first came to a queue; talk with agents included."""
    NEW = "new"
    """It begins now: behind those who wait already, but for `transferred_head_start_ms`."""


class SignIn(enum.StrEnum):
    """What makes an agent ready at the start of a shift."""

    PHONE = "phone"
    """Ready as soon as the phone registers, logged out when it goes."""
    COMMAND = "command"
    """Only by command (desktop or API)."""


class Desktop(enum.StrEnum):
    """The agent's screen, as far as it is known."""

    NONE = "none"
    """No screen, or one that said goodbye: works by phone alone."""
    CONNECTED = "connected"
    GONE = "gone"
    """The connection was lost and has not come back: a veto, never the agent's choice."""


class ExitKind(enum.StrEnum):
    """The ways out of a queue other than an agent."""

    CLOSED = "closed"
    FULL = "full"
    NOBODY_SIGNED_IN = "nobody_signed_in"
    NOBODY_COULD_EVER = "nobody_could_ever"
    WAITED = "waited"
    LONG_WAIT = "long_wait"
    """The wait that was estimated at the door is longer than the queue lets anybody wait for."""


class ExitTo(enum.StrEnum):
    """What becomes of a contact that takes an exit."""

    QUEUE = "queue"
    FLOW = "flow"
    HANG_UP = "hang_up"
    KEEP_WAITING = "keep_waiting"


class NoAnswer(enum.StrEnum):
    """What an agent becomes who lets it ring."""

    NOT_READY = "not_ready"
    REST = "rest"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Channel:
    """A call leg on a switch: uniqueid is unique only within one switch."""

    switch: str
    uniqueid: str


SKILL_OF_LANGUAGE = SkillId("lang(language)")
"""A need of the caller's own language: `lang.es` for one who speaks Spanish."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an agent sends a contact, or whom the agent asks."""

    kind: TargetKind
    name: str
    """Of the agent or queue; for OUTSIDE a token behind which the shell keeps the number."""


@dataclass(frozen=True, slots=True)
class SkillNeed:
    skill: SkillId
    at_least: int
    """1 to 10, higher is better (the reverse of Asterisk's penalty)."""


@dataclass(frozen=True, slots=True)
class Step:
    """From this wait on, these needs hold; the configuration is checked: a later step asks for less."""

    id: str
    from_ms: int
    """Since the contact joined the queue."""
    needs: tuple[SkillNeed, ...]
    sites: tuple[SiteId, ...] = ()
    """Whose agents may be asked; empty: all sites."""


@dataclass(frozen=True, slots=True)
class Preference:
    """A bounded time for the agents whom a contact prefers (its last one, one named by a rule)."""

    hold_ms: int
    """
    Since the contact joined the queue: so long nobody else is asked, as long as a preferred
    agent is signed in and able. Later they are the first choice among those who are free.
    """
    needs: tuple[SkillNeed, ...] = ()
    """What a preferred agent must be able to do; the step that holds asks others for more."""


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out: what is said, then where to. Who hears of it is the shell's business."""

    to: ExitTo
    name: str = ""
    """Of the queue or flow."""
    say: tuple[str, ...] = ()
    """Prompts, in order."""
    alarm: str = ""
    """Whom to alarm ("admin", "supervisor"); empty for nobody."""


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
    steps: tuple[Step, ...] = ()
    """By `from_ms`, the first at 0; empty: `needs` hold for ever."""
    full_at: int | None = None
    """Contacts in the queue beyond which new ones take the exit FULL."""
    exits: Mapping[ExitKind, Exit] = field(default_factory=dict)
    """CLOSED, FULL, NOBODY_SIGNED_IN, NOBODY_COULD_EVER; one that is missing means waiting on."""
    waited: tuple[tuple[int, Exit], ...] = ()
    """Since the contact joined this queue, milliseconds, ascending."""
    estimate_limit_ms: int | None = None
    """An estimated wait above this, at the door, takes the exit LONG_WAIT."""
    no_answer: NoAnswer = NoAnswer.NOT_READY
    no_answer_reason: str = "no_answer"
    no_answer_rest_ms: int = 30_000
    sites: tuple[SiteId, ...] = ()
    """As in `Step`, for a queue without steps; empty: all sites."""
    preference: Preference | None = None
    """None: preferred agents are no different from others."""
    target_ms: int = 20_000
    """Wait within which contacts should be answered (the goal's T)."""
    value: float = 1.0
    """What answering a contact in time is worth, > 0; policies weigh by it."""
    values: Mapping[str, float] = field(default_factory=dict)
    """The same by segment, where it differs."""
    keep_free: int = 0
    """So many agents able to serve this queue are left free by contacts that are worth less."""
    place_back_ms: int = 0
    """Who hung up waiting gets the place back, once, when calling again within this; 0: never."""
    wrap_extend_ms: int = 0
    """How much longer wrap-up gets each time the agent asks; 0: it cannot be extended."""
    wrap_extensions_max: int = 1
    escalate_to: QueueId | None = None
    """The next tier, to which an agent may hand a contact over, clock and notes included."""
    transferred_clock: Clock = Clock.KEEP
    """Of contacts that an agent transfers to this queue."""
    transferred_head_start_ms: int = 0
    """Added to what such a contact has already."""


@dataclass(frozen=True, slots=True)
class AgentRules:
    id: AgentId
    skills: Mapping[SkillId, int] = field(default_factory=dict)
    sign_in: SignIn = SignIn.PHONE
    site: SiteId = SiteId("")
    capacity: Mapping[Medium, int] = field(default_factory=lambda: {Medium.VOICE: 1})
    """Contacts at a time, by medium; a medium that is missing is never offered."""
    auto_answer: bool = False
    """The phone is told to pick up by itself."""


@dataclass(frozen=True, slots=True)
class PolicyRules:
    """Which routing policy, with its settings: see `acd.routing.policies`."""

    name: str = "fair"
    numbers: Mapping[str, float] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Routing:
    """One published configuration, as far as routing is concerned."""

    version: str
    """SHA-256 of the canonical configuration, shortened by the shell."""
    queues: Mapping[QueueId, QueueRules]
    agents: Mapping[AgentId, AgentRules]
    language: str = "es"
    """Of a caller of whom nothing is known."""
    policy: PolicyRules = PolicyRules()
    starve_ms: int | None = 900_000
    """Who has waited longer goes first, by age, whatever the policy; None: no such guard (simulation)."""
