"""One attempt: an event is sent, and what came back is judged."""

from __future__ import annotations

import enum
import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
from yarl import URL

from centralita.webhooks.addresses import RefusedAddressError
from centralita.webhooks.pace import Pace, retry_after_ms
from centralita.webhooks.resolver import CheckedResolver, Lookup
from centralita.webhooks.signing import ID_HEADER, SIGNATURE_HEADER, signature

BODY_MAX = 256 * 1024
"""Of what we send."""
ANSWER_MAX = 16 * 1024
"""Of an answer, nothing of which is used; beyond it the connection is closed."""
SHOWN_MAX = 160
AGENT = "Centralita-Webhooks/1"

_ITS_OWN_FAULT = frozenset({408, 425, 429})
"""4xx that say something of the endpoint and not of the event."""


class Verdict(enum.StrEnum):
    TAKEN = "taken"
    REFUSED = "refused"
    """The endpoint works and does not want this event; it is tried again all the same."""
    DOWN = "down"
    """The endpoint does not work now: others need not be tried at once."""
    GONE = "gone"
    """410: it wants nothing any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    verdict: Verdict
    why: str
    """For a person; empty when taken."""
    took_ms: int
    status: int | None = None
    wait_ms: int | None = None
    """What `Retry-After` asked for."""


class Poster:
    """
    Posts to one endpoint.

    Args:
        url: Whole; `https`, or `http` to the loopback.
        private: See `addresses.is_allowed`.
        lookup: Who knows names.
        pace: Its time limits.
        at_once: Connections.
    """

    def __init__(self, url: str, *, private: bool, lookup: Lookup, pace: Pace, at_once: int) -> None:
        self._url = URL(url)
        self._resolver = CheckedResolver(lookup, private=private, loopback_only=self._url.scheme == "http")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._resolver, use_dns_cache=False, limit=at_once, force_close=False
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=pace.total_ms / 1000,
                connect=pace.connect_ms / 1000,
                sock_connect=pace.connect_ms / 1000,
            ),
            auto_decompress=False,
            trust_env=False,
        )

    async def post(self, event_id: str, body: bytes, secrets: Sequence[str], now_ms: int) -> Answer:
        """Send it once. Never raises for what the network or the receiver does."""
        began = time.monotonic()
        try:
            status, after = await self._send(event_id, body, secrets, now_ms)
        except TimeoutError:
            return Answer(Verdict.DOWN, "no contestó a tiempo / no answer in time", _since_ms(began))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(Verdict.DOWN, _shown(error), _since_ms(began))
        wait_ms = retry_after_ms(after, now_ms) if after else None
        verdict = _verdict(status)
        why = "" if verdict is Verdict.TAKEN else f"HTTP {status}"
        return Answer(verdict, why, _since_ms(began), status, wait_ms)

    async def close(self) -> None:
        await self._session.close()

    async def _send(self, event_id: str, body: bytes, secrets: Sequence[str], now_ms: int) -> tuple[int, str]:
        self._check_literal()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": AGENT,
            ID_HEADER: event_id,
            SIGNATURE_HEADER: signature(secrets, now_ms // 1000, body),
        }
        # A redirect could lead anywhere, so none is followed.
        async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
            read = 0
            async for part in answer.content.iter_chunked(4096):
                read += len(part)
                if read > ANSWER_MAX:
                    answer.close()
                    break
            return answer.status, answer.headers.get("Retry-After", "")

    def _check_literal(self) -> None:
        """An address in the URL is never looked up, so the resolver does not see it."""
        host = self._url.host or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return
        self._resolver.check(host, host)


def _verdict(status: int) -> Verdict:
    if 200 <= status < 300:
        return Verdict.TAKEN
    if status == 410:
        return Verdict.GONE
    if 400 <= status < 500 and status not in _ITS_OWN_FAULT:
        return Verdict.REFUSED
    return Verdict.DOWN


def _shown(error: Exception) -> str:
    """Without the URL, which may hold a secret."""
    if isinstance(error, aiohttp.InvalidURL):
        return "no es una dirección válida / is no valid address"
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    inner = cause.__cause__ if not isinstance(cause, RefusedAddressError) else None
    text = str(inner if isinstance(inner, RefusedAddressError) else cause)
    return (
        f"{type(cause).__name__}: {text}"[:SHOWN_MAX] if not isinstance(cause, RefusedAddressError) else text
    )


def _since_ms(began_s: float) -> int:
    return round((time.monotonic() - began_s) * 1000)
