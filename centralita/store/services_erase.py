"""What flows have kept of a customer: joined when two turn out to be one, gone when they are erased."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Select, delete, or_, select, union, update

from centralita.store.services_tables import (
    customer_key,
    customer_pin,
    failed_proof,
    preference,
    proof,
    survey_answer,
    voicemail,
    walk,
)
from centralita.store.tables import customer_number, party


def contacts_of(customer_id: str) -> Select[tuple[str]]:
    """Ids of the contacts that were the customer's: by the number called from, or by what was proven."""
    found = union(
        select(party.c.contact_id).where(party.c.customer_id == customer_id),
        select(proof.c.contact_id).where(proof.c.customer_id == customer_id),
    ).subquery()
    return select(found.c.contact_id)


def erase_services(connection: Connection, customer_id: str) -> None:
    """Call while the customer's numbers and contacts are known. Files are left to whoever has them."""
    theirs = contacts_of(customer_id)
    numbers = select(customer_number.c.number_e164).where(customer_number.c.customer_id == customer_id)
    connection.execute(delete(customer_pin).where(customer_pin.c.customer_id == customer_id))
    connection.execute(delete(customer_key).where(customer_key.c.customer_id == customer_id))
    connection.execute(delete(preference).where(preference.c.customer_id == customer_id))
    connection.execute(
        delete(failed_proof).where(
            or_(failed_proof.c.subject == customer_id, failed_proof.c.subject.in_(numbers))
        )
    )
    connection.execute(delete(survey_answer).where(survey_answer.c.contact_id.in_(theirs)))
    connection.execute(delete(walk).where(walk.c.contact_id.in_(theirs)))
    connection.execute(update(voicemail).where(voicemail.c.contact_id.in_(theirs)).values(gone=True))
    # By it the contacts above are found: last.
    connection.execute(delete(proof).where(proof.c.contact_id.in_(theirs)))


def absorb_services(connection: Connection, customer_id: str, others: Iterable[str]) -> None:
    """Those who were only seen calling turn out to be this customer: what they prefer is theirs."""
    for other in others:
        own = select(preference.c.number).where(preference.c.customer_id == customer_id).scalar_subquery()
        connection.execute(
            delete(preference).where(preference.c.customer_id == other, preference.c.number.in_(own))
        )
        for table in (preference, proof):
            connection.execute(
                update(table).where(table.c.customer_id == other).values(customer_id=customer_id)
            )
        connection.execute(
            update(failed_proof).where(failed_proof.c.subject == other).values(subject=customer_id)
        )
