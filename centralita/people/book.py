"""What is kept of people: accounts, sessions, tokens and the log of who did what; and who keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from centralita.people.accounts import Account
from centralita.people.rights import Right

IDLE_MS = 60 * 60_000
"""A session that nobody uses ends after this long; an open event stream uses it."""
ABSOLUTE_MS = 12 * 3_600_000
"""No session is longer."""


class PeopleUnavailableError(Exception):
    """The database has not been read yet. Ask again later."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser of one person."""

    digest: str
    """SHA-256 of its key; the key itself is with the browser only."""
    id: str
    person: str
    created_ms: int
    used_ms: int
    """Of the last use that was written down; see `People.touched`."""
    address: str
    browser: str
    """User-Agent, cut off."""

    def ends_ms(self, used_ms: int) -> int:
        return min(used_ms + IDLE_MS, self.created_ms + ABSOLUTE_MS)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """The key of a program."""

    digest: str
    id: str
    name: str
    scopes: tuple[Right, ...]
    agent: str | None
    """It may give commands as this agent only, and see this agent's contacts only."""
    created_by: str
    created_ms: int
    ends_ms: int | None
    """None: never."""
    used_ms: int | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Somebody did something. Never changed."""

    id: int
    """Grows with time; fits a JavaScript number."""
    at_ms: int
    who: str
    address: str
    what: str
    """E.g. "sign_in", "person.created", "customer.read"."""
    subject: str
    """Of what or whom; no names or numbers of callers."""
    result: str
    """ "done", or the code of the refusal."""


@dataclass(frozen=True, slots=True)
class AuditQuery:
    who: str | None = None
    what: str | None = None
    """Exactly, or a family with a dot at the end: "person."."""
    subject: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    before: int | None = None
    """Id: those before it."""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """All that the database has, but the log."""

    accounts: Sequence[Account] = ()
    sessions: Sequence[Session] = ()
    tokens: Sequence[ApiToken] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be written: None deletes."""

    accounts: Mapping[str, Account | None] = field(default_factory=dict)
    sessions: Mapping[str, Session | None] = field(default_factory=dict)
    tokens: Mapping[str, ApiToken | None] = field(default_factory=dict)
    audit: Sequence[AuditEntry] = ()

    def __bool__(self) -> bool:
        return bool(self.accounts or self.sessions or self.tokens or self.audit)


class Store(Protocol):
    """Who keeps it. Every method may raise `PeopleUnavailableError`."""

    async def load(self) -> Kept: ...

    async def write(self, batch: Batch) -> None:
        """All or nothing. The same batch may come again: that changes nothing."""

    async def audit(self, query: AuditQuery) -> Sequence[AuditEntry]:
        """Newest first."""


class Memory:
    """Keeps nothing beyond this process: for a server without people, and for tests."""

    def __init__(self) -> None:
        self.kept = Kept()
        self.log: dict[int, AuditEntry] = {}

    async def load(self) -> Kept:
        return self.kept

    async def write(self, batch: Batch) -> None:
        accounts = {each.name: each for each in self.kept.accounts} | dict(batch.accounts)
        sessions = {each.digest: each for each in self.kept.sessions} | dict(batch.sessions)
        tokens = {each.digest: each for each in self.kept.tokens} | dict(batch.tokens)
        self.kept = Kept(
            [each for each in accounts.values() if each is not None],
            [each for each in sessions.values() if each is not None],
            [each for each in tokens.values() if each is not None],
        )
        self.log |= {entry.id: entry for entry in batch.audit}

    async def audit(self, query: AuditQuery) -> Sequence[AuditEntry]:
        found = [entry for entry in self.log.values() if matches(entry, query)]
        return sorted(found, key=lambda entry: -entry.id)[: query.limit]


def matches(entry: AuditEntry, query: AuditQuery) -> bool:
    """Whether a query asks for this entry."""
    family = query.what is not None and query.what.endswith(".")
    return (
        (query.who is None or entry.who == query.who)
        and (
            query.what is None or (entry.what.startswith(query.what) if family else entry.what == query.what)
        )
        and (query.subject is None or entry.subject == query.subject)
        and (query.since_ms is None or entry.at_ms >= query.since_ms)
        and (query.until_ms is None or entry.at_ms < query.until_ms)
        and (query.before is None or entry.id < query.before)
    )
