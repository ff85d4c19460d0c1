"""Messages for people: who may hear which, heard, deleted. See `web.services_ports.VoicemailPort`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from centralita.services.voicemail import Voicemail
from centralita.services.written import Writer
from centralita.store.voicemail import MessageQuery, MessageRows, Told, delete_message, hear_message
from centralita.web.ports import HistoryUnavailableError
from centralita.web.services_ports import Json


@dataclass(frozen=True, slots=True)
class Mailbox:
    """
    Args:
        rows: Where they are read.
        writer: The projection.
        files: Who has the files.
        now_ms: UTC.
    """

    rows: MessageRows
    writer: Writer
    files: Voicemail
    now_ms: Callable[[], int]

    async def messages(
        self, boxes: Collection[str] | None, *, unheard: bool, before_ms: int | None, limit: int
    ) -> Sequence[Json]:
        found = await self.rows.messages(MessageQuery(boxes, unheard, before_ms, limit))
        return [_told(each) for each in found]

    async def audio(self, message_id: str, boxes: Collection[str] | None) -> Path | None:
        found = await self._message(message_id, boxes)
        if found is None:
            return None
        path = self.files.path(found.message)
        return path if await asyncio.to_thread(path.is_file) else None

    async def heard(self, message_id: str, boxes: Collection[str] | None, by: str) -> bool:
        if await self._message(message_id, boxes) is None:
            return False
        work = partial(hear_message, message_id=message_id, by=by, at_ms=self.now_ms())
        try:
            return await self.writer.order(work)
        except TimeoutError as error:
            raise HistoryUnavailableError("queued; the database is not taking it yet") from error

    async def delete(self, message_id: str, boxes: Collection[str] | None) -> bool:
        if await self._message(message_id, boxes) is None:
            return False
        try:
            found = await self.writer.order(partial(delete_message, message_id=message_id), erases=True)
        except TimeoutError as error:
            raise HistoryUnavailableError("queued; the database is not taking it yet") from error
        await self.files.remove_erased()
        return found

    async def _message(self, message_id: str, boxes: Collection[str] | None) -> Told | None:
        found = await self.rows.message(message_id)
        if found is None or (boxes is not None and found.message.box not in boxes):
            return None
        return found


def _told(found: Told) -> Json:
    return {
        **asdict(found.message),
        "number": found.number,
        "name": found.name,
        "ref": found.ref,
        "segment": found.segment or None,
    }
