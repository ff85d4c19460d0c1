"""One listener of the events: where it stands, and what it is told next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

from cti.desktop.log import Kept, LostError, Reader

ANSWERS_MAX = 64
"""Answers that may wait for one client: who asks more than this without reading has gone mad."""


class Source(Protocol):
    """What a client needs of the hub."""

    queue_max: int

    def snapshot_message(self, sees: str | None) -> bytes: ...

    def hello_message(self, from_seq: int | None) -> bytes: ...

    def missed(self, kept: Kept, sees: str | None) -> bytes:
        """A kept event as it is told now."""

    def was_refreshed_since(self, seq: int) -> bool: ...

    def progress(self) -> None: ...

    def leave(self, client: Client) -> None: ...


class Client:
    """
    One listener: an async iterator of encoded messages.

    The first is a `snapshot`, or else the events that it missed, read from disk;
    then comes what happens. An event that happens while it still reads is on disk
    too, and it takes part only when it has read everything: so there is neither a
    gap nor a double. Asking for the next message says that the one before was
    written to the socket; that is how the hub knows who has been handed what.
    """

    def __init__(self, hub: Source, reader: Reader | None = None, sees: str | None = None) -> None:
        self._hub = hub
        self.sees = sees
        """The agent whose contacts it sees with their personal data; None for all, "" for none."""
        self._reader = reader
        self._missed: deque[Kept] = deque()
        self._from_seq = None if reader is None else reader.seq
        self._queue: deque[bytes] = deque()
        self._answers: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._lagging = reader is None
        self._refresh = reader is not None and hub.was_refreshed_since(reader.seq)
        self._closed = False
        self._put = 0
        self._written = 0
        self._in_hand = 0
        self.late = False
        """Missed a deadline of `handed_over` and has not caught up since."""

    def hello(self) -> bytes:
        """The first message of its connection: which server this is, and from where it tells."""
        return self._hub.hello_message(self._from_seq)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self._written += self._in_hand
        self._in_hand = 0
        if self.handed == self._put:
            self.late = False
        self._hub.progress()
        while True:
            if self._closed:
                raise StopAsyncIteration
            if self._lagging:
                return self._catch_up()
            if self._answers:
                return self._answers.popleft()
            if self._missed:
                return self._hub.missed(self._missed.popleft(), self.sees)
            if self._reader is not None:
                await self._read_on(self._reader)
            elif self._queue:
                self._in_hand = 1
                return self._queue.popleft()
            else:
                self._wake.clear()
                await self._wake.wait()

    def more(self) -> list[bytes]:
        """What waits besides the message just taken, to be written together with it."""
        if self._closed or self._lagging:
            return []
        if self._reader is not None:
            missed, self._missed = self._missed, deque()
            return [self._hub.missed(kept, self.sees) for kept in missed]
        found = list(self._queue)
        self._queue.clear()
        self._in_hand += len(found)
        return found

    def answer(self, message: bytes) -> bool:
        """
        Tell this client alone. What it has asked for is never dropped for lack of room among the events.

        Returns:
            False if too many answers wait already: it should be shown the door.
        """
        if len(self._answers) >= ANSWERS_MAX:
            return False
        self._answers.append(message)
        self._wake.set()
        return True

    def close(self) -> None:
        """The listener has gone. May be called twice."""
        self._closed = True
        self._queue.clear()
        self._answers.clear()
        self._missed.clear()
        self._wake.set()
        self._hub.leave(self)

    @property
    def put(self) -> int:
        """Messages this client was meant to get, ever."""
        return self._put

    @property
    def handed(self) -> int:
        """How many of them are written to its socket, or covered by a snapshot that is."""
        return self._written

    @property
    def healthy(self) -> bool:
        return not (self._lagging or self._reader is not None or self._closed or self.late)

    def feed(self, message: bytes) -> None:
        if self._lagging or self._reader is not None:
            return
        if len(self._queue) >= self._hub.queue_max:
            self.skip_to_snapshot()
            return
        self._put += 1
        self._queue.append(message)

    def wake(self) -> None:
        """What it was fed is to go out now."""
        if self._queue:
            self._wake.set()

    def skip_to_snapshot(self) -> None:
        """The whole state comes next, instead of what is not yet sent; but after what was missed."""
        if self._reader is not None:
            self._refresh = True
            return
        self._lagging = True
        self._queue.clear()
        self._wake.set()

    async def _read_on(self, reader: Reader) -> None:
        try:
            self._missed.extend(await reader.read())
        except LostError:
            self._reader, self._lagging = None, True
            return
        # Since the reading, something may have been published: only who has read that too takes part.
        if not self._missed and reader.has_all:
            self._reader, self._lagging = None, self._refresh

    def _catch_up(self) -> bytes:
        # Taken at the last moment: it holds all that was published before, and nothing waits behind it.
        self._lagging = False
        self._put = self._written + 1
        self._in_hand = 1
        return self._hub.snapshot_message(self.sees)
