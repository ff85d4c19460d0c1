"""
What the web needs from the rest of the server, in the web's own words.

Nothing here imports the database, the switch or the engine (its words apart): the composition
root fits them to these protocols.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from acd.model import ContactId
from centralita.clock import wall_clock_ms
from centralita.people.office import Office, empty_office
from centralita.web.attached_ports import AttachedPort, FollowedPort, NothingAttached, NothingFollowed
from centralita.web.callbacks_ports import CallbacksPort, NoCallbacks
from centralita.web.kpis_ports import KpisPort
from centralita.web.live_shape import Live
from centralita.web.orders import Order
from centralita.web.services_ports import ServicesPorts
from centralita.web.utterances_ports import NothingSaid, SaidPort
from centralita.web.webhooks_ports import NoWebhooks, WebhooksPort

Json = Mapping[str, object]


class HistoryUnavailableError(Exception):
    """The database does not answer now. The calls do not need it; the question can be asked again."""


class Answer(enum.StrEnum):
    DONE = "done"
    UNKNOWN_AGENT = "unknown_agent"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    """The server cannot do it now (starting, stopping, too busy)."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What became of a command. `why` is for a person, Spanish first, then English."""

    answer: Answer
    why_es: str = ""
    why_en: str = ""
    code: str = ""
    """A stable word for programs, e.g. "no_talk"; of what was refused."""
    contact: str | None = None
    """The contact that the command began, if it did."""


@dataclass(frozen=True, slots=True)
class ContactQuery:
    """Which finished contacts, newest end first. None means "any"."""

    since_ms: int | None = None
    """Ended at or after, UTC ms."""
    until_ms: int | None = None
    """Ended before, UTC ms."""
    outcome: str | None = None
    queue: str | None = None
    agent: str | None = None
    """An agent who talked to the caller."""
    number: str | None = None
    """E.164."""
    before: str | None = None
    """The `next` of the page before."""
    limit: int = 50
    direction: str | None = None


@dataclass(frozen=True, slots=True)
class ContactPage:
    contacts: Sequence[Json]
    next: str | None
    """None on the last page."""


class HistoryPort(Protocol):
    """Questions about finished contacts. Every method may raise `HistoryUnavailableError`."""

    async def contacts(self, query: ContactQuery) -> ContactPage:
        """Raises ValueError when `before` is not a cursor of ours."""

    async def contact(self, contact_id: str) -> Json | None: ...

    async def customers(self, number: str) -> Sequence[Json]: ...

    async def customer_contacts(self, customer_id: str, limit: int) -> Sequence[Json] | None:
        """None when there is no such customer."""


class UnknownContactError(LookupError):
    """Neither finished nor on the line."""

    def __init__(self, near: Sequence[str] = ()) -> None:
        super().__init__(*near)
        self.near = near
        """Ids that may be meant."""


