"""Attached data in the database: found by whoever calls, gone when it expires, erased with the customer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from acd.model import ContactId
from centralita.store.attached import (
    KEYS_MAX,
    AttachedRows,
    Changed,
    Item,
    Kept,
    Scope,
    Subject,
    put,
    remove,
    sweep,
)
from centralita.store.customers import CustomerDraft, erase, save
from centralita.store.history import History
from centralita.store.projection import Projection
from centralita.store.tables import attached
from tests.unit.store.samples import NOW, NUMBER, call

pytestmark = pytest.mark.unit

HOUR = 3_600_000
OTHER = "+34911234568"
CONTACT = Subject(Scope.CONTACT, "c0")
CUSTOMER = Subject(Scope.CUSTOMER, "C-7")
BY_NUMBER = Subject(Scope.NUMBER, NUMBER)


def item(key: str = "cart", value: str = '{"total":42}', *, at_ms: int = NOW, for_ms: int = HOUR) -> Item:
    return Item(key, value, "tienda", at_ms, at_ms + for_ms)


async def does(projection: Projection, work: Callable[..., Any], **given: object) -> Any:
    return await projection.order(partial(work, **given))


async def attach(
    projection: Projection, subject: Subject, what: Item | None = None, *, live: bool = False
) -> Changed:
    found = await does(projection, put, subject=subject, item=what or item(), live=live)
    assert isinstance(found, Changed)
    return found


async def marta(projection: Projection, *numbers: str, active: bool = True) -> str:
    """A customer with these numbers; returns the id."""
    draft = CustomerDraft("C-7", "Marta", numbers or (NUMBER,), None, None, {}, active)
    return str((await does(projection, save, draft=draft, now_ms=NOW)).id)


async def count(projection: Projection) -> int:
    async with projection.engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(attached)) or 0


async def test_what_is_attached_is_read_back_and_replaced(projection: Projection) -> None:
    """The second value under a key takes the place of the first."""
    rows = AttachedRows(projection.engine)
    assert (await attach(projection, BY_NUMBER)).kept is Kept.CREATED
    assert (await attach(projection, BY_NUMBER, item(value="7"))).kept is Kept.REPLACED

    assert [found.value for found in await rows.of(BY_NUMBER, NOW)] == ["7"]
    assert await rows.of(Subject(Scope.NUMBER, OTHER), NOW) == []


async def test_nobody_gets_nothing(projection: Projection) -> None:
    """A contact or customer that does not exist is refused; one on the line need not be stored yet."""
    assert (await attach(projection, CONTACT)).kept is Kept.NOBODY
    assert (await attach(projection, CUSTOMER)).kept is Kept.NOBODY
    assert (await attach(projection, CONTACT, live=True)).kept is Kept.CREATED
    assert await does(projection, remove, subject=CUSTOMER, key="cart", now_ms=NOW) is None


async def test_a_finished_contact_takes_data_too(projection: Projection) -> None:
    """A web shop may come late: the contact is known by its record."""
    for seq, at_ms, records, asides in call(0):
        projection.put(seq, at_ms, records, asides)

    assert (await attach(projection, CONTACT)).kept is Kept.CREATED


async def test_a_customer_is_found_by_any_number_and_only_if_recognised(projection: Projection) -> None:
    """What is attached to the customer comes with each of their numbers, until the record is inactive."""
    rows = AttachedRows(projection.engine)
    await marta(projection, NUMBER, OTHER)
    assert (await attach(projection, CUSTOMER)).numbers == (NUMBER, OTHER)
    found = await rows.of_numbers([NUMBER, OTHER, "+34600000001"], NOW)
    assert [len(found[number][Scope.CUSTOMER]) for number in (NUMBER, OTHER, "+34600000001")] == [1, 1, 0]

    await marta(projection, NUMBER, OTHER, active=False)
    assert (await rows.of_numbers([NUMBER], NOW))[NUMBER][Scope.CUSTOMER] == ()
    assert (await attach(projection, CUSTOMER)).numbers == ()


async def test_twenty_keys_and_no_more(projection: Projection) -> None:
    """One more is refused; replacing one of them, or another's key, is not; expired ones do not count."""
    await attach(projection, BY_NUMBER, item("old", at_ms=NOW - 2 * HOUR))
    for n in range(KEYS_MAX):
        assert (await attach(projection, BY_NUMBER, item(f"k{n}"))).kept is Kept.CREATED
    assert (await attach(projection, BY_NUMBER, item("more"))).kept is Kept.FULL
    assert (await attach(projection, BY_NUMBER, item("k3", "1"))).kept is Kept.REPLACED
    assert (await attach(projection, Subject(Scope.NUMBER, OTHER), item("more"))).kept is Kept.CREATED


async def test_what_has_expired_is_never_read_and_then_deleted(projection: Projection) -> None:
    """At its very moment; the row itself goes with the next sweep, and writing it again is writing it new."""
    rows = AttachedRows(projection.engine)
    await marta(projection)
    for subject in (BY_NUMBER, CUSTOMER, CONTACT):
        await attach(projection, subject, live=True)
    at_ms = NOW + HOUR
    assert [len(await rows.of(subject, at_ms - 1)) for subject in (BY_NUMBER, CUSTOMER, CONTACT)] == [1] * 3
    assert [len(await rows.of(subject, at_ms)) for subject in (BY_NUMBER, CUSTOMER, CONTACT)] == [0] * 3
    assert await rows.of_contacts([ContactId("c0")], at_ms) == {}
    assert (await rows.of_numbers([NUMBER], at_ms))[NUMBER] == {Scope.NUMBER: (), Scope.CUSTOMER: ()}
    assert await does(projection, remove, subject=CONTACT, key="cart", now_ms=at_ms) is None
    assert (await attach(projection, CUSTOMER, item(at_ms=at_ms))).kept is Kept.CREATED

    assert await does(projection, sweep, now_ms=at_ms) == 1
    assert await count(projection) == 1


async def test_erasing_a_customer_erases_all_that_was_attached(
    projection: Projection, history: History
) -> None:
    """To the customer, to the numbers and to the contacts; what is somebody else's stays."""
    for seq, at_ms, records, asides in call(0):
        projection.put(seq, at_ms, records, asides)
    customer_id = await marta(projection, NUMBER)
    for subject in (BY_NUMBER, CUSTOMER, CONTACT):
        await attach(projection, subject)
    await attach(projection, Subject(Scope.NUMBER, OTHER))
    assert await projection.order(partial(erase, customer_id=customer_id), erases=True)

    assert await count(projection) == 1
    assert len(await AttachedRows(projection.engine).of(Subject(Scope.NUMBER, OTHER), NOW)) == 1
    assert await history.customer_by_ref("C-7") is None


@pytest.mark.parametrize("name", ["", "c0' OR '1'='1", "ñ/%_", "x" * 500])
async def test_hostile_names_are_just_names(projection: Projection, name: str) -> None:
    """Whatever stands in an address is a value to the database, never a part of the question."""
    await attach(projection, BY_NUMBER)
    for scope in Scope:
        assert await AttachedRows(projection.engine).of(Subject(scope, name), NOW) in ([], ())
