from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from acd import events as ev
from acd.model import Annotation, ContactId
from centralita.services.attempts import FAILURES, WITHIN_MS, Attempts
from centralita.services.documents import canonical, keys_of, same
from centralita.services.identify import LOCKED
from centralita.store.parties import Trust
from centralita.store.pins import FailedProof
from ivr.actions import Failed, Found, NotProven, Proven
from tests.unit.services.scene import STRANGER, Scene, servers

pytestmark = pytest.mark.unit

PIN = "4711"


async def test_the_right_pin_raises_the_trust_and_screens_are_told(scene: Scene) -> None:
    """Caller ID has matched; the PIN proves it, and from then on every event says so."""
    await scene.customer(pin=PIN)
    marta = scene.comes("c1")

    proven = await scene.one(marta).prove("pin", PIN)

    assert proven == Proven()
    assert scene.parties.enrich(marta)["trust"] == Trust.PIN
    assert scene.following.walks.verified(marta)
    assert ev.ContactAnnotated(marta, Annotation.DATA) in scene.events


async def test_a_wrong_pin_proves_nothing(scene: Scene) -> None:
    """The trust stays what the number was worth."""
    await scene.customer(pin=PIN)
    marta = scene.comes("c1")

    assert await scene.one(marta).prove("pin", "0000") == NotProven()
    assert scene.parties.enrich(marta)["trust"] == Trust.MATCHED


async def test_without_a_pin_or_a_record_nobody_can_prove_anything(scene: Scene) -> None:
    """That is a failure of ours, not a wrong answer: the flow goes on by another exit."""
    await scene.customer()
    marta, stranger = scene.comes("c1"), scene.comes("c2", STRANGER)

    assert isinstance(await scene.one(marta).prove("pin", PIN), Failed)
    assert isinstance(await scene.one(stranger).prove("pin", PIN), Failed)


@pytest.mark.parametrize("said", ["12345678Z", "12345678 z", "12.345.678-Z", "12345678"])
async def test_a_document_is_compared_in_any_spelling(scene: Scene, said: str) -> None:
    """The letter follows from the digits: who has only keys may leave it out."""
    await scene.customer()

    assert await scene.one(scene.comes("c1")).prove("documento", said) == Proven()


@pytest.mark.parametrize("said", ["12345679S", "12345678A", "", "Z", "1" * 100])
async def test_another_document_proves_nothing(scene: Scene, said: str) -> None:
    """Also one with a letter that is not its own."""
    await scene.customer()

    assert await scene.one(scene.comes("c1")).prove("documento", said) == NotProven()


def test_a_foreigner_s_number_can_be_keyed() -> None:
    """X counts as 0, Y as 1, Z as 2; a keypad has no letters that are told apart."""
    assert same("1234567", "X1234567L") and same("01234567", "X-1234567-L")
    assert same("11234567", "Y1234567X") and not same("21234567", "Y1234567X")
    assert canonical(12345678) == "12345678Z" and not same("", "")
    assert keys_of({"documento": "x-1234567-l", "plan": "maxi", "moroso": True, "pedidos": 3}) == [
        ("documento", "01234567L"),
        ("pedidos", "3"),
    ]


async def test_who_withholds_the_number_is_found_by_document_and_proven_by_pin(scene: Scene) -> None:
    """The document selects the record and is told nothing; only the PIN proves."""
    await scene.customer(pin=PIN)
    nobody = scene.comes("c1", None)
    one = scene.one(nobody, withheld=True)

    assert await one.prove("documento", "12345678") == Proven()
    assert scene.parties.enrich(nobody)["trust"] == Trust.MATCHED
    assert await one.fetch("customer", {}) == Failed("not proven")
    assert await one.prove("documento", "12345678Z") == Proven()
    assert scene.parties.enrich(nobody)["trust"] == Trust.MATCHED, "saying it twice proves nothing"
    assert await one.prove("pin", PIN) == Proven()
    assert scene.parties.enrich(nobody)["trust"] == Trust.PIN
    assert scene.parties.enrich(nobody)["ref"] == "C-7"


