"""
Messages that callers have left, as rows; each is a file beside the database.

A message that is deleted is marked first. Its file goes next and its row last: whatever dies in
between, no file stays that nobody knows of, and none comes back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from acd.model import ContactId
from centralita.store.services_tables import voicemail
from centralita.store.tables import contact, customer, party
from centralita.web.ports import HistoryUnavailableError


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    contact_id: ContactId
    box: str
    """A queue."""
    language: str
    left_ms: int
    length_ms: int
    heard_ms: int | None = None
    heard_by: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A message, and of whom it is."""

    message: Message
    number: str | None
    name: str
    ref: str | None
    segment: str | None


@dataclass(frozen=True, slots=True)
class MessageQuery:
    boxes: Collection[str] | None
    """None: all."""
    unheard: bool = False
    before_ms: int | None = None
    limit: int = 50


def keep_message(connection: Connection, message: Message) -> bool:
    """False: it is kept already, or was and is deleted."""
    if connection.scalar(select(voicemail.c.id).where(voicemail.c.id == message.id)) is not None:
        return False
    connection.execute(insert(voicemail), [{**asdict(message), "gone": False}])
    return True


def hear_message(connection: Connection, message_id: str, by: str, at_ms: int) -> bool:
    """Mark it as heard, the first time only. False: there is no such message."""
    there = (voicemail.c.id == message_id, ~voicemail.c.gone)
    connection.execute(
        update(voicemail).where(*there, voicemail.c.heard_ms.is_(None)).values(heard_ms=at_ms, heard_by=by)
    )
    return connection.scalar(select(voicemail.c.id).where(*there)) is not None


def delete_message(connection: Connection, message_id: str) -> bool:
    """False: there is no such message."""
    there = (voicemail.c.id == message_id, ~voicemail.c.gone)
    return connection.execute(update(voicemail).where(*there).values(gone=True)).rowcount > 0


def expire_messages(connection: Connection, before_ms: int) -> int:
    """Delete those that were left before; returns how many."""
    old = (voicemail.c.left_ms < before_ms, ~voicemail.c.gone)
    return connection.execute(update(voicemail).where(*old).values(gone=True)).rowcount


def forget_messages(connection: Connection, ids: Sequence[str]) -> None:
    """Their files are gone."""
    connection.execute(delete(voicemail).where(voicemail.c.id.in_(list(ids)), voicemail.c.gone))


class MessageRows:
    """
    Reads beside the writer. Every method may raise `HistoryUnavailableError`.

    Args:
        engine: The projection's.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def messages(self, query: MessageQuery) -> Sequence[Told]:
        """Newest first."""
        statement = _told().order_by(voicemail.c.left_ms.desc(), voicemail.c.id.desc()).limit(query.limit)
        if query.boxes is not None:
            statement = statement.where(voicemail.c.box.in_(sorted(query.boxes)))
        if query.unheard:
            statement = statement.where(voicemail.c.heard_ms.is_(None))
        if query.before_ms is not None:
            statement = statement.where(voicemail.c.left_ms < query.before_ms)
        return [_read(row) for row in await self._rows(statement)]

    async def message(self, message_id: str) -> Told | None:
        found = await self._rows(_told().where(voicemail.c.id == message_id))
        return _read(found[0]) if found else None

    async def gone(self) -> Sequence[tuple[str, str]]:
        """Id and box of those whose files are to go."""
        statement = select(voicemail.c.id, voicemail.c.box).where(voicemail.c.gone).order_by(voicemail.c.id)
        return [(row.id, row.box) for row in await self._rows(statement)]

    async def known(self, ids: Sequence[str]) -> frozenset[str]:
        """Those of these that have a row, deleted or not."""
        statement = select(voicemail.c.id).where(voicemail.c.id.in_(list(ids)))
        return frozenset(row.id for row in await self._rows(statement))

    async def _rows(self, statement: Select[Any]) -> Sequence[Any]:
        try:
            async with self._engine.connect() as connection:
                rows: Sequence[Any] = (await connection.execute(statement)).all()
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error
        return rows


def _told() -> Select[Any]:
    return (
        select(voicemail, party.c.number_e164, party.c.name, customer.c.ref, contact.c.segment)
        .add_columns(customer.c.name.label("customer_name"))
        .select_from(
            voicemail.outerjoin(party, party.c.contact_id == voicemail.c.contact_id)
            .outerjoin(customer, customer.c.id == party.c.customer_id)
            .outerjoin(contact, contact.c.id == voicemail.c.contact_id)
        )
        .where(~voicemail.c.gone)
    )


def _read(row: Any) -> Told:
    message = Message(
        row.id, row.contact_id, row.box, row.language, row.left_ms, row.length_ms, row.heard_ms, row.heard_by
    )
    return Told(message, row.number_e164, row.customer_name or row.name or "", row.ref, row.segment)
