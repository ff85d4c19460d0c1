"""
What the distributor remembers: past tense, with the result.

Records feed everything that looks at the centre: the database, the event
stream, metrics and reports. The core never logs; these are its log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.model import (
    Activity,
    AgentId,
    Channel,
    ContactId,
    Desktop,
    EndedBy,
    ExitKind,
    ExitTo,
    Medium,
    OfferEnd,
    OfferId,
    Outcome,
    Presence,
    QueueId,
)
from acd.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Explanation:
    """Why this agent, and why not the others. The stored text is the answer."""

    config_version: str
    """Of the rules by which the contact is routed."""
    queue: QueueId
    waited_ms: int
    matched: tuple[str, ...]
    """The needs that the chosen agent meets, e.g. "ventas 7 >= 5"."""
    rank: str
    """What put the chosen one first, e.g. "idle longest: 42000 ms"."""
    roster: str
    """Configuration version whose agents, sorted by id, are the bits of `not_chosen`: bit 0 is the first."""
    not_chosen: Mapping[str, int]
    """Reason -> the agents it kept, one bit each; in a fixed order. `acd.routing.explain.names` reads it."""
    step: str = ""
    """Of the queue, that held at this moment; empty for a queue without steps."""
    policy: str = ""
    rules: tuple[str, ...] = ()
    """Ids of the classification rules that matched the contact."""
    terms: tuple[tuple[str, float], ...] = ()
    """What the policy's score of this pair is made of, by name."""
    runner_up: AgentId | None = None
    """Who would be asked next as things stood: the first to be offered the contact if the try fails."""
    passed_over: tuple[tuple[ContactId, str], ...] = ()
    """Contacts for whom the agent would have done, at most a few, and why they came later."""


@quick
@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of a contact: ivr, waiting, talking or after."""

    kind: str
    start_ms: int
    end_ms: int
    queue: QueueId | None = None
    agent_id: AgentId | None = None
    offer_id: OfferId | None = None
    ended_by: EndedBy | None = None


@quick
@dataclass(frozen=True, slots=True)
class OfferTried:
    """One offer as the contact's record keeps it."""

    offer_id: OfferId
    agent_id: AgentId
    start_ms: int
    end_ms: int
    result: OfferEnd


@quick
@dataclass(frozen=True, slots=True)
class ContactOpened:
    contact_id: ContactId
    channel: Channel
    entry: str
    at_ms: int
    medium: Medium = Medium.VOICE


@quick
@dataclass(frozen=True, slots=True)
class ContactQueued:
    contact_id: ContactId
    queue: QueueId
    position: int
    at_ms: int


@quick
@dataclass(frozen=True, slots=True)
class ContactSorted:
    """What the rules made of the contact: `rules` are the ids of those that matched."""

    contact_id: ContactId
    language: str
    segment: str
    head_start_ms: int
    rules: tuple[str, ...]
    at_ms: int
    preferred: tuple[AgentId, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactDiverted:
    """The contact took an exit of its queue instead of an agent."""

    contact_id: ContactId
    queue: QueueId
    exit: ExitKind
    to: ExitTo
    name: str
    """Of the queue or flow."""
    alarm: str
    waited_ms: int
    at_ms: int


@quick
@dataclass(frozen=True, slots=True)
class OfferAnnounced:
    """Leaves before the bell: the screen pop."""

    offer_id: OfferId
    contact_id: ContactId
    agent_id: AgentId
    queue: QueueId
    explanation: Explanation
    at_ms: int


@quick
@dataclass(frozen=True, slots=True)
class OfferRang:
    offer_id: OfferId
    contact_id: ContactId
    agent_id: AgentId
    at_ms: int


@quick
@dataclass(frozen=True, slots=True)
class OfferEnded:
    offer_id: OfferId
    contact_id: ContactId
    agent_id: AgentId
    result: OfferEnd
    lasted_ms: int
    at_ms: int


@quick
@dataclass(frozen=True, slots=True)
class SegmentConnected:
    """Contact and agent talk."""

    contact_id: ContactId
    agent_id: AgentId
    offer_id: OfferId
    queue: QueueId
    waited_ms: int
    at_ms: int


@quick
@dataclass(frozen=True, slots=True)
class SegmentEnded:
    contact_id: ContactId
    agent_id: AgentId
    offer_id: OfferId
    ended_by: EndedBy
    talk_ms: int
    at_ms: int


@quick
@dataclass(frozen=True, slots=True)
class WrapStarted:
    agent_id: AgentId
    contact_id: ContactId
    until_ms: int
    at_ms: int


@quick
@dataclass(frozen=True, slots=True)
class WrapEnded:
    agent_id: AgentId
    contact_id: ContactId
    wrap_ms: int
    at_ms: int


@quick
@dataclass(frozen=True, slots=True)
class AgentStateChanged:
    """The whole visible state of an agent, since `at_ms`."""

    agent_id: AgentId
    presence: Presence
    activity: Activity
    reason: str
    reachable: bool
    resting_until_ms: int | None
    at_ms: int
    in_use: bool = False
    """The phone has a call that is none of ours."""
    desktop: Desktop = Desktop.NONE
    pending: Presence | None = None
    """What the agent will be once the contact in hand is over; None if nothing was asked for."""
    pending_reason: str = ""


@dataclass(frozen=True, slots=True)
class ContactClosed:
    """The final record of a contact: immutable."""

    contact_id: ContactId
    channel: Channel
    entry: str
    outcome: Outcome
    ended_by: EndedBy
    queue: QueueId | None
    started_ms: int
    queued_ms: int | None
    answered_ms: int | None
    ended_ms: int
    wait_ms: int
    """Queue entry until answer or abandon."""
    ring_ms: int
    talk_ms: int
    config_version: str
    segments: tuple[Segment, ...]
    offers: tuple[OfferTried, ...]
    language: str = ""
    segment: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Ignored:
    """An input that changed nothing, and why."""

    event: str
    subject: str
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Corrected:
    """State that did not agree with the switch, and what was done about it."""

    subject: str
    what: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class ConfigApplied:
    version: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Started:
    """The server took over this journal; skew is the wall clock's distance behind it."""

    engine_version: str
    skew_ms: int
    contacts: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class ContactHeldBack:
    """The contact waits although somebody able is free: said once for each stay in a queue."""

    contact_id: ContactId
    queue: QueueId
    reason: str
    """E.g. "kept free for vip"."""
    at_ms: int


@dataclass(frozen=True, slots=True)
class WrapExtended:
    """The agent has asked for more wrap-up time and got it."""

    agent_id: AgentId
    contact_id: ContactId
    until_ms: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class PlaceGivenBack:
    """A caller who had hung up waiting stands again where the earlier contact stood."""

    contact_id: ContactId
    earlier: ContactId
    queue: QueueId
    position: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class ContactEscalatedTo:
    """An agent has handed the contact over to the next tier; it is on its way there, clock kept."""

    contact_id: ContactId
    agent_id: AgentId
    queue: QueueId
    """Of the tier that it leaves."""
    to: QueueId
    at_ms: int


Record = (
    ContactOpened
    | ContactQueued
    | ContactSorted
    | ContactDiverted
    | OfferAnnounced
    | OfferRang
    | OfferEnded
    | SegmentConnected
    | SegmentEnded
    | WrapStarted
    | WrapEnded
    | AgentStateChanged
    | ContactClosed
    | Ignored
    | Corrected
    | ConfigApplied
    | Started
    | ContactHeldBack
    | WrapExtended
    | PlaceGivenBack
    | ContactEscalatedTo
)
