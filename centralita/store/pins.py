"""What proves who somebody is: PINs as hashes, fields of the record, and failures, so that nobody guesses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from centralita.store.customers import CustomerRecord, record_of
from centralita.store.services_tables import customer_key, customer_pin, failed_proof
from centralita.store.tables import customer
from centralita.web.ports import HistoryUnavailableError


@dataclass(frozen=True, slots=True)
class FailedProof:
    id: str
    subject: str
    """Id of the customer, or the number that called."""
    contact_id: str
    at_ms: int


def set_pin(connection: Connection, ref: str, pin: str | None, now_ms: int) -> bool:
    """
    Keep the hash of a customer's PIN, or none any more.

    Args:
        connection: In the writer's transaction.
        ref: Key in the owner's CRM.
        pin: argon2id; None removes it.
        now_ms: UTC.

    Returns:
        False: there is no such customer.
    """
    customer_id = connection.scalar(select(customer.c.id).where(customer.c.ref == ref))
    if customer_id is None:
        return False
    connection.execute(delete(customer_pin).where(customer_pin.c.customer_id == customer_id))
    if pin is not None:
        connection.execute(insert(customer_pin).values(customer_id=customer_id, pin=pin, set_ms=now_ms))
    # Who is given a new PIN may try it at once.
    connection.execute(delete(failed_proof).where(failed_proof.c.subject == customer_id))
    return True


def customer_id_of(connection: Connection, ref: str) -> str | None:
    return connection.scalar(select(customer.c.id).where(customer.c.ref == ref))


def note_failure(connection: Connection, failed: FailedProof) -> None:
    known = connection.scalar(select(failed_proof.c.id).where(failed_proof.c.id == failed.id))
    if known is None:
        row = {name: getattr(failed, name) for name in FailedProof.__slots__}
        connection.execute(insert(failed_proof), [row])


def forgive(connection: Connection, failure_id: str) -> None:
    """It was none after all."""
    connection.execute(delete(failed_proof).where(failed_proof.c.id == failure_id))


def sweep_failures(connection: Connection, before_ms: int) -> int:
    """Delete those that do not count any more; returns how many."""
    return connection.execute(delete(failed_proof).where(failed_proof.c.at_ms < before_ms)).rowcount


class PinRows:
    """
    Reads beside the writer. Every method may raise `HistoryUnavailableError`.

    Args:
        engine: The projection's.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def pin(self, customer_id: str) -> str | None:
        """The hash; None: there is none."""
        try:
            async with self._engine.connect() as connection:
                statement = select(customer_pin.c.pin).where(customer_pin.c.customer_id == customer_id)
                found: str | None = await connection.scalar(statement)
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error
        return found

    async def by_field(self, name: str, value: str) -> CustomerRecord | None:
        """
        The one active customer whose field is this, as `services.documents` spells it.

        None also when there are several: nobody is taken for one of two.
        """
        statement = (
            select(customer)
            .join(customer_key, customer_key.c.customer_id == customer.c.id)
            .where(
                customer_key.c.field == name,
                customer_key.c.value == value,
                customer.c.active,
                customer.c.ref.is_not(None),
            )
            .order_by(customer.c.id)
            .limit(2)
        )
        try:
            async with self._engine.connect() as connection:
                rows = (await connection.execute(statement)).mappings().all()
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error
        return record_of(rows[0]) if len(rows) == 1 else None

    async def failures(self, since_ms: int) -> Sequence[FailedProof]:
        """Those since then, oldest first."""
        statement = (
            select(failed_proof)
            .where(failed_proof.c.at_ms >= since_ms)
            .order_by(failed_proof.c.at_ms, failed_proof.c.id)
        )
        try:
            async with self._engine.connect() as connection:
                rows = (await connection.execute(statement)).mappings().all()
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error
        return [FailedProof(**row) for row in rows]
