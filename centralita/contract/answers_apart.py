"""What the API answers of customers, configuration, figures and webhooks. Times are UTC milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from centralita.contract.answers import Contact, Text


class CustomerRecord(TypedDict):
    id: str
    ref: str | None
    name: str
    segment: str | None
    language: str | None
    fields: Mapping[str, Any]
    first_seen_ms: int
    updated_ms: int | None
    """null: nobody has ever written this record."""
    active: bool
    erased: bool
    contacts: int
    """How many finished ones."""
    numbers: list[str]


class Customers(TypedDict):
    customers: list[CustomerRecord]


class CustomerBody(TypedDict, total=False):
    """The whole record: what is not given is removed."""

    name: str
    numbers: list[str]
    """Up to 20, in any spelling."""
    segment: str | None
    language: str | None
    fields: Mapping[str, Any]
    active: bool
    region: str
    """Of numbers without a country, e.g. "GB"."""
    pin: Annotated[str, Meta(pattern=r"^[0-9]{4,12}$")] | None
    """By which the customer proves who they are; only its hash is kept, and nobody can read it back."""


class CustomerTried(TypedDict):
    """With `dry_run`."""

    status: Literal["ok"]
    created: bool


class CustomerContacts(TypedDict):
    contacts: list[Contact]


class Erased(TypedDict):
    status: Literal["erased"]


class ConfigProblem(TypedDict):
    code: str
    severity: str
    file: str
    line: int | None
    column: int | None
    key: str
    es: str
    en: str
    fix_es: str
    fix_en: str


class Refusal(TypedDict):
    at_ms: int
    why: str
    problems: list[ConfigProblem]


class ConfigStatus(TypedDict):
    version: str
    file: str
    since_ms: int
    warnings: list[ConfigProblem]
    refused: Refusal | None
    """Why the newest edit is not live; null when it is."""


class Moved(TypedDict):
    moved: int
    """How many took other rules than they had."""


class Figure(TypedDict):
    value: float | None
    """null: nothing to divide by."""
    numerator: float | None
    denominator: float | None


class KpiNumbers(TypedDict):
    counts: Mapping[str, int]
    figures: Mapping[str, Figure]


class KpiRow(KpiNumbers):
    key: str | int
    begins: NotRequired[str]
    ends: NotRequired[str]


class KpiGoal(TypedDict):
    target_ms: int
    short_ms: int


class Kpis(TypedDict):
    from_ms: int
    to_ms: int
    by: str
    queue: str | None
    zone: str
    goals: Mapping[str, KpiGoal]
    rows: list[KpiRow]
    total: KpiNumbers


class FigureDefinition(TypedDict):
    id: str
    es: str
    en: str
    formula: str
    unit: str
    source: str
    lists: str | None


class CountDefinition(TypedDict):
    id: str
    es: str
    en: str
    listed: bool


class KpiDefinitions(TypedDict):
    figures: list[FigureDefinition]
    counts: list[CountDefinition]


class CountedContact(TypedDict):
    id: str
    amount: int


class KpiContacts(TypedDict):
    count: str
    amount: int
    contacts: list[CountedContact]
    more: bool


class PhoneNumber(TypedDict):
    number: str
    name: str


class WebPhoneFacts(TypedDict):
    ws: str
    user: str
    password: str
    host: str
    numbers: list[PhoneNumber]


class DispositionLists(TypedDict):
    queues: dict[str, list[str]]
    """By queue; one that is not here takes any words."""


class AgentPhoneFacts(TypedDict):
    kind: str
    """`browser`, or `sip` for one that has no more than a name here."""
    name: str
    ws: str
    """The switch's WebSocket; empty for `sip`, as what follows."""
    user: str
    password: str
    host: str


class WebhookStatus(TypedDict):
    name: str
    url: str
    """Without what may be a secret."""
    events: list[str]
    queues: list[str]
    allow_private: bool
    state: str
    pending: int
    dead: int
    lost: int
    lag_ms: int
    last_success_ms: int | None
    last_failure_ms: int | None
    last_error: str
    failures: int
    next_try_ms: int | None


class Webhooks(TypedDict):
    webhooks: list[WebhookStatus]


class DeadLetter(TypedDict):
    id: str
    seq: int
    type: str
    contact_id: str | None
    since_ms: int
    dead_ms: int | None
    attempts: int
    error: str
    event: Mapping[str, Any]


class DeadLetters(TypedDict):
    dead: list[DeadLetter]
    next: int | None


class ResendBody(TypedDict, total=False):
    id: Text
    all: bool | None


class Resent(TypedDict):
    resent: int


class WebhookTested(TypedDict):
    delivered: bool
    status: int | None
    error: str
    took_ms: int
