"""
The writer of the projection: takes records without waiting, commits them in batches.

Calls never wait for the database and never fail because of it. When it is
locked, full or gone, rows stay in memory up to a bound and are tried again;
beyond the bound the database stops following (it keeps no gap: `last_seq`
stays where it is) and is filled from the journal at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from acd.records import Record
from centralita.store.database import create_private_file, drop_erased_pages, open_engine
from centralita.store.migrate import SchemaMismatchError, ensure_current
from centralita.store.rows import Aside, Entry, kept, read_seq, write
from cti.spawn import Spawn

ROOM = 100_000
"""Entries kept in memory while the database does not take them."""
COMMIT_EVERY_MS = 20
"""From the first entry after a quiet time, or while somebody waits to read it, to the commit."""
COMMIT_BUSY_MS = 250
"""Between two commits while entries keep coming and nobody waits: a commit costs more than its rows."""
COMMIT_ROWS = 200
RETRY_FIRST_MS = 100
RETRY_MAX_MS = 5_000

_log = structlog.get_logger("projection")
_T = TypeVar("_T")


class _Order:
    """What no journal entry led to, in the queue so that it comes after the rows put before it."""

    __slots__ = ("done", "erases", "work")

    def __init__(self, work: Callable[[Connection], Any], done: asyncio.Future[Any], *, erases: bool) -> None:
        self.work = work
        self.done = done
        self.erases = erases


class Projection:
    """
    The one writer of the database at `url`.

    Args:
        url: See `database.open_engine`.
        spawn: Runs the writer.
        room: Entries kept in memory at most.
        retry_first_ms: First pause after a failure; doubles up to 5 s.

    Raises:
        sqlalchemy.exc.ArgumentError, ModuleNotFoundError: The url is wrong or its driver is not installed.
    """

    def __init__(
        self, url: str, spawn: Spawn, *, room: int = ROOM, retry_first_ms: int = RETRY_FIRST_MS
    ) -> None:
        self.engine: AsyncEngine = open_engine(url)
        """For readers (`history.History`); only this class writes."""
        self._url = url
        self._spawn = spawn
        self._room = room
        self._retry_first_ms = retry_first_ms
        self._queue: deque[Entry | _Order] = deque()
        self._weight = 0
        self._put = self._done = 0
        self._seen_seq = self._last_seq = 0
        self._gap_seq: int | None = None
        self._refused = 0
        self._trouble = ""
        self._work = asyncio.Event()
        self._nudge = asyncio.Event()
        self._hurried = False
        self._committed_s = 0.0
        self._opened = asyncio.Event()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def start(self, *, within_ms: int = 10_000) -> bool:
        """
        Open the database, migrating it if needed, and start writing.

        Returns:
            False if it could not be opened in time: it is tried again for ever,
            entries wait in memory, and `last_seq` is 0 until it succeeds.
        """
        self._task = self._spawn(self._run(), name="projection")
        try:
            async with asyncio.timeout(within_ms / 1000):
                await self._opened.wait()
        except TimeoutError:
            return False
        return True

    def put(self, seq: int, at_ms: int, records: Sequence[Record], beside: Sequence[Aside] = ()) -> None:
        """
        Remember what one journal entry led to. Never waits, never raises.

        Args:
            seq: Of the journal, > 0 and growing; one that was seen before changes nothing.
            at_ms: When the entry was handled.
            records: All of the decision's records; those without rows are skipped here.
            beside: What else is to be kept of their contacts: who called, how they were sorted.
        """
        if seq <= self._seen_seq or self._gap_seq is not None:
            return
        entry = Entry(seq, kept(records), tuple(beside))
        if entry.weight and len(self._queue) >= self._room:
            self._gap_seq = seq
            _log.error("projection.full", seq=seq, at_ms=at_ms, room=self._room)
            return
        self._seen_seq = seq
        if entry.weight:
            self._add(entry)

    def last_seq(self) -> int:
        """The journal seq up to which everything is in the database; 0 if nothing is."""
        return self._last_seq

    @property
    def pending(self) -> int:
        """Entries in memory that are not in the database yet."""
        return self._put - self._done

    @property
    def healthy(self) -> bool:
        return not self.why

    @property
    def why(self) -> str:
        """What is wrong, in Spanish and English, and how to mend it; "" when nothing is."""
        if self._gap_seq is not None:
            return (
                f"la base de datos dejó de seguir al diario en {self._gap_seq}: repárela y reinicie "
                "el servidor; las llamadas siguen / "
                f"the database stopped following the journal at {self._gap_seq}: "
                "mend it and restart the server; calls go on"
            )
        if self._task is not None and self._task.done():
            return (
                "el escritor de la base de datos ha parado: reinicie / the database writer stopped: restart"
            )
        if self._trouble:
            return (
                f"la base de datos no acepta datos ({self._trouble}), {self.pending} entradas esperan; "
                "las llamadas siguen / "
                f"the database takes no data, {self.pending} entries wait; calls go on"
            )
        if self._refused:
            return (
                f"la base de datos rechazó {self._refused} entradas: vea el registro projection.refused / "
                f"the database refused {self._refused} entries: see projection.refused in the log"
            )
        return ""

    async def committed(self) -> None:
        """Wait until everything put so far is in the database. Give it a time-out of your own."""
        if self._done >= self._put:
            return
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._put, reached))
        self._nudge.set()
        await reached

    async def flush(self, *, within_ms: int = 5_000) -> bool:
        """Commit now what was put so far; False if the database did not take it in time."""
        if self._seen_seq > self._last_seq and not self.pending:
            self._add(Entry(self._seen_seq, (), ()))
        self._hurry()
        try:
            async with asyncio.timeout(within_ms / 1000):
                await self.committed()
        except TimeoutError:
            return False
        return True

    async def order(
        self, work: Callable[[Connection], _T], *, erases: bool = False, within_ms: int = 5_000
    ) -> _T:
        """
        Do this in a transaction of its own, after everything put before.

        Args:
            work: Run by the writer; again if the database did not take it.
            erases: What it removes must not live on in a file of the database.
            within_ms: How long to wait for it.

        Raises:
            TimeoutError: The database did not take it in time; it is still done as soon as it does.
                Or so much waits already that this is not taken at all.
            sqlalchemy.exc.IntegrityError, sqlalchemy.exc.DataError: It never will; a bug in `work`.
        """
        if len(self._queue) >= self._room:
            raise TimeoutError
        done: asyncio.Future[_T] = asyncio.get_running_loop().create_future()
        self._add(_Order(work, done, erases=erases))
        self._hurry()
        async with asyncio.timeout(within_ms / 1000):
            return await asyncio.shield(done)

    async def close(self, *, within_ms: int = 5_000) -> bool:
        """Write what is pending, at most this long, and let go of the database."""
        flushed = await self.flush(within_ms=within_ms)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.engine.dispose()
        return flushed

    def _add(self, item: Entry | _Order) -> None:
        self._queue.append(item)
        self._put += 1
        if isinstance(item, Entry):
            self._weight += item.weight
        self._work.set()
        if self._weight >= COMMIT_ROWS:
            self._nudge.set()

    async def _run(self) -> None:
        await self._retrying(self._open)
        self._opened.set()
        while True:
            await self._gather()
            batch = self._take()
            if isinstance(batch, _Order):
                await self._obey(batch)
            else:
                await self._write(batch)

    async def _open(self) -> None:
        create_private_file(self._url)
        await ensure_current(self.engine)
        async with self.engine.connect() as connection:
            self._last_seq = await connection.run_sync(read_seq)
        self._seen_seq = max(self._seen_seq, self._last_seq)

    async def _gather(self) -> None:
        """Wait for work, then for more: shortly after a quiet time, and while somebody wants to read it."""
        loop = asyncio.get_running_loop()
        if not self._queue:
            self._work.clear()
            self._hurried = False
            await self._work.wait()
        began_s = loop.time()
        while not self._hurried and self._weight < COMMIT_ROWS:
            until_s = began_s + COMMIT_EVERY_MS / 1000
            if not self._waiting:
                until_s = max(until_s, self._committed_s + COMMIT_BUSY_MS / 1000)
            left_s = until_s - loop.time()
            if left_s <= 0:
                return
            self._nudge.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._nudge.wait()

    def _hurry(self) -> None:
        """Commit at once, until nothing waits."""
        self._hurried = True
        self._nudge.set()

    def _take(self) -> list[Entry] | _Order:
        first = self._queue[0]
        if isinstance(first, _Order):
            self._queue.popleft()
            return first
        batch: list[Entry] = []
        weight = 0
        while self._queue and weight < COMMIT_ROWS:
            item = self._queue[0]
            if isinstance(item, _Order):
                break
            self._queue.popleft()
            batch.append(item)
            weight += item.weight
        self._weight -= weight
        return batch

    async def _write(self, batch: list[Entry]) -> None:
        # The entries after the batch may have had no rows: then they are projected as well.
        up_to = max(batch[-1].seq if self._queue else self._seen_seq, self._last_seq)
        new = [entry for entry in batch if entry.seq > self._last_seq]
        try:
            await self._retrying(lambda: self._transaction(new, up_to))
        except (IntegrityError, DataError):
            await self._write_singly(new, up_to)
        self._last_seq = up_to
        self._committed_s = asyncio.get_running_loop().time()
        self._finished(len(batch))

    async def _write_singly(self, entries: Sequence[Entry], up_to: int) -> None:
        """One entry is such that the database will never take it: leave out that one only."""
        for entry in entries:
            try:
                await self._retrying(partial(self._transaction, [entry], entry.seq))
            except (IntegrityError, DataError) as error:
                self._refused += 1
                _log.warning("projection.refused", seq=entry.seq, why=type(error.orig).__name__)
        await self._retrying(lambda: self._transaction([], up_to))

    async def _transaction(self, entries: Sequence[Entry], up_to: int) -> None:
        async with self.engine.begin() as connection:
            await connection.run_sync(write, entries, up_to)

    async def _obey(self, order: _Order) -> None:
        try:
            result = await self._retrying(lambda: self._obey_now(order))
        except (IntegrityError, DataError) as error:
            if not order.done.done():
                order.done.set_exception(error)
        else:
            if not order.done.done():
                order.done.set_result(result)
        self._finished(1)

    async def _obey_now(self, order: _Order) -> Any:
        async with self.engine.begin() as connection:
            result = await connection.run_sync(order.work)
        if order.erases:
            await drop_erased_pages(self.engine)
        return result

    async def _retrying(self, attempt: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Until it succeeds. Raises only what would fail for ever."""
        pause_ms = self._retry_first_ms
        while True:
            try:
                result = await attempt()
            except (IntegrityError, DataError):
                raise
            except (SQLAlchemyError, OSError, SchemaMismatchError) as error:
                self._note_trouble(error)
            else:
                self._note_recovery()
                return result
            await asyncio.sleep(pause_ms / 1000)
            pause_ms = min(pause_ms * 2, RETRY_MAX_MS)

    def _note_trouble(self, error: Exception) -> None:
        # Not the whole text: a driver may quote the values, and those are people's numbers.
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not self._trouble:
            _log.warning("projection.trouble", why=str(cause)[:200], pending=self.pending)
        self._trouble = str(cause)[:200] or type(cause).__name__

    def _note_recovery(self) -> None:
        if self._trouble:
            _log.info("projection.recovered", pending=self.pending)
        self._trouble = ""

    def _finished(self, count: int) -> None:
        self._done += count
        still = []
        for target, reached in self._waiting:
            if target > self._done:
                still.append((target, reached))
            elif not reached.done():
                reached.set_result(None)
        self._waiting = still
