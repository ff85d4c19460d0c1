"""
The event hub: everybody who listens hears the same, and nobody slows anybody.

Each client has a queue of its own with a limit. Who does not keep up loses the
queue and gets one `snapshot` instead: late, but never wrong. Who was away and
says so hears what it missed. Publishing never waits.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from acd.model import ContactId
from acd.records import Record
from cti.desktop.catalogue import PERSONAL
from cti.desktop.client import Client
from cti.desktop.envelope import PER_ENTRY, VERSION, Message, decode, encode, message_seq, moment
from cti.desktop.known import Enrich, OutsideNumber, Tell, no_number, nothing_yet
from cti.desktop.log import EventLog, Kept, Reader
from cti.desktop.privacy import CLOSED, Privacy
from cti.desktop.wire import bare, happened_ms, to_message, told_again

QUEUE_MAX = 1_024
"""Messages that may wait for one client."""
CLIENTS_MAX = 500
GATHER_S = 0.02
"""For so long events gather before they are written, many in one go; a pop takes them along at once."""

Snapshot = Callable[[], Mapping[str, object]]
"""All that is true now; becomes the data of a `snapshot` message."""


@dataclass(frozen=True, slots=True)
class _Told:
    """One event as it is told now: each variant is encoded once, however many hear it."""

    message: Message
    whole: bytes
    plain: bytes
    """Without anything that tells who somebody is; this is what is kept."""
    personal: bool
    handlers: frozenset[str]
    """Agents who hear the whole."""

    def to(self, sees: str | None) -> bytes:
        return self.whole if sees is None or sees in self.handlers else self.plain


class EventHub:
    """
    Publishes records to every subscribed client.

    Args:
        enrich: What is known of the customer behind a contact, without waiting.
        snapshot: The whole state, for `snapshot` messages; empty data if not given.
        queue_max: Messages that may wait for one client.
        story: What has happened to a contact so far, without waiting.
        outside: The number behind a target outside, without waiting.
        log: Where events are kept for who was away; without it they get a snapshot.
        privacy: Who may hear what tells who somebody is.
    """

    def __init__(
        self,
        enrich: Enrich,
        snapshot: Snapshot | None = None,
        *,
        queue_max: int = QUEUE_MAX,
        story: Tell = nothing_yet,
        outside: OutsideNumber = no_number,
        log: EventLog | None = None,
        privacy: Privacy = CLOSED,
    ) -> None:
        self.queue_max = queue_max
        self.session = secrets.token_hex(8)
        """New with every start of the server."""
        self.seq = 0 if log is None else log.last
        """Of the newest event; also counts what nobody is told."""
        self._enrich = enrich
        self._story = story
        self._outside = outside
        self._snapshot = snapshot
        self._log = log
        self._privacy = privacy
        self._clients: dict[Client, None] = {}
        self._at_ms = 0
        # Whoever was there before this start has heard nothing from us.
        self._refreshed = self.seq
        self._waking: asyncio.TimerHandle | None = None
        self._waiters: list[tuple[dict[Client, int], asyncio.Future[None]]] = []

    def take_up(self, known_from: int | None, entries: Iterable[tuple[int, int, Sequence[Record]]]) -> None:
        """
        Keep what the journal has and the disk has not: a kill or the loss of power took it. For a start.

        Args:
            known_from: Journal seq after which `entries` are whole; None when the journal was lost.
            entries: (journal seq, now_ms, records), oldest first.
        """
        if self._log is None:
            return
        if known_from is None:
            self._log.begin_after(self._log.last + 1)
        elif self._log.last < message_seq(known_from, 0):
            self._log.begin_after(message_seq(known_from, PER_ENTRY - 1))
        done = self._log.last
        for journal_seq, now_ms, records in entries:
            self._number(journal_seq, records)
            kept = [event for event in _all_kept(journal_seq, records) if event.seq > done]
            self._log.append(kept, now_ms)
        self.seq = self._refreshed = max(self.seq, self._log.last)

    def publish(self, journal_seq: int, records: Sequence[Record]) -> None:
        """Hand the records of one journal entry to every client. Encodes once; never waits."""
        self._number(journal_seq, records)
        if not records:
            return
        if len(records) > PER_ENTRY:
            if self._log is not None:
                self._log.begin_after(self.seq)
            for client in self._clients:
                client.skip_to_snapshot()
            return
        told = self._told(journal_seq, records) if self._clients else []
        if self._log is not None:
            kept = [_kept(event) for event in told] if told else _all_kept(journal_seq, records)
            self._log.append(kept, self._at_ms)
        for event in told:
            for client in self._clients:
                client.feed(event.to(client.sees))
        if told and self._waking is None:
            self._waking = asyncio.get_running_loop().call_later(GATHER_S, self._wake_all)

    def subscribe(self, resume_from: int | None = None, sees: str | None = None) -> Client | None:
        """
        A new client; None if there are too many already.

        Args:
            resume_from: Seq of the last event that it has heard. If all later ones are kept it first gets
                those, else, and without it, a snapshot.
            sees: The agent whose contacts it sees with their personal data; None for all, "" for none.
        """
        if len(self._clients) >= CLIENTS_MAX:
            return None
        client = Client(self, self._reader(resume_from), sees)
        self._clients[client] = None
        return client

    def hello_message(self, from_seq: int | None) -> bytes:
        """`from_seq` of a client that resumes; None for one that gets a snapshot."""
        data = {
            "session": self.session,
            "from_seq": self.seq if from_seq is None else from_seq,
            "resumed": from_seq is not None,
        }
        return self._control("hello", data)

    def snapshot_message(self, sees: str | None = None) -> bytes:
        state = self._snapshot() if self._snapshot else {}
        return self._control("snapshot", state if sees is None else self._privacy.masked(state, sees))

    def missed(self, kept: Kept, sees: str | None = None) -> bytes:
        """A kept event as it is told now, to who sees all or an agent's contacts."""
        if not kept.personal:
            return kept.message
        if sees is not None:
            contact_id = ContactId(decode(kept.message).data["contact_id"])
            if sees not in self._privacy.handlers(contact_id):
                return kept.message
        return told_again(kept.message, self._enrich, self._story, self._outside)

    def was_refreshed_since(self, seq: int) -> bool:
        """Whether something that no event tells has changed since; at a doubt yes."""
        return seq <= self._refreshed

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
        self._wake_all()
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
        self._refreshed = self.seq
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

    def _wake_all(self) -> None:
        if self._waking is not None:
            self._waking.cancel()
            self._waking = None
            for client in self._clients:
                client.wake()

    def _number(self, journal_seq: int, records: Sequence[Record]) -> None:
        self.seq = message_seq(journal_seq, max(0, min(len(records), PER_ENTRY) - 1))
        if records:
            self._at_ms = happened_ms(records[-1])

    def _told(self, journal_seq: int, records: Sequence[Record]) -> list[_Told]:
        """Empty if there is nothing to tell."""
        found = []
        for index, record in enumerate(records):
            seq = message_seq(journal_seq, index)
            message = to_message(record, seq, self._enrich, self._story, self._outside)
            if message is not None:
                found.append(self._variants(message, record))
        return found

    def _variants(self, message: Message, record: Record) -> _Told:
        whole = encode(message)
        if message.type not in PERSONAL:
            return _Told(message, whole, whole, False, frozenset())
        without = bare(record, message.seq)
        assert without is not None
        handlers = frozenset(self._privacy.handlers(ContactId(message.data["contact_id"])))
        if message.type == "offer.announced":
            # Told even if the offer is over within the same entry: it was made to this agent.
            handlers |= {str(message.data["agent"])}
        return _Told(message, whole, encode(without), True, handlers)

    def _reader(self, resume_from: int | None) -> Reader | None:
        log = self._log
        # Compared by entries: `/api/live` knows the entry that it includes, not how many events that had.
        if log is None or resume_from is None or resume_from // PER_ENTRY > self.seq // PER_ENTRY:
            return None
        return Reader(log, resume_from) if resume_from >= log.floor else None

    def _control(self, kind: str, data: Mapping[str, object]) -> bytes:
        return encode(Message(self.seq, f"{kind}{self.seq}", moment(self._at_ms), kind, VERSION, data))


def _all_kept(journal_seq: int, records: Sequence[Record]) -> list[Kept]:
    messages = (bare(record, message_seq(journal_seq, index)) for index, record in enumerate(records))
    return [
        Kept(message.seq, message.type in PERSONAL, encode(message))
        for message in messages
        if message is not None
    ]


def _kept(told: _Told) -> Kept:
    return Kept(told.message.seq, told.personal, told.plain)
