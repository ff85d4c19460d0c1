from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from centralita.store.customers import CustomerDraft, Saved, save
from centralita.store.history import History
from centralita.store.projection import Projection
from tests.unit.store.samples import NOW, NUMBER, call

pytestmark = pytest.mark.unit

HOME, MOBILE = NUMBER, "+34600111222"
MARTA = CustomerDraft("C-7", "Marta Ruiz", (HOME, MOBILE), "oro", "es", {"pedidos": 3})
LUIS = CustomerDraft("C-8", "Luis Gil", ("+34600333444",), None, None, {})


async def put(
    projection: Projection,
    draft: CustomerDraft,
    at_ms: int = NOW,
    *,
    move: bool = False,
    dry_run: bool = False,
) -> Saved:
    return await projection.order(partial(save, draft=draft, now_ms=at_ms, move=move, dry_run=dry_run))


async def called(projection: Projection, *numbers: str) -> None:
    for n, number in enumerate(numbers):
        for seq, at_ms, records, parties in call(n, number=number):
            projection.put(seq, at_ms, records, parties)
    assert await projection.flush()


async def of(history: History, number: str) -> dict[str, Any] | None:
    found = await history.customers(number)
    return found[0] if found else None


async def test_a_customer_is_found_by_each_of_its_numbers(projection: Projection, history: History) -> None:
    """One record, several numbers, all of it told."""
    assert (await put(projection, MARTA)).created

    found = await of(history, MOBILE)
    assert found is not None
    assert found == await of(history, HOME) == await history.customer_by_ref("C-7")
    wanted = {
        "ref": "C-7",
        "name": "Marta Ruiz",
        "numbers": [MOBILE, HOME],
        "segment": "oro",
        "language": "es",
        "fields": {"pedidos": 3},
        "active": True,
        "updated_ms": NOW,
        "contacts": 0,
    }
    assert {name: found[name] for name in wanted} == wanted
    records = await history.records([HOME, MOBILE, "+34999"])
    assert set(records) == {HOME, MOBILE}
    assert records[HOME].recognised


async def test_a_replaced_customer_keeps_its_id_and_nothing_else(
    projection: Projection, history: History
) -> None:
    """What is left out is gone: numbers too, which then are nobody's."""
    await put(projection, MARTA)
    before = await of(history, HOME)
    changed = replace(MARTA, numbers=(HOME,), name="Marta R. Gómez", segment=None, fields={})
    saved = await put(projection, changed, NOW + 5)
    after = await of(history, HOME)

    assert before is not None and after is not None
    assert (saved.created, saved.id) == (False, before["id"])
    assert (after["id"], after["name"], after["segment"], after["fields"], after["updated_ms"]) == (
        before["id"],
        "Marta R. Gómez",
        None,
        {},
        NOW + 5,
    )
    assert await of(history, MOBILE) is None


async def test_who_was_only_seen_calling_brings_the_past_along(
    projection: Projection, history: History
) -> None:
    """Two numbers that have called turn out to be one customer: one past, no row left over."""
    await called(projection, HOME, MOBILE)
    seen = [await of(history, number) for number in (HOME, MOBILE)]
    saved = await put(projection, MARTA)
    found = await of(history, MOBILE)

    assert [row and (row["ref"], row["contacts"]) for row in seen] == [(None, 1), (None, 1)]
    assert found is not None
    assert (found["id"], found["contacts"], saved.created) == (seen[0] and seen[0]["id"], 2, True)
    past = await history.customer_contacts(saved.id, 10)
    assert past is not None
    assert [row["id"] for row in past] == ["c1", "c0"]
    assert await history.customer_contacts(str(seen[1] and seen[1]["id"]), 10) is None


async def test_of_two_who_claim_a_number_the_first_keeps_it(projection: Projection, history: History) -> None:
    """Nothing of the second is written, and it is told whose the number is."""
    await put(projection, MARTA)
    greedy = replace(LUIS, numbers=(*LUIS.numbers, HOME))
    refused = await put(projection, greedy)

    assert refused.taken == ((HOME, "C-7"),)
    assert await history.customer_by_ref("C-8") is None
    assert (await put(projection, greedy, dry_run=True)).taken == refused.taken


async def test_a_number_can_be_moved(projection: Projection, history: History) -> None:
    """Only the number changes hands: past calls stay with whoever made them."""
    await put(projection, MARTA)
    await called(projection, HOME)
    moved = await put(projection, replace(LUIS, numbers=(HOME,)), move=True)
    marta, luis = await history.customer_by_ref("C-7"), await of(history, HOME)

    assert moved.taken == ()
    assert marta is not None and luis is not None
    assert (marta["numbers"], marta["contacts"]) == ([MOBILE], 1)
    assert (luis["ref"], luis["contacts"]) == ("C-8", 0)


async def test_the_number_of_one_who_has_left_is_free(projection: Projection, history: History) -> None:
    """An inactive customer holds nobody up and is not recognised."""
    await put(projection, replace(MARTA, active=False))
    assert not (await history.records([HOME]))[HOME].recognised
    saved = await put(projection, replace(LUIS, numbers=(HOME,)))

    assert saved.taken == ()
    assert (await of(history, HOME) or {})["ref"] == "C-8"


async def test_a_dry_run_changes_nothing(projection: Projection, history: History) -> None:
    """It says what would happen."""
    would = await put(projection, MARTA, dry_run=True)

    assert (would.created, would.taken) == (True, ())
    assert await history.customer_by_ref("C-7") is None
