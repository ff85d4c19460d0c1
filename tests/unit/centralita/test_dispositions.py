"""How contacts went: the last word of each agent counts, also after the end, also after a restart."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from acd import events as ev
from acd.model import AgentId, Annotation, ContactId
from centralita.dispositions import KEPT_MAX, Dispositions
from centralita.store.projection import Projection
from centralita.store.trails import Disposition, TrailRows
from centralita.web.ports import HistoryUnavailableError
from tests.unit.store.conftest import projection, url
from tests.unit.store.samples import NOW

__all__ = ["projection", "url"]

pytestmark = pytest.mark.unit

C0 = ContactId("c0")


def book(written: list[Disposition], told: list[ev.Event]) -> Dispositions:
    async def ask(event: ev.Event) -> None:
        told.append(event)

    return Dispositions(written.append, ask, lambda: NOW)


async def test_the_last_one_counts_for_each_agent() -> None:
    """Said twice it is there once; another agent's stands beside it; the journal hears no word of it."""
    written, told = list[Disposition](), list[ev.Event]()
    said = book(written, told)
    await said.set(C0, "ana", "venta", ["web"], "llamar mañana")
    await said.set(C0, "beto", "queja", [], "")
    await said.set(C0, "ana", "nada", ["a", "b"], "")

    assert said.of(C0) == [
        {"agent": "beto", "disposition": "queja", "tags": [], "note": "", "at_ms": NOW},
        {"agent": "ana", "disposition": "nada", "tags": ["a", "b"], "note": "", "at_ms": NOW},
    ]
    assert [each.id for each in written] == ["c0.ana", "c0.beto", "c0.ana"]
    assert told == [
        ev.ContactAnnotated(C0, Annotation.DISPOSITION, AgentId(name)) for name in ("ana", "beto", "ana")
    ]


async def test_memory_is_bounded_and_erased_ones_go() -> None:
    """The contacts that nobody has spoken of for longest go first."""
    said = book([], [])
    for n in range(KEPT_MAX + 1):
        await said.set(ContactId(f"c{n}"), "ana", "venta", [], "")
    said.forget([ContactId("c1")])

    assert [len(said.of(ContactId(f"c{n}"))) for n in (0, 1, 2)] == [0, 0, 1]


async def test_a_restart_reads_them_back(projection: Projection) -> None:
    """What was said since the start is newer than what is read."""
    written, told = list[Disposition](), list[ev.Event]()
    before = book(written, told)
    await before.set(C0, "ana", "venta", ["web"], "")
    await before.set(C0, "beto", "queja", [], "")
    projection.put(1, NOW, (), tuple(written))
    assert await projection.flush()
    after = book([], [])
    await after.set(C0, "ana", "nada", [], "")
    await after.restore(TrailRows(projection.engine), [C0])

    assert {(said["agent"], said["disposition"]) for said in after.of(C0)} == {
        ("ana", "nada"),
        ("beto", "queja"),
    }


async def test_without_a_database_the_server_starts() -> None:
    """What is known stays."""

    class Down:
        async def dispositions(self, ids: Sequence[ContactId]) -> Sequence[Disposition]:
            raise HistoryUnavailableError

    said = book([], [])
    await said.restore(Down(), [C0])

    assert said.of(C0) == []
