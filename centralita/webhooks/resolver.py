"""
From a name to addresses that were checked: the connection goes to just these.

A name is looked up once for each connection and the client connects to what
this look-up said, so a name that changes between check and connection
(DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

from centralita.webhooks.addresses import RefusedAddressError, is_allowed, is_loopback

LOOKUPS_AT_ONCE = 4
"""Threads of our own: a dead name server must not take those of the journal."""

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""(host, port) -> addresses. Raises OSError."""


class SystemLookup:
    """The machine's resolver."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="webhook names")

    async def __call__(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _addresses, host, port)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class CheckedResolver(AbstractResolver):
    """
    Args:
        lookup: Who knows names.
        private: See `addresses.is_allowed`.
        loopback_only: For plain http, which nobody else may read.
    """

    def __init__(self, lookup: Lookup, *, private: bool, loopback_only: bool) -> None:
        self._lookup, self._private, self._loopback_only = lookup, private, loopback_only

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """
        Raises:
            RefusedAddressError: One of the addresses is none for a webhook; then all are refused.
        """
        addresses = await self._lookup(host, port)
        for address in addresses or [""]:
            self.check(host, address)
        return [_result(host, port, address) for address in addresses]

    def check(self, host: str, address: str) -> None:
        """Raises RefusedAddressError."""
        allowed = is_allowed(address, private=self._private)
        if not allowed or (self._loopback_only and not is_loopback(address)):
            raise RefusedAddressError(host, address)

    async def close(self) -> None:
        """The look-up is shared."""


def _result(host: str, port: int, address: str) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
