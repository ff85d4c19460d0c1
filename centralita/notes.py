"""What agents write of a contact for whoever talks to it next; kept here until the contact ends."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from acd.model import ContactId
from acd.records import ContactClosed, Record
from centralita.store.notes import Note
from centralita.web.ports import HistoryUnavailableError

NOTES_MAX = 20
"""Of one contact; more are refused."""


class Kept(Protocol):
    async def notes(self, contact_ids: Sequence[ContactId]) -> Sequence[Note]:
        """As written; may raise `HistoryUnavailableError`."""


class Notes:
    """
    The notes of the contacts on the line.

    Args:
        write: Takes what is to be kept; never waits.
        now_ms: Engine time.
    """

    def __init__(self, write: Callable[[Note], None], now_ms: Callable[[], int]) -> None:
        self._write, self._now_ms = write, now_ms
        self._live: dict[ContactId, list[Note]] = {}

    def add(self, contact_id: ContactId, agent: str, text: str) -> bool:
        """False: the contact has as many as it may have."""
        known = self._live.setdefault(contact_id, [])
        if len(known) >= NOTES_MAX:
            return False
        found = Note(f"{contact_id}.{secrets.token_hex(4)}", contact_id, agent, text, self._now_ms())
        known.append(found)
        self._write(found)
        return True

    def of(self, contact_id: ContactId) -> list[dict[str, object]]:
        """For screens, oldest first."""
        return [
            {"agent": found.agent, "text": found.text, "at_ms": found.at_ms}
            for found in self._live.get(contact_id, ())
        ]

    def follow(self, records: Iterable[Record]) -> None:
        """Keep step with the engine: forget who has gone."""
        for record in records:
            if isinstance(record, ContactClosed):
                self._live.pop(record.contact_id, None)

    def forget(self, contact_ids: Iterable[ContactId]) -> None:
        """Their customer is erased."""
        for contact_id in contact_ids:
            self._live.pop(contact_id, None)

    async def restore(self, kept: Kept, contact_ids: Sequence[ContactId]) -> None:
        """After a restart: read back what was written of the contacts on the line."""
        try:
            found = await kept.notes(contact_ids)
        except HistoryUnavailableError:
            return
        for note in found:
            known = self._live.setdefault(note.contact_id, [])
            if note not in known:
                known.append(note)
