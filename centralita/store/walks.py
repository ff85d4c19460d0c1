"""What a flow knows of its caller, and who the caller has proven to be, as rows: erased with the customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from acd.model import ContactId
from centralita.store.customers import CustomerRecord, record_of
from centralita.store.services_tables import proof, walk
from centralita.store.tables import customer
from centralita.web.ports import HistoryUnavailableError

_IN_MAX = 500


@dataclass(frozen=True, slots=True)
class Walk:
    """What a flow wants remembered of one contact, whole: a later one replaces it. Never in the journal."""

    contact_id: ContactId
    memory: Mapping[str, object]
    at_ms: int


@dataclass(frozen=True, slots=True)
class Proof:
    """Who a contact is proven to be, whole: a later one replaces it. Never in the journal."""

    contact_id: ContactId
    customer_id: str | None
    trust: str
    """A `store.parties.Trust`; empty: nothing was proven."""
    unverified: bool
    at_ms: int
    by: str = ""
    """`pin`, or the field of the record by which it was."""


def write_walks(connection: Connection, walks: Sequence[Walk]) -> None:
    """Of several of one contact the last one counts."""
    rows = [{"contact_id": w.contact_id, "memory": dict(w.memory), "at_ms": w.at_ms} for w in walks]
    _replace(connection, walk, rows)


def write_proofs(connection: Connection, proofs: Sequence[Proof]) -> None:
    """Of several of one contact the last one counts."""
    names = ("contact_id", "customer_id", "trust", "by", "unverified", "at_ms")
    _replace(connection, proof, [{name: getattr(each, name) for name in names} for each in proofs])


def sweep_walks(connection: Connection, before_ms: int) -> int:
    """Delete what flows remembered of contacts older than this; returns how many."""
    return connection.execute(delete(walk).where(walk.c.at_ms < before_ms)).rowcount


class WalkRows:
    """
    What is read back after a restart. Every method may raise `HistoryUnavailableError`.

    Args:
        engine: The projection's.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def walks(self, ids: Sequence[ContactId]) -> Sequence[Walk]:
        rows = await self._rows(walk, walk.c.contact_id, ids)
        return [Walk(row.contact_id, row.memory, row.at_ms) for row in rows]

    async def proofs(self, ids: Sequence[ContactId]) -> Sequence[Proof]:
        rows = await self._rows(proof, proof.c.contact_id, ids)
        return [
            Proof(row.contact_id, row.customer_id, row.trust, row.unverified, row.at_ms, row.by)
            for row in rows
        ]

    async def customers(self, ids: Sequence[str]) -> Mapping[str, CustomerRecord]:
        """Records by the customer's id."""
        rows = await self._rows(customer, customer.c.id, ids)
        return {row.id: record_of(row._mapping) for row in rows}

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


def _replace(connection: Connection, target: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    newest = {row["contact_id"]: row for row in rows}
    for start in range(0, len(newest), _IN_MAX):
        some = list(newest)[start : start + _IN_MAX]
        connection.execute(delete(target).where(target.c.contact_id.in_(some)))
        connection.execute(insert(target), [newest[name] for name in some])
