"""
What each event carries: the types from which the published contract is generated.

All times are UTC milliseconds, all durations milliseconds; ids are opaque. A
field is only ever added; one that means something else gets another name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

from acd.model import (
    Activity,
    AgentId,
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
    QueueId,
)
from cti.desktop.shapes_known import AttachedData, DisposedData, HandedData, IvrData


class Customer(TypedDict, total=False):
    """
    What is known of who calls, at the moment the event is told.

    Empty when the event is told again later (`resume_from`) and the contact is over:
    what tells who somebody is, is never kept with the events.
    """

    id: str | None
    ref: str | None
    """Key in the owner's CRM; null for a customer who was only seen calling."""
    number: str | None
    """E.164, null when withheld or not known for sure."""
    shown: str
    """The number as the network sent it, for display only."""
    name: str
    segment: str | None
    language: str | None
    """ISO 639-1."""
    fields: Mapping[str, Any]
    """Further facts, as the configuration declares them."""
    known: bool
    """There is a number to recognise the caller by."""
    trust: Literal["none", "presented", "matched", "pin", "callback"]
    """
    How far the number may be believed: none, presented (the network says so; it can be forged), matched
    (presented, and a record has it).
    """
    calls_24h: int | None
    last_contacts: Sequence[Mapping[str, Any]]
    """Up to three finished contacts, newest first: id, ended_ms, outcome, queue, talk_ms."""


class ChannelData(TypedDict):
    """The caller's leg on the switch."""

    switch: str
    uniqueid: str


class PopRecord(TypedDict):
    type: Literal["customer"]
    ref: str
    name: str


class Candidate(TypedDict):
    """Somebody who may be calling."""

    type: Literal["customer"]
    id: str
    ref: str | None
    name: str
    confidence: float
    """From 0 to 1; a number that the network presents can be forged, so it is never 1."""
    why: str
    """`number`: the caller's number is in the record."""


class Pop(TypedDict):
    """What the agent's screen is to open."""

    target: Literal["record", "search", "none"]
    record: PopRecord | None
    """For `record`."""
    candidates: Sequence[Candidate]
    prefill: Mapping[str, str]
    """For `search` and for a new record: `number`."""


class WhyYou(TypedDict):
    """The reason for this agent, in short; `GET /api/contacts/{id}/explain` tells all."""

    queue: QueueId
    matched: Sequence[str]
    """The needs that the agent meets, e.g. "ventas 7 >= 5"."""
    waited_ms: int
    rank: str
    """What put the agent first, e.g. "idle longest: 42000 ms"."""
    step: str
    """Of the queue; empty for none."""
    policy: str
    terms: Mapping[str, float]
    """What the policy's score is made of."""
    rules: Sequence[str]
    """Ids of the classification rules that matched."""


class SegmentData(TypedDict):
    """One stretch of a contact."""

    kind: str
    """
    `ivr`, `waiting`, `talking`, `consult`, `conference`, `outside`, `dialling`, `fallback` or `after`. A
    `consult` or `conference` lies within the `talking` of the agent who has the contact; its `agent` is who
    was asked or is the third, null for somebody outside.
    """
    start_ms: int
    end_ms: int
    queue: QueueId | None
    agent: AgentId | None
    offer_id: OfferId | None
    ended_by: EndedBy | None
    hold_ms: int
    """Of a talk, how long the contact was on hold: part of its length."""


class NoteData(TypedDict):
    id: NotRequired[str]
    agent: str
    text: str
    at_ms: int


class Earlier(TypedDict):
    """What was before, when an agent takes a contact over."""

    segments: Sequence[SegmentData]
    notes: Sequence[NoteData]
    handed: Sequence[HandedData]
    """From whom to whom, oldest first."""
    dispositions: Sequence[DisposedData]


class TriedData(TypedDict):
    """One offer of a finished contact."""

    offer_id: OfferId
    agent: AgentId
    start_ms: int
    end_ms: int
    result: OfferEnd


class ContactStarted(TypedDict):
    contact_id: ContactId
    entry: str
    """The number of ours, or the door, by which the contact came."""
    channel: ChannelData
    medium: Medium
    direction: Direction
    agent: AgentId | None
    """Of an outgoing contact, who calls."""
    customer: Customer


