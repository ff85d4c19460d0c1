"""Notes of agents: with the contact while it is on the line, in the database for ever after."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from acd.model import ContactId
from acd.records import ContactClosed
from centralita.notes import NOTES_MAX, Notes
from centralita.store.history import History
from centralita.store.notes import Note
from centralita.store.projection import Projection
from centralita.web.ports import HistoryUnavailableError
from tests.unit.store.conftest import history, projection, url
from tests.unit.store.samples import NOW, call

__all__ = ["history", "projection", "url"]

pytestmark = pytest.mark.unit

C0 = ContactId("c0")


class Written(list[Note]):
    """What is handed to the database."""


def book(written: Written) -> Notes:
    return Notes(written.append, lambda: NOW)


def test_a_note_is_shown_and_written() -> None:
    """The next agent sees it, and so does whoever reads the contact later."""
    written = Written()
    notes = book(written)
    assert notes.add(C0, "ana", "quiere factura")

    assert notes.of(C0) == [{"agent": "ana", "text": "quiere factura", "at_ms": NOW}]
    assert [(note.contact_id, note.text) for note in written] == [(C0, "quiere factura")]
    assert notes.of(ContactId("c1")) == []


def test_a_contact_has_a_limit() -> None:
    """Beyond it a note is refused, not dropped in silence."""
    notes = book(Written())

    assert [notes.add(C0, "ana", str(n)) for n in range(NOTES_MAX + 1)] == [True] * NOTES_MAX + [False]


def test_who_has_gone_is_forgotten() -> None:
    """Memory holds the contacts on the line alone."""
    notes = book(Written())
    notes.add(C0, "ana", "quiere factura")
    notes.add(ContactId("c1"), "ana", "otra")
    notes.follow([r for r in call(0)[2][2] if isinstance(r, ContactClosed)])
    notes.forget([ContactId("c1")])

    assert (notes.of(C0), notes.of(ContactId("c1"))) == ([], [])


async def test_a_restart_reads_them_back(projection: Projection, history: History) -> None:
    """And tells them once, however often they are read."""
    written = Written()
    book(written).add(C0, "ana", "quiere factura")
    projection.put(1, NOW, (), tuple(written))
    assert await projection.flush()
    after = book(Written())
    for _ in range(2):
        await after.restore(history, [C0])

    assert [note["text"] for note in after.of(C0)] == ["quiere factura"]


async def test_without_a_database_there_are_none() -> None:
    """And the server starts."""

    class Down:
        async def notes(self, contact_ids: Sequence[ContactId]) -> Sequence[Note]:
            raise HistoryUnavailableError

    notes = book(Written())
    await notes.restore(Down(), [C0])

    assert notes.of(C0) == []


async def test_the_contact_tells_its_notes(projection: Projection, history: History) -> None:
    """`GET /api/contacts/{id}` has them, without our id."""
    note = Note("c0.1", C0, "ana", "quiere factura", NOW)
    for seq, at_ms, records, asides in call(0):
        projection.put(seq, at_ms, records, (note, *asides))
    assert await projection.flush()
    found = await history.contact("c0")
    assert found is not None

    assert found["notes"] == [{"agent": "ana", "text": "quiere factura", "at_ms": NOW}]
