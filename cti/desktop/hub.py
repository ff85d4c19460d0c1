"""
The event hub: everybody who listens hears the same, and nobody slows anybody.

Each client has a queue of its own with a limit. Who does not keep up loses the
queue and gets one `snapshot` instead: late, but never wrong. Publishing never
waits.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from acd.records import Record
from cti.desktop.wire import (
    PER_ENTRY,
    VERSION,
    Enrich,
    Message,
    Tell,
    encode,
    happened_ms,
    message_seq,
    nothing_yet,
    to_message,
)

QUEUE_MAX = 1_024
"""Messages that may wait for one client."""
ANSWERS_MAX = 64
"""Answers that may wait for one client: who asks more than this without reading has gone mad."""
CLIENTS_MAX = 500

Snapshot = Callable[[], Mapping[str, object]]
"""All that is true now; becomes the data of a `snapshot` message."""


class Client:
    """
    One listener: an async iterator of encoded messages, the first one a `snapshot`.

    Asking for the next message says that the one before was written to the
    socket; that is how the hub knows who has been handed what.
    """

    def __init__(self, hub: EventHub) -> None:
        self._hub = hub
        self._queue: deque[bytes] = deque()
        self._answers: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._lagging = True
        self._closed = False
        self._put = 0
        self._written = 0
        self._in_hand = 0
        self.late = False
        """Missed a deadline of `handed_over` and has not caught up since."""

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
            if self._queue:
                self._in_hand = 1
                return self._queue.popleft()
            self._wake.clear()
            await self._wake.wait()

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
        return not (self._lagging or self._closed or self.late)

    def feed(self, message: bytes) -> None:
        if self._lagging:
            return
        if len(self._queue) >= self._hub.queue_max:
            self.skip_to_snapshot()
            return
        self._put += 1
        self._queue.append(message)
        self._wake.set()

    def skip_to_snapshot(self) -> None:
        """Everything not yet sent is dropped; the next message tells the whole state instead."""
        self._lagging = True
        self._queue.clear()
        self._wake.set()

    def _catch_up(self) -> bytes:
        # Taken at the last moment: it holds all that was published before, and nothing waits behind it.
        self._lagging = False
        self._put = self._written + 1
        self._in_hand = 1
        return self._hub.snapshot_message()


class EventHub:
    """
    Publishes records to every subscribed client.

    Args:
        enrich: What is known of the customer behind a contact, without waiting.
        snapshot: The whole state, for `snapshot` messages; empty data if not given.
        queue_max: Messages that may wait for one client.
        story: What has happened to a contact so far, without waiting.
    """

    def __init__(
        self,
        enrich: Enrich,
        snapshot: Snapshot | None = None,
        *,
        queue_max: int = QUEUE_MAX,
        story: Tell = nothing_yet,
    ) -> None:
        self.queue_max = queue_max
        self.session = secrets.token_hex(8)
        """New with every start of the server: a client that sees another one starts afresh."""
        self._enrich = enrich
        self._story = story
        self._snapshot = snapshot
        self._clients: dict[Client, None] = {}
        self._seq = 0
        self._at_ms = 0
        self._waiters: list[tuple[dict[Client, int], asyncio.Future[None]]] = []

    def publish(self, journal_seq: int, records: Sequence[Record]) -> None:
        """Hand the records of one journal entry to every client. Encodes once; never waits."""
        if not records:
            return
        last = min(len(records), PER_ENTRY) - 1
        self._seq = message_seq(journal_seq, last)
        self._at_ms = happened_ms(records[-1])
        if len(records) > PER_ENTRY:
            for client in self._clients:
                client.skip_to_snapshot()
            return
        for index, record in enumerate(records):
            self._publish_one(record, message_seq(journal_seq, index))

    def subscribe(self) -> Client | None:
        """A new client, which first gets a snapshot; None if there are too many already."""
        if len(self._clients) >= CLIENTS_MAX:
            return None
        client = Client(self)
        self._clients[client] = None
        return client

    def hello(self) -> bytes:
        """The first message of a connection: which server this is, and from where it tells."""
        return self._control("hello", {"session": self.session, "from_seq": self._seq})

    def snapshot_message(self) -> bytes:
        return self._control("snapshot", self._snapshot() if self._snapshot else {})

    async def handed_over(self, within_ms: int) -> bool:
        """
        Wait until every healthy client has been handed all that was published so far.

        Called between the pop and the bell. A client that misses the deadline is
        not waited for again until it has caught up.

        Args:
            within_ms: At most this long; > 0.

        Returns:
            False if the time was over first.
        """
        pending = {
            client: client.put for client in self._clients if client.healthy and client.handed < client.put
        }
        if not pending:
            return True
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = (pending, done)
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(within_ms / 1000):
                await done
        except TimeoutError:
            for client in pending:
                client.late = True
            return False
        finally:
            self._waiters.remove(waiter)
        return True

    def refresh(self) -> None:
        """Something that no record tells has changed: every client gets a `snapshot`."""
        for client in self._clients:
            client.skip_to_snapshot()

    @property
    def clients(self) -> int:
        return len(self._clients)

    def progress(self) -> None:
        """A client has written something, or is no longer waited for."""
        for pending, done in self._waiters:
            for client in [c for c, put in pending.items() if not c.healthy or c.handed >= put]:
                del pending[client]
            if not pending and not done.done():
                done.set_result(None)

    def leave(self, client: Client) -> None:
        self._clients.pop(client, None)
        self.progress()

    def _publish_one(self, record: Record, seq: int) -> None:
        if not self._clients:
            return
        message = to_message(record, seq, self._enrich, self._story)
        if message is None:
            return
        encoded = encode(message)
        for client in self._clients:
            client.feed(encoded)

    def _control(self, kind: str, data: Mapping[str, object]) -> bytes:
        return encode(Message(self._seq, self._at_ms, kind, VERSION, data))
