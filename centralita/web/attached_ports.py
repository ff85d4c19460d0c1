"""What the API of attached data needs from the rest of the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attaching:
    """To whom something is attached."""

    scope: Literal["contact", "customer", "number"]
    name: str
    """Contact id, the customer's key in the owner's CRM, or E.164."""


@dataclass(frozen=True, slots=True)
class AttachResult:
    """What became of a value that somebody wanted to attach."""

    kept: str
    """created, replaced, nobody (there is no such contact or customer) or full."""
    item: Json = field(default_factory=dict)
    """key, value, source, at_ms, expires_ms."""


class AttachedPort(Protocol):
    """Every method may raise `HistoryUnavailableError`."""

    async def get(self, at: Attaching, key: str) -> Json | None:
        """None: nothing is attached there, or it has expired."""

    async def put(self, at: Attaching, key: str, value: bytes, expires_s: int, source: str) -> AttachResult:
        """Attach a JSON value, or replace what is there; whoever is on the line has it at once."""

    async def delete(self, at: Attaching, key: str) -> bool:
        """False: there was nothing."""


class NothingAttached:
    """Of a server that keeps none."""

    async def get(self, at: Attaching, key: str) -> Json | None:
        return None

    async def put(self, at: Attaching, key: str, value: bytes, expires_s: int, source: str) -> AttachResult:
        return AttachResult("nobody")

    async def delete(self, at: Attaching, key: str) -> bool:
        return False


class FollowedPort(Protocol):
    """What follows a contact: notes, dispositions, hand-overs, the way through the menus, attached data."""

    def live(self, contact_id: str) -> Mapping[str, object]:
        """Of a contact on the line."""

    async def finished(self, contact_id: str) -> Mapping[str, object]:
        """Of one that is over, beside its record. May raise `HistoryUnavailableError`."""


class NothingFollowed:
    """Of a server that keeps nothing."""

    def live(self, contact_id: str) -> Mapping[str, object]:
        return {}

    async def finished(self, contact_id: str) -> Mapping[str, object]:
        return {}
