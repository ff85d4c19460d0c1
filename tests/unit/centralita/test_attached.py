"""Attached data of who is on the line: there at the first pop, changed at once, gone when it expires."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from acd import events as ev
from acd.model import Annotation, Channel, ContactId
from acd.records import ContactClosed, ContactOpened
from centralita.attached import TOLD_MAX, Attached, Ports
from centralita.customers import Customers
from centralita.customers import Ports as CustomerPorts
from centralita.runtime import InboxFull
from centralita.store.attached import AttachedRows, Item, Scope, Subject
from centralita.store.customers import CustomerDraft, save
from centralita.store.history import History
from centralita.store.parties import Parties, Party, caller_identity
from centralita.store.projection import Projection
from centralita.tasks import spawn
from centralita.web.attached_ports import Attaching
from centralita.web.ports import HistoryUnavailableError
from tests.support.polling import eventually
from tests.unit.store.conftest import history, projection, url
from tests.unit.store.samples import NOW, NUMBER, call

__all__ = ["history", "projection", "url"]

pytestmark = pytest.mark.unit

C0, C1 = ContactId("c0"), ContactId("c1")
BY_CONTACT, BY_REF, BY_NUMBER = (
    Attaching("contact", "c0"),
    Attaching("customer", "C-7"),
    Attaching("number", NUMBER),
)


@dataclass
class Scene:
    """A server with whom it knows, and a clock."""

    projection: Projection
    now_ms: int = NOW
    numbers: dict[ContactId, str] = field(default_factory=lambda: {C0: NUMBER})
    told: list[ev.Event] = field(default_factory=list)
    full: bool = False

    async def ask(self, event: ev.Event) -> None:
        if self.full:
            raise InboxFull
        self.told.append(event)

    def book(self, rows: AttachedRows | None = None) -> Attached:
        """As a server has it after its start."""
        return Attached(
            Ports(
                self.projection,
                rows or AttachedRows(self.projection.engine),
                self.numbers.get,
                lambda contact_id: contact_id in self.numbers,
                self.ask,
                spawn,
                lambda: self.now_ms,
            )
        )

    async def on_the_line(self, book: Attached, contact_id: ContactId = C0) -> None:
        book.follow([ContactOpened(contact_id, Channel("pbx", "u"), "900", NOW)])
        assert await book.known(contact_id, 2_000)

    async def marta(self, *numbers: str) -> str:
        draft = CustomerDraft("C-7", "Marta", numbers or (NUMBER,), None, None, {})
        return (await self.projection.order(lambda c: save(c, draft, NOW))).id


@pytest.fixture
async def scene(projection: Projection) -> Scene:
    return Scene(projection)


async def put(book: Attached, at: Attaching, value: str, key: str = "cart", *, for_s: int = 3600) -> str:
    return (await book.put(at, key, value.encode(), for_s, "tienda")).kept


def shown(book: Attached, contact_id: ContactId = C0) -> dict[str, tuple[object, object]]:
    return {key: (found["value"], found["of"]) for key, found in book.of(contact_id).items()}


async def test_what_waits_for_a_caller_is_there_at_the_first_pop(scene: Scene) -> None:
    """Attached before the call, to the customer and to the number; with source and end."""
    await scene.marta()
    book = scene.book()
    assert await put(book, BY_REF, '{"total":42}') == "created"
    assert await put(book, BY_NUMBER, '"otoño"', "campaign") == "created"
    await scene.on_the_line(book)

    assert shown(book) == {"campaign": ("otoño", "number"), "cart": ({"total": 42}, "customer")}
    cart = book.of(C0)["cart"]
    assert (cart["source"], cart["at_ms"], cart["expires_ms"]) == ("tienda", NOW, NOW + 3_600_000)
    assert scene.told == []


async def test_the_nearest_to_the_call_counts(scene: Scene) -> None:
    """A contact's goes before its customer's, and that before the number's; removing uncovers the next."""
    await scene.marta()
    book = scene.book()
    await scene.on_the_line(book)
    for at, value in ((BY_NUMBER, "1"), (BY_REF, "2"), (BY_CONTACT, "3")):
        await put(book, at, value)
    found = [shown(book)["cart"]]
    for at in (BY_CONTACT, BY_REF, BY_NUMBER):
        assert await book.delete(at, "cart")
        found.append(shown(book).get("cart", (None, "nobody")))

    assert found == [(3, "contact"), (2, "customer"), (1, "number"), (None, "nobody")]
    assert not await book.delete(BY_CONTACT, "cart")
    assert scene.told == [ev.ContactAnnotated(C0, Annotation.DATA)] * 6


