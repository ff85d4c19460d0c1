"""
Asking sources over HTTP while a caller hears music: in time or not at all.

What is asked and what is answered is about people: neither is ever logged, only which source it
was, the status and how long it took.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import aiohttp
import structlog
from yarl import URL

from centralita.home import Home
from centralita.services.lookups import tally as t
from centralita.services.lookups.answers import WrongAnswerError, values_of
from centralita.services.lookups.breaker import Breaker
from centralita.services.lookups.plan import BadArgumentError, Request, request_for
from centralita.services.lookups.tally import Tally
from centralita.webhooks.addresses import is_allowed
from centralita.webhooks.resolver import CheckedResolver, SystemLookup
from config.build_services import Lookup
from ivr.actions import Failed, Found, NotFound

ANSWER_MAX = 64 * 1024
"""Bytes; a longer answer is none."""
AT_ONCE = 64
"""Connections to one host."""
AGENT = "Centralita-Lookup/1"
_log = structlog.get_logger("lookups")

Secrets = Callable[[], Mapping[str, str]]


@dataclass(slots=True)
class _Known:
    """Of one source, over all versions of the configuration that lead to the same address."""

    url: str
    breaker: Breaker = field(default_factory=Breaker)
    tally: Tally = field(default_factory=Tally)


class _Failure(Exception):
    """Why it did not work, and whether the source is to blame for more than this one question."""

    def __init__(self, why: str, *, down: bool = True) -> None:
        super().__init__(why)
        self.why, self.down = why, down


class Client:
    """
    Args:
        secrets: What stands in `secrets.json` under `lookups`; read again for every question.
        now_s: A clock that only goes forward.
    """

    def __init__(self, secrets: Secrets, now_s: Callable[[], float] = time.monotonic) -> None:
        self._secrets, self._now_s = secrets, now_s
        self._known: dict[str, _Known] = {}
        self._names = SystemLookup()
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def ask(self, source: Lookup, arguments: Mapping[str, str]) -> Found | NotFound | Failed:
        """Within the source's own time limit. Never raises for what network and source do."""
        known = self._of(source)
        if not known.breaker.may_ask(self._now_ms()):
            known.tally.note(t.PAUSED)
            return Failed("paused")
        began_ms = self._now_ms()
        try:
            status, found = await self._ask(source, arguments)
        except _Failure as failure:
            return self._failed(source, known, failure, self._now_ms() - began_ms)
        except BaseException:
            known.breaker.gave_up()
            raise
        took_ms = self._now_ms() - began_ms
        if known.breaker.worked():
            _log.info("lookup.recovered", source=source.id)
        known.tally.note(t.NOT_FOUND if isinstance(found, NotFound) else t.FOUND, took_ms)
        _log.info("lookup.done", source=source.id, status=status, took_ms=took_ms)
        return found

    def report(self) -> list[dict[str, object]]:
        """Of every source that was asked since the start, by name."""
        return [_told(name, known) for name, known in sorted(self._known.items())]

    def alarms(self) -> list[str]:
        """Sources that do not work, for a person, in both languages."""
        return [
            f"la consulta «{name}» no responde ({known.tally.last_failure}): los flujos siguen por su salida "
            f"«failure» / the look-up '{name}' does not answer: flows go on by their exit 'failure'"
            for name, known in sorted(self._known.items())
            if known.breaker.is_open
        ]

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()
        self._names.close()

    def _of(self, source: Lookup) -> _Known:
        known = self._known.get(source.id)
        if known is None or known.url != source.url:
            known = self._known[source.id] = _Known(source.url)
        return known

    def _failed(self, source: Lookup, known: _Known, failure: _Failure, took_ms: int) -> Failed:
        known.tally.note(t.FAILED, took_ms, failure.why)
        if failure.down and known.breaker.failed(self._now_ms()):
            _log.warning("lookup.paused", source=source.id, why=failure.why)
        elif not failure.down:
            known.breaker.worked()
        _log.info("lookup.failed", source=source.id, why=failure.why, took_ms=took_ms)
        return Failed(failure.why)

    async def _ask(self, source: Lookup, arguments: Mapping[str, str]) -> tuple[int, Found | NotFound]:
        """Raises _Failure."""
        try:
            request = request_for(source, arguments)
        except BadArgumentError as error:
            raise _Failure(f"argument {error}", down=False) from error
        try:
            async with asyncio.timeout(source.within_ms / 1000):
                status, body = await self._send(source, request)
        except TimeoutError as error:
            raise _Failure("too late") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Its text may hold the address, and that the caller's document.
            raise _Failure(type(error).__name__) from error
        return status, _judged(source, status, body)

    async def _send(self, source: Lookup, request: Request) -> tuple[int, bytes]:
        url = URL(request.url, encoded=True)
        _check_literal(url)
        headers = {"User-Agent": AGENT, "Accept": "application/json", **self._secret_headers(source)}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        async with self._session(url).request(
            source.method, url, data=request.body, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status, await _read(answer)

    def _secret_headers(self, source: Lookup) -> Mapping[str, str]:
        if not source.secret_headers:
            return {}
        known = self._secrets()
        missing = sorted({name for name in source.secret_headers.values() if not known.get(name)})
        if missing:
            raise _Failure(f"secrets.json: lookups.{missing[0]}?", down=False)
        return {header: known[name] for header, name in source.secret_headers.items()}

    def _session(self, url: URL) -> aiohttp.ClientSession:
        """Of https or of http, which may lead no farther than our own networks."""
        plain = url.scheme == "http"
        session = self._sessions.get(plain)
        if session is None:
            resolver = _Resolver(self._names, private_only=plain)
            session = self._sessions[plain] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=resolver, use_dns_cache=False, limit=0, limit_per_host=AT_ONCE
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=False,
            )
        return session

    def _now_ms(self) -> int:
        return round(self._now_s() * 1000)


