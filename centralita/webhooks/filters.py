"""Which events go to which endpoint: the same messages as on the event stream, by type and queue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from acd.model import ContactId
from acd.records import Record
from centralita.store.outbox import Delivery
from centralita.webhooks.post import BODY_MAX
from cti.desktop.envelope import PER_ENTRY, Message, encode, message_seq
from cti.desktop.known import Enrich, OutsideNumber, Tell, no_number
from cti.desktop.wire import to_message

QUEUES_KEPT = 20_000
"""Contacts whose last queue is remembered: a wrap-up may end after its contact, and does not name it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One receiver, as configured."""

    name: str
    url: str
    events: tuple[str, ...]
    """Types, or patterns like `offer.*`."""
    queues: frozenset[str] = frozenset()
    """Only contacts of these; empty: of all, and those that have none yet."""
    private: bool = False

    def wants(self, kind: str) -> bool:
        return any(fnmatchcase(kind, pattern) for pattern in self.events)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where what a message tells comes from, without waiting."""

    enrich: Enrich
    story: Tell
    queue_of: Callable[[ContactId], str | None]
    """Of a contact on the line."""
    now_ms: Callable[[], int]
    """UTC."""
    outside: OutsideNumber = no_number


class Filters:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._queues: dict[str, str] = {}

    def choose(
        self, journal_seq: int, records: Sequence[Record], endpoints: Iterable[Endpoint]
    ) -> list[Delivery]:
        """
        What these records lead to.

        Args:
            journal_seq: Of the entry.
            records: All of it, in order: a message's number counts every one.
            endpoints: Who might want to hear.
        """
        listeners = list(endpoints)
        if not listeners:
            return []
        found: list[Delivery] = []
        for index, record in enumerate(records[:PER_ENTRY]):
            seq = message_seq(journal_seq, index)
            known = self._sources
            message = to_message(record, seq, known.enrich, known.story, known.outside)
            if message is not None:
                found += self._for(message, listeners)
        return found

    def _for(self, message: Message, listeners: Sequence[Endpoint]) -> list[Delivery]:
        contact_id, queue = self._place(message)
        wanted = [
            one
            for one in listeners
            if one.wants(message.type) and (not contact_id or not one.queues or queue in one.queues)
        ]
        if not wanted:
            return []
        body, now_ms = encode(message), self._sources.now_ms()
        line = contact_id or _line(message)
        return [Delivery(one.name, message.seq, line, message.type, body, now_ms) for one in wanted]

    def _place(self, message: Message) -> tuple[str, str | None]:
        """The contact that it is about ("" for none), and the queue that this one is or was in."""
        contact_id = message.data.get("contact_id")
        if not isinstance(contact_id, str):
            return "", None
        named = message.data.get("queue")
        queue = named if isinstance(named, str) and named else self._queues.get(contact_id)
        if queue is None:
            queue = self._sources.queue_of(ContactId(contact_id))
        if queue is not None:
            self._queues.pop(contact_id, None)
            self._queues[contact_id] = queue
            if len(self._queues) > QUEUES_KEPT:
                del self._queues[next(iter(self._queues))]
        return contact_id, queue


def fits(delivery: Delivery) -> bool:
    return len(delivery.body) <= BODY_MAX


def _line(message: Message) -> str:
    """Of an event without contact: those of one agent stay in order, and those of the server."""
    agent = message.data.get("agent")
    return f"agent:{agent}" if isinstance(agent, str) else "server:"
