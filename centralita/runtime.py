"""
The single writer: one task owns the engine.

bounded inbox -> engine -> journal -> executors. There is no `await` between
reading the engine and changing it. What commands lead to, time-outs included,
comes back into the inbox as events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from acd import events as ev
from acd.commands import Command
from acd.engine import VERSION, Decision, Engine
from acd.records import Ignored, Record
from acd.state import State

_log = structlog.get_logger("runtime")

INBOX_MAX = 20_000
SYNC_EVERY_S = 0.1


class Writer(Protocol):
    """Where inputs are written before anything is done about them."""

    def append(self, now_ms: int, event: ev.Event, state: State) -> int: ...

    def sync(self) -> None: ...


class Time(Protocol):
    skew_ms: int

    def now_ms(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Outputs:
    """Whom the single writer tells. Both are called in order, synchronously, and must not block."""

    records: Callable[[int, int, Sequence[Record]], None]
    """(seq, now_ms, records)"""
    command: Callable[[Command], None]


class InboxFull(RuntimeError):
    """More inputs wait than the server can take: the adapter must take a snapshot later."""


class Runtime:
    def __init__(self, engine: Engine, journal: Writer, clock: Time, outputs: Outputs) -> None:
        self._engine = engine
        self._journal = journal
        self._clock = clock
        self._outputs = outputs
        self._inbox: asyncio.Queue[tuple[ev.Event, asyncio.Future[Decision] | None]] = asyncio.Queue(
            INBOX_MAX
        )

        self._written = asyncio.Event()

    @property
    def state(self) -> State:
        """For reading only, between inputs (that is: from any code on this loop)."""
        return self._engine.state

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def post(self, event: ev.Event) -> None:
        """
        Hand an input in; it is taken in order.

        Raises:
            InboxFull: `INBOX_MAX` inputs wait already.
        """
        self._put(event, None)

    async def ask(self, event: ev.Event) -> Decision:
        """Hand an input in and wait until it has been taken and written."""
        taken: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._put(event, taken)
        return await taken

    def _put(self, event: ev.Event, taken: asyncio.Future[Decision] | None) -> None:
        try:
            self._inbox.put_nowait((event, taken))
        except asyncio.QueueFull as full:
            _log.error("inbox.full", event_kind=type(event).__name__)
            raise InboxFull(f"{INBOX_MAX} inputs wait") from full

    async def run(self) -> None:
        """Take inputs and deadlines until cancelled."""
        self.post(ev.EngineStarted(VERSION, self._clock.skew_ms))
        while True:
            await self._one()

    async def _one(self) -> None:
        item = await self._next()
        if item is None:
            self._take(ev.TimePassed())
            return
        event, taken = item
        decision = self._take(event)
        if taken is not None and not taken.done():
            taken.set_result(decision)

    async def _next(self) -> tuple[ev.Event, asyncio.Future[Decision] | None] | None:
        """The next input, or None when a deadline is due first."""
        if not self._inbox.empty():
            return self._inbox.get_nowait()
        deadline = self._engine.next_deadline_ms()
        timeout = None if deadline is None else max(0.0, (deadline - self._clock.now_ms()) / 1000)
        try:
            async with asyncio.timeout(timeout):
                return await self._inbox.get()
        except TimeoutError:
            return None

    def _take(self, event: ev.Event) -> Decision:
        now_ms = max(self._clock.now_ms(), self._engine.state.now_ms)
        decision = self._engine.handle(event, now_ms)
        seq = self._journal.append(now_ms, event, self._engine.state)
        self._written.set()
        for record in decision.records:
            if isinstance(record, Ignored):
                _log.debug("input.ignored", kind=record.event, subject=record.subject, reason=record.reason)
        self._outputs.records(seq, now_ms, decision.records)
        for command in decision.commands:
            self._outputs.command(command)
        return decision

    async def keep_synced(self) -> None:
        """Fsync `SYNC_EVERY_S` after a write, off the loop: for the loss of power, not of the process."""
        loop = asyncio.get_running_loop()
        while True:
            await self._written.wait()
            await asyncio.sleep(SYNC_EVERY_S)
            self._written.clear()
            await loop.run_in_executor(None, self._journal.sync)
