"""What the API of callbacks needs from the rest of the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that somebody wants who is not on the line."""

    number: str
    queue: str
    source: str
    """api or site."""
    site: str = ""
    name: str = ""
    note: str = ""
    customer: str = ""
    """Key in the owner's CRM."""
    key: str | None = None
    """The same request sent twice has the same key: it is one."""


@dataclass(frozen=True, slots=True)
class Made:
    """A call that is promised."""

    contact_id: str
    queue: str
    position: int | None
    """1 is next; None: it has ended meanwhile."""
    wait_ms: tuple[int, int] | None
    """From and to, of what is left; None: not known well enough."""
    again: bool
    """It was promised before."""


@dataclass(frozen=True, slots=True)
class NotMade:
    """Why nobody can be promised that call, for people and for programs."""

    code: str
    es: str
    en: str


@dataclass(frozen=True, slots=True)
class Site:
    """Whose pages may ask for calls."""

    id: str
    origins: Sequence[str]
    queue: str
    per_hour: int


class CallbacksPort(Protocol):
    async def ask(self, wish: Wish) -> Made | NotMade:
        """Raises UnavailableError when the server cannot keep up."""

    async def cancel(self, contact_id: str) -> str | None:
        """None: done. "unknown contact", "no promise", or "being called": why not."""

    async def listed(self) -> Mapping[str, Sequence[Json]]:
        """`waiting` and `done`; may raise `HistoryUnavailableError`."""

    def site(self, name: str) -> Site | None:
        """Of the live configuration."""

    def now_ms(self) -> int: ...


class NoCallbacks:
    """Of a server that promises none."""

    async def ask(self, wish: Wish) -> Made | NotMade:
        return NotMade("no_callbacks", "No se prometen llamadas.", "No calls are promised.")

    async def cancel(self, contact_id: str) -> str | None:
        return "unknown contact"

    async def listed(self) -> Mapping[str, Sequence[Json]]:
        return {"waiting": (), "done": ()}

    def site(self, name: str) -> Site | None:
        return None

    def now_ms(self) -> int:
        return 0
