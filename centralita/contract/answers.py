"""What the REST API takes and answers, as far as no other module types it. Times are UTC milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from acd.model import Presence
from centralita.web.live_shape import LiveContact
from centralita.web.params import NOTE_MAX, REASON_MAX, TEXT_MAX
from cti.desktop.shapes import NoteData
from cti.desktop.shapes_known import AttachedData, DisposedData, HandedData, IvrData

_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
Text = Annotated[str, Meta(min_length=1, max_length=TEXT_MAX, pattern=_LINE)]
"""One line of text."""
Name = Annotated[str, Meta(max_length=TEXT_MAX, pattern=_LINE)]
"""The same, or empty."""
Reason = Annotated[str, Meta(max_length=REASON_MAX, pattern=_LINE)]
Note = Annotated[str, Meta(max_length=NOTE_MAX)]


class Problem(TypedDict):
    """What is wrong and how to mend it (RFC 9457)."""

    type: str
    title: str
    """A stable word for programs, e.g. "unknown_agent"."""
    status: int
    detail: str
    es: str
    """For a person, in Spanish."""
    en: str
    key: NotRequired[str]
    """The parameter or field that is wrong."""
    wrong: NotRequired[list[WrongValue]]
    """Of a customer: every value that cannot be kept."""
    taken: NotRequired[list[TakenNumber]]
    """Of a customer: numbers that belong to somebody else."""


class WrongValue(TypedDict):
    key: str
    value: str
    es: str
    en: str


class TakenNumber(TypedDict):
    number: str
    ref: str | None


class Health(TypedDict):
    status: Literal["ok", "starting"]
    why: NotRequired[str]
    """Spanish / English."""


class Done(TypedDict):
    status: Literal["done"]


class Obeyed(TypedDict):
    """A command that was carried out."""

    status: Literal["done"]
    contact: NotRequired[str]
    """The contact that `dial` has begun."""


class PresenceBody(TypedDict):
    presence: Presence
    reason: NotRequired[Reason | None]
    """Why; compulsory for `not_ready`."""
    after_contact: NotRequired[bool | None]
    """Once the contact in hand is over."""


class EscalateBody(TypedDict, total=False):
    contact: Name | None
    """So that it is nobody else; whom the agent talks to if it is not given."""
    note: Note | None
    """For the next agent."""


class NoBody(TypedDict):
    """An empty object, or nothing at all."""


class Contact(TypedDict):
    """A finished contact."""

    id: str
    customer_id: str | None
    switch: str
    uniqueid: str
    entry: str
    direction: str
    """acd.model.Direction"""
    outcome: str
    """acd.model.Outcome"""
    ended_by: str
    queue: str | None
    started_ms: int
    queued_ms: int | None
    answered_ms: int | None
    ended_ms: int
    wait_ms: int
    ring_ms: int
    talk_ms: int
    """Of all agents together, hold included."""
    hold_ms: int
    transfers: int
    """How often an agent has handed it over."""
    config_version: str
    journal_seq: int
    language: str
    segment: str
    number: str | None
    """E.164; null when not known for sure, or erased."""
    shown: str | None
    name: str | None
    trust: str | None


class Contacts(TypedDict):
    contacts: list[Contact]
    next: str | None
    """Give it as `before` for the next page; null on the last one."""


class ContactSegment(TypedDict):
    position: int
    kind: str
    start_ms: int
    end_ms: int
    queue: str | None
    agent: str | None
    offer_id: str | None
    ended_by: str | None
    hold_ms: int
    """Of a talk, part of its length."""


class AgentPart(TypedDict):
    """What one agent has had of a contact."""

    agent: str
    talks: int
    talk_ms: int
    """The agent's own, hold included."""
    hold_ms: int
    consult_ms: int
    """Asked by the agent who had it."""
    conference_ms: int
    """As the third; the talk of the agent who has it goes on meanwhile."""


