"""
The process that counts, as the server sees it: started when there is something to count.

One report at a time, a few that wait, a limit for each. Whatever becomes of
the process, the server hears of it as an error of one report.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from centralita.kpis.job import HEAD, Outcome, Verdict, decode_verdict, framed, length_of
from centralita.web.kpis_ports import Broken, ReportBrokenError, ReportsBusyError

_log = structlog.get_logger("kpis")

WAITING_MAX = 4
"""Reports that wait for the one that is being counted."""
WAIT_S = 60.0
"""How long, at most."""
WITHIN_S = 180.0
"""How long a report may take. On a machine that is busy with calls it gets little of the processor."""
IDLE_S = 60.0
"""After the last report the process ends, and gives back its memory."""
ANSWER_MAX = 128 << 20
"""Bytes of an answer."""


def worker_argv() -> list[str]:
    """The process that the server starts."""
    return [sys.executable, "-m", "centralita.kpis.worker"]


@dataclass(slots=True)
class Clerk:
    """
    Args:
        log: File for what the process says on standard error.
        argv: Its command line.
    """

    log: Path
    argv: Sequence[str] = field(default_factory=worker_argv)
    waiting_max: int = WAITING_MAX
    wait_s: float = WAIT_S
    within_s: float = WITHIN_S
    idle_s: float = IDLE_S
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _waiting: int = 0
    _process: asyncio.subprocess.Process | None = None
    _rest: asyncio.TimerHandle | None = None

    async def ask(self, job: Callable[[], Awaitable[bytes]]) -> tuple[Verdict, Sequence[bytes]]:
        """
        Have a job done.

        Args:
            job: Makes it, encoded, when its turn has come.

        Raises:
            ReportsBusyError, ReportBrokenError: See there.
        """
        if self._turn.locked() and self._waiting >= self.waiting_max:
            raise ReportsBusyError
        await self._await_turn()
        try:
            return await self._done(await job())
        finally:
            self._turn.release()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        process = self._process
        return None if process is None or process.returncode is not None else process.pid

    async def close(self) -> None:
        """End the process, whatever it does."""
        self._stay()
        await self._end()

    async def _await_turn(self) -> None:
        self._waiting += 1
        try:
            async with asyncio.timeout(self.wait_s):
                await self._turn.acquire()
        except TimeoutError as error:
            raise ReportsBusyError from error
        finally:
            self._waiting -= 1

    async def _done(self, job: bytes) -> tuple[Verdict, Sequence[bytes]]:
        self._stay()
        whole = False
        try:
            async with asyncio.timeout(self.within_s):
                found = await self._exchange(job)
            whole = True
        except TimeoutError as error:
            raise _broken(Broken.TOO_LONG) from error
        except (asyncio.IncompleteReadError, OSError) as error:
            raise _broken(Broken.ENDED) from error
        finally:
            if not whole:
                # Half an answer may be on its way: nobody could tell it from the next one.
                await self._end()
        self._rest = asyncio.get_running_loop().call_later(self.idle_s, self._dismiss)
        return found

    async def _exchange(self, job: bytes) -> tuple[Verdict, Sequence[bytes]]:
        process = await self._started()
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(framed(job))
        await process.stdin.drain()
        verdict = decode_verdict(await _frame(process.stdout))
        parts: list[bytes] = []
        size = 0
        while verdict.outcome is Outcome.DONE and (part := await _frame(process.stdout)):
            parts.append(part)
            size += len(part)
            if size > ANSWER_MAX:
                raise _broken(Broken.TOO_BIG)
        return verdict, parts

    async def _started(self) -> asyncio.subprocess.Process:
        """The one there is, or a new one. It makes itself humble: to do that here would cost a copy of us."""
        if self._process is not None and self._process.returncode is None:
            return self._process
        with self.log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                *self.argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=out,
                start_new_session=True,
            )
        return self._process

    def _stay(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _dismiss(self) -> None:
        """Nothing to count for a while. It ends when it reads that there are no more jobs."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


async def _frame(stream: asyncio.StreamReader) -> bytes:
    size = length_of(await stream.readexactly(HEAD))
    return await stream.readexactly(size) if size else b""


def _broken(why: Broken) -> ReportBrokenError:
    _log.warning("kpis.broken", why=why.name.lower())
    return ReportBrokenError(why)
