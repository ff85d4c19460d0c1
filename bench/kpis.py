"""
What reports cost, and whether anybody on the line could notice them.

A database is filled by the project's own writer of rows. Then the loop of a server answers
reports over HTTP, with callers on the line, while another task of the same loop writes down
how late it is woken; the same without reports is the yardstick.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from aiohttp import web

from acd import events as ev
from acd.engine import Engine
from acd.model import (
    Activity,
    AgentId,
    Channel,
    ContactId,
    EndedBy,
    Outcome,
    Presence,
    QueueId,
    QueueRules,
    Routing,
)
from acd.records import AgentStateChanged, ContactClosed, Record, Segment, WrapEnded
from acd.state import State
from centralita.kpis.clerk import Clerk
from centralita.kpis.service import Ports, Reports
from centralita.store.database import open_engine
from centralita.store.migrate import migrate
from centralita.store.parties import Party, caller_identity
from centralita.store.rows import Entry, kept, write
from centralita.web.kpis import KpisApi
from centralita.web.ports import WebPorts

DAY_MS = 86_400_000
T0 = 20_500 * DAY_MS
"""A midnight in UTC."""
DAYS, QUEUES, AGENTS, ON_THE_LINE = 30, 20, 200, 300
BATCH = 1_000
TICK_S = 0.002
QUIET_S = 5.0


@dataclass(slots=True)
class Lateness:
    """How late a loop was woken, milliseconds."""

    ms: list[float]

    def line(self) -> str:
        found = sorted(self.ms)
        p99 = found[int(len(found) * 0.99)]
        return f"p50 {found[len(found) // 2]:.1f}  p99 {p99:.1f}  max {found[-1]:.1f} ms"


def call(n: int, count: int, chance: random.Random) -> tuple[tuple[Record, ...], Party]:
    """One contact of a month, with what its agent did."""
    contact, agent = ContactId(f"c{n:07}"), AgentId(f"a{chance.randrange(AGENTS):03}")
    queue = QueueId(f"q{chance.randrange(QUEUES):02}")
    came = T0 + n * DAYS * DAY_MS // count
    waits, talks, wraps = (int(chance.expovariate(1 / mean)) for mean in (15_000, 180_000, 20_000))
    met, left = came + 8_000 + waits, came + 8_000 + waits + talks
    answered = chance.random() < 0.92
    parts = [Segment("ivr", came, came + 8_000), Segment("waiting", came + 8_000, met, queue)]
    if answered:
        parts.append(Segment("talking", met, left, queue, agent, None, EndedBy.CALLER))
    closed = ContactClosed(
        contact_id=contact,
        channel=Channel("a", f"u{n}"),
        entry="900",
        outcome=Outcome.ANSWERED if answered else Outcome.ABANDONED_QUEUE,
        ended_by=EndedBy.CALLER,
        queue=queue,
        started_ms=came,
        queued_ms=came + 8_000,
        answered_ms=met if answered else None,
        ended_ms=left if answered else met,
        wait_ms=waits,
        ring_ms=0,
        talk_ms=talks if answered else 0,
        config_version="v1",
        segments=tuple(parts),
        offers=(),
    )
    number = f"+34600{chance.randrange(count // 2):06}"
    party = Party(contact, caller_identity(number, True, ""), came)
    if not answered:
        return (closed,), party
    states = (
        (Activity.OFFERED, met - 3_000),
        (Activity.TALKING, met),
        (Activity.WRAP_UP, left),
        (Activity.IDLE, left + wraps),
    )
    changed = [AgentStateChanged(agent, Presence.READY, did, "", True, None, at_ms) for did, at_ms in states]
    return (*changed, closed, WrapEnded(agent, contact, wraps, left + wraps)), party


async def fill(url: str, count: int) -> None:
    """So many contacts, as the projection writes them."""
    await migrate(url)
    engine, chance = open_engine(url), random.Random(count)
    for start in range(0, count, BATCH):
        entries = []
        for n in range(start, min(start + BATCH, count)):
            records, party = call(n, count, chance)
            entries.append(Entry(n + 1, kept(records), (party,)))
        async with engine.begin() as connection:
            await connection.run_sync(write, entries, start + BATCH)
    await engine.dispose()


def on_the_line(count: int, now_ms: int) -> State:
    """A centre with so many callers waiting."""
    queues = {QueueId(f"q{n:02}"): QueueRules(QueueId(f"q{n:02}")) for n in range(QUEUES)}
    engine = Engine()
    engine.handle(ev.ConfigPublished(Routing("v1", queues, {})), now_ms - 60_000)
    for n in range(count):
        contact = ContactId(f"live{n}")
        engine.handle(ev.ContactStarted(contact, Channel("a", f"l{n}"), "900"), now_ms - 60_000 + n)
        engine.handle(ev.ContactEnqueued(contact, QueueId(f"q{n % QUEUES:02}")), now_ms - 60_000 + n)
    return engine.state


@contextlib.asynccontextmanager
async def served(reports: Reports) -> Any:
    """The API of figures on a loopback port; its address."""
    app = web.Application()
    app.add_routes(KpisApi(cast("WebPorts", SimpleNamespace(kpis=reports))).routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://127.0.0.1:{port}/api/kpis"
    await runner.cleanup()


async def watch(into: Lateness) -> None:
    """Until cancelled."""
    while True:
        due_s = time.perf_counter() + TICK_S
        await asyncio.sleep(TICK_S)
        into.ms.append((time.perf_counter() - due_s) * 1000)


@contextlib.asynccontextmanager
async def watched() -> Any:
    found = Lateness([])
    task = asyncio.get_running_loop().create_task(watch(found))
    try:
        yield found
    finally:
        task.cancel()


async def fetch(url: str, query: str) -> tuple[float, int]:
    """Seconds, and bytes, as a program of its own sees them: to read them here would delay our loop."""
    began = time.perf_counter()
    curl = await asyncio.create_subprocess_exec(
        *("curl", "-sS", "--fail-with-body", "-o", "/dev/null", "-w", "%{size_download}", f"{url}?{query}"),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await curl.communicate()
    if curl.returncode:
        raise SystemExit(f"{query}: {out.decode()}")
    return time.perf_counter() - began, int(out)


def peak_mib(pid: int | None) -> int:
    """Of a process, since it began."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def questions() -> Iterator[tuple[str, str]]:
    whole = f"from={T0}&to={T0 + DAYS * DAY_MS}"
    yield "queue", f"{whole}&by=queue"
    yield "interval 30m", f"{whole}&by=interval&interval=30m"
    yield "agent", f"{whole}&by=agent"


