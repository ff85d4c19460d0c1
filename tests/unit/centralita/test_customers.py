"""What of a customer can be written, and who hears of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from acd.model import ContactId
from centralita.customers import Customers, Ports, draft_of
from centralita.store.customers import CustomerRecord
from centralita.store.history import History
from centralita.store.pins import PinRows
from centralita.store.projection import Projection
from centralita.tasks import spawn
from centralita.web.ports import HistoryUnavailableError
from config.rules.facts import facts_of
from config.schema import Centre

pytestmark = pytest.mark.unit

NUMBER = "+34911234567"
CENTRE: dict[str, Any] = {
    "schema": "acd/1",
    "name": "Prueba",
    "languages": ["es", "en"],
    "segments": ["base", "oro"],
    "facts": {
        "customer": {
            "fields": {
                "pedidos": "int",
                "moroso": "bool",
                "plan": ["mini", "maxi"],
                "gestor": "agent",
                "nota": "text",
                "espera": "duration",
                "otro": "e164",
                "habla": "lang",
            }
        }
    },
    "agents": {"ana": {"name": "Ana", "phone": "ana"}},
    "phones": {"ana": {}},
    "entry": {},
    "queues": {},
}
FACTS = facts_of(Centre.model_validate(CENTRE))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"pedidos": 3}, {"pedidos": 3}),
        ({"pedidos": "-3"}, {"pedidos": -3}),
        ({"moroso": True}, {"moroso": True}),
        ({"moroso": "sí"}, {"moroso": True}),
        ({"moroso": "false"}, {"moroso": False}),
        ({"plan": "maxi"}, {"plan": "maxi"}),
        ({"gestor": "ana"}, {"gestor": "ana"}),
        ({"nota": "llama los lunes"}, {"nota": "llama los lunes"}),
        ({"espera": "2d"}, {"espera": 172_800_000}),
        ({"espera": 500}, {"espera": 500}),
        ({"otro": "600 111 222"}, {"otro": "+34600111222"}),
        ({"habla": "ca"}, {"habla": "ca"}),
        ({"plan": None}, {}),
        ({}, {}),
    ],
)
def test_a_field_is_kept_in_its_own_type(given: dict[str, object], kept: dict[str, object]) -> None:
    """As JSON or as a table writes it; null is not known."""
    draft, wrong = draft_of("C-7", {"fields": given}, FACTS)

    assert wrong == ()
    assert draft is not None
    assert draft.fields == kept


@pytest.mark.parametrize(
    ("given", "key", "hint"),
    [
        ({"fields": {"pedidos": "tres"}}, "fields.pedidos", "a number"),
        ({"fields": {"pedidos": True}}, "fields.pedidos", "a number"),
        ({"fields": {"pedidos": 10**18}}, "fields.pedidos", "a number"),
        ({"fields": {"moroso": "quizá"}}, "fields.moroso", "yes or no"),
        ({"fields": {"plan": "medio"}}, "fields.plan", "mini, maxi"),
        ({"fields": {"gestor": "anna"}}, "fields.gestor", "ana"),
        ({"fields": {"nota": "x" * 201}}, "fields.nota", "a text"),
        ({"fields": {"nota": "a\x00b"}}, "fields.nota", "a text"),
        ({"fields": {"espera": "mucho"}}, "fields.espera", "90s"),
        ({"fields": {"otro": "12"}}, "fields.otro", "telephone"),
        ({"fields": {"habla": "Spanish"}}, "fields.habla", "two letters"),
        ({"fields": {"pedido": 3}}, "fields.pedido", "pedidos"),
        ({"fields": {"known": True}}, "fields.known", "declared"),
        ({"fields": []}, "fields", "JSON object"),
        ({"segment": "plata"}, "segment", "base, oro"),
        ({"language": "español"}, "language", "two letters"),
        ({"name": "x" * 65}, "name", "64"),
        ({"name": 5}, "name", "64"),
        ({"active": "quizá"}, "active", "yes or no"),
        ({"numbers": "911234567"}, "numbers", "list"),
        ({"numbers": [NUMBER] * 21}, "numbers", "20"),
        ({"numbers": [NUMBER, "91123"]}, "numbers[1]", "too few digits for ES"),
        ({"numbers": [5]}, "numbers[0]", "not a telephone number"),
        ({"numbers": ["911234567"], "region": "Spain"}, "numbers[0]", "SPAIN"),
    ],
)
def test_what_cannot_be_kept_is_named(given: dict[str, object], key: str, hint: str) -> None:
    """Where it stands, what it was, and what was wanted; nothing is written."""
    draft, wrong = draft_of("C-7", given, FACTS)

    assert draft is None
    assert [found.key for found in wrong] == [key]
    assert hint in wrong[0].en
    assert wrong[0].es != wrong[0].en


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody mends a record one answer at a time."""
    _, wrong = draft_of("", {"segment": "x", "numbers": ["1", "2"], "fields": {"a": 1, "plan": "b"}}, FACTS)

    assert [found.key for found in wrong] == [
        "ref",
        "numbers[0]",
        "numbers[1]",
        "segment",
        "fields.a",
        "fields.plan",
    ]


def test_a_number_is_kept_once_however_it_is_spelt() -> None:
    """National numbers are those of the region that is named, Spain if none is."""
    draft, _ = draft_of("C-7", {"numbers": ["911 234 567", "+34911234567", "0034911234567"]}, FACTS)
    british, _ = draft_of("C-7", {"numbers": ["020 7946 0958"], "region": "gb"}, FACTS)

    assert draft is not None and british is not None
    assert draft.numbers == (NUMBER,)
    assert british.numbers == ("+442079460958",)


