"""What a caller keyed and came by, and how agents say it went, as rows: erased with the customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from acd.model import ContactId
from centralita.store.happenings import ESCALATED, TRANSFERRED
from centralita.store.services_erase import contacts_of
from centralita.store.tables import disposition, happening, trail
from centralita.web.ports import HistoryUnavailableError

_IN_MAX = 500


@dataclass(frozen=True, slots=True)
class Trail:
    """How a caller came in and through the menus, whole: a later one replaces it. Never in the journal."""

    contact_id: ContactId
    entry: str
    trunk: str
    path: tuple[Mapping[str, object], ...]
    """As `cti.desktop.shapes_known.PassedData`, with `is_reason`."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """How a contact went, in the words of one agent; a later one replaces it. Never in the journal."""

    contact_id: ContactId
    agent: str
    disposition: str
    tags: tuple[str, ...]
    note: str
    at_ms: int

    @property
    def id(self) -> str:
        return f"{self.contact_id}.{self.agent}"


@dataclass(frozen=True, slots=True)
class Handed:
    """One hand-over by an agent."""

    contact_id: ContactId
    agent: str
    to: str
    """Agent or queue; empty for somebody outside."""
    kind: str
    """escalated, blind or attended."""
    at_ms: int


def write_trails(connection: Connection, trails: Sequence[Trail]) -> None:
    """Of several of one contact the last one counts."""
    rows = [
        {"contact_id": found.contact_id, "entry": found.entry, "trunk": found.trunk, "path": list(found.path)}
        for found in trails
    ]
    _replace(connection, trail, trail.c.contact_id, rows)


def write_dispositions(connection: Connection, said: Sequence[Disposition]) -> None:
    """Of several by one agent of one contact the last one counts."""
    names = ("id", "contact_id", "agent", "disposition", "note", "at_ms")
    rows = [{**{name: getattr(each, name) for name in names}, "tags": list(each.tags)} for each in said]
    _replace(connection, disposition, disposition.c.id, rows)


def erase_trails(connection: Connection, customer_id: str) -> None:
    """What was keyed and written is gone; which disposition it was stays, as the counters do."""
    theirs = contacts_of(customer_id)
    connection.execute(delete(trail).where(trail.c.contact_id.in_(theirs)))
    connection.execute(
        update(disposition).where(disposition.c.contact_id.in_(theirs)).values(tags=[], note="")
    )


class TrailRows:
    """
    What is read back after a restart. Every method may raise `HistoryUnavailableError`.

    Args:
        engine: The projection's.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def trails(self, ids: Sequence[ContactId]) -> Sequence[Trail]:
        rows = await self._rows(trail, trail.c.contact_id, ids)
        return [Trail(row.contact_id, row.entry, row.trunk, tuple(row.path)) for row in rows]

    async def dispositions(self, ids: Sequence[ContactId]) -> Sequence[Disposition]:
        """Oldest first."""
        rows = await self._rows(disposition, disposition.c.contact_id, ids)
        found = [
            Disposition(row.contact_id, row.agent, row.disposition, tuple(row.tags), row.note, row.at_ms)
            for row in rows
        ]
        return sorted(found, key=lambda each: (each.at_ms, each.id))

    async def handed(self, ids: Sequence[ContactId]) -> Sequence[Handed]:
        """Oldest first."""
        rows = await self._rows(happening, happening.c.contact_id, ids)
        found = [
            Handed(
                row.contact_id,
                row.agent,
                row.to or "",
                ESCALATED if row.kind == ESCALATED else str(row.reason),
                row.at_ms,
            )
            for row in rows
            if row.kind in (ESCALATED, TRANSFERRED)
        ]
        return sorted(found, key=lambda each: each.at_ms)

    async def _rows(self, table: Table, key: Column[Any], ids: Sequence[str]) -> list[Any]:
        found: list[Any] = []
        try:
            async with self._engine.connect() as connection:
                for start in range(0, len(ids), _IN_MAX):
                    statement = select(table).where(key.in_(ids[start : start + _IN_MAX]))
                    found += (await connection.execute(statement)).all()
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error
        return found


def _replace(
    connection: Connection, target: Table, key: Column[Any], rows: Sequence[Mapping[str, Any]]
) -> None:
    newest = {row[key.name]: row for row in rows}
    for start in range(0, len(newest), _IN_MAX):
        some = list(newest)[start : start + _IN_MAX]
        connection.execute(delete(target).where(key.in_(some)))
        connection.execute(insert(target), [newest[name] for name in some])