class Happening(TypedDict):
    """One thing that befell a contact, in the order of time."""

    kind: Literal[
        "held_back",
        "escalated",
        "transferred",
        "held",
        "retrieved",
        "muted",
        "unmuted",
        "consult_started",
        "consult_connected",
        "consult_ended",
        "conference_started",
        "conference_ended",
        "outside_connected",
        "outside_ended",
        "dialled",
    ]
    queue: str | None
    agent: str | None
    """Who did it."""
    to_kind: str | None
    """acd.model.TargetKind of whom it went to, or who was asked."""
    to: str | None
    """Agent or queue; null for somebody outside."""
    offer_id: str | None
    """Leg of who was asked, or is outside."""
    reason: str | None
    """
    `held_back`: as in explanations. `transferred`: `attended` or `blind`. `consult_ended`, `outside_ended`:
    acd.model.OfferEnd.
    """
    lasted_ms: int | None
    """Of what has ended by it: hold or talk."""
    at_ms: int


class NotChosen(TypedDict):
    reason: str
    agents: list[str] | None
    """null: the configuration of that day is no longer known."""
    es: NotRequired[str]
    en: NotRequired[str]


class PassedOver(TypedDict):
    contact_id: str
    reason: str


class Told(TypedDict):
    es: str
    en: str


class Why(TypedDict):
    """Why this agent, as it was stored with the offer."""

    config_version: str
    queue: str
    waited_ms: int
    matched: list[str]
    rank: str
    step: str
    policy: str
    terms: list[tuple[str, float]]
    rules: list[str]
    runner_up: str | None
    passed_over: list[PassedOver]
    roster: str
    not_chosen: list[NotChosen]
    matched_told: NotRequired[list[str]]
    rank_told: NotRequired[Told]


class ContactOffer(TypedDict):
    id: str
    agent: str
    queue: str | None
    start_ms: int
    end_ms: int | None
    result: str | None
    """acd.model.OfferEnd; null while it is open."""
    explanation: Why | None
    journal_seq: int


class Diversion(TypedDict):
    queue: str
    exit: str
    to: str
    name: str
    alarm: str
    waited_ms: int
    at_ms: int


class Classified(TypedDict):
    at_ms: int
    rules: list[str]
    trace: Mapping[str, Any]
    """Every rule with the facts that it saw; numbers are masked."""


class WrittenNote(TypedDict):
    agent: str
    text: str
    at_ms: int


class WholeContact(Contact):
    """A finished contact with all that is kept of it."""

    segments: list[ContactSegment]
    agents: list[AgentPart]
    """By agent, in the order in which they came to it."""
    happenings: list[Happening]
    offers: list[ContactOffer]
    diversions: list[Diversion]
    classifications: list[Classified]
    notes: list[WrittenNote]
    dispositions: list[DisposedData]
    ivr: IvrData | None
    """null: nothing is known, or it was erased."""
    attached: Mapping[str, AttachedData]
    """To the contact itself, as long as it has not expired."""


class ContactOnTheLine(LiveContact):
    """A contact that is not over."""

    live: bool
    classifications: list[Classified]
    notes: list[NoteData]
    dispositions: list[DisposedData]
    handed: list[HandedData]
    ivr: IvrData | None
    attached: Mapping[str, AttachedData]


class Then(TypedDict):
    """An agent as of that version of the configuration."""

    skills: Mapping[str, int]
    site: str


class WhyNot(TypedDict):
    agent: str
    code: Literal["reason", "chosen", "not_in_version", "not_said"]
    reason: str | None
    es: str
    en: str
    then: Then | None


class ExplainedOffer(TypedDict):
    place: int
    """1 is the first offer of the contact."""
    offer_id: str
    agent: str
    start_ms: int
    end_ms: int | None
    result: str | None
    journal_seq: int
    explanation: Why | None
    agent_then: Then | None
    why_not: WhyNot | None


class Explained(TypedDict):
    contact_id: str
    live: bool
    outcome: str | None
    agent: str | None
    """About whom "why not" was asked."""
    offers: list[ExplainedOffer]
    diversions: list[Diversion]
    happenings: list[Happening]
    text: str
    """The same for a person."""