async def test_a_document_of_two_customers_selects_nobody(scene: Scene) -> None:
    """Nobody is taken for one of two."""
    await scene.customer()
    await scene.customer("C-8", numbers=["+34600333444"])

    assert await scene.one(scene.comes("c1", None)).prove("documento", "12345678Z") == NotProven()


async def test_a_document_that_was_changed_or_is_nobody_s_any_more_finds_nobody(scene: Scene) -> None:
    """Who is found is found by what the record says now."""
    await scene.customer()
    await scene.customer(fields={"documento": "87654321X"})

    assert await scene.one(scene.comes("c1", None)).prove("documento", "12345678Z") == NotProven()
    assert await scene.one(scene.comes("c2", None)).prove("documento", "87654321") == Proven()
    await scene.customer(fields={"documento": "87654321X"}, active=False)
    assert await scene.one(scene.comes("c3", None)).prove("documento", "87654321") == NotProven()


async def test_data_needs_a_proof(scene: Scene) -> None:
    """A number that matches gives place in the queue, never data; the PIN opens the record."""
    await scene.customer(pin=PIN)
    one = scene.one(scene.comes("c1"))

    assert await one.fetch("customer", {}) == Failed("not proven")
    await one.prove("pin", PIN)
    found = await one.fetch("customer", {})
    assert isinstance(found, Found)
    assert dict(found.values) == {
        "name": "Marta Ruiz",
        "segment": "oro",
        "documento": "12345678-Z",
        "pedidos": "3",
    }


async def test_five_failures_in_whichever_calls_lock_the_customer_out(scene: Scene) -> None:
    """Guessing over many calls gains nothing: not even the right PIN helps for a quarter of an hour."""
    await scene.customer(pin=PIN)
    for n in range(FAILURES):
        assert await scene.one(scene.comes(f"c{n}")).prove("pin", f"{n:04}") == NotProven()

    late = scene.one(scene.comes("c9"))
    assert await late.prove("pin", PIN) == Failed(LOCKED)
    assert "PIN" in scene.services.alarms()[0]
    scene.clock.ms += WITHIN_MS
    assert await late.prove("pin", PIN) == Proven()
    assert scene.services.alarms() == []


async def test_guesses_at_the_same_moment_are_counted_one_by_one(scene: Scene) -> None:
    """Twenty calls at once get five tries, not twenty."""
    await scene.customer(pin=PIN)
    calls = [scene.comes(f"c{n}") for n in range(20)]

    said = await asyncio.gather(*(scene.one(call).prove("pin", "0000") for call in calls))

    assert said.count(NotProven()) == FAILURES
    assert said.count(Failed(LOCKED)) == 20 - FAILURES


async def test_a_lock_outlives_the_server(tmp_path: Path) -> None:
    """Who has the server restarted does not get five more tries."""
    async with servers(tmp_path) as server:
        scene = await server()
        await scene.customer(pin=PIN)
        for n in range(FAILURES):
            await scene.one(scene.comes(f"c{n}")).prove("pin", "0000")
        await scene.written()

        scene = await server()
        await scene.services.identification.restore()

        assert await scene.one(scene.comes("c9")).prove("pin", PIN) == Failed(LOCKED)


async def test_a_new_pin_may_be_tried_at_once(scene: Scene) -> None:
    """The customer has rung up and been given another one."""
    await scene.customer(pin=PIN)
    for n in range(FAILURES):
        await scene.one(scene.comes(f"c{n}")).prove("pin", "0000")

    assert await scene.services.web().pins.set("C-7", "9999")

    assert await scene.one(scene.comes("c9")).prove("pin", "9999") == Proven()


