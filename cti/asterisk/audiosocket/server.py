"""
The server that Asterisk brings callers' sound to: one connection a question.

AudioSocket knows no password: it listens on loopback only, and whoever comes
has to name an id that was given out a moment ago, for one connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

import structlog

from cti.asterisk.audiosocket.wire import AudioWire, Peer, WireLimits

_log = structlog.get_logger("audiosocket")

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """Bounds and deadlines of the server. All > 0."""

    max_connections: int = 2_000
    max_strangers: int = 256
    """Connections that have not named themselves yet."""
    hello_ms: int = 2_000
    """Connect until the id has come; Asterisk sends it at once."""
    ticket_ms: int = 5_000
    """How long an id that was given out is good."""
    ending_ms: int = 1_000
    """How long Asterisk may take to close after we have ended."""
    unsent_max_bytes: int = 65_536
    """Four seconds of sound: Asterisk has stopped reading."""
    backlog: int = 512


_DEFAULT_LIMITS = AudioLimits()


class Ticket(Protocol):
    """Lets one connection in."""

    @property
    def id(self) -> uuid.UUID: ...

    def withdraw(self) -> None:
        """Nobody is expected any more; may be called at any time, and twice."""


class AudioServer:
    """
    Listens on a free port of loopback; the command that sends a caller here carries address and id.

    Args:
        limits: Bounds and deadlines.
    """

    def __init__(self, limits: AudioLimits = _DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._wire_limits = WireLimits(limits.hello_ms, limits.ending_ms, limits.unsent_max_bytes)
        self._server: asyncio.Server | None = None
        self._expected: dict[uuid.UUID, _Expected] = {}
        self._wires: set[AudioWire] = set()
        self._strangers = 0
        self.counts: Counter[str] = Counter()
        """Connections by what became of them: admitted, unknown, broken, refused_full, no_hello."""

    async def start(self) -> None:
        """
        Open a port.

        Raises:
            OSError: None can be had.
        """
        self._server = await asyncio.get_running_loop().create_server(
            self._new_wire, LOOPBACK, 0, backlog=self._limits.backlog
        )

    @property
    def address(self) -> str:
        """`host:port` for the switch, once started."""
        assert self._server is not None
        return f"{LOOPBACK}:{self._server.sockets[0].getsockname()[1]}"

    @property
    def connections(self) -> int:
        return len(self._wires)

    @property
    def expected(self) -> int:
        """Ids that are good now."""
        return len(self._expected)

    def expect(self, peer: Peer) -> Ticket:
        """Give out an id with which one connection is let in and handed to `peer`."""
        expected = _Expected(self, peer)
        self._expected[expected.id] = expected
        expected.ends = asyncio.get_running_loop().call_later(
            self._limits.ticket_ms / 1000, expected.withdraw
        )
        return expected

    async def close(self) -> None:
        """Close the port and end every conversation; the calls go on."""
        if self._server is not None:
            self._server.close()
        for expected in list(self._expected.values()):
            expected.withdraw()
        for wire in list(self._wires):
            wire.end()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.ending_ms / 1000):
                for wire in list(self._wires):
                    await wire.ended.wait()
        for wire in list(self._wires):
            wire.abort()

    def forget(self, ticket_id: uuid.UUID) -> None:
        self._expected.pop(ticket_id, None)

    def _new_wire(self) -> AudioWire:
        return AudioWire(self, self._wire_limits)

    # What a wire reports.

    def arrived(self, wire: AudioWire) -> bool:
        """Whether there is room for another connection."""
        limits = self._limits
        if len(self._wires) >= limits.max_connections or self._strangers >= limits.max_strangers:
            self.counts["refused_full"] += 1
            return False
        self._wires.add(wire)
        self._strangers += 1
        return True

    def admit(self, caller_id: uuid.UUID) -> Peer | None:
        """Whom this id was given out for; it is good no more."""
        expected = self._expected.get(caller_id)
        if expected is None:
            return None
        expected.withdraw()
        return expected.peer

    def known(self, outcome: str, *, peer: str = "", why: str = "") -> None:
        """A stranger is one no more: admitted, or turned away."""
        self._strangers -= 1
        self.counts[outcome] += 1
        if outcome != "admitted":
            _log.warning("audiosocket.refused", outcome=outcome, peer=peer, why=why)

    def broke(self, why: str) -> None:
        """A conversation ended because its bytes made no sense."""
        self.counts["broken"] += 1
        _log.warning("audiosocket.broken", why=why)

    def left(self, wire: AudioWire) -> None:
        self._wires.discard(wire)


class _Expected:
    def __init__(self, server: AudioServer, peer: Peer) -> None:
        self.id = uuid.uuid4()
        self.peer = peer
        self.ends: asyncio.TimerHandle | None = None
        self._server = server

    def withdraw(self) -> None:
        if self.ends is not None:
            self.ends.cancel()
        self._server.forget(self.id)