class UnknownThenError(LookupError):
    """An agent who was in no configuration by which the contact was offered."""

    def __init__(self, versions: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(*versions)
        self.versions, self.known = versions, known


class ExplainPort(Protocol):
    """Why a contact went to whom it went, from what was stored with each offer."""

    async def explain(self, contact_id: str, agent: str | None, language: str) -> Json:
        """
        Answer "why this one", and "why not" for `agent` if given, in "es" or "en".

        Raises:
            UnknownContactError: Nothing was ever stored of the contact.
            UnknownThenError: See there.
            HistoryUnavailableError: The database does not answer.
        """


@dataclass(frozen=True, slots=True)
class Wrong:
    """One value of a customer that cannot be written, and why."""

    key: str
    """Where it stands, e.g. "numbers[1]" or "fields.tier"."""
    value: str
    es: str
    en: str


@dataclass(frozen=True, slots=True)
class CustomerPut:
    """What became of a customer that somebody wanted written. Nothing was if anything is wrong or taken."""

    created: bool = False
    """False: replaced."""
    wrong: tuple[Wrong, ...] = ()
    taken: tuple[tuple[str, str], ...] = ()
    """Numbers that belong to another customer, each with that one's ref."""


class CustomersPort(Protocol):
    """What is known of people. Every method may raise `HistoryUnavailableError`."""

    async def by_ref(self, ref: str) -> Json | None: ...

    async def put(self, ref: str, given: Json, *, move: bool, dry_run: bool) -> CustomerPut:
        """`move` takes numbers from other customers, `dry_run` changes nothing."""

    async def erase(self, customer_id: str) -> bool:
        """All that tells who it is is gone. False when there is no such customer."""


class StreamClient(Protocol):
    """
    One reader of the event stream.

    Asking for the next message says that the one before was written to the socket.
    """

    def hello(self) -> bytes:
        """The first message of its connection."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def more(self) -> Sequence[bytes]:
        """What waits besides the message just taken, to be written together with it."""

    def answer(self, message: bytes) -> bool:
        """Tell this reader alone. False when too many answers wait for it already."""

    def close(self) -> None: ...


class Screen(Protocol):
    """One connection that may be the screen of an agent."""

    def tell(self, message: bytes, /) -> bool:
        """Tell this connection alone. False when it does not read."""


class AgentOrders(Protocol):
    """What an agent, or somebody for an agent, orders."""

    def names(self) -> Collection[str]:
        """All agents."""

    async def do(self, agent: str, order: Order, screen: Screen | None = None) -> CommandResult:
        """
        Do one command. REFUSED tells why the centre does not do it, UNAVAILABLE that it can be tried again.

        `screen` is the connection that it came by; only `desktop` and `desktop_bye` ask for it.
        """

    def lost(self, screen: Screen) -> None:
        """The connection has ended; it may have been nobody's screen."""


class NotesPort(Protocol):
    """What agents write of a contact for whoever has it next."""

    async def add(self, contact_id: ContactId, agent: str, text: str) -> bool:
        """
        False: the contact has as many as it may have; it may be over.

        Raises:
            InboxFull: The server cannot keep up.
        """

    def of(self, contact_id: ContactId) -> Sequence[Json]:
        """With "agent" and "text", oldest first, as far as they are in memory."""


class DispositionsPort(Protocol):
    """How contacts went, in the words of the centre."""

    async def set(
        self, contact_id: ContactId, agent: str, disposition: str, tags: Sequence[str], note: str
    ) -> None:
        """
        What this agent has said of the contact before is replaced; it may be over.

        Raises:
            InboxFull: The server cannot keep up.
        """


class StreamPort(Protocol):
    def subscribe(self, resume_from: int | None = None, sees: str | None = None) -> StreamClient | None:
        """
        None when there are as many readers as the server allows.

        `resume_from` is the seq of the last event that the reader has heard; what came later is told
        again as far as it is kept. `sees` is the agent whose contacts it sees with their personal data:
        None for all, "" for none.
        """


@dataclass(frozen=True, slots=True)
class WebPhone:
    """What a browser needs to call in."""

    ws: str
    """The switch's WebSocket, e.g. "ws://127.0.0.1:8089/ws"."""
    user: str
    password: str
    """Of an account that can do no more than call our own numbers."""
    host: str
    """Host part of its SIP addresses."""
    numbers: Sequence[tuple[str, str]]
    """What may be dialled: number and what answers there; the first is the one to offer."""


def no_web_phone() -> WebPhone | None:
    return None


@dataclass(frozen=True, slots=True)
class AgentPhone:
    """An agent's telephone. Only a browser phone has more than a name here."""

    name: str
    browser: bool = False
    ws: str = ""
    """The switch's WebSocket."""
    user: str = ""
    password: str = ""
    host: str = ""
    """Host part of its SIP addresses."""


def no_agent_phone(_agent: str) -> AgentPhone | None:
    return None


class ConfigPort(Protocol):
    """The live configuration."""

    def status(self) -> Json:
        """Version, file, since when, warnings, and why an edit was refused (null when the file is live)."""

    def flows(self) -> Json:
        """Its flows as drawings: `centralita.drawings`."""

    async def move_waiting(self) -> int:
        """Those who wait take the live rules, place and clock kept. How many took others than they had."""


@dataclass(frozen=True, slots=True)
class WebPorts:
    """
    Everything the web stands on.

    `allowed_hosts` are values of the Host header with their port, e.g. "127.0.0.1:8080"
    (a name without a port allows every port). `allowed_origins` are full origins,
    e.g. "https://centro.example"; the page's own origin is always allowed.
    """

    live: Callable[[], Live]
    ready: Callable[[], tuple[bool, str]]
    """Whether calls can be taken, and if not why (Spanish / English)."""
    agents: AgentOrders
    history: HistoryPort
    explain: ExplainPort
    customers: CustomersPort
    config: ConfigPort
    kpis: KpisPort
    classifications: Callable[[str], Sequence[Json]]
    """How a contact on the line was sorted by the rules; empty for one that is not."""
    stream: StreamPort
    token: str
    """The secret of the API, at least 16 characters."""
    allowed_hosts: frozenset[str]
    allowed_origins: frozenset[str] = field(default_factory=frozenset)
    waits: Callable[[], Json] = dict
    """`GET /api/waits`: what is estimated, and how wrong it was."""
    webhooks: WebhooksPort = field(default_factory=NoWebhooks)
    attached: AttachedPort = field(default_factory=NothingAttached)
    said: SaidPort = field(default_factory=NothingSaid)
    callbacks: CallbacksPort = field(default_factory=NoCallbacks)
    followed: FollowedPort = field(default_factory=NothingFollowed)
    web_phone: Callable[[], WebPhone | None] = no_web_phone
    """None when browsers cannot call in here."""
    office: Office = field(default_factory=lambda: empty_office(wall_clock_ms))
    """Who may come in; without it only the installation's token is known."""
    agent_phone: Callable[[str], AgentPhone | None] = no_agent_phone
    """Of an agent, by name; None when there is no such agent."""
    services: ServicesPorts = field(default_factory=ServicesPorts)
    """What stands behind flows."""
    disposition_lists: Callable[[], Mapping[str, Sequence[str]]] = dict
    """By queue, what may come of a contact; queues that take any words are left out."""
