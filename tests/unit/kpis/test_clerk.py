"""The process that counts, as a real one: what becomes of it never becomes a trouble of calls."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from acd.stats.kpi_book import By, Shape
from acd.stats.kpi_counts import Count, QueueGoals
from centralita.kpis.clerk import Clerk
from centralita.kpis.job import CHUNK, Job, Outcome, encode
from centralita.store.migrate import migrate
from centralita.store.projection import Projection
from centralita.tasks import spawn
from centralita.web.kpis_ports import Broken, Listed, Question, ReportBrokenError, ReportsBusyError
from tests.support.polling import eventually
from tests.unit.store.samples import DAY, NOW, call

pytestmark = pytest.mark.unit

STUCK = [sys.executable, "-c", "import sys; sys.stdin.buffer.read()"]
"""A process that never answers."""
TORN = [sys.executable, "-c", "import os; os.read(0, 9); os.write(1, b'\\0\\0\\1\\0half')"]
"""One that ends in the middle of its answer."""


def shape(by: By = By.QUEUE, every_ms: int = DAY) -> Shape:
    return Shape(by, tuple(range(NOW, NOW + DAY + 1, every_ms)))


def job(url: str, wanted: Shape | None = None, listed: Listed | None = None) -> bytes:
    question = Question(wanted or shape(), "Europe/Madrid", QueueGoals(), listed)
    return encode(Job(url, question, NOW + DAY))


def proc(pid: int | None) -> Path:
    return Path(f"/proc/{pid}")


@pytest.fixture
async def url(tmp_path: Path) -> str:
    """A database with two answered calls."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'centralita.db'}"
    projection = Projection(url, spawn)
    assert await projection.start()
    for n in range(2):
        for seq, at_ms, records, beside in call(n):
            projection.put(seq, at_ms, records, beside)
    await projection.close()
    return url


@pytest.fixture
async def clerk(tmp_path: Path) -> AsyncIterator[Clerk]:
    clerk = Clerk(tmp_path / "kpis.log")
    yield clerk
    await clerk.close()


async def ask(clerk: Clerk, data: bytes) -> tuple[Outcome, object]:
    async def made() -> bytes:
        return data

    verdict, parts = await clerk.ask(made)
    return verdict.outcome, msgspec.json.decode(b"".join(parts)) if parts else None


async def test_a_report_is_counted_by_a_process_that_yields_to_everybody(clerk: Clerk, url: str) -> None:
    """Idle priority, and the first to go when memory is short; the next report is counted by the same one."""
    outcome, said = await ask(clerk, job(url))
    pid = clerk.pid
    assert pid is not None and pid != os.getpid()
    _, listed = await ask(clerk, job(url, listed=Listed(Count.ANSWERED, "ventas")))

    assert outcome is Outcome.DONE
    assert isinstance(said, dict) and said["total"]["counts"]["answered"] == 2
    assert isinstance(listed, dict) and [found["id"] for found in listed["contacts"]] == ["c0", "c1"]
    assert clerk.pid == pid
    assert os.sched_getscheduler(pid) == os.SCHED_IDLE
    assert os.getpriority(os.PRIO_PROCESS, pid) == 19
    assert (proc(pid) / "oom_score_adj").read_text(encoding="ascii").strip() == "1000"


async def test_a_long_report_comes_in_parts(clerk: Clerk, url: str) -> None:
    """Each small enough for a loop that has calls to serve; together they are the whole report."""
    made = job(url, shape(By.INTERVAL, 900_000))

    async def again() -> bytes:
        return made

    _, parts = await clerk.ask(again)

    assert len(parts) > 1 and max(map(len, parts)) <= CHUNK
    assert len(msgspec.json.decode(b"".join(parts))["rows"]) == 96


async def test_a_process_that_is_killed_is_an_error_of_one_report(tmp_path: Path, url: str) -> None:
    """In the middle of it; the loop goes on meanwhile, and the next report has a new process."""
    clerk = Clerk(tmp_path / "log", argv=STUCK)
    asked = asyncio.ensure_future(ask(clerk, job(url)))

    await eventually(lambda: clerk.pid, 10)
    assert clerk.pid is not None
    os.kill(clerk.pid, signal.SIGKILL)
    with pytest.raises(ReportBrokenError) as broken:
        await asked
    clerk.argv = Clerk(tmp_path / "log").argv
    outcome, _ = await ask(clerk, job(url))
    await clerk.close()

    assert (broken.value.why, outcome) == (Broken.ENDED, Outcome.DONE)


async def test_one_that_died_while_it_had_nothing_to_do_is_replaced(clerk: Clerk, url: str) -> None:
    """Nobody hears of it."""
    await ask(clerk, job(url))
    first = clerk.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: clerk.pid is None, 10)
    outcome, _ = await ask(clerk, job(url))

    assert outcome is Outcome.DONE and clerk.pid not in (None, first)


@pytest.mark.parametrize("argv", [TORN, ["/nowhere/at/all"]])
async def test_half_an_answer_is_none(tmp_path: Path, url: str, argv: list[str]) -> None:
    """Nor is one of a process that cannot be started."""
    clerk = Clerk(tmp_path / "log", argv=argv)
    with pytest.raises(ReportBrokenError) as broken:
        await ask(clerk, job(url))

    assert (broken.value.why, clerk.pid) == (Broken.ENDED, None)


async def test_a_report_has_a_limit(tmp_path: Path, url: str) -> None:
    """Then its process is ended, and the next one is not kept waiting for it."""
    clerk = Clerk(tmp_path / "log", argv=STUCK, within_s=0.2)
    with pytest.raises(ReportBrokenError) as broken:
        await ask(clerk, job(url))

    assert (broken.value.why, clerk.pid) == (Broken.TOO_LONG, None)


async def test_only_a_few_reports_wait(tmp_path: Path, url: str) -> None:
    """One is counted, one waits, the third is told at once that it is too much; who waits too long, too."""
    clerk = Clerk(tmp_path / "log", argv=STUCK, waiting_max=1, wait_s=0.3, within_s=30)
    first = asyncio.ensure_future(ask(clerk, job(url)))

    await eventually(lambda: clerk.pid, 10)
    second = asyncio.ensure_future(ask(clerk, job(url)))
    await asyncio.sleep(0)
    with pytest.raises(ReportsBusyError):
        await ask(clerk, job(url))
    assert not second.done()
    with pytest.raises(ReportsBusyError):
        await second
    first.cancel()
    results = Counter(map(type, await asyncio.gather(first, return_exceptions=True)))

    assert results == {asyncio.CancelledError: 1}
    assert clerk.pid is None


async def test_after_a_quiet_time_the_process_ends(tmp_path: Path, url: str) -> None:
    """By itself: what it has read of a big report does not stay in memory."""
    clerk = Clerk(tmp_path / "log", idle_s=0.05)
    await ask(clerk, job(url))
    pid = clerk.pid
    await eventually(lambda: not proc(pid).exists(), 10)
    assert clerk.pid is None


async def test_a_database_of_another_version_is_told(clerk: Clerk, tmp_path: Path) -> None:
    """The reason goes on to whoever asked; the process stays. So with none at all."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    missing = await ask(clerk, job(url))
    (tmp_path / "empty.db").touch()
    old = await ask(clerk, job(url))
    await migrate(url.replace("empty", "new"))
    new = await ask(clerk, job(url.replace("empty", "new")))

    assert missing[0] is old[0] is Outcome.UNAVAILABLE
    assert new[0] is Outcome.DONE
