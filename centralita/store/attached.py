"""
Data that programs attach to a contact, a customer or a number: a cart, an order, a campaign.

Plain SQL for both dialects; whoever alone writes the database runs what changes it.
What has expired is never read, and swept out now and then.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from acd.model import ContactId
from centralita.store.tables import attached, contact, customer, customer_number, party
from centralita.web.ports import HistoryUnavailableError

KEYS_MAX = 20
"""Of one contact, customer or number."""
_IN_MAX = 500
"""Values in one IN list."""

_T = TypeVar("_T")


class Scope(enum.StrEnum):
    """To what something is attached, nearest to the call first."""

    CONTACT = "contact"
    CUSTOMER = "customer"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who or what data belongs to."""

    scope: Scope
    name: str
    """Contact id, the customer's key in the owner's CRM, or E.164."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing attached. Times are UTC milliseconds."""

    key: str
    value: str
    """JSON."""
    source: str
    at_ms: int
    expires_ms: int


class Kept(enum.Enum):
    """What became of an item."""

    CREATED = "created"
    REPLACED = "replaced"
    NOBODY = "nobody"
    """There is no such contact or customer."""
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Changed:
    """What was done, and whom it is about: the number itself, or all numbers of the customer."""

    kept: Kept
    numbers: tuple[str, ...] = ()


def put(connection: Connection, subject: Subject, item: Item, *, live: bool = False) -> Changed:
    """
    Attach, or replace what is attached under this key.

    Args:
        connection: In the writer's transaction.
        subject: To whom.
        item: What.
        live: A contact that is on the line: it need not be in the database yet.
    """
    found = _found(connection, subject, live=live)
    if found is None:
        return Changed(Kept.NOBODY)
    place = _place(subject.scope, found)
    same = and_(place, attached.c.key == item.key)
    values = {"value": item.value, "source": item.source, "at_ms": item.at_ms, "expires_ms": item.expires_ms}
    numbers = _numbers(connection, subject, found)
    there = connection.scalar(select(attached.c.expires_ms).where(same))
    if there is not None:
        connection.execute(update(attached).where(same).values(values))
        return Changed(Kept.REPLACED if there > item.at_ms else Kept.CREATED, numbers)
    count = select(func.count()).where(place, attached.c.expires_ms > item.at_ms)
    if (connection.scalar(count) or 0) >= KEYS_MAX:
        return Changed(Kept.FULL)
    row = {"scope": subject.scope.value, "subject": found, "key": item.key, **values}
    connection.execute(insert(attached), [row])
    return Changed(Kept.CREATED, numbers)


def remove(connection: Connection, subject: Subject, key: str, now_ms: int) -> Changed | None:
    """Take away what is attached under this key; None: nothing was."""
    found = _found(connection, subject, live=True)
    if found is None:
        return None
    same = and_(_place(subject.scope, found), attached.c.key == key)
    current = connection.scalar(select(attached.c.key).where(same, attached.c.expires_ms > now_ms))
    connection.execute(delete(attached).where(same))
    return None if current is None else Changed(Kept.REPLACED, _numbers(connection, subject, found))


def sweep(connection: Connection, now_ms: int) -> int:
    """Delete what has expired; returns how many."""
    return connection.execute(delete(attached).where(attached.c.expires_ms <= now_ms)).rowcount


def erase_attached(connection: Connection, customer_id: str) -> None:
    """All of a customer's, their numbers' and their contacts'; while the numbers are still theirs."""
    contacts = select(party.c.contact_id).where(party.c.customer_id == customer_id)
    owned = select(customer_number.c.number_e164).where(customer_number.c.customer_id == customer_id)
    called = select(party.c.number_e164).where(
        party.c.customer_id == customer_id, party.c.number_e164.is_not(None)
    )
    number = attached.c.scope == Scope.NUMBER.value
    connection.execute(
        delete(attached).where(
            or_(
                _place(Scope.CUSTOMER, customer_id),
                and_(attached.c.scope == Scope.CONTACT.value, attached.c.subject.in_(contacts)),
                and_(number, or_(attached.c.subject.in_(owned), attached.c.subject.in_(called))),
            )
        )
    )


