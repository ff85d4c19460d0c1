"""Who hung up waiting and calls again is recognised, by number or by customer, without delay."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from acd.model import ContactId, Outcome
from acd.records import ContactClosed, ContactOpened
from centralita.returns import KEEP_MS, WITHIN_MS, Returns
from centralita.store.customers import CustomerRecord
from centralita.store.parties import CustomerHistory, Parties, Party, caller_identity
from centralita.tasks import spawn
from centralita.web.ports import HistoryUnavailableError
from tests.unit.store.samples import NOW, NUMBER, call

pytestmark = pytest.mark.unit

OTHER = "+34600111222"
MARTA = CustomerRecord("k1", "C-7", "Marta", None, None, {}, active=True)


class Recall:
    """The database: Marta has both numbers. `slow` never answers."""

    def __init__(self, *, slow: bool = False, customers: bool = True) -> None:
        self.slow, self.customers = slow, customers

    async def records(self, numbers: Sequence[str]) -> Mapping[str, CustomerRecord]:
        if self.slow:
            await asyncio.Event().wait()
        return dict.fromkeys(numbers, MARTA) if self.customers else {}

    async def recall(self, number: str, *, now_ms: int, without: ContactId) -> CustomerHistory | None:
        return None

    async def parties(self, contact_ids: Sequence[ContactId]) -> Sequence[Party]:
        return ()


class House:
    def __init__(self, recall: Recall) -> None:
        self.parties = Parties(recall, _at_once, spawn, shown=lambda: False)
        self.returns = Returns(self.parties)

    async def calls(self, n: int, number: str | None) -> ContactId:
        """The n-th contact comes."""
        contact_id = ContactId(f"c{n}")
        self.parties.arrived(contact_id, caller_identity(number, number is not None))
        opened = next(r for r in call(n)[0][2] if isinstance(r, ContactOpened))
        self.parties.follow([opened])
        await asyncio.sleep(0)
        return contact_id

    async def hangs_up(self, n: int, outcome: Outcome = Outcome.ABANDONED_QUEUE) -> None:
        lookup = self.parties.known(ContactId(f"c{n}"))
        if lookup is not None and lookup.asked_s is not None:
            async with asyncio.timeout(1):
                await lookup.record_done.wait()
        closed = next(r for r in call(n)[2][2] if isinstance(r, ContactClosed))
        records = [replace(closed, outcome=outcome, ended_ms=NOW + n)]
        self.returns.follow(records)
        self.parties.follow(records)


async def _at_once() -> None:
    """All is committed."""


@pytest.mark.parametrize(
    ("outcome", "back"),
    [
        (Outcome.ABANDONED_QUEUE, "c1"),
        (Outcome.SHORT_ABANDON, "c1"),
        (Outcome.ANSWERED, None),
        (Outcome.ABANDONED_IVR, None),
    ],
)
async def test_who_gave_up_waiting_is_known_again(outcome: Outcome, back: str | None) -> None:
    """Only a wait that was given up leaves a place behind."""
    house = House(Recall(customers=False))
    await house.calls(1, NUMBER)
    await house.hangs_up(1, outcome)

    assert await house.returns.earlier(await house.calls(2, NUMBER), NOW + 60_000) == back


async def test_the_same_customer_with_another_telephone() -> None:
    """Two numbers of one record are one caller."""
    house = House(Recall())
    await house.calls(1, NUMBER)
    await house.hangs_up(1)

    assert await house.returns.earlier(await house.calls(2, OTHER), NOW + 60_000) == "c1"


async def test_the_last_one_counts() -> None:
    """Who has hung up twice gets the later place."""
    house = House(Recall())
    for n, number in ((1, NUMBER), (2, OTHER)):
        await house.calls(n, number)
        await house.hangs_up(n)

    assert await house.returns.earlier(await house.calls(3, NUMBER), NOW + 60_000) == "c2"


@pytest.mark.parametrize("number", [None, OTHER])
async def test_a_stranger_gets_nobodys_place(number: str | None) -> None:
    """Withheld numbers are never anybody, other numbers are somebody else."""
    house = House(Recall(customers=False))
    await house.calls(1, NUMBER)
    await house.hangs_up(1)

    assert await house.returns.earlier(await house.calls(2, number), NOW + 60_000) is None


async def test_withheld_numbers_are_not_each_other() -> None:
    """Two callers without a number have nothing in common."""
    house = House(Recall())
    await house.calls(1, None)
    await house.hangs_up(1)

    assert await house.returns.earlier(await house.calls(2, None), NOW + 60_000) is None


async def test_after_an_hour_it_is_forgotten() -> None:
    """However long a queue would keep the place."""
    house = House(Recall())
    await house.calls(1, NUMBER)
    await house.hangs_up(1)
    again = await house.calls(2, NUMBER)

    assert await house.returns.earlier(again, NOW + 1 + KEEP_MS) == "c1"
    assert await house.returns.earlier(again, NOW + 2 + KEEP_MS) is None


async def test_a_database_that_does_not_answer_costs_a_tenth_of_a_second() -> None:
    """The number alone is known at once; for the customer nobody waits longer."""
    house = House(Recall(slow=True))
    await house.calls(1, NUMBER)
    closed = next(r for r in call(1)[2][2] if isinstance(r, ContactClosed))
    house.returns.follow([replace(closed, outcome=Outcome.ABANDONED_QUEUE, ended_ms=NOW)])
    loop = asyncio.get_running_loop()
    again = await house.calls(2, NUMBER)
    began_s = loop.time()
    found = await house.returns.earlier(again, NOW + 60_000)

    assert found == "c1"
    assert WITHIN_MS / 1000 <= loop.time() - began_s < 1


async def test_the_limits_of_rules_and_of_the_place_do_not_add_up() -> None:
    """Who has waited for the record already, in vain, is not kept waiting for it again."""
    house = House(Recall(slow=True))
    await house.calls(1, NUMBER)
    closed = next(r for r in call(1)[2][2] if isinstance(r, ContactClosed))
    house.returns.follow([replace(closed, outcome=Outcome.ABANDONED_QUEUE, ended_ms=NOW)])
    loop = asyncio.get_running_loop()
    again = await house.calls(2, NUMBER)
    lookup = house.parties.look_up(again, NOW + 60_000, history=False)
    assert lookup is not None
    lookup.asked_s = loop.time() - WITHIN_MS / 1000
    began_s = loop.time()

    assert await house.returns.earlier(again, NOW + 60_000) == "c1"
    assert loop.time() - began_s < WITHIN_MS / 2_000


async def test_a_restart_forgets_nobody() -> None:
    """Who hung up within the hour is read back from the database, with the customer behind the number."""
    house = House(Recall())

    class Kept:
        async def hung_up(self, since_ms: int) -> Sequence[Mapping[str, Any]]:
            assert since_ms == NOW - KEEP_MS
            return [
                {"id": "c1", "ended_ms": NOW - 5, "number": OTHER, "customer_id": "k1"},
                {"id": "c0", "ended_ms": NOW - 4, "number": None, "customer_id": None},
            ]

    await house.returns.restore(Kept(), NOW)
    assert await house.returns.earlier(await house.calls(2, NUMBER), NOW) == "c1"


async def test_without_a_database_nobody_is_known() -> None:
    """And the server starts."""
    house = House(Recall())

    class Down:
        async def hung_up(self, since_ms: int) -> Sequence[Mapping[str, Any]]:
            raise HistoryUnavailableError

    await house.returns.restore(Down(), NOW)
    assert await house.returns.earlier(await house.calls(2, NUMBER), NOW) is None


async def test_an_erasure_forgets() -> None:
    """No number of an erased customer is held in memory."""
    house = House(Recall())
    await house.calls(1, NUMBER)
    await house.hangs_up(1)
    house.returns.forget()

    assert await house.returns.earlier(await house.calls(2, NUMBER), NOW + 60_000) is None