async def measure(url: str, log: Path) -> None:
    now_ms = T0 + DAYS * DAY_MS
    state = on_the_line(ON_THE_LINE, now_ms)

    async def committed() -> None:
        """Nothing is being written."""

    clerk = Clerk(log)
    reports = Reports(Ports(url, committed, lambda: state, lambda: now_ms, list), clerk)
    async with served(reports) as address:
        async with watched() as quiet:
            await asyncio.sleep(QUIET_S)
        print(f"  {'no report':<14}                              loop late: {quiet.line()}")
        for name, query in questions():
            async with watched() as busy:
                took_s, size = await fetch(address, query)
            peak = peak_mib(clerk.pid)
            print(
                f"  {name:<14} {took_s:6.1f} s {size / 1e6:6.1f} MB {peak:5} MiB   loop late: {busy.line()}"
            )
        await reports.close()


async def run(counts: Sequence[int], folder: Path) -> None:
    for count in counts:
        file = folder / f"{count}.db"
        url = f"sqlite+aiosqlite:///{file}"
        if not file.exists():
            began = time.perf_counter()
            await fill(url, count)
            print(f"{count} contacts written in {time.perf_counter() - began:.0f} s")
        print(f"{count} contacts, {file.stat().st_size / 1e6:.0f} MB, {ON_THE_LINE} on the line")
        await measure(url, folder / "kpis.log")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, nargs="+", default=[50_000, 200_000])
    parser.add_argument("--folder", type=Path, help="where databases are kept for the next time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(run(given.contacts, given.folder or Path(temporary)))


if __name__ == "__main__":
    main()
