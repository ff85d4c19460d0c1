"""The FastAGI server: one session for each call that the dialplan hands to us."""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from asterisk.agi import AGIHangup

from cti.asterisk.agi.protocol import MAX_ENVIRONMENT_BYTES, MAX_REPLY_BYTES, AgiProtocol, ProtocolError
from cti.asterisk.agi.request import AgiRequest, parse_request
from cti.asterisk.agi.verbs import DEFAULT_REPLY_TIMEOUT_MS, AgiCall
from cti.asterisk.agi.wire import AgiWire, WireEnded
from cti.spawn import Spawn

_log = structlog.get_logger("agi")

Handler = Callable[[AgiRequest, AgiCall], Awaitable[None]]
"""Serves one call; when it returns, Asterisk goes on with the dialplan."""


@dataclass(frozen=True, slots=True)
class AgiLimits:
    """Deadlines and bounds of the server. All > 0."""

    max_sessions: int = 5_000
    """Further calls are closed at once; the dialplan's loop brings them back."""
    max_environment_bytes: int = MAX_ENVIRONMENT_BYTES
    max_reply_bytes: int = MAX_REPLY_BYTES
    environment_timeout_ms: int = 5_000
    """Connect until the environment is complete; Asterisk needs 2 ms."""
    reply_timeout_ms: int = DEFAULT_REPLY_TIMEOUT_MS
    """Default for a command; `AgiCall.within` sets another."""
    close_timeout_ms: int = 2_000
    """How long `close()` waits for handlers that were cancelled."""
    backlog: int = 1_024
    """Connections the kernel keeps for us: after a restart all waiting callers come at once."""


_DEFAULT_LIMITS = AgiLimits()


class AgiServer:
    """
    Listens, checks who asks, and runs a handler per call.

    FastAGI has neither login nor encryption: bind to loopback. The nonce keeps
    out whoever reaches the port but cannot read our dialplan.

    Args:
        host, port: Where to listen; port 0 takes a free one.
        nonce: Must come as `n=` in the URL, `agi://host:port/main?n=NONCE`.
        routes: Handler by path (`main`). An unknown path is closed.
        spawn: Owner of the session tasks. A handler's bug is logged there and
            ends that one session.
        limits: Deadlines and bounds.

    Raises:
        ValueError: The nonce is empty.
    """

    def __init__(
        self,
        host: str,
        port: int,
        nonce: str,
        routes: Mapping[str, Handler],
        *,
        spawn: Spawn,
        limits: AgiLimits = _DEFAULT_LIMITS,
    ) -> None:
        if not nonce:
            raise ValueError("AgiServer: the nonce is empty; anybody could take over calls")
        self._host, self._port = host, port
        self._nonce = nonce.encode()
        self._routes = routes
        self._spawn, self._limits = spawn, limits
        self._server: asyncio.Server | None = None
        self._sessions: dict[AgiWire, asyncio.Task[None]] = {}
        self._full = False
        self.counts: Counter[str] = Counter()
        """Sessions by how they ended: ended, hung_up, failed, rejected, refused_full, broken."""

    async def start(self) -> None:
        """
        Open the port.

        Raises:
            OSError: It cannot be opened; the message says which.
        """
        self._server = await asyncio.get_running_loop().create_server(
            self._new_wire, self._host, self._port, backlog=self._limits.backlog
        )

    @property
    def port(self) -> int:
        """The port in use, once started."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def sessions(self) -> int:
        """Calls being served now."""
        return len(self._sessions)

    async def close(self) -> None:
        """Close the port and end every session; Asterisk goes on with the dialplan of each."""
        if self._server is not None:
            self._server.close()
        tasks = list(self._sessions.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self._limits.close_timeout_ms / 1000)
        for wire in list(self._sessions):
            wire.abort()

    def _new_wire(self) -> AgiWire:
        limits = self._limits
        return AgiWire(self._begin, AgiProtocol(limits.max_environment_bytes, limits.max_reply_bytes))

    def _begin(self, wire: AgiWire) -> None:
        full = len(self._sessions) >= self._limits.max_sessions
        if full and not self._full:
            _log.error("agi.full", max_sessions=self._limits.max_sessions)
        self._full = full
        if full:
            self.counts["refused_full"] += 1
            wire.abort()
            return
        task = self._spawn(self._session(wire), name="agi.session")
        self._sessions[wire] = task
        # The socket is closed there, not in the coroutine: a task cancelled before its first step
        # never runs a line of it, not even a `finally`.
        task.add_done_callback(lambda _: self._forget(wire))

    def _forget(self, wire: AgiWire) -> None:
        wire.close()
        self._sessions.pop(wire, None)

    async def _session(self, wire: AgiWire) -> None:
        outcome = "failed"
        try:
            outcome = await self._serve(wire)
        except AGIHangup:
            outcome = "hung_up"
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            self.counts[outcome] += 1

    async def _serve(self, wire: AgiWire) -> str:
        try:
            async with asyncio.timeout(self._limits.environment_timeout_ms / 1000):
                environment = await wire.environment
        except (TimeoutError, WireEnded, ProtocolError) as error:
            _log.warning("agi.no_environment", peer=wire.peer, reason=str(error) or "too slow")
            return "broken"
        request, nonce = parse_request(environment.values)
        handler = self._routes.get(request.path)
        if not hmac.compare_digest(nonce.encode(), self._nonce) or handler is None:
            reason = "unknown path" if handler is None else "wrong nonce"
            _log.warning("agi.rejected", peer=wire.peer, path=request.path[:60], reason=reason)
            return "rejected"
        await handler(request, AgiCall(wire, request.env, reply_timeout_ms=self._limits.reply_timeout_ms))
        return "ended"
