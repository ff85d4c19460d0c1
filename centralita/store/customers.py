"""
Customers as rows: who owns a number, what is known of its owner, and forgetting both.

Plain SQL inside the writer's transaction, for both dialects. A customer
without `ref` is a number that has called; one with a `ref` was told to us.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from centralita.services.documents import keys_of
from centralita.store.attached import erase_attached
from centralita.store.callbacks import erase_callbacks
from centralita.store.outbox import erase_deliveries
from centralita.store.said import erase_said
from centralita.store.services_erase import absorb_services, contacts_of, erase_services
from centralita.store.services_tables import customer_key
from centralita.store.tables import classification, contact, customer, customer_number, note, party
from centralita.store.trails import erase_trails

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """What is known of the customer whom a number belongs to."""

    id: str
    ref: str | None = None
    """Key in the owner's CRM; None for one who has only been seen calling."""
    name: str = ""
    segment: str | None = None
    language: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    active: bool = True

    @property
    def recognised(self) -> bool:
        """Whether a caller with the number may be taken for this customer."""
        return self.ref is not None and self.active


@dataclass(frozen=True, slots=True)
class CustomerDraft:
    """A whole customer as somebody wants it written. Values are checked already; numbers are E.164."""

    ref: str
    name: str
    numbers: tuple[str, ...]
    segment: str | None
    language: str | None
    fields: Mapping[str, object]
    active: bool = True


@dataclass(frozen=True, slots=True)
class Saved:
    """
    What became of a draft. Nothing was written if `taken` is not empty.

    `taken` are numbers that belong to somebody else, each with the owner's ref.
    """

    id: str
    created: bool
    taken: tuple[tuple[str, str], ...] = ()


def blank(at_ms: int) -> Values:
    """A customer of whom nothing is known."""
    return {
        "id": uuid.uuid4().hex,
        "ref": None,
        "name": "",
        "segment": None,
        "language": None,
        "fields": {},
        "first_seen_ms": at_ms,
        "updated_ms": None,
        "active": True,
        "erased": False,
    }


def save(
    connection: Connection, draft: CustomerDraft, now_ms: int, *, move: bool = False, dry_run: bool = False
) -> Saved:
    """
    Create the customer, or replace it, numbers and all.

    A number that has only been seen calling brings its past calls along. An
    inactive customer's number is free.

    Args:
        connection: In the writer's transaction.
        draft: What to write.
        now_ms: UTC now, milliseconds.
        move: Take numbers away from other customers instead of refusing.
        dry_run: Change nothing.
    """
    own = connection.scalar(select(customer.c.id).where(customer.c.ref == draft.ref))
    others = [owner for owner in _owners(connection, draft.numbers) if owner.id != own]
    taken = tuple((owner.number_e164, owner.ref) for owner in others if owner.ref and owner.active)
    if (taken and not move) or dry_run:
        return Saved(own or "", own is None, () if move else taken)
    seen = list(dict.fromkeys(owner.id for owner in others if not owner.ref))
    customer_id = own or (seen.pop(0) if seen else _create(connection, now_ms))
    _absorb(connection, customer_id, seen)
    connection.execute(
        update(customer).where(customer.c.id == customer_id).values(**_written(draft), updated_ms=now_ms)
    )
    _assign(connection, customer_id, draft.numbers)
    _find_by(connection, customer_id, draft.fields)
    return Saved(customer_id, own is None)


def erase(connection: Connection, customer_id: str) -> bool:
    """What is known of this person is gone, the counters stay. False: no such customer."""
    theirs = contacts_of(customer_id)
    connection.execute(delete(classification).where(classification.c.contact_id.in_(theirs)))
    connection.execute(delete(note).where(note.c.contact_id.in_(theirs)))
    erase_attached(connection, customer_id)
    erase_trails(connection, customer_id)
    erase_deliveries(connection, customer_id)
    erase_said(connection, theirs)
    erase_callbacks(connection, customer_id, theirs)
    erase_services(connection, customer_id)
    connection.execute(delete(customer_number).where(customer_number.c.customer_id == customer_id))
    nothing = blank(0) | {"erased": True, "active": False}
    found = connection.execute(
        update(customer)
        .where(customer.c.id == customer_id)
        .values({name: value for name, value in nothing.items() if name not in ("id", "first_seen_ms")})
    )
    connection.execute(
        update(party)
        .where(party.c.customer_id == customer_id)
        .values(number_e164=None, shown_number="", name="", trust="none")
    )
    return found.rowcount > 0


def record_of(row: Mapping[Any, Any]) -> CustomerRecord:
    """From a row of `customer`."""
    names = ("id", "ref", "name", "segment", "language", "fields", "active")
    return CustomerRecord(**{name: row[name] for name in names})


def _owners(connection: Connection, numbers: Sequence[str]) -> Sequence[Any]:
    """Who has these numbers now, those seen longest first."""
    return connection.execute(
        select(customer_number.c.number_e164, customer.c.id, customer.c.ref, customer.c.active)
        .join(customer, customer.c.id == customer_number.c.customer_id)
        .where(customer_number.c.number_e164.in_(numbers))
        .order_by(customer.c.first_seen_ms, customer.c.id, customer_number.c.number_e164)
    ).all()


def _create(connection: Connection, now_ms: int) -> str:
    row = blank(now_ms)
    connection.execute(insert(customer), [row])
    return str(row["id"])


def _absorb(connection: Connection, customer_id: str, seen: Iterable[str]) -> None:
    """Those who were only seen calling turn out to be this customer: one past for all."""
    seen = list(seen)
    absorb_services(connection, customer_id, seen)
    for other in seen:
        for table in (contact, party, customer_number):
            connection.execute(
                update(table).where(table.c.customer_id == other).values(customer_id=customer_id)
            )
        connection.execute(delete(customer).where(customer.c.id == other))


def _find_by(connection: Connection, customer_id: str, fields: Mapping[str, object]) -> None:
    """By what stands in these fields the customer is found, and by nothing that stood there before."""
    connection.execute(delete(customer_key).where(customer_key.c.customer_id == customer_id))
    rows = [{"customer_id": customer_id, "field": name, "value": value} for name, value in keys_of(fields)]
    if rows:
        connection.execute(insert(customer_key), rows)


def _written(draft: CustomerDraft) -> Values:
    return {
        "ref": draft.ref,
        "name": draft.name,
        "segment": draft.segment,
        "language": draft.language,
        "fields": dict(draft.fields),
        "active": draft.active,
        "erased": False,
    }


def _assign(connection: Connection, customer_id: str, numbers: Sequence[str]) -> None:
    """These numbers, and no others."""
    listed = customer_number.c.number_e164.in_(numbers)
    mine = customer_number.c.customer_id == customer_id
    connection.execute(delete(customer_number).where(or_(and_(mine, ~listed), and_(~mine, listed))))
    kept = set(connection.scalars(select(customer_number.c.number_e164).where(mine)))
    new = [{"number_e164": number, "customer_id": customer_id} for number in numbers if number not in kept]
    if new:
        connection.execute(insert(customer_number), new)
