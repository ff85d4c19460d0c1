"""What agents write of a contact for whoever talks to it next; kept here until a while after its end."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

from acd import events as ev
from acd.model import AgentId, Annotation, ContactId
from acd.records import ContactClosed, Record
from centralita.store.notes import Note
from centralita.web.ports import HistoryUnavailableError

NOTES_MAX = 20
"""Of one contact; more are refused."""
OVER_MAX = 2_000
"""Contacts that are over whose notes are still in memory."""


class Kept(Protocol):
    async def notes(self, contact_ids: Sequence[ContactId]) -> Sequence[Note]:
        """As written; may raise `HistoryUnavailableError`."""


class Notes:
    """
    The notes of the contacts on the line, and of the last that are over.

    Args:
        write: Takes what is to be kept with the next journal entry; never waits.
        now_ms: Engine time.
        ask: See `Runtime.ask`.
    """

    def __init__(
        self,
        write: Callable[[Note], None],
        now_ms: Callable[[], int],
        ask: Callable[[ev.Event], Awaitable[object]],
    ) -> None:
        self._write, self._now_ms, self._ask = write, now_ms, ask
        self._live: dict[ContactId, list[Note]] = {}
        self._over: OrderedDict[ContactId, list[Note]] = OrderedDict()

    async def add(self, contact_id: ContactId, agent: str, text: str) -> bool:
        """
        Also of a contact that is over, as long as its agent wraps up.

        Returns:
            False: the contact has as many as it may have.

        Raises:
            InboxFull: The server cannot keep up; the note is not lost.
        """
        known = self._over[contact_id] if contact_id in self._over else self._live.setdefault(contact_id, [])
        if len(known) >= NOTES_MAX:
            return False
        found = Note(f"{contact_id}.{secrets.token_hex(4)}", contact_id, agent, text, self._now_ms())
        known.append(found)
        self._write(found)
        await self._ask(ev.ContactAnnotated(contact_id, Annotation.NOTE, AgentId(agent), found.id))
        return True

    def of(self, contact_id: ContactId) -> list[dict[str, object]]:
        """For screens, oldest first."""
        known = self._live.get(contact_id) or self._over.get(contact_id, [])
        return [
            {"id": found.id, "agent": found.agent, "text": found.text, "at_ms": found.at_ms}
            for found in known
        ]

    def follow(self, records: Iterable[Record]) -> None:
        """Keep step with the engine: who has gone is kept a while, for their agents' last words."""
        for record in records:
            if isinstance(record, ContactClosed):
                self._over[record.contact_id] = self._live.pop(record.contact_id, [])
                if len(self._over) > OVER_MAX:
                    self._over.popitem(last=False)

    def forget(self, contact_ids: Iterable[ContactId]) -> None:
        """Their customer is erased."""
        for contact_id in contact_ids:
            self._live.pop(contact_id, None)
            self._over.pop(contact_id, None)

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
