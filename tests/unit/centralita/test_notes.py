"""Notes of agents: with the contact while it is on the line, in the database for ever after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from acd import events as ev
from acd.model import AgentId, Annotation, ContactId
from acd.records import ContactClosed
from centralita.notes import NOTES_MAX, OVER_MAX, Notes
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


def book(written: Written, told: list[ev.Event] | None = None) -> Notes:
    async def ask(event: ev.Event) -> None:
        if told is not None:
            told.append(event)

    return Notes(written.append, lambda: NOW, ask)


def shown(notes: Notes, contact_id: ContactId) -> list[object]:
    """As screens see them, without the random ids."""
    return [{name: note[name] for name in ("agent", "text", "at_ms")} for note in notes.of(contact_id)]


async def test_a_note_is_shown_written_and_told() -> None:
    """The next agent sees it, and so does whoever reads the contact later; the journal gets its id alone."""
    written, told = Written(), list[ev.Event]()
    notes = book(written, told)
    assert await notes.add(C0, "ana", "quiere factura")

    assert told == [ev.ContactAnnotated(C0, Annotation.NOTE, AgentId("ana"), written[0].id)]
    assert "factura" not in repr(told)
    assert notes.of(C0)[0]["id"] == written[0].id
    assert shown(notes, C0) == [{"agent": "ana", "text": "quiere factura", "at_ms": NOW}]
    assert [(note.contact_id, note.text) for note in written] == [(C0, "quiere factura")]
    assert notes.of(ContactId("c1")) == []


async def test_a_contact_has_a_limit() -> None:
    """Beyond it a note is refused, not dropped in silence."""
    notes = book(Written())

    assert [await notes.add(C0, "ana", str(n)) for n in range(NOTES_MAX + 1)] == [True] * NOTES_MAX + [False]


async def test_a_contact_that_is_over_takes_its_agents_last_words() -> None:
    """While they wrap up they write on, within the same limit; nothing of it is lost or counted anew."""
    written = Written()
    notes = book(written)
    await notes.add(C0, "ana", "quiere factura")
    notes.follow([closed(0)])
    for n in range(NOTES_MAX - 1):
        assert await notes.add(C0, "ana", str(n))

    assert not await notes.add(C0, "ana", "una más")
    assert len(shown(notes, C0)) == len(written) == NOTES_MAX


async def test_memory_is_bounded() -> None:
    """Of those that are over the oldest go first; an erased one goes at once."""
    notes = book(Written())
    for n in range(OVER_MAX + 1):
        await notes.add(ContactId(f"c{n}"), "ana", "nota")
        notes.follow([closed(n)])
    notes.forget([ContactId("c1")])

    assert (notes.of(C0), notes.of(ContactId("c1"))) == ([], [])
    assert shown(notes, ContactId("c2"))


def closed(n: int) -> ContactClosed:
    """The end of the n-th call."""
    end = next(r for r in call(0)[2][2] if isinstance(r, ContactClosed))
    return replace(end, contact_id=ContactId(f"c{n}"))


async def test_a_restart_reads_them_back(projection: Projection, history: History) -> None:
    """And tells them once, however often they are read."""
    written = Written()
    await book(written).add(C0, "ana", "quiere factura")
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
