"""What the API of webhooks needs from the rest of the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Json = Mapping[str, Any]


class UnknownWebhookError(LookupError):
    """No endpoint of this name is configured."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name)
        self.name, self.known = name, known


class WebhooksPort(Protocol):
    """
    The endpoints of the live configuration.

    All may raise `HistoryUnavailableError`, and `UnknownWebhookError` where a name is given.
    """

    async def status(self) -> Sequence[Json]: ...

    async def dead(self, name: str, *, before: int | None, limit: int) -> Sequence[Json]:
        """Newest first, those with a `seq` smaller than `before`."""

    async def resend(self, name: str, letter: str | None) -> int:
        """None: all. Returns how many are tried again."""

    async def test(self, name: str) -> Json: ...

    async def enable(self, name: str) -> None: ...


class NoWebhooks:
    """Of a server without any."""

    async def status(self) -> Sequence[Json]:
        return ()

    async def dead(self, name: str, *, before: int | None, limit: int) -> Sequence[Json]:
        raise UnknownWebhookError(name, ())

    async def resend(self, name: str, letter: str | None) -> int:
        raise UnknownWebhookError(name, ())

    async def test(self, name: str) -> Json:
        raise UnknownWebhookError(name, ())

    async def enable(self, name: str) -> None:
        raise UnknownWebhookError(name, ())
