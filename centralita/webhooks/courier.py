"""
Delivers to one endpoint: each contact's events in order, different contacts side by side.

An event that is not taken holds back those of the same contact until it is
taken or dead. While the endpoint as a whole does not work it is tried with one
event at a time, ever more rarely.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import structlog

from centralita.store.outbox import Counts, Failed, Outbox, OutboxUnavailableError, Standing, Waiting
from centralita.webhooks.filters import Endpoint
from centralita.webhooks.keys import Keys
from centralita.webhooks.pace import Pace
from centralita.webhooks.post import Answer, Poster, Verdict
from centralita.webhooks.resolver import Lookup

AT_ONCE = 8
"""Requests under way."""
LINES = 64
"""Contacts read at once; they take turns."""
EACH = 20
"""Events of one contact between two looks into the database."""
GAP_MS = 20
"""Between two looks, at least."""
LOOK_MS = 1_000
"""After the database gave no answer."""
IDLE_MS = 30_000
RECHECK_MS = 1_000
"""Events read longer ago than this may have been erased since."""
COMMITTED_MS = 2_000
OUTBOX_MAX = 100_000
"""Events that may wait for one endpoint; further ones are lost, and an alarm says so."""

_log = structlog.get_logger("webhooks")


class Spawn(Protocol):
    def __call__(self, coro: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[None]: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What every courier works with."""

    outbox: Outbox
    keys: Keys
    committed: Callable[[], Awaitable[None]]
    """Waits until what was put so far can be read."""
    lookup: Lookup
    spawn: Spawn
    now_ms: Callable[[], int]
    """UTC."""
    pace: Pace = field(default_factory=Pace)