class ContactIdentified(TypedDict):
    contact_id: ContactId
    customer: Customer
    candidates: Sequence[Candidate]
    """Most likely first; empty when nobody is recognised."""
    language: str
    """ISO 639-1."""
    segment: str
    """Of the customer; empty for none."""
    head_start_ms: int
    rules: Sequence[str]
    """Ids of the classification rules that matched."""
    preferred: Sequence[AgentId]


class ContactQueued(TypedDict):
    contact_id: ContactId
    queue: QueueId
    position: int
    """1 is next."""
    customer: Customer


class ContactDiverted(TypedDict):
    contact_id: ContactId
    queue: QueueId
    exit: ExitKind
    to: ExitTo
    name: str
    """Of the queue or flow that follows; empty for none."""
    alarm: str
    """Who was alarmed; empty for nobody."""
    waited_ms: int


class ContactEscalated(TypedDict):
    contact_id: ContactId
    agent: AgentId
    queue: QueueId
    """Of the tier that the contact leaves."""
    to: QueueId


class ContactHeldBack(TypedDict):
    contact_id: ContactId
    queue: QueueId
    reason: str
    """E.g. "kept free for vip"."""


class ContactPlacedBack(TypedDict):
    contact_id: ContactId
    earlier: ContactId
    queue: QueueId
    position: int


class OfferAnnounced(TypedDict):
    contact_id: ContactId
    offer_id: OfferId
    agent: AgentId
    queue: QueueId
    """Empty: an outgoing contact without a queue."""
    kind: OfferKind
    """
    `contact`: to take it. `consult`: `by` asks and has the contact on hold. `dial`: the agent's own phone,
    from which the agent wants to call. `callback`: nobody is on the line; who takes it hears the customer's
    telephone ring.
    """
    promised_ms: int | None
    """Since when the customer waits to be called back, UTC; null: is on the line."""
    by: AgentId | None
    """Who asks, or hands the contact over to this agent."""
    pop: Pop
    why_you: WhyYou
    customer: Customer
    earlier: Earlier
    language: str
    """Of the caller, ISO 639-1."""
    intent: str
    """Why the caller calls: attached by a program, or what they chose in the menu; empty if not known."""
    ivr: IvrData
    attached: Mapping[str, AttachedData]
    """By key: cart, order, campaign, target, intent, case..."""


class OfferRinging(TypedDict):
    contact_id: ContactId
    offer_id: OfferId
    agent: AgentId


class OfferOver(TypedDict):
    contact_id: ContactId
    offer_id: OfferId
    agent: AgentId
    result: OfferEnd
    """The exact end; the event's name is a coarser one."""
    lasted_ms: int


class ContactDialled(TypedDict):
    contact_id: ContactId
    agent: AgentId
    customer: Customer


class WrapUntil(TypedDict):
    agent: AgentId
    contact_id: ContactId
    until_ms: int


class WrapEnded(TypedDict):
    agent: AgentId
    contact_id: ContactId
    wrap_ms: int


class AgentState(TypedDict):
    """The whole visible state of an agent."""

    agent: AgentId
    presence: Presence
    activity: Activity
    reason: str
    reachable: bool
    """The agent's phone is registered."""
    in_use: bool
    """The phone has a call that is none of ours."""
    desktop: Desktop
    resting_until_ms: int | None
    pending: Presence | None
    """What the agent will be once the contact in hand is over."""
    pending_reason: str
    since_ms: int


class ContactClosed(TypedDict):
    """The final record of a contact: immutable."""

    contact_id: ContactId
    channel: ChannelData
    entry: str
    direction: Direction
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
    """Of all agents together, hold included; `segments` tell each one's own."""
    hold_ms: int
    transfers: int
    """How often an agent has handed the contact over."""
    config_version: str
    language: str
    segment: str
    segments: Sequence[SegmentData]
    offers: Sequence[TriedData]


class StateCorrected(TypedDict):
    """Our state did not agree with the switch."""

    subject: str
    what: str


class ConfigApplied(TypedDict):
    version: str


class ServerStarted(TypedDict):
    engine_version: str
    skew_ms: int
    contacts: int
    """On the line, taken over from the server before."""


class Hello(TypedDict):
    """The first message of every connection."""

    session: str
    """New with every start of the server; the numbers of the events go on."""
    from_seq: int
    """What follows is later than this."""
    resumed: bool
    """True: the events since `resume_from` follow. False: a `snapshot` follows."""
