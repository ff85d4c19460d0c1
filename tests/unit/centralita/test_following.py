"""All that follows a contact, together: on the pop, through a restart, and gone when it is to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from acd import events as ev
from acd.model import AgentId, Target, TargetKind
from acd.records import ContactTransferred, Record
from centralita.following import Following, Ports
from centralita.store.customers import erase
from centralita.store.history import History
from centralita.store.parties import Parties, Party, caller_identity
from centralita.store.projection import Projection
from centralita.store.rows import Aside
from centralita.tasks import spawn
from centralita.web.attached_ports import Attaching
from ivr.flow import NodeId
from ivr.interpreter import Passed
from tests.unit.acd.desk import C1, Desk, agent, queue
from tests.unit.store.conftest import history, projection, url
from tests.unit.store.samples import NUMBER

__all__ = ["history", "projection", "url"]

pytestmark = pytest.mark.unit

ANA = AgentId("ana")


@dataclass
class Server:
    """One life of a server over the same database: what is kept is written with the next entry."""

    projection: Projection
    history: History
    desk: Desk
    seq: int = 0
    kept: list[Aside] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parties = Parties(self.history, self.projection.committed, spawn, shown=lambda: False)
        self.parties.arrived(C1, caller_identity(NUMBER, presentation_allowed=True))
        now_ms = partial(getattr, self.desk, "now_ms")
        ports = Ports(
            self.projection,
            self.history,
            self.parties,
            self.kept.append,
            self.ask,
            lambda: self.desk.state,
            now_ms,
            now_ms,
            spawn,
        )
        self.following = Following.of(ports)

    async def ask(self, event: ev.Event) -> None:
        self.write(self.desk.happens(event).records)

    def write(self, records: tuple[Record, ...], *beside: Aside) -> None:
        self.seq += 1
        self.projection.put(self.seq, self.desk.now_ms, records, [*self.kept, *beside])
        self.kept.clear()
        self.following.follow(records)

    def story(self) -> dict[str, Any]:
        told = self.following.story(self.desk.state, C1, self.desk.now_ms)
        ivr = told.ivr or {"intent": "", "entry": ""}
        return {
            "notes": [note["text"] for note in told.notes],
            "said": [said["disposition"] for said in told.dispositions],
            "handed": [(each["agent"], each["to"], each["kind"]) for each in told.handed],
            "intent": (ivr["entry"], ivr["intent"]),
            "attached": {key: each["value"] for key, each in told.attached.items()},
            "language": told.language,
            "talks": [part.agent_id for part in told.segments if part.kind == "talking"],
        }


ALL = {
    "notes": ["quiere factura"],
    "said": ["venta"],
    "handed": [("zoe", "ventas", "blind")],
    "intent": ("900", "Ventas"),
    "attached": {"cart": {"total": 42}},
    "language": "es",
    "talks": ["ana"],
}


async def filled(server: Server) -> None:
    """A contact in a talk, with something of each kind."""
    following = server.following
    following.trails.arrived(C1, "900", "operador")
    following.trails.passed(C1, "f", (Passed(NodeId("menu"), "1", "Ventas", is_reason=True),))
    to = Target(TargetKind.QUEUE, "ventas")
    handed = ContactTransferred(C1, AgentId("zoe"), to, attended=False, at_ms=server.desk.now_ms)
    server.write((handed,), Party(C1, caller_identity(NUMBER, presentation_allowed=True), server.desk.now_ms))
    await following.attached.restore([C1])
    await following.attached.put(Attaching("contact", C1), "cart", b'{"total":42}', 3600, "tienda")
    assert await following.notes.add(C1, "ana", "quiere factura")
    await following.dispositions.set(C1, "ana", "venta", ["web"], "mañana")


@pytest.fixture
def server(projection: Projection, history: History) -> Server:
    desk = Desk(queue("ventas"), agent("ana"))
    desk.talks(C1)
    return Server(projection, history, desk)


async def test_the_next_pop_shows_everything_the_running_talk_included(server: Server) -> None:
    """Who is asked in the middle of a talk sees with whom the caller talks, and since when."""
    await filled(server)

    assert server.story() == ALL


async def test_what_was_acknowledged_is_in_the_database(server: Server) -> None:
    """The moment the command says done: a kill takes nothing of it away."""
    await filled(server)
    after = Server(server.projection, server.history, server.desk)
    await after.following.restore([C1])

    assert after.story() == ALL


async def test_what_the_database_has_not_seen_is_taken_from_the_journal(server: Server) -> None:
    """Hand-overs are told again from there, and once."""
    await filled(server)
    after = Server(server.projection, server.history, server.desk)
    late = ContactTransferred(
        C1, ANA, Target(TargetKind.AGENT, "beto"), attended=True, at_ms=server.desk.now_ms + 5
    )
    after.following.replay([late])
    await after.following.restore([C1])

    assert after.story()["handed"] == [("zoe", "ventas", "blind"), ("ana", "beto", "attended")]


async def test_the_api_tells_it_during_the_call_and_afterwards(server: Server) -> None:
    """Afterwards what was attached to the contact itself, as long as it has not expired."""
    await filled(server)
    live = server.following.live(C1)
    finished = await server.following.finished(C1)

    assert set(live) == {"notes", "dispositions", "handed", "ivr", "attached"}
    assert set(finished) == {"dispositions", "ivr", "attached"}
    assert all(finished[name] == live[name] for name in finished)
    assert await server.following.finished("c9") == {"dispositions": [], "ivr": None, "attached": {}}


async def test_who_has_gone_leaves_only_the_last_words(server: Server) -> None:
    """What agents still write while they wrap up is known; the rest is in the database."""
    await filled(server)
    server.write(server.desk.happens(ev.ContactGone(C1)).records)
    assert not [c for c in server.desk.state.contacts if c == C1]
    told = server.story()

    assert (told["notes"], told["said"]) == (["quiere factura"], ["venta"])
    assert (told["attached"], told["handed"], told["intent"]) == ({}, [], ("", ""))


async def test_an_erased_customer_leaves_no_word(server: Server) -> None:
    """In memory at once, in the database with the order; another server finds nothing either."""
    await filled(server)
    assert await server.projection.flush()
    (customer,) = await server.history.customers(NUMBER)
    server.following.forget([C1])
    assert await server.projection.order(partial(erase, customer_id=customer["id"]), erases=True)
    after = Server(server.projection, server.history, server.desk)
    await after.following.restore([C1])
    nothing = {"notes": [], "intent": ("", ""), "attached": {}}

    assert {name: server.story()[name] for name in nothing} == nothing
    assert {name: after.story()[name] for name in nothing} == nothing
    assert [said["note"] for said in after.following.dispositions.of(C1)] == [""]