def test_without_segments_none_can_be_given() -> None:
    """The configuration says which there are."""
    bare = facts_of(Centre.model_validate(CENTRE | {"segments": []}))
    _, (wrong,) = draft_of("C-7", {"segment": "oro"}, bare)

    assert "segments" in wrong.es


class LiveBook:
    """Whoever is told of what has changed during a call."""

    def __init__(self) -> None:
        self.learnt: list[tuple[CustomerRecord, Sequence[str]]] = []
        self.forgotten: list[frozenset[ContactId]] = []

    def learn(self, record: CustomerRecord, numbers: Sequence[str]) -> None:
        self.learnt.append((record, numbers))

    def forget(self, customer_id: str) -> frozenset[ContactId]:
        return frozenset({ContactId("c1")})


@pytest.fixture
async def projection(tmp_path: Path) -> AsyncIterator[Projection]:
    projection = Projection(f"sqlite+aiosqlite:///{tmp_path / 'c.db'}", spawn, retry_first_ms=5)
    assert await projection.start()
    yield projection
    await projection.close()


def customers(projection: Projection, live: LiveBook) -> Customers:
    return Customers(
        Ports(projection, History(projection.engine), live, live.forgotten.append, lambda: FACTS, lambda: 77)
    )


async def test_who_is_on_the_line_is_known_by_the_new_record(projection: Projection) -> None:
    """Written, read back, and told to the live calls from each of its numbers."""
    live = LiveBook()
    given: Mapping[str, object] = {"name": "Marta", "numbers": [NUMBER, "600111222"], "segment": "oro"}
    done = await customers(projection, live).put("C-7", given)
    found = await customers(projection, live).by_ref("C-7")

    assert (done.created, done.wrong, done.taken) == (True, (), ())
    assert found is not None
    assert (found["name"], found["updated_ms"]) == ("Marta", 77)
    ((record, numbers),) = live.learnt
    assert (record.id, record.segment, numbers) == (found["id"], "oro", (NUMBER, "+34600111222"))


async def test_a_dry_run_and_a_refusal_tell_nobody(projection: Projection) -> None:
    """The live calls hear only of what was written."""
    live = LiveBook()
    book = customers(projection, live)
    await book.put("C-7", {"numbers": [NUMBER]}, dry_run=True)
    assert await book.by_ref("C-7") is None
    await book.put("C-7", {"numbers": [NUMBER]})
    live.learnt.clear()
    refused = await book.put("C-8", {"numbers": [NUMBER]})
    wrong = await book.put("C-8", {"numbers": ["x"]})

    assert (refused.taken, len(wrong.wrong), live.learnt) == (((NUMBER, "C-7"),), 1, [])


async def test_an_erased_customer_is_forgotten_everywhere(projection: Projection) -> None:
    """In the database, in the live book, and in the live traces."""
    live = LiveBook()
    book = customers(projection, live)
    await book.put("C-7", {"name": "Marta", "numbers": [NUMBER]})
    found = await book.by_ref("C-7")
    assert found is not None

    assert await book.erase(str(found["id"]))
    assert not await book.erase("nobody")
    assert await book.by_ref("C-7") is None
    assert live.forgotten[0] == {"c1"}
    again = await book.put("C-7", {"name": "Otra", "numbers": [NUMBER]})
    assert again.created


async def test_a_database_that_takes_nothing_is_told_apart(projection: Projection) -> None:
    """The sender hears "not now" instead of waiting for ever."""

    class Stuck:
        async def order(self, work: object, *, erases: bool = False) -> Any:
            raise TimeoutError

    live = LiveBook()
    book = Customers(
        Ports(Stuck(), History(projection.engine), live, live.forgotten.append, lambda: FACTS, lambda: 1)
    )
    with pytest.raises(HistoryUnavailableError):
        await book.put("C-7", {})
    with pytest.raises(HistoryUnavailableError):
        await book.erase("k1")


async def pin_of(projection: Projection, customer_id: object) -> str | None:
    return await PinRows(projection.engine).pin(str(customer_id))


async def test_a_pin_comes_with_the_record_and_is_never_read_back(projection: Projection) -> None:
    """Only its hash is kept; a record that is written again without one keeps the old."""
    book = customers(projection, LiveBook())
    await book.put("C-7", {"name": "Marta", "pin": "4711"})
    found = await book.by_ref("C-7")
    assert found is not None
    hashed = await pin_of(projection, found["id"])

    assert hashed is not None and hashed.startswith("$argon2id$")
    assert "4711" not in str(found) and "argon2" not in str(found)
    await book.put("C-7", {"name": "Marta Ruiz"})
    assert await pin_of(projection, found["id"]) == hashed
    await book.put("C-7", {"pin": "0000"}, dry_run=True)
    assert await pin_of(projection, found["id"]) == hashed
    await book.put("C-7", {"pin": "0000"})
    assert await pin_of(projection, found["id"]) not in (None, hashed)


@pytest.mark.parametrize("pin", ["123", "12345678901234", "12x4", 4711])
async def test_what_is_no_pin_is_not_repeated(projection: Projection, pin: object) -> None:
    """Named as wrong, without saying what it was; nothing is written."""
    done = await customers(projection, LiveBook()).put("C-7", {"name": "Marta", "pin": pin})

    (wrong,) = done.wrong
    assert (wrong.key, wrong.value) == ("pin", "…") and str(pin) not in f"{wrong.es} {wrong.en}"
    assert await customers(projection, LiveBook()).by_ref("C-7") is None
