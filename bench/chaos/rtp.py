"""
Ears for many callers at once: one UDP socket each, which notices when audio stops.

SIPp does the signalling and names our port in its SDP. To be heard as well, a
caller sends silence in mu-law every 20 ms to wherever audio comes from. The
port after it belongs to the same caller: that is where RTCP goes (RFC 3550,
section 11). If it were another caller's ear, that one would talk to the wrong place.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from centralita.tasks import spawn
from tests.support.process import free_ports

GAP_MS = 200
"""Shorter stretches without a packet are jitter of a busy machine."""
_FRAME_S = 0.02
_SILENCE = b"\xff" * 160


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without audio, UTC ms."""

    start_ms: int
    ms: int


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Ear(asyncio.DatagramProtocol):
    """One caller's audio port."""

    packets: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    gaps: list[Gap] = field(default_factory=list)
    source: tuple[str, int] | None = None
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        now_ms = _now_ms()
        if self.last_ms is None:
            self.first_ms = now_ms
        elif now_ms - self.last_ms >= GAP_MS:
            self.gaps.append(Gap(self.last_ms, now_ms - self.last_ms))
        self.last_ms = now_ms
        self.packets += 1
        self.source = addr

    def error_received(self, exc: Exception) -> None:
        """The switch has closed its port: the call is over, which SIP tells better."""

    def gaps_between(self, up_ms: int, ended_ms: int) -> list[Gap]:
        """All gaps of a call, those at its beginning and end too; no audio at all is one long gap."""
        if self.first_ms is None or self.last_ms is None:
            return [Gap(up_ms, ended_ms - up_ms)]
        edges = [Gap(up_ms, self.first_ms - up_ms), Gap(self.last_ms, ended_ms - self.last_ms)]
        return [*self.gaps, *(edge for edge in edges if edge.ms >= GAP_MS)]


class Ears:
    """The audio ports of many callers."""

    def __init__(self) -> None:
        self.by_port: dict[int, Ear] = {}
        self._reports: list[asyncio.DatagramTransport] = []
        self._sending: asyncio.Task[None] | None = None
        self._frame = 0

    async def open(self, count: int) -> Sequence[int]:
        """Open sockets on free ports of loopback and start to send silence; returns the ports, all even."""
        loop = asyncio.get_running_loop()
        for _ in range(count):
            port = free_ports(2)
            _, self.by_port[port] = await loop.create_datagram_endpoint(Ear, local_addr=("127.0.0.1", port))
            reports, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, local_addr=("127.0.0.1", port + 1)
            )
            self._reports.append(reports)
        self._sending = spawn(self._send(), name="chaos.ears")
        return list(self.by_port)

    async def close(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sending
        for reports in self._reports:
            reports.close()
        for ear in self.by_port.values():
            if ear.transport is not None:
                ear.transport.close()

    async def _send(self) -> None:
        next_s = time.monotonic()
        while True:
            self._frame += 1
            for port, ear in self.by_port.items():
                if ear.source is not None and ear.transport is not None:
                    sequence, stamp = self._frame & 0xFFFF, self._frame * 160 & 0xFFFFFFFF
                    ear.transport.sendto(
                        struct.pack("!BBHII", 0x80, 0, sequence, stamp, port) + _SILENCE, ear.source
                    )
            next_s = max(next_s + _FRAME_S, time.monotonic() - 0.1)
            await asyncio.sleep(max(next_s - time.monotonic(), 0))