class AttachedRows:
    """
    Reads beside the writer. Every method may raise `HistoryUnavailableError`.

    Args:
        engine: The projection's.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, subject: Subject, now_ms: int) -> Sequence[Item]:
        """What is attached to this one, by key; nothing of one who does not exist."""

        def read(connection: Connection) -> Sequence[Item]:
            found = _found(connection, subject, live=True)
            if found is None:
                return ()
            return [item for _, item in _rows(connection, _place(subject.scope, found), now_ms)]

        return await self._reading(read)

    async def of_contacts(self, ids: Sequence[ContactId], now_ms: int) -> Mapping[str, Sequence[Item]]:
        """By contact."""

        def read(connection: Connection) -> Mapping[str, Sequence[Item]]:
            return _by_subject(connection, Scope.CONTACT, ids, now_ms)

        return await self._reading(read)

    async def of_numbers(
        self, numbers: Sequence[str], now_ms: int
    ) -> Mapping[str, Mapping[Scope, Sequence[Item]]]:
        """By number: its own, and those of the customer who is recognised by it."""

        def read(connection: Connection) -> Mapping[str, Mapping[Scope, Sequence[Item]]]:
            own = _by_subject(connection, Scope.NUMBER, numbers, now_ms)
            theirs = _of_customers(connection, numbers, now_ms)
            return {
                number: {Scope.NUMBER: own.get(number, ()), Scope.CUSTOMER: theirs.get(number, ())}
                for number in numbers
            }

        return await self._reading(read)

    async def _reading(self, read: Callable[[Connection], _T]) -> _T:
        try:
            async with self._engine.connect() as connection:
                return await connection.run_sync(read)
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error


def _found(connection: Connection, subject: Subject, *, live: bool) -> str | None:
    """What stands in `attached.subject`; None when there is no such contact or customer."""
    match subject.scope:
        case Scope.CUSTOMER:
            return connection.scalar(select(customer.c.id).where(customer.c.ref == subject.name))
        case Scope.CONTACT if not live:
            known = exists().where(contact.c.id == subject.name)
            return subject.name if connection.scalar(select(known)) else None
        case _:
            return subject.name


def _place(scope: Scope, found: str) -> ColumnElement[bool]:
    return and_(attached.c.scope == scope.value, attached.c.subject == found)


def _numbers(connection: Connection, subject: Subject, found: str) -> tuple[str, ...]:
    if subject.scope is Scope.NUMBER:
        return (subject.name,)
    if subject.scope is Scope.CONTACT:
        return ()
    theirs = (
        select(customer_number.c.number_e164)
        .join(customer, customer.c.id == customer_number.c.customer_id)
        .where(customer.c.id == found, customer.c.active)
        .order_by(customer_number.c.number_e164)
    )
    return tuple(connection.scalars(theirs))


def _rows(connection: Connection, where: ColumnElement[bool], now_ms: int) -> list[tuple[str, Item]]:
    rows = connection.execute(
        select(attached)
        .where(where, attached.c.expires_ms > now_ms)
        .order_by(attached.c.subject, attached.c.key)
    )
    return [(row.subject, _item(row)) for row in rows]


def _by_subject(
    connection: Connection, scope: Scope, subjects: Sequence[str], now_ms: int
) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for start in range(0, len(subjects), _IN_MAX):
        some = attached.c.subject.in_(subjects[start : start + _IN_MAX])
        for name, item in _rows(connection, and_(attached.c.scope == scope.value, some), now_ms):
            found.setdefault(name, []).append(item)
    return found


def _of_customers(connection: Connection, numbers: Sequence[str], now_ms: int) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for start in range(0, len(numbers), _IN_MAX):
        rows = connection.execute(
            select(customer_number.c.number_e164, attached)
            .join(customer, customer.c.id == customer_number.c.customer_id)
            .join(
                attached,
                and_(attached.c.scope == Scope.CUSTOMER.value, attached.c.subject == customer.c.id),
            )
            .where(
                customer_number.c.number_e164.in_(numbers[start : start + _IN_MAX]),
                customer.c.ref.is_not(None),
                customer.c.active,
                attached.c.expires_ms > now_ms,
            )
            .order_by(customer_number.c.number_e164, attached.c.key)
        )
        for row in rows:
            found.setdefault(row.number_e164, []).append(_item(row))
    return found


def _item(row: Any) -> Item:
    return Item(row.key, row.value, row.source, row.at_ms, row.expires_ms)
