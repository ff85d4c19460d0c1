"""Many callers' ears side by side: what one is sent never turns another away from its call."""

from __future__ import annotations

import asyncio
import socket

import pytest

from bench.chaos.rtp import Ears

pytestmark = pytest.mark.unit

FRAME = b"\x80\x00" + b"\xff" * 170
REPORT = b"\x80\xc8" + b"\x00" * 26


async def test_a_report_about_one_caller_does_not_turn_another_away() -> None:
    """An RTCP report goes to the port after a caller's own (RFC 3550, 11): nobody else listens there."""
    ears = Ears()
    switch, reporter = _socket(), _socket()
    try:
        ports = await ears.open(20)
        assert all(port % 2 == 0 and port + 1 not in ears.by_port for port in ports)
        for port in ports:
            switch.sendto(FRAME, ("127.0.0.1", port))
        await _heard(switch, of=len(ports))
        for port in ports:
            reporter.sendto(REPORT, ("127.0.0.1", port + 1))
        await asyncio.sleep(0.1)

        assert all(ear.packets == 1 for ear in ears.by_port.values())
        assert len(await _heard(switch, of=len(ports))) == len(ports)
        assert not _arrived(reporter)
    finally:
        await ears.close()
        switch.close()
        reporter.close()


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made


def _arrived(there: socket.socket) -> set[int]:
    found = set()
    while True:
        try:
            found.add(there.recvfrom(2048)[1][1])
        except BlockingIOError:
            return found


async def _heard(there: socket.socket, *, of: int) -> set[int]:
    """Which of the ears speak to this socket, from now on."""
    _arrived(there)
    found: set[int] = set()
    async with asyncio.timeout(3):
        while len(found) < of:
            await asyncio.sleep(0.02)
            found |= _arrived(there)
    return found
