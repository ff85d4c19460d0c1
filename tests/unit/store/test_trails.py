"""Ways through menus and dispositions in the database: the newest counts, erased with the customer."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from acd.model import AgentId, ContactId, QueueId, Target, TargetKind
from acd.records import ContactEscalatedTo, ContactTransferred
from centralita.store.customers import erase
from centralita.store.history import History
from centralita.store.projection import Projection
from centralita.store.trails import Disposition, Trail, TrailRows
from tests.unit.store.samples import NOW, NUMBER, call

pytestmark = pytest.mark.unit

C0 = ContactId("c0")
STEP = {"flow": "f", "node": "menu", "key": "1", "label": "Ventas", "is_reason": True, "at_ms": NOW}
TRAIL = Trail(C0, "900", "operador", (STEP,))
SAID = Disposition(C0, "ana", "venta", ("web",), "llamar mañana", NOW)


async def test_the_last_one_said_counts(projection: Projection) -> None:
    """Of a way, and of each agent's disposition, in one batch and in the next."""
    rows = TrailRows(projection.engine)
    projection.put(1, NOW, (), (TRAIL, SAID, replace(SAID, disposition="queja")))
    projection.put(2, NOW, (), (replace(SAID, agent="beto", at_ms=NOW + 1),))
    assert await projection.flush()
    assert await rows.trails([C0]) == [TRAIL]
    projection.put(3, NOW, (), (replace(TRAIL, path=(STEP, STEP)), replace(SAID, disposition="nada")))
    assert await projection.flush()

    assert [len(trail.path) for trail in await rows.trails([C0])] == [2]
    assert [(said.agent, said.disposition) for said in await rows.dispositions([C0])] == [
        ("ana", "nada"),
        ("beto", "venta"),
    ]
    assert await rows.trails([ContactId("c1")]) == []


async def test_hand_overs_are_read_from_what_befell_the_contact(projection: Projection) -> None:
    """They are in the journal, so that no kill loses one; somebody outside has no name."""
    ana, beto = AgentId("ana"), AgentId("beto")
    projection.put(1, NOW, (ContactEscalatedTo(C0, ana, QueueId("q1"), QueueId("q2"), NOW),))
    outside = ContactTransferred(C0, beto, Target(TargetKind.OUTSIDE, "t1"), attended=False, at_ms=NOW + 2)
    to_ana = ContactTransferred(C0, beto, Target(TargetKind.AGENT, "ana"), attended=True, at_ms=NOW + 1)
    projection.put(2, NOW, (outside, to_ana))
    assert await projection.flush()

    assert [(h.agent, h.to, h.kind) for h in await TrailRows(projection.engine).handed([C0])] == [
        ("ana", "q2", "escalated"),
        ("beto", "ana", "attended"),
        ("beto", "", "blind"),
    ]


async def test_erasing_a_customer_erases_keys_and_words(projection: Projection, history: History) -> None:
    """The way and the texts are gone; that it was a sale still counts."""
    for seq, at_ms, records, asides in call(0):
        projection.put(seq, at_ms, records, (TRAIL, SAID, *asides))
    assert await projection.flush()
    (customer,) = await history.customers(NUMBER)
    assert await projection.order(partial(erase, customer_id=customer["id"]), erases=True)
    rows = TrailRows(projection.engine)

    assert await rows.trails([C0]) == []
    assert await rows.dispositions([C0]) == [replace(SAID, tags=(), note="")]