async def test_a_change_reaches_everybody_it_is_about(scene: Scene) -> None:
    """Two calls of one customer by two numbers, and nobody else; the journal hears of the contact alone."""
    scene.numbers |= {C1: "+34911234568", ContactId("c2"): "+34911234569"}
    await scene.marta(NUMBER, "+34911234568")
    book = scene.book()
    for contact_id in scene.numbers:
        await scene.on_the_line(book, contact_id)
    await put(book, BY_REF, '"secreto"')

    assert [shown(book, contact_id) for contact_id in scene.numbers] == [
        {"cart": ("secreto", "customer")},
        {"cart": ("secreto", "customer")},
        {},
    ]
    assert scene.told == [ev.ContactAnnotated(c, Annotation.DATA) for c in (C0, C1)]
    assert "secreto" not in repr(scene.told)


async def test_what_has_expired_is_not_shown_and_goes(scene: Scene) -> None:
    """At its very moment, on the line as well; the sweep deletes it from the database."""
    book = scene.book()
    await scene.on_the_line(book)
    await put(book, BY_NUMBER, "1", for_s=60)
    scene.now_ms += 59_999
    assert "cart" in book.of(C0)
    scene.now_ms += 1
    assert book.of(C0) == {}
    assert await book.get(BY_NUMBER, "cart") is None
    tidying = spawn(book.keep_tidy(), name="tidy")

    async def swept() -> bool:
        return not await AttachedRows(scene.projection.engine).of(Subject(Scope.NUMBER, NUMBER), 0)

    await eventually(swept, 5, "no row is left")
    tidying.cancel()


async def test_a_restart_shows_the_same(scene: Scene) -> None:
    """Everything is read back for who is still on the line."""
    await scene.marta()
    book = scene.book()
    await scene.on_the_line(book)
    for at, value in ((BY_NUMBER, "1"), (BY_CONTACT, "3")):
        await put(book, at, value)
    await put(book, BY_REF, "2", "order")
    after = scene.book()
    await after.restore([C0, C1])

    assert after.of(C0) == book.of(C0) != {}
    assert after.of(C1) == {}


async def test_a_change_that_crosses_the_look_up_wins(scene: Scene) -> None:
    """The database's answer is older than what was attached or removed while it was asked."""

    class Slow(AttachedRows):
        def __init__(self) -> None:
            super().__init__(scene.projection.engine)
            self.go = asyncio.Event()

        async def of_numbers(
            self, numbers: Sequence[str], now_ms: int
        ) -> Mapping[str, Mapping[Scope, Sequence[Item]]]:
            found = await super().of_numbers(numbers, now_ms)
            await self.go.wait()
            return found

    before = scene.book()
    await put(before, BY_NUMBER, "1")
    await put(before, BY_NUMBER, "1", "order")
    rows = Slow()
    book = scene.book(rows)
    book.follow([ContactOpened(C0, Channel("pbx", "u"), "900", NOW)])
    assert not await book.known(C0, 30)
    scene.now_ms += 5
    await put(book, BY_NUMBER, "2")
    await book.delete(BY_NUMBER, "order")
    rows.go.set()
    assert await book.known(C0, 2_000)

    assert shown(book) == {"cart": (2, "number")}


async def test_a_caller_who_turns_out_to_be_a_customer_brings_the_cart_along(scene: Scene) -> None:
    """The CRM gives the number to the customer while they talk; taken from one, it takes that one's away."""
    await scene.marta("+34600000001")
    book = scene.book()
    await put(book, BY_REF, "2")
    await put(book, BY_NUMBER, "1", "campaign")
    await scene.on_the_line(book)
    assert shown(book) == {"campaign": (1, "number")}
    await scene.marta(NUMBER)
    book.learn([NUMBER])
    await eventually(lambda: scene.told, 5, "screens are told")
    assert shown(book) == {"campaign": (1, "number"), "cart": (2, "customer")}
    assert scene.told == [ev.ContactAnnotated(C0, Annotation.DATA)]

    await scene.marta("+34600000001")
    book.learn([NUMBER])
    await eventually(lambda: len(scene.told) > 1, 5, "screens are told")
    assert shown(book) == {"campaign": (1, "number")}


