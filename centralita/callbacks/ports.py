"""What callbacks need of the rest of the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from acd import events as ev
from acd.engine import Decision
from acd.model import ContactId, QueueId
from acd.state import State
from centralita.commands.refusals import Why
from centralita.dialled import Found
from centralita.store.callbacks import Callback
from centralita.store.parties import CallerIdentity
from config.build_services import CallbackSite
from config.dialling import Way
from cti.spawn import Spawn

_T = TypeVar("_T")


class Writer(Protocol):
    """Whoever alone writes the database."""

    async def order(self, work: Callable[[Connection], _T], *, erases: bool = False) -> _T:
        """Raises TimeoutError."""


class Rows(Protocol):
    """Questions; all may raise `HistoryUnavailableError`."""

    async def standing(self) -> Sequence[Callback]: ...

    async def done(self, limit: int) -> Sequence[Callback]: ...


class Numbers(Protocol):
    """See `Dialled`."""

    def find(self, number: str) -> Found | Why: ...

    def keep(self, contact_id: ContactId, way: Way) -> str: ...

    def forget(self, token: str) -> None: ...


class People(Protocol):
    """See `Parties`."""

    def arrived(self, contact_id: ContactId, identity: CallerIdentity) -> None: ...

    def never_came(self, contact_id: ContactId) -> None: ...

    def identity(self, contact_id: ContactId) -> CallerIdentity | None: ...


@dataclass(frozen=True, slots=True)
class Ports:
    state: Callable[[], State]
    """The engine's, for reading."""
    ask: Callable[[ev.Event], Awaitable[Decision]]
    """See `Runtime.ask`."""
    writer: Writer
    rows: Rows
    numbers: Numbers
    people: People
    is_open: Callable[[QueueId], bool]
    """Whether the opening hours of a queue hold now."""
    classify: Callable[[ContactId, str, str], Awaitable[None]]
    """Contact, way it was asked for by, queue: have the rules sort somebody who has not called."""
    attach: Callable[[ContactId, bytes], Awaitable[object]]
    """For the pop: what the customer said when asking, as JSON."""
    sites: Callable[[], Mapping[str, CallbackSite]]
    """Of the live configuration, by name."""
    to_tell: Callable[[ContactId], tuple[int, int] | None]
    """From and to, milliseconds, of the rest of a contact's wait; None: not to be told."""
    switch: str
    """On which customers are called, as in `Channel.switch`."""
    now_ms: Callable[[], int]
    """Engine time."""
    spawn: Spawn
