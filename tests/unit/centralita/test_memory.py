"""What the database is told of each entry: in order, whole, and with the rosters that explanations need."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from acd import events as ev
from acd.model import AgentId, AgentRules, Channel, ContactId, QueueId, Routing
from acd.records import OfferAnnounced
from acd.state import State
from centralita.following import Following
from centralita.following import Ports as FollowingPorts
from centralita.memory import Books, Memory, resumed
from centralita.returns import Returns
from centralita.store.history import History
from centralita.store.journal import Journal
from centralita.store.notes import Note
from centralita.store.parties import Parties
from centralita.store.projection import Projection
from centralita.store.rosters import Roster
from centralita.tasks import spawn
from tests.unit.acd.desk import C1, Desk, agent, queue
from tests.unit.store.conftest import history, projection, url

__all__ = ["history", "projection", "url"]

pytestmark = pytest.mark.unit

PARTS = (queue("ventas"), agent("ana"), agent("beto"))


class Nobody:
    """No rules have been run."""

    def follow(self, records: object) -> tuple[()]:
        return ()

    def forget(self, contact_ids: object) -> None:
        """Nothing is kept."""


def books(history: History, projection: Projection, memory: Memory) -> Books:
    parties = Parties(history, projection.committed, spawn, shown=lambda: False)

    async def ask(_event: ev.Event) -> None:
        """Nobody listens."""

    ports = FollowingPorts(
        projection, history, parties, memory.keep, ask, lambda: State(Routing("v1", {}, {})), lambda: 5,
        lambda: 5, spawn,
    )  # fmt: skip
    return Books(parties, Nobody(), Following.of(ports), Returns(parties))  # type: ignore[arg-type]


def journalled(folder: Path) -> None:
    """A journal that begins with a snapshot of "v1" and goes on to "v2"."""
    journal, desk = Journal(folder), Desk(*PARTS, phones=False)
    journal.recover(500)
    first = desk.state.routing
    journal.append(desk.now_ms, ev.ConfigPublished(first), desk.state)
    for event in (
        ev.PhoneReachable(AgentId("ana"), reachable=True),
        ev.ConfigPublished(replace(first, version="v2")),
    ):
        desk.happens(event, after_ms=1)
        journal.append(desk.now_ms, event, desk.state)
    journal.close()


def test_what_was_missed_comes_with_the_rosters_of_then(tmp_path: Path) -> None:
    """The snapshot's own configuration with the first entry, a later one with its own entry."""
    journalled(tmp_path)
    recovered = Journal(tmp_path).recover(500)
    engine, behind = resumed(recovered)

    versions = [[aside.version for aside in asides if isinstance(aside, Roster)] for *_, asides in behind]
    assert versions == [["v1"], ["v2"]]
    assert engine.state.routing.version == "v2"


async def test_a_roster_is_there_before_the_offers_that_need_it(
    projection: Projection,
    history: History,
) -> None:
    """An explanation that was just stored can be read with its names."""
    desk = Desk(*PARTS)
    memory = Memory(projection, history, lambda: desk.state, [])
    kept = books(history, projection, memory)
    await memory.catch_up(kept, 0)
    story: tuple[ev.Event, ...] = (
        ev.ConfigPublished(replace(desk.state.routing, version="v3")),
        ev.ContactStarted(C1, _channel(), "900"),
        ev.ContactEnqueued(C1, QueueId("ventas")),
    )
    for seq, event in enumerate(story, start=1):
        memory.remember(seq, desk.now_ms, desk.happens(event).records, kept)
    assert desk.made(OfferAnnounced)
    assert await projection.flush()
    (offer,) = await history.offers(C1)
    roster = await history.roster(offer["explanation"]["roster"])

    assert roster is not None
    assert (roster.version, roster.ids) == ("v3", ("ana", "beto"))


async def test_before_the_database_is_open_everything_waits(projection: Projection, history: History) -> None:
    """Notes too; nothing is lost, and nothing is told twice."""
    state = State(Routing("v1", {}, {AgentId("ana"): AgentRules(AgentId("ana"))}))
    memory = Memory(projection, history, lambda: state, [])
    kept = books(history, projection, memory)
    memory.keep(Note("n1", ContactId("c9"), "ana", "quiere factura", 5))
    memory.remember(1, 5, (), kept)
    assert projection.pending == 0
    await memory.catch_up(kept, 10)
    assert await projection.flush()

    assert [note.text for note in await history.notes([ContactId("c9")])] == ["quiere factura"]


async def test_an_erased_customer_is_forgotten_by_every_book(
    history: History, projection: Projection
) -> None:
    """Notes of contacts on the line go with the rest."""
    state = State(Routing("v1", {}, {}))
    memory = Memory(projection, history, lambda: state, [])
    kept = books(history, projection, memory)
    await kept.following.notes.add(ContactId("c9"), "ana", "quiere factura")
    kept.forget(frozenset({ContactId("c9")}))

    assert kept.following.notes.of(ContactId("c9")) == []


def _channel() -> Channel:
    return Channel("a", "u1")
