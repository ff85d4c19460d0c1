"""
From an event to the screens: 300 WebSocket clients, 20 calls a second, and one client that does not read.

    python -m bench.stream [--clients 300] [--calls 20] [--seconds 20]

The events are made up (fifteen a call, in nine entries of the journal), everything they go
through is real: hub, log on disk, web application, sockets on loopback. The server is a process
of its own. Every tenth client takes each event apart and looks at the clock; the others only
drain their sockets, so that the clients do not eat up the processor that is to be measured.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import multiprocessing
import resource
import secrets
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aiohttp import web

from acd.model import ContactId, OfferId
from acd.records import (
    AgentStateChanged,
    ContactClosed,
    ContactOpened,
    ContactQueued,
    ContactSorted,
    OfferAnnounced,
    OfferEnded,
    OfferRang,
    Record,
    SegmentConnected,
    SegmentEnded,
    WrapEnded,
    WrapStarted,
)
from bench.figures import percentile
from centralita.web.app import make_app, make_runner
from cti.desktop.hub import EventHub
from cti.desktop.log import EventLog
from tests.unit.cti.desktop.test_wire import SAMPLES
from tests.unit.web.fakes import LIVE, TOKEN, FakeServer

POP_LEAD_MS = 25
"""As in `centralita.app`."""
TAKEN_APART = 10
"""One client in so many looks at each event."""
CALL: Sequence[tuple[type, ...]] = (
    (ContactOpened,),
    (ContactSorted,),
    (ContactQueued, OfferAnnounced, AgentStateChanged),
    (OfferRang,),
    (OfferEnded, SegmentConnected, AgentStateChanged),
    (SegmentEnded,),
    (WrapStarted, AgentStateChanged),
    (ContactClosed,),
    (WrapEnded, AgentStateChanged),
)
CUSTOMER = {
    "id": "k1", "ref": "C-7", "number": "+34911234567", "shown": "911234567", "name": "Marta Ruiz",
    "segment": "oro", "language": "es", "fields": {"pedidos": 3}, "known": True, "trust": "matched",
    "calls_24h": 1, "last_contacts": [],
}  # fmt: skip


def entries(calls_per_s: float, seconds: float) -> Iterator[tuple[float, list[Record]]]:
    """(when, records) of calls that come evenly; `entry` and `reason` tell when an event was published."""
    every = 1 / (calls_per_s * len(CALL))
    for number in range(int(calls_per_s * seconds) * len(CALL)):
        call, place = divmod(number, len(CALL))
        yield number * every, [_record(kind, call) for kind in CALL[place]]


def _record(kind: type, call: int) -> Record:
    record: Any = SAMPLES[kind][0]
    names = {"contact_id": ContactId(f"c{call:016x}"), "offer_id": OfferId(f"c{call:016x}-o1")}
    made: Record = replace(record, **{name: value for name, value in names.items() if hasattr(record, name)})
    return made


def serve(pipe: Connection, folder: Path, calls_per_s: float, seconds: float) -> None:
    asyncio.run(_serve(pipe, folder, calls_per_s, seconds))


async def _serve(pipe: Connection, folder: Path, calls_per_s: float, seconds: float) -> None:
    log = EventLog(folder, 0)
    hub = EventHub(lambda _contact_id: CUSTOMER, lambda: LIVE, log=log)
    runner = make_runner(make_app(FakeServer(hub=hub).ports(), static=folder))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(runner.addresses[0][1])
    await asyncio.to_thread(pipe.recv)
    cpu, wall, published = _cpu_s(), time.monotonic(), []
    pops: list[float] = []
    for seq, (when, records) in enumerate(entries(calls_per_s, seconds), start=1):
        await asyncio.sleep(max(0.0, wall + when - time.monotonic()))
        published.append(time.monotonic_ns())
        hub.publish(seq, records)
        if any(isinstance(record, OfferAnnounced) for record in records):
            begun = time.monotonic()
            await hub.handed_over(POP_LEAD_MS)
            pops.append((time.monotonic() - begun) * 1000)
    used = (_cpu_s() - cpu) / seconds
    await asyncio.sleep(1)
    pipe.send((published, used, pops, _size(folder)))
    await asyncio.to_thread(pipe.recv)
    log.close()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@dataclass(repr=False)
class Listener(asyncio.Protocol):
    """A screen that takes each event apart, or one that only drains its socket."""

    looks: bool
    heard: list[tuple[int, int]] = field(default_factory=list)
    """(seq of the journal entry, when)"""
    snapshots: int = 0
    _rest: bytes = b""
    _open: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        transport.write(
            f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if not self.looks:
            return
        now_ns = time.monotonic_ns()
        self._rest += data
        if not self._open and b"\r\n\r\n" in self._rest:
            self._open, self._rest = True, self._rest.split(b"\r\n\r\n", 1)[1]
        while self._open and (found := _frame(self._rest)) is not None:
            payload, size = found
            self._rest = self._rest[size:]
            self._take(payload, now_ns)

    def _take(self, payload: bytes, now_ns: int) -> None:
        message = json.loads(payload)
        if message["type"] == "snapshot":
            self.snapshots += 1
        elif message["type"] != "hello":
            self.heard.append((message["seq"] // 4096, now_ns))


def _frame(data: bytes) -> tuple[bytes, int] | None:
    if len(data) < 2 or data[0] != 0x81:
        return None
    length, head = data[1] & 127, 2
    if length == 126:
        length, head = int.from_bytes(data[2:4], "big"), 4
    elif length == 127:
        length, head = int.from_bytes(data[2:10], "big"), 10
    return (data[head : head + length], head + length) if len(data) >= head + length else None


@dataclass(frozen=True)
class Result:
    waits_ms: Sequence[float]
    told: int
    wanted: int
    snapshots: int
    cpu: float
    pops_ms: Sequence[float]
    log_bytes: int

    def lines(self) -> Iterator[str]:
        shown = [percentile(self.waits_ms, share) for share in (0.5, 0.95, 0.99, 1.0)]
        yield "event to client: p50 {:.1f}, p95 {:.1f}, p99 {:.1f}, max {:.1f} ms".format(*shown)
        yield f"  {self.told} of {self.wanted} events where it was looked at, {self.snapshots} more snapshots"
        pops = [percentile(self.pops_ms, share) for share in (0.5, 0.99, 1.0)]
        yield "the bell waited for the pop: p50 {:.1f}, p99 {:.1f}, max {:.1f} ms".format(*pops)
        yield f"processor of the server: {self.cpu:.2f} s for each second; {self.log_bytes / 1e6:.1f} MB kept"


async def measure(clients: int, calls_per_s: float, seconds: float, stalled: int) -> Result:
    here, there = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        context = multiprocessing.get_context("spawn")
        server = context.Process(target=serve, args=(there, Path(folder), calls_per_s, seconds))
        server.start()
        try:
            return await _listen(here, clients, stalled, int(calls_per_s * seconds))
        finally:
            server.join(5)
            server.kill()


async def _listen(here: Connection, clients: int, stalled: int, calls: int) -> Result:
    port = await asyncio.to_thread(here.recv)
    loop = asyncio.get_running_loop()
    listeners = [Listener(number % TAKEN_APART == 0) for number in range(clients)]
    waiting = iter(listeners)
    transports = [
        (await loop.create_connection(lambda: next(waiting), "127.0.0.1", port))[0] for _ in listeners
    ]
    deaf = [_deaf(port) for _ in range(stalled)]
    await asyncio.sleep(1)
    here.send("go")
    published, cpu, pops, kept = await asyncio.to_thread(here.recv)
    here.send("enough")
    for transport in transports:
        transport.close()
    for sock in deaf:
        sock.close()
    looking = [listener for listener in listeners if listener.looks]
    waits = [(at - published[seq - 1]) / 1e6 for each in looking for seq, at in each.heard]
    wanted = calls * sum(map(len, CALL)) * len(looking)
    more = sum(each.snapshots - 1 for each in looking)
    return Result(waits, len(waits), wanted, more, cpu, pops, kept)


def _deaf(port: int) -> socket.socket:
    """A client that asks for the stream and never reads."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", port))
    sock.sendall(
        f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return sock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=300)
    parser.add_argument("--calls", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    for stalled in (0, 1):
        with contextlib.suppress(KeyboardInterrupt):
            result = asyncio.run(measure(asked.clients, asked.calls, asked.seconds, stalled))
            print(f"{asked.clients} clients, {asked.calls:g} calls/s, {stalled} that do not read")
            print("\n".join(result.lines()))


if __name__ == "__main__":
    main()
