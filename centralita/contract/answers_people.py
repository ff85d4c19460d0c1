"""What the API takes and answers of people, tokens and the log. Times are UTC milliseconds."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

from centralita.contract.answers import Name, Text
from centralita.people.rights import Kind, Right, Role
from centralita.web.params import MS_MAX

Moment = Annotated[int, Meta(ge=0, le=MS_MAX)]


class Ways(TypedDict):
    """By which ways people sign in."""

    password: bool
    oidc: bool


class SignInBody(TypedDict):
    name: Text
    password: Text
    totp: NotRequired[Name | None]
    """Of the authenticator, if one is set up."""


class Me(TypedDict):
    name: str
    kind: Kind
    role: Role
    agent: str | None
    """The agent that it is."""
    rights: list[Right]
    must_change: bool
    """The password is a one-time one: nothing else can be done before it is changed."""
    totp: bool
    csrf: str | None
    """To be sent as `X-CSRF-Token` with every change of this session; null for who needs none."""


class PasswordBody(TypedDict):
    password: Text
    new_password: Text


class ConfirmBody(TypedDict):
    password: Text


class Enrolment(TypedDict):
    secret: str
    """Base32, for the authenticator; shown only now."""
    address: str
    """The same as `otpauth://`."""


class CodeBody(TypedDict):
    totp: Text


class SessionAbout(TypedDict):
    id: str
    created_ms: int
    used_ms: int
    ends_ms: int
    address: str
    browser: str
    this: NotRequired[bool]
    """It is the one that asks."""


class Sessions(TypedDict):
    sessions: list[SessionAbout]


class Person(TypedDict):
    name: str
    role: Role
    agent: str | None
    disabled: bool
    must_change: bool
    totp: bool
    oidc: bool
    """Signs in elsewhere."""
    created_ms: int
    signed_in_ms: int | None
    sessions: int
    """How many are open."""
    locked_ms: int
    """For how long nobody can sign in by this name, after too many failures; 0: anybody can try."""


class People(TypedDict):
    people: list[Person]


class PersonBody(TypedDict):
    name: Text
    """1 to 64 of a-z, 0-9 and . _ @ -; written in any case."""
    role: Role
    agent: NotRequired[Name | None]


class PersonMade(TypedDict):
    person: Person
    password: str
    """Good once, for a week; told only now."""


class ChangeBody(TypedDict, total=False):
    role: Role
    agent: Name | None
    """Null: no agent."""
    disabled: bool | None
    """Null: as it is."""


class PersonChanged(TypedDict):
    person: Person


class NewPassword(TypedDict):
    password: str
    """Good once, for a week; told only now."""


class Ended(TypedDict):
    ended: int


class TokenAbout(TypedDict):
    id: str
    name: str
    scopes: list[Right]
    agent: str | None
    created_by: str
    created_ms: int
    ends_ms: int | None
    used_ms: int | None


class Tokens(TypedDict):
    tokens: list[TokenAbout]


class TokenBody(TypedDict):
    name: Text
    scopes: NotRequired[Annotated[list[Right], Meta(min_length=1)] | None]
    """What it may; without it what a CRM may."""
    agent: NotRequired[Name | None]
    """It may give commands as this agent only, and see this agent's contacts only."""
    ends_ms: NotRequired[Moment | None]


class TokenMade(TypedDict):
    token: str
    """Told only now."""
    about: TokenAbout


class AuditEntry(TypedDict):
    id: int
    at_ms: int
    who: str
    address: str
    what: str
    subject: str
    result: str
    """ "done", or the code of the refusal."""


class Audit(TypedDict):
    entries: list[AuditEntry]
    next: int | None
    """Give it as `before` for the next page; null on the last one."""


class SignedOut(TypedDict):
    status: Literal["done"]
