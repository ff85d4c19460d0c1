"""A thousand callers wait in silence: what that costs, and how fast a freed agent's phone rings."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.throughput.load import Sipp, start_waiters
from bench.throughput.meter import Meter, Used
from bench.throughput.sides import ENTRY, Side
from centralita.tasks import spawn
from tests.support.polling import eventually
from tests.support.telephone import SipMessage, StampedSocket

RATE = 50
"""Callers a second who join."""
_PAUSE_S = (1.2, 2.2)
"""Between two frees, by chance: neither side may be asked in step with its own clock."""
_JOINED_S = 60.0
_INVITED_S = 15.0
_SETTLE_S = 10.0
"""What their coming has set off is over: that is no part of waiting."""
_AUDIO_EVERY_S = 40.0
"""Asterisk hangs up after 60 s without a packet (`rtp_timeout`)."""
_SILENCE = bytes.fromhex("80000001000000000000beef") + b"\xff" * 160
"""An RTP packet (RFC 3550) of G.711 mu-law."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """While they waited."""

    callers: int
    used: Used
    freed_ms: Sequence[float]
    """From just before the agent is said to be ready until the kernel has the INVITE for the phone."""


class LatePhone:
    """The phone of the late agent: notes when it is invited, and refuses when told to."""

    def __init__(self) -> None:
        self._socket = StampedSocket("127.0.0.1", self._take)
        self._from: tuple[str, int] = ("127.0.0.1", 0)
        self._invites: asyncio.Queue[SipMessage] = asyncio.Queue()
        self._known: set[str] = set()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._socket.port}"

    def close(self) -> None:
        self._socket.close()

    async def invited(self, switch: str) -> SipMessage:
        """
        The next INVITE.

        Args:
            switch: "host:port" that answers go to.
        """
        host, _, port = switch.partition(":")
        self._from = (host, int(port))
        return await asyncio.wait_for(self._invites.get(), _INVITED_S)

    def refuse(self, invite: SipMessage) -> None:
        self._answer(invite, "486 Busy Here")

    def _take(self, data: bytes, at_ns: int) -> None:
        message = SipMessage.parse(data, at_ns)
        if message.method == "INVITE" and message.get("call-id") not in self._known:
            self._known.add(message.get("call-id"))
            self._invites.put_nowait(message)
            self._answer(message, "100 Trying")
        elif message.method == "CANCEL":
            self._answer(message, "200 OK")

    def _answer(self, request: SipMessage, status: str) -> None:
        tag = "" if status.startswith("100") else ";tag=libre"
        lines = [
            f"SIP/2.0 {status}",
            *(f"Via: {via}" for via in request.every("via")),
            f"From: {request.get('from')}",
            f"To: {request.get('to')}{tag}",
            f"Call-ID: {request.get('call-id')}",
            f"CSeq: {request.get('cseq')}",
            "Content-Length: 0",
        ]
        self._socket.send(("\r\n".join(lines) + "\r\n\r\n").encode(), _where(request) or self._from)


def _where(request: SipMessage) -> tuple[str, int] | None:
    """The sender, as its Via says (RFC 3261, 18.2.2)."""
    sent_by = request.get("via").partition(";")[0].rpartition(" ")[2]
    host, _, port = sent_by.partition(":")
    return (host, int(port)) if port.isdigit() else None


async def measure_waiting(
    side: Side, phone: LatePhone, work: Path, *, callers: int, seconds: float, frees: int
) -> Waiting:
    """
    Let callers wait, first untouched, then with one agent who becomes free again and again and refuses.

    Raises:
        AssertionError, TimeoutError: Not all of them wait, or the agent's phone is not invited.
    """
    await side.nobody_ready()
    await side.late_agent(ready=False)
    waiters = await start_waiters(work, "waiters", side.sip, ENTRY, rate=RATE, calls=callers)
    try:

        async def all_wait() -> bool:
            there = await side.waiting()
            assert there == callers, f"{there} wait"
            return True

        await eventually(all_wait, callers / RATE + _JOINED_S, f"{callers} callers wait", every_s=1.0)
        async with _kept_alive(waiters):
            await asyncio.sleep(_SETTLE_S)
            meter = Meter(side.pids())
            await asyncio.sleep(seconds)
            used = meter.read()
            freed_ms = [await _free_once(side, phone, random.Random(n)) for n in range(frees)]
            await all_wait()
    finally:
        await waiters.stop()
    return Waiting(callers, used, freed_ms)


async def _free_once(side: Side, phone: LatePhone, chance: random.Random) -> float:
    await asyncio.sleep(chance.uniform(*_PAUSE_S))
    ready_ns = time.time_ns()
    told = spawn(side.late_agent(ready=True), name="ready")
    invite = await phone.invited(side.sip)
    await told
    await side.late_agent(ready=False)
    phone.refuse(invite)
    return (invite.at_ns - ready_ns) / 1e6


@contextlib.asynccontextmanager
async def _kept_alive(waiters: Sipp) -> AsyncIterator[None]:
    """A packet now and then for each caller: a switch takes one who sends nothing for long for lost."""
    ports = waiters.audio_ports()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as audio:

        async def speak() -> None:
            while True:
                for port in ports:
                    audio.sendto(_SILENCE, ("127.0.0.1", port))
                await asyncio.sleep(_AUDIO_EVERY_S)

        speaking = spawn(speak(), name="audio")
        try:
            yield
        finally:
            speaking.cancel()
