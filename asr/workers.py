"""One recognition worker as the server has it: a process that is there again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from asr import recognition_worker
from asr.hearings import WorkerHearing
from asr.recognition_worker import WorkerOrders
from asr.wire import Check, Decoder, Message, Missing, Ready, Unready, WireError, encode

_READ_BYTES = 1 << 16
_UNSENT_MAX = 256 << 10
"""Bytes that wait for a worker that does not read: 16 s of one caller's sound."""
_BACK_OFF_S = (0.2, 1.0, 3.0, 10.0, 30.0)
_PROVEN_S = 60.0
"""Who has worked for so long starts again at once."""
_STUCK_S = 5.0
"""Who does not answer at all for so long is killed."""
_GOODBYE_S = 1.0


class Spawn(Protocol):
    """Starts a task that is kept alive, and whose failure is logged and goes no further."""

    def __call__(self, coro: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[None]: ...


class Worker:
    """
    A process, its hearings, and what it can hear.

    Args:
        orders: What the process is told.
        clock: Seconds, never going back.
        command: How to start it, instead of `asr.recognition_worker`.

    """

    def __init__(
        self, orders: WorkerOrders, clock: Callable[[], float], command: Sequence[str] | None = None
    ) -> None:
        started = (sys.executable, "-P", "-m", recognition_worker.__name__)
        self._command = (*(command or started), orders.to_json())
        self._clock = clock
        self._process: asyncio.subprocess.Process | None = None
        self._suspected_s: float | None = None
        self._closing = False
        self._questions: dict[int, asyncio.Future[tuple[str, ...]]] = {}
        self._questions_asked = 0
        self.hearings: dict[int, WorkerHearing] = {}
        self.cheap: dict[str, bool] = {}
        """Languages that can be heard now, and whether listening for phrases costs little."""
        self.unready: dict[str, str] = {}
        """Languages that cannot be, and why."""
        self.restarts = 0
        self.slow = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def keep(self) -> None:
        """Run it until `close`, again and again."""
        failures = 0
        while not self._closing:
            began_s = self._clock()
            await self._once()
            failures = 0 if self._clock() - began_s >= _PROVEN_S else failures
            await asyncio.sleep(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])
            failures += 1
            self.restarts += 1

    async def close(self) -> None:
        self._closing = True
        process = self._process
        if process is None:
            return
        assert process.stdin is not None  # noqa: S101 - a pipe, see _once
        process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GOODBYE_S)
        self.kill()

    def kill(self) -> None:
        """End the process at once; `keep` starts another."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def send(self, message: Message) -> bool:
        """Hand it over; False: it does not read any more, or is not there."""
        if self._process is None or self._process.stdin is None or self._process.stdin.is_closing():
            return False
        if self._process.stdin.transport.get_write_buffer_size() > _UNSENT_MAX:
            return False
        self._process.stdin.write(encode(message))
        return True

    async def missing(self, language: str, phrases: tuple[str, ...]) -> tuple[str, ...]:
        """
        Words that its model does not know.

        Raises:
            TimeoutError: It did not answer.
        """
        self._questions_asked += 1
        number, answer = self._questions_asked, asyncio.get_running_loop().create_future()
        self._questions[number] = answer
        try:
            self.send(Check(number, language, phrases))
            return await asyncio.wait_for(answer, _STUCK_S)
        finally:
            del self._questions[number]

    def watch(self, slow_ms: float, deaf_ms: float) -> None:
        """To be called some times a second: deafens who waits too long, and ends a worker that is stuck."""
        late = [
            hearing
            for hearing in self.hearings.values()
            if max(hearing.lag_ms(), hearing.answer_lag_ms()) > deaf_ms
        ]
        for hearing in late:
            hearing.deafen("worker too slow")
        if late and self._suspected_s is None:
            self._suspected_s = self._clock()
            self.send(Check(0, "", ()))
        lagging = any(hearing.lag_ms() > slow_ms for hearing in self.hearings.values())
        self.slow = lagging or self._suspected_s is not None
        if self._suspected_s is not None and self._clock() - self._suspected_s > _STUCK_S:
            self.kill()

    async def _once(self) -> None:
        process = self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=recognition_worker.environment(os.environ),
            start_new_session=True,
        )
        try:
            await self._read(process)
        finally:
            self._gone()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 - a pipe, see _once
        decoder = Decoder()
        while data := await process.stdout.read(_READ_BYTES):
            try:
                messages = decoder.feed(data)
            except WireError:
                return
            for message in messages:
                self._told(message)

    def _told(self, message: Message) -> None:
        match message:
            case Ready(language, cheap):
                self.cheap[language] = cheap
            case Unready(language, why):
                self.unready[language] = why
            case Missing(0):
                self._suspected_s = None
            case Missing(number, words):
                if number in self._questions and not self._questions[number].done():
                    self._questions[number].set_result(words)
            case _:
                hearing = self.hearings.get(getattr(message, "hearing", 0))
                if hearing is not None:
                    hearing.told(message)

    def _gone(self) -> None:
        self._process = None
        self._suspected_s = None
        self.slow = False
        self.cheap.clear()
        self.unready.clear()
        for hearing in [*self.hearings.values()]:
            hearing.deafen("worker died")
