"""Promising calls: numbers are written before, one promise for a number, refusals with the mend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from acd import events as ev
from acd.engine import Decision
from acd.model import Channel, ContactId, EndedBy, OfferEnd, Presence, QueueId
from acd.records import CustomerCalled
from centralita.callbacks.hours import Hours
from centralita.callbacks.ports import Ports
from centralita.callbacks.service import Callbacks
from centralita.dialled import Dialled
from centralita.store.callbacks import CallbackRows
from centralita.store.parties import CallerIdentity, caller_identity
from centralita.store.projection import Projection
from centralita.tasks import spawn
from centralita.web.callbacks_ports import Made, NotMade, Wish
from config.telephones import Trunk
from ivr.actions import Failed, Promised, Refused
from tests.support.polling import eventually
from tests.unit.acd.desk import ANA, C1, C2, Desk, agent, queue

pytestmark = pytest.mark.unit

NUMBER, OTHER = "+34911234567", "+34911234568"
WISH = Wish("911234567", "ventas", "api", name="Zoe", note="la factura")


@dataclass
class Scene:
    """An engine, a database, and what callbacks say to either."""

    projection: Projection
    desk: Desk = field(default_factory=lambda: Desk(queue("ventas"), queue("soporte"), agent("ana")))
    people: dict[ContactId, CallerIdentity] = field(default_factory=dict)
    said: list[tuple[ContactId, bytes]] = field(default_factory=list)
    sorted_: list[tuple[ContactId, str, str]] = field(default_factory=list)
    closed: set[QueueId] = field(default_factory=set)
    stuck: bool = False
    """The database takes nothing."""

    def __post_init__(self) -> None:
        self.desk.happens(ev.PresenceSet(ANA, Presence.NOT_READY, "pausa"))
        self.dialled = Dialled(lambda: {"operador": Trunk(host="a.example", allow=["+34*"])})
        self.callbacks = Callbacks(self.ports())

    def ports(self) -> Ports:
        async def ask(event: ev.Event) -> Decision:
            decision = self.desk.happens(event)
            self.callbacks.follow(decision.records)
            return decision

        async def classify(contact: ContactId, entry: str, name: str) -> None:
            self.sorted_.append((contact, entry, name))

        async def attach(contact: ContactId, value: bytes) -> None:
            self.said.append((contact, value))

        return Ports(
            lambda: self.desk.state,
            ask,
            self,
            CallbackRows(self.projection.engine),
            self.dialled,
            self,
            lambda name: name not in self.closed,
            classify,
            attach,
            dict,
            lambda _contact: (60_000, 120_000),
            "a",
            lambda: self.desk.now_ms,
            spawn,
        )

    async def order(self, work: Callable[[Connection], Any], *, erases: bool = False) -> Any:
        if self.stuck:
            raise TimeoutError
        return await self.projection.order(work, erases=erases)

    def arrived(self, contact_id: ContactId, identity: CallerIdentity) -> None:
        self.people[contact_id] = identity

    def never_came(self, contact_id: ContactId) -> None:
        del self.people[contact_id]

    def identity(self, contact_id: ContactId) -> CallerIdentity | None:
        return self.people.get(contact_id)

    def calls(self, contact: ContactId, number: str = NUMBER) -> None:
        self.people[contact] = caller_identity(number, presentation_allowed=bool(number))
        self.desk.happens(ev.ContactStarted(contact, Channel("a", f"u-{contact}"), "900"))

    async def restarts(self) -> None:
        """A new server on the same journal and database."""
        self.callbacks = Callbacks(self.ports())
        await self.callbacks.book.restore()


@pytest.fixture
async def scene(projection: Projection) -> Scene:
    found = Scene(projection)
    await found.callbacks.book.restore()
    return found


@pytest.fixture
async def projection(tmp_path: Path) -> Any:
    found = Projection(f"sqlite+aiosqlite:///{tmp_path / 'c.db'}", spawn, retry_first_ms=5)
    assert await found.start()
    yield found
    await found.close()


async def made(scene: Scene, wish: Wish = WISH) -> Made:
    found = await scene.callbacks.ask(wish)
    assert isinstance(found, Made), found
    return found


async def test_a_program_is_told_the_place_and_the_agent_what_the_customer_said(scene: Scene) -> None:
    """The number goes into the database, the engine has a token; rules and note come before any bell."""
    one = await made(scene)
    contact = scene.desk.state.contacts[ContactId(one.contact_id)]
    assert (one.position, one.wait_ms, one.again) == (1, (60_000, 120_000), False)
    assert contact.promise is not None and NUMBER not in repr(contact)
    way = scene.callbacks.way(contact.promise.token)
    assert way is not None and way.dial == NUMBER
    await eventually(lambda: bool(scene.sorted_), 5, "sorted")
    assert scene.said == [(contact.id, b'{"name":"Zoe","note":"la factura","from":"api"}')]
    assert scene.people[contact.id].number == NUMBER


async def test_a_number_has_one_promise_in_a_queue(scene: Scene) -> None:
    """However it is written, by whoever, at the same time too; in another queue it is another matter."""
    both = await asyncio.gather(made(scene), made(scene, replace(WISH, number="0034911234567")))
    assert len({one.contact_id for one in both}) == 1
    assert [one.again for one in both].count(True) == 1
    assert not (await made(scene, replace(WISH, queue="soporte"))).again


async def test_a_request_sent_twice_is_one_even_after_the_call(scene: Scene) -> None:
    """By its key; without one a later wish is a new one."""
    one = await made(scene, replace(WISH, key="k1"))
    await scene.callbacks.cancel(one.contact_id)
    again = await made(scene, replace(WISH, key="k1"))
    assert (again.contact_id, again.again, again.position) == (one.contact_id, True, None)
    assert (await made(scene)).contact_id != one.contact_id


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (replace(WISH, number="+15550100200"), "number_not_allowed"),
        (replace(WISH, queue="nada"), "unknown_target"),
    ],
)
async def test_what_cannot_be_kept_is_not_promised(scene: Scene, wish: Wish, code: str) -> None:
    """A number that no line allows, a queue that there is not: refused at once, with the mend."""
    found = await scene.callbacks.ask(wish)
    assert isinstance(found, NotMade) and found.code == code
    assert scene.desk.state.contacts == {}


async def test_a_promise_without_its_number_written_is_none(scene: Scene) -> None:
    """The database does not answer: neither a program nor a caller is told that we will call."""
    scene.stuck = True
    found = await scene.callbacks.ask(WISH)
    assert isinstance(found, NotMade) and found.code == "not_written"
    scene.calls(C1)
    assert await scene.callbacks.promise(C1, "ventas", "") == Refused("not_written")
    assert scene.desk.contact().promise is None


async def test_a_caller_is_called_back_on_the_number_they_call_from(scene: Scene) -> None:
    """Or on another one; who withholds it has to say one."""
    scene.calls(C1)
    assert await scene.callbacks.promise(C1, "ventas", "") == Promised()
    scene.calls(C2, "")
    assert await scene.callbacks.promise(C2, "ventas", "") == Refused("number_withheld")
    assert await scene.callbacks.promise(C2, "ventas", OTHER) == Promised()
    assert [
        scene.callbacks.book.number(c.promise.token) for c in scene.desk.state.contacts.values() if c.promise
    ] == [
        NUMBER,
        OTHER,
    ]


async def test_what_the_engine_refuses_leaves_no_number_behind(scene: Scene) -> None:
    """A number that nobody is going to dial is forgotten at once."""
    assert await scene.callbacks.promise(C1, "ventas", NUMBER) == Refused("other_contact")
    assert scene.callbacks.book.standing() == ()

    async def gone() -> bool:
        return not await CallbackRows(scene.projection.engine).standing()

    await eventually(gone, 5, "the row is gone")


async def test_who_calls_again_is_known_by_the_number(scene: Scene) -> None:
    """Only once the promise waits without anybody on the line."""
    scene.calls(C1)
    await scene.callbacks.promise(C1, "ventas", "")
    scene.calls(C2)
    assert scene.callbacks.earlier(C2) is None
    scene.desk.happens(ev.ContactGone(C1))
    assert scene.callbacks.earlier(C2) == C1


async def test_a_restart_knows_every_number_that_is_to_be_called(scene: Scene) -> None:
    """And none that is not: a row without a promise was written by a server that died too early."""
    scene.calls(C1)
    await scene.callbacks.promise(C1, "ventas", "")
    scene.desk.happens(ev.ContactGone(C1))
    one = await made(scene, replace(WISH, number=OTHER))
    del scene.desk.state.contacts[ContactId(one.contact_id)]
    scene.desk.state.lines.clear()
    await scene.restarts()

    assert [row.number for row in scene.callbacks.book.standing()] == [NUMBER]

    async def ended() -> bool:
        return [row.end for row in await CallbackRows(scene.projection.engine).done(9)] == ["lost"]

    await eventually(ended, 5, "the other row has ended")


async def test_the_list_tells_who_waits_and_how_it_ended(scene: Scene) -> None:
    """By place, with number and note; the number goes when the customer is forgotten."""
    scene.calls(C1)
    await scene.callbacks.promise(C1, "ventas", "")
    scene.desk.happens(ev.ContactGone(C1), after_ms=1_000)
    one = await made(scene, replace(WISH, number=OTHER))
    waiting = (await scene.callbacks.listed())["waiting"]
    assert [(row["contact"], row["position"], row["phase"]) for row in waiting] == [
        (C1, 1, "waiting"),
        (one.contact_id, 2, "resting"),
    ]
    scene.callbacks.forget({C1})

    async def told() -> bool:
        done = (await scene.callbacks.listed())["done"]
        return [(row["contact"], row["end"]) for row in done] == [(C1, "cancelled")]

    await eventually(told, 5, "ended")


async def test_the_menu_rings_a_number_only_if_a_line_allows_it(scene: Scene) -> None:
    """Told at once when it cannot be; the result of a ring is read at the next visit."""
    scene.calls(C1)
    assert await scene.callbacks.ring(C1, "", "+15550100200", 20_000) == Failed("number_not_allowed")
    assert await scene.callbacks.ring(C1, "nadie", "", 20_000) == Failed("unknown_target")
    assert await scene.callbacks.ring(C1, "", NUMBER, 20_000) is None
    assert not scene.callbacks.not_reached(C1)
    scene.desk.happens(ev.OfferFailed(scene.desk.offer_of(), OfferEnd.BUSY))
    assert scene.callbacks.not_reached(C1)


async def test_the_engine_hears_when_a_queue_closes_from_which_somebody_is_to_be_called(scene: Scene) -> None:
    """And when it opens; nobody is told of others."""
    scene.calls(C1)
    await scene.callbacks.promise(C1, "ventas", "")
    scene.desk.happens(ev.ContactGone(C1))
    hours = Hours(scene.ports())
    scene.closed = {QueueId("ventas"), QueueId("soporte")}
    await hours.look()
    assert list(scene.desk.state.closed) == ["ventas"]
    scene.desk.happens(ev.PresenceSet(ANA, Presence.READY))
    assert scene.desk.contact().offer_id is None
    scene.closed.clear()
    await hours.look()
    assert scene.desk.contact().offer_id is not None
    scene.desk.happens(ev.OfferAccepted(scene.desk.offer_of()))
    assert scene.desk.one(CustomerCalled).contact_id == C1
    assert await scene.callbacks.cancel(C1, EndedBy.AGENT) == "being called"