async def test_a_proof_and_what_was_keyed_outlive_the_server(tmp_path: Path) -> None:
    """After a kill -9 the caller is still proven and nothing is asked twice."""
    async with servers(tmp_path) as server:
        scene = await server()
        await scene.customer(pin=PIN)
        marta = scene.comes("c1", None)
        await scene.one(marta).prove("documento", "12345678")
        await scene.one(marta).prove("pin", PIN)
        scene.one(marta).keep({"node": "leer", "mode": "keys", "vars": {"pedido": "77", "intent": "saldo"}})
        await scene.written()

        scene = await server()
        scene.contacts[marta] = object()
        await scene.parties.restore([marta])
        await scene.following.restore([marta])

        assert scene.parties.enrich(marta)["trust"] == Trust.PIN
        assert scene.parties.customer_name(marta) == "Marta Ruiz"
        assert scene.one(marta).remembered() == {
            "node": "leer",
            "mode": "keys",
            "vars": {"pedido": "77", "intent": "saldo"},
        }
        assert scene.following.walks.told(marta) == {
            "verified": True,
            "mode": "keys",
            "values": {"pedido": "77", "intent": "saldo"},
        }


async def test_an_erased_customer_has_proven_nothing(tmp_path: Path) -> None:
    """PIN, proof, variables and failures are gone with the person, on the line and after a restart."""
    async with servers(tmp_path) as server:
        scene = await server()
        customer_id = await scene.customer(pin=PIN)
        marta = scene.comes("c1")
        await scene.one(marta).prove("pin", "0000")
        await scene.one(marta).prove("pin", PIN)
        scene.one(marta).keep({"vars": {"documento": "12345678Z"}})
        await scene.written()

        assert await scene.customers.erase(customer_id)

        assert scene.parties.enrich(marta)["trust"] == Trust.NONE
        assert not scene.following.walks.verified(marta)
        scene = await server()
        await scene.parties.restore([marta])
        await scene.following.restore([marta])
        assert scene.one(marta).remembered() is None and not scene.following.walks.verified(marta)
    files = await asyncio.to_thread(lambda: list(tmp_path.glob("centralita.db*")))
    database = b"".join(path.read_bytes() for path in files)
    assert b"12345678Z" not in database and b"argon2" not in database


async def test_who_fails_too_often_is_marked(scene: Scene) -> None:
    """Whoever serves them sees it; a later proof takes the mark away."""
    await scene.customer(pin=PIN)
    marta = scene.comes("c1")
    assert scene.following.walks.told(marta)["verified"] is None

    scene.one(marta).unverified()

    assert scene.following.walks.told(marta)["verified"] is False
    assert scene.following.live(marta)["ivr"] is None, "nothing is told of one who has no way"
    await scene.one(marta).prove("pin", PIN)
    assert scene.following.walks.told(marta)["verified"] is True


async def test_nothing_that_was_keyed_is_in_the_log(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a right secret nor a wrong one, nor the document."""
    await scene.customer(pin="83715")
    caplog.set_level(logging.INFO)

    with capture_logs() as logs:
        one = scene.one(scene.comes("c1", None))
        await one.prove("documento", "12345678")
        await one.prove("pin", "90210")
        await one.prove("pin", "83715")

    told = f"{logs}{caplog.text}"
    assert "identify.proven" in told and "identify.failed" in told
    assert not any(secret in told for secret in ("83715", "90210", "12345678"))


def test_failures_count_for_a_quarter_of_an_hour_and_success_takes_its_own_back() -> None:
    """The fifth failure locks; each falls out of the count by itself."""
    attempts = Attempts(failures=2, within_ms=100)
    first, second, third = (FailedProof(str(n), "k1", ContactId("c"), n) for n in (1, 2, 99))

    assert attempts.begin(first) and attempts.begin(second) and not attempts.begin(third)
    attempts.succeeded(second)
    assert not attempts.is_locked("k1", 50) and attempts.begin(second)
    assert attempts.is_locked("k1", 100) and attempts.locked(100) == 1
    assert not attempts.is_locked("k1", 101)
