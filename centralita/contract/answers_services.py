"""What the API takes and answers of what stands behind flows. Times are UTC milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypedDict

from msgspec import Meta

Mode = Literal["speech", "keys"]
Channel = Literal["phone", "chat", "email", "sms", "whatsapp"]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2}$")]
Source = Literal["customer", "agent", "api"]
Learned = Literal["learned", "customer", "agent", "api"]


class PinBody(TypedDict):
    pin: Annotated[str, Meta(pattern=r"^[0-9]{4,12}$")] | None
    """null removes it. Only its hash is kept: nobody can read it back."""


class Preference(TypedDict):
    """null: not known."""

    mode: Mode | None
    """How questions of menus are answered."""
    mode_source: Learned | None
    spoken: int
    """Answers given by voice."""
    keyed: int
    language: Language | None
    language_source: Learned | None
    channel: Channel | None
    channel_source: Learned | None
    consent: bool | None
    """To learn from use. Only false forbids it."""
    consent_source: Source | None
    consent_ms: int | None
    updated_ms: int | None


class CustomerPreferences(TypedDict):
    customer: Preference
    """Wherever the customer calls from."""
    numbers: Mapping[str, Preference]
    """By number called from; goes before `customer`."""


class ContactPreferences(TypedDict):
    number: str | None
    mode: Mode | None
    """What holds: by the number called from, else by the customer."""
    language: Language | None
    channel: Channel | None
    here: Preference
    anywhere: Preference


class PreferenceBody(TypedDict, total=False):
    """What is not given stays; null takes it away."""

    mode: Mode | None
    language: Language | None
    channel: Channel | None
    consent: bool | None
    source: Source | None
    """Who says so; without it the agent who asks, or api."""


class CustomerPreferenceBody(PreferenceBody, total=False):
    number: str | None
    """One of the customer's; without it wherever they call from."""


class ContactPreferenceBody(PreferenceBody, total=False):
    everywhere: bool | None
    """Not only for the number called from."""


class SurveyAnswer(TypedDict):
    """To one question of a survey."""

    contact_id: str
    survey: str
    question: str
    value: int
    agent: str
    """Empty: none."""
    intent: str
    queue: str
    segment: str
    at_ms: int


class SurveyAnswers(TypedDict):
    answers: list[SurveyAnswer]
    next: str | None


class CustomerAnswers(TypedDict):
    answers: list[SurveyAnswer]


class SurveyQuestionFigures(TypedDict):
    question: str
    answers: int
    mean: float | None
    counts: Mapping[str, int]
    """By value."""


class SurveyGroup(TypedDict):
    name: str
    answers: int
    contacts: int
    mean: float


class SurveySummary(TypedDict):
    survey: str
    contacts: int
    """Who have answered something."""
    finished: int
    """Who have answered everything."""
    answers: int
    questions: list[SurveyQuestionFigures]
    agents: list[SurveyGroup]
    queues: list[SurveyGroup]
    intents: list[SurveyGroup]
    segments: list[SurveyGroup]


class LookupReport(TypedDict):
    """Since the server's start."""

    name: str
    found: int
    not_found: int
    failed: int
    paused: int
    """Not asked, as it had failed too often just before."""
    p50_ms: int | None
    p95_ms: int | None
    is_paused: bool
    last_failure: str


class LookupReports(TypedDict):
    lookups: list[LookupReport]


class VoiceMessage(TypedDict):
    id: str
    contact_id: str
    box: str
    """A queue."""
    language: str
    left_ms: int
    length_ms: int
    heard_ms: int | None
    heard_by: str
    number: str | None
    name: str
    ref: str | None
    segment: str | None


class VoiceMessages(TypedDict):
    messages: list[VoiceMessage]