class Courier:
    def __init__(self, endpoint: Endpoint, ports: Ports, standing: Standing | None) -> None:
        self.endpoint = endpoint
        self._ports = ports
        known = standing is not None and standing.url == endpoint.url
        self.standing = standing if standing is not None and known else Standing(endpoint.url)
        self.counts = Counts()
        self.failures = 0
        """In a row."""
        self._pause_until_ms = 0
        self._counted_s = 0.0
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._under_way = 0
        self._delivered: list[str] = []
        self._failed: list[Failed] = []
        self._settling = asyncio.Lock()
        self._put = self._written = 0
        self._wake = asyncio.Event()
        self._fresh = True
        self._poster: Poster | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._poster = self._new_poster()
        self._task = self._ports.spawn(self._run(), name=f"webhook {self.endpoint.name}")

    async def close(self, *, within_s: float = 1.0) -> None:
        """Let attempts in progress end, at most this long: what was taken should be written down as taken."""
        if self._task is not None:
            self._task.cancel()
        running = [*self._busy.values()]
        if running:
            _, late = await asyncio.wait(running, timeout=within_s)
            for task in late:
                task.cancel()
        if self._poster is not None:
            await self._poster.close()

    @property
    def full(self) -> bool:
        return self.counts.pending >= OUTBOX_MAX

    @property
    def next_try_ms(self) -> int | None:
        """When it is tried again, UTC; None: as soon as there is something."""
        if not self.counts.pending:
            return None
        return max(self._pause_until_ms, self.counts.next_ms or 0) or None

    def wrote(self, count: int = 1) -> None:
        """So many events were put into the outbox; they may not be committed yet."""
        self.counts = replace(self.counts, pending=self.counts.pending + count)
        self.poke()

    def poke(self) -> None:
        self._fresh = True
        self._wake.set()

    def lost(self) -> None:
        """An event had no room, or was too large."""
        self.standing = replace(self.standing, lost=self.standing.lost + 1)
        if self.standing.lost & (self.standing.lost - 1) == 0:
            _log.warning("webhook.lost", endpoint=self.endpoint.name, lost=self.standing.lost)

    async def test(self, body: bytes) -> Answer:
        """Send this now, beside everything else."""
        poster = self._poster or self._new_poster()
        try:
            return await self._post(poster, f"{self._ports.keys.site}-test", body)
        finally:
            if poster is not self._poster:
                await poster.close()

    async def enable(self) -> None:
        """It may be told of things again. Raises OutboxUnavailableError."""
        self.standing = replace(self.standing, disabled=False)
        self.failures = self._pause_until_ms = 0
        await self._ports.outbox.settle((), (), {self.endpoint.name: self.standing})
        self.poke()

    async def recount(self) -> None:
        """Raises OutboxUnavailableError."""
        self._counted_s = time.monotonic()
        self.counts = await self._ports.outbox.counts(self.endpoint.name)

    def _new_poster(self) -> Poster:
        end, ports = self.endpoint, self._ports
        return Poster(end.url, private=end.private, lookup=ports.lookup, pace=ports.pace, at_once=AT_ONCE)

    async def _run(self) -> None:
        with contextlib.suppress(OSError):  # told with the first attempt
            self._ports.keys.ensure([self.endpoint.name])
        while True:
            self._wake.clear()
            try:
                wait_ms = await self._look()
            except OutboxUnavailableError:
                wait_ms = LOOK_MS
            await asyncio.sleep(GAP_MS / 1000)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0, wait_ms - GAP_MS) / 1000):
                    await self._wake.wait()

    async def _look(self) -> int:
        """Begin with what is due; returns when to look again, if nothing happens before, in ms."""
        if self._fresh:
            self._fresh = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(COMMITTED_MS / 1000):
                    await self._ports.committed()
        now_ms = self._ports.now_ms()
        if self.standing.disabled:
            return IDLE_MS
        if now_ms < self._pause_until_ms:
            return self._pause_until_ms - now_ms
        room = (1 if self.failures else LINES) - len(self._busy)
        if room <= 0:
            return IDLE_MS
        runs = await self._ports.outbox.due(
            self.endpoint.name, now_ms, without=self._busy, lines=room, each=EACH
        )
        begun_s = time.monotonic()
        for run in runs:
            name = f"webhook {self.endpoint.name} {run[0].line}"
            self._busy[run[0].line] = self._ports.spawn(self._deliver(run, begun_s), name=name)
        if len(runs) == room:
            return IDLE_MS  # the end of any of them wakes us
        if (begun_s - self._counted_s) * 1000 >= self._ports.pace.recount_ms:
            await self.recount()
        return self._ports.pace.look_ms if self.counts.pending else IDLE_MS

    async def _deliver(self, run: list[Waiting], read_s: float) -> None:
        """The events of one line, as far as they are taken; what is left is read anew."""
        delivered: list[str] = []
        failed: list[Failed] = []
        try:
            async with self._turns:
                for one in run:
                    if (time.monotonic() - read_s) * 1000 > RECHECK_MS or not self._may_try():
                        break
                    answer = await self._send(one)
                    if answer.verdict is not Verdict.TAKEN:
                        failed.append(self._failure(one, answer))
                        break
                    delivered.append(one.id)
        finally:
            await self._settle(delivered, failed)
            del self._busy[run[0].line]
            self._wake.set()

    def _may_try(self) -> bool:
        """One event at a time while the endpoint does not work, and not before its pause is over."""
        if self.standing.disabled or self._ports.now_ms() < self._pause_until_ms:
            return False
        return not (self.failures and self._under_way)

    async def _send(self, one: Waiting) -> Answer:
        assert self._poster is not None
        self._under_way += 1
        try:
            answer = await self._post(self._poster, f"{self._ports.keys.site}-e{one.seq}", one.body)
        finally:
            self._under_way -= 1
        now_ms = self._ports.now_ms()
        if answer.verdict is Verdict.TAKEN:
            if self.failures:
                _log.info("webhook.works", endpoint=self.endpoint.name, failures=self.failures)
            self.failures = self._pause_until_ms = 0
            self.standing = replace(self.standing, ok_ms=now_ms)
        return answer

    async def _post(self, poster: Poster, event_id: str, body: bytes) -> Answer:
        try:
            secrets = self._ports.keys.of(self.endpoint.name)
        except (OSError, ValueError) as error:
            return Answer(Verdict.DOWN, f"secrets.json: {type(error).__name__}", 0)
        return await poster.post(event_id, body, secrets, self._ports.now_ms())

    def _failure(self, one: Waiting, answer: Answer) -> Failed:
        now_ms, pace, attempts = self._ports.now_ms(), self._ports.pace, one.attempts + 1
        self.failures += 1
        gone = answer.verdict is Verdict.GONE
        self.standing = replace(
            self.standing, failed_ms=now_ms, error=answer.why, disabled=self.standing.disabled or gone
        )
        if answer.verdict is Verdict.DOWN:
            rest_ms = max(pace.pause_ms(self.failures), min(answer.wait_ms or 0, pace.longest_ms))
            self._pause_until_ms = now_ms + rest_ms
        next_ms = now_ms + pace.retry_ms(attempts, answer.wait_ms)
        dead = next_ms - one.since_ms > pace.give_up_ms
        if dead or self.failures == 1:
            log = _log.warning if dead else _log.info
            log("webhook.failed", endpoint=self.endpoint.name, seq=one.seq, dead=dead, why=answer.why)
        return Failed(
            one.id, self.endpoint.name, one.line, attempts, answer.why, None if dead else next_ms, now_ms
        )

    async def _settle(self, delivered: list[str], failed: list[Failed]) -> None:
        """
        Until it is written: before that nobody else may see to this line.

        All that has ended meanwhile is written in one transaction.
        """
        if not delivered and not failed:
            return
        self._delivered += delivered
        self._failed += failed
        self._put += 1
        mine = self._put
        async with self._settling:
            if self._written >= mine:
                return
            taken, self._delivered = self._delivered, []
            refused, self._failed = self._failed, []
            up_to = self._put
            while True:
                if await self._written_down(taken, refused):
                    break
                await asyncio.sleep(LOOK_MS / 1000)
            self._written = up_to

    async def _written_down(self, delivered: list[str], failed: list[Failed]) -> bool:
        outbox, name = self._ports.outbox, self.endpoint.name
        try:
            await outbox.settle(delivered, failed, {name: self.standing})
            if self.standing.disabled:
                await outbox.bury(name, self.standing.error, self._ports.now_ms())
            died = sum(one.next_ms is None for one in failed)
            if died or self.standing.disabled:
                await self.recount()
            else:
                left = max(0, self.counts.pending - len(delivered))
                self.counts = replace(self.counts, pending=left)
        except OutboxUnavailableError:
            return False
        return True