class _Resolver(CheckedResolver):
    """
    Names lead where a look-up may go: an administrator has written them, so private networks are allowed.

    Args:
        names: Who knows names.
        private_only: Of plain http: nowhere else.
    """

    def __init__(self, names: SystemLookup, *, private_only: bool) -> None:
        super().__init__(names, private=True, loopback_only=False)
        self._private_only = private_only

    def check(self, host: str, address: str) -> None:
        """Raises RefusedAddressError."""
        super().check(host, address)
        if self._private_only and is_allowed(address, private=False):
            raise OSError("http")


def _check_literal(url: URL) -> None:
    """An address in the URL is never looked up, so the resolver does not see it."""
    host = url.host or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    public = is_allowed(host, private=False)
    if not is_allowed(host, private=True) or (public and url.scheme == "http"):
        raise _Failure("address", down=False)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in answer.content.iter_chunked(8_192):
        body += part
        if len(body) > ANSWER_MAX:
            answer.close()
            raise _Failure("too long")
    return bytes(body)


def _judged(source: Lookup, status: int, body: bytes) -> Found | NotFound:
    """Raises _Failure."""
    if status == source.not_found_status:
        return NotFound()
    if not 200 <= status < 300:
        # A question that is refused says nothing of the next one; too many questions do.
        raise _Failure(f"HTTP {status}", down=status >= 500 or status in (408, 429) or status < 400)
    try:
        values = values_of(source, body)
    except WrongAnswerError as error:
        raise _Failure(str(error)) from error
    return NotFound() if values is None else Found(values)


def _told(name: str, known: _Known) -> dict[str, object]:
    counts = known.tally.counts
    return {
        "name": name,
        "found": counts[t.FOUND],
        "not_found": counts[t.NOT_FOUND],
        "failed": counts[t.FAILED],
        "paused": counts[t.PAUSED],
        "p50_ms": known.tally.share_ms(0.5),
        "p95_ms": known.tally.share_ms(0.95),
        "is_paused": known.breaker.is_open,
        "last_failure": known.tally.last_failure,
    }


def secrets_of(home: Home) -> Mapping[str, str]:
    """What stands in `secrets.json` under `lookups`; nothing if it cannot be read."""
    try:
        found = json.loads(home.secrets_file.read_text(encoding="utf-8")).get("lookups", {})
    except (OSError, ValueError, AttributeError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