async def test_who_has_gone_is_forgotten(scene: Scene) -> None:
    """Memory holds the contacts on the line alone; what is attached to a finished one is told to nobody."""
    book = scene.book()
    await scene.on_the_line(book)
    await put(book, BY_NUMBER, "1")
    scene.told.clear()
    book.follow([record for record in call(0)[2][2] if isinstance(record, ContactClosed)])
    await put(book, BY_NUMBER, "2")

    assert (book.of(C0), scene.told) == ({}, [])
    assert not await book.known(C0, 10)


async def test_a_caller_without_number_has_only_the_contacts_own(scene: Scene) -> None:
    """Nobody is taken for whoever else withholds a number."""
    scene.numbers[C0] = None  # type: ignore[assignment]
    book = scene.book()
    await scene.on_the_line(book)
    await put(book, BY_NUMBER, "1")
    await put(book, BY_CONTACT, "3")

    assert shown(book) == {"cart": (3, "contact")}


async def test_an_erased_customer_leaves_nothing(scene: Scene, history: History) -> None:
    """Neither in the database nor on the line: the live contact is nobody's from then on."""
    customer_id = await scene.marta()
    identity = caller_identity(NUMBER, presentation_allowed=True)
    scene.projection.put(1, NOW, (), (Party(C0, identity, NOW),))
    book = scene.book()
    await scene.on_the_line(book)
    for at, value in ((BY_NUMBER, "1"), (BY_REF, "2"), (BY_CONTACT, "3")):
        await put(book, at, value)
    parties = Parties(history, scene.projection.committed, spawn)
    parties.arrived(C0, identity)
    await parties.restore([C0])
    customers = Customers(CustomerPorts(scene.projection, history, parties, book.forget, dict, lambda: NOW))
    assert await customers.erase(customer_id)

    assert book.of(C0) == {}
    after = scene.book()
    await after.restore([C0])
    assert after.of(C0) == {}


async def test_a_message_stays_short(scene: Scene) -> None:
    """Of more than that the last by key are named without their value; each can still be asked for."""
    book = scene.book()
    await scene.on_the_line(book)
    big = '"' + "x" * 8_000 + '"'
    for n in range(6):
        await put(book, BY_NUMBER, big, f"k{n}")
    found = book.of(C0)

    assert [found[f"k{n}"]["left_out"] for n in range(6)] == [False] * 4 + [True] * 2
    assert sum(len(str(each["value"])) for each in found.values()) <= TOLD_MAX
    whole = await book.get(BY_NUMBER, "k5")
    assert whole is not None
    assert whole["value"] == "x" * 8_000


async def test_a_server_that_cannot_keep_up_still_has_the_data(scene: Scene) -> None:
    """It was stored and is on the next pop; only the telling at once is left out."""
    book = scene.book()
    await scene.on_the_line(book)
    scene.full = True

    assert await put(book, BY_NUMBER, "1") == "created"
    assert shown(book) == {"cart": (1, "number")}


async def test_without_a_database_the_call_goes_on(scene: Scene) -> None:
    """A look-up that fails keeps nobody waiting; who wants to attach is told to come back."""

    class Down(AttachedRows):
        async def _reading(self, read: Callable[..., Any]) -> Any:
            raise HistoryUnavailableError

    class Locked:
        async def order(self, work: object, *, erases: bool = False) -> Any:
            raise TimeoutError

    book = scene.book(Down(scene.projection.engine))
    await scene.on_the_line(book)
    assert book.of(C0) == {}
    with pytest.raises(HistoryUnavailableError):
        await book.get(BY_NUMBER, "cart")
    object.__setattr__(book._ports, "writer", Locked())
    with pytest.raises(HistoryUnavailableError):
        await put(book, BY_NUMBER, "1")


async def test_a_database_that_does_not_answer_is_waited_for_once(scene: Scene) -> None:
    """A caller asks in the menu and again before the queue; together they wait no longer than one limit."""

    class Frozen(AttachedRows):
        async def of_numbers(
            self, numbers: Sequence[str], now_ms: int
        ) -> Mapping[str, Mapping[Scope, Sequence[Item]]]:
            await asyncio.Event().wait()
            raise AssertionError

    book = scene.book(Frozen(scene.projection.engine))
    book.follow([ContactOpened(C0, Channel("pbx", "u"), "900", NOW)])
    assert not await book.known(C0, 500)
    asked_s = asyncio.get_running_loop().time()
    assert not await book.known(C0, 500)

    assert asyncio.get_running_loop().time() - asked_s < 0.4
