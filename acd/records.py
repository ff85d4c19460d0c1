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
    Direction,
    EndedBy,
    ExitKind,
    ExitTo,
    Medium,
    OfferEnd,
    OfferId,
    OfferKind,
    Outcome,
    Presence,
    PromiseEnd,
    QueueId,
    Target,
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
    """
    One stretch of a contact: ivr, waiting, talking, outside, promised, dialling, fallback or after.

    They follow one another without a gap. Stretches of the kinds "consult" and "conference" lie
    over a talk: `agent_id` is who was asked, or took part as well (None: somebody outside).
    """

    kind: str
    start_ms: int
    end_ms: int
    queue: QueueId | None = None
    agent_id: AgentId | None = None
    offer_id: OfferId | None = None
    ended_by: EndedBy | None = None
    hold_ms: int = 0
    """Of a talk, how long the contact was on hold."""


@quick
@dataclass(frozen=True, slots=True)
class OfferTried:
    """One offer as the contact's record keeps it."""

    offer_id: OfferId
    agent_id: AgentId
    start_ms: int
    end_ms: int
    result: OfferEnd
    kind: OfferKind = OfferKind.CONTACT


@quick
@dataclass(frozen=True, slots=True)
class ContactOpened:
    contact_id: ContactId
    channel: Channel
    entry: str
    at_ms: int
    medium: Medium = Medium.VOICE
    direction: Direction = Direction.INBOUND
    agent_id: AgentId | None = None
    """Who called, of an outgoing contact."""


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
    """Empty: an outgoing contact without a queue."""
    explanation: Explanation
    at_ms: int
    kind: OfferKind = OfferKind.CONTACT
    by: AgentId | None = None
    """The agent who asks, or who hands the contact over to this one."""
    promised_ms: int | None = None
    """Since when the customer waits to be called back; None: is on the line."""


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
    """Empty: an outgoing contact without a queue."""
    waited_ms: int
    at_ms: int
    direction: Direction = Direction.INBOUND


@quick
@dataclass(frozen=True, slots=True)
class SegmentEnded:
    contact_id: ContactId
    agent_id: AgentId
    offer_id: OfferId
    ended_by: EndedBy
    talk_ms: int
    """Hold included."""
    at_ms: int
    hold_ms: int = 0


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
    direction: Direction = Direction.INBOUND
    hold_ms: int = 0
    """Part of `talk_ms`."""
    transfers: int = 0
    """How often an agent has handed the contact over."""


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


@dataclass(frozen=True, slots=True)
class ContactDataChanged:
    """Something was attached to the contact or to whoever it is, or taken away; the shell knows what."""

    contact_id: ContactId
    at_ms: int


@dataclass(frozen=True, slots=True)
class ContactNoted:
    """An agent has written something about the contact for whoever is next."""

    contact_id: ContactId
    agent_id: AgentId | None
    note_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class ContactDisposed:
    """An agent has said how the contact went; said again, the last one counts."""

    contact_id: ContactId
    agent_id: AgentId | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class ContactHeld:
    """The contact hears music, the agent has put it on hold."""

    contact_id: ContactId
    agent_id: AgentId
    at_ms: int


@dataclass(frozen=True, slots=True)
class ContactRetrieved:
    """Contact and agent talk again."""

    contact_id: ContactId
    agent_id: AgentId
    held_ms: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class AgentMuted:
    contact_id: ContactId
    agent_id: AgentId
    muted: bool
    at_ms: int


@dataclass(frozen=True, slots=True)
class ConsultStarted:
    """The agent asks somebody; of an agent as `to`, the offer is announced as well."""

    contact_id: ContactId
    agent_id: AgentId
    leg_id: OfferId
    to: Target
    """As found: of a queue, the agent of it who was free."""
    at_ms: int


@dataclass(frozen=True, slots=True)
class ConsultConnected:
    contact_id: ContactId
    agent_id: AgentId
    leg_id: OfferId
    with_agent: AgentId | None
    """None: somebody outside."""
    at_ms: int


@dataclass(frozen=True, slots=True)
class ConsultEnded:
    """The consultation is over; `result` is ACCEPTED when they had talked."""

    contact_id: ContactId
    agent_id: AgentId
    leg_id: OfferId
    result: OfferEnd
    talk_ms: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class ConferenceStarted:
    contact_id: ContactId
    agent_id: AgentId
    with_agent: AgentId | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class ConferenceEnded:
    """Two are left, or nobody."""

    contact_id: ContactId
    agent_id: AgentId | None
    """Who is still with the contact."""
    at_ms: int


@dataclass(frozen=True, slots=True)
class ContactTransferred:
    """An agent has handed the contact over."""

    contact_id: ContactId
    agent_id: AgentId
    to: Target
    attended: bool
    at_ms: int


@dataclass(frozen=True, slots=True)
class OutsideConnected:
    """The contact talks to somebody outside."""

    contact_id: ContactId
    leg_id: OfferId
    at_ms: int


@dataclass(frozen=True, slots=True)
class OutsideEnded:
    """The contact no longer talks to, or waits for, somebody outside."""

    contact_id: ContactId
    leg_id: OfferId
    result: OfferEnd
    """ACCEPTED when they had talked."""
    talk_ms: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class ContactSentTo:
    """The menu hands the caller over."""

    contact_id: ContactId
    to: Target
    at_ms: int


@dataclass(frozen=True, slots=True)
class SendingFailed:
    """Whom the menu had rung was not reached: the caller is back in the menu."""

    contact_id: ContactId
    result: OfferEnd
    at_ms: int


@dataclass(frozen=True, slots=True)
class CallbackAgreed:
    """The contact will be called back, from this place in the queue."""

    contact_id: ContactId
    queue: QueueId
    position: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class CallbackWaits:
    """Nobody is on the line any more, or ever was: the contact waits in its queue to be called."""

    contact_id: ContactId
    queue: QueueId
    position: int
    promised_ms: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class CallbackEnded:
    """The promise is over, kept or not."""

    contact_id: ContactId
    queue: QueueId
    end: PromiseEnd
    promised_ms: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class CustomerCalled:
    """The agent is off the hook and the customer's phone is being called."""

    contact_id: ContactId
    agent_id: AgentId
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
    | ContactDataChanged
    | ContactNoted
    | ContactDisposed
    | ContactHeld
    | ContactRetrieved
    | AgentMuted
    | ConsultStarted
    | ConsultConnected
    | ConsultEnded
    | ConferenceStarted
    | ConferenceEnded
    | ContactTransferred
    | OutsideConnected
    | OutsideEnded
    | CustomerCalled
    | ContactSentTo
    | SendingFailed
    | CallbackAgreed
    | CallbackWaits
    | CallbackEnded
)
