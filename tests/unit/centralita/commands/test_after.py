"""Notes and dispositions: in the talk, in wrap-up, and of the last contact until the next."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.model import ContactId
from centralita.web import orders as o
from centralita.web.ports import Answer
from tests.unit.acd.desk import ANA, C1, C2
from tests.unit.centralita.commands.stage import Stage

pytestmark = pytest.mark.unit

SOLD = o.Dispose(disposition="venta", tags=["oro", "web"], note="pagó")
NOTE = o.WriteNote(note="llamará mañana")


async def test_talk_wrap_up_and_afterwards_are_all_in_time() -> None:
    """The caller may have gone long before."""
    stage = Stage()
    stage.talks()
    during = await stage.order(NOTE)
    stage.hangs_up()
    stage.happens(ev.ContactFinished(C1), ev.ContactGone(C1))
    wrapping = await stage.order(SOLD)
    stage.happens(ev.WrapUpDone(ANA))
    after = await stage.order(o.Dispose(disposition="nada"))

    assert {told.answer for told in (during, wrapping, after)} == {Answer.DONE}
    assert C1 not in stage.desk.state.contacts
    assert stage.notes.kept == [(C1, "ana", "llamará mañana")]
    assert stage.dispositions.said == [
        (C1, "ana", "venta", ("oro", "web"), "pagó"),
        (C1, "ana", "nada", (), ""),
    ]


@pytest.mark.parametrize("order", [SOLD, NOTE])
async def test_who_has_talked_to_nobody_writes_of_nobody(order: o.Order) -> None:
    """What rings is not yet theirs."""
    stage = Stage()
    stage.rings()

    assert (await stage.order(order)).code == "no_contact"


@pytest.mark.parametrize("kind", [o.WriteNote, o.Dispose])
async def test_a_note_is_never_written_to_the_wrong_contact(kind: type) -> None:
    """Whoever names the contact is refused once it is another."""
    stage = Stage()
    words = {"note": "x"} if kind is o.WriteNote else {"disposition": "x"}
    stage.talks()
    wrong = await stage.order(kind(contact=C2, **words))
    right = await stage.order(kind(contact=C1, **words))

    assert (wrong.code, right.answer) == ("other_contact", Answer.DONE)


async def test_while_the_next_one_rings_the_last_one_is_meant() -> None:
    """It is not the agent's before they talk."""
    stage = Stage()
    stage.talks()
    stage.hangs_up()
    stage.happens(ev.ContactGone(C1), ev.WrapUpDone(ANA))
    stage.happens(ev.PresenceSet(stage.desk.agent().id, stage.desk.agent().presence))
    stage.desk.comes(C2)
    assert (await stage.order(NOTE, "ana")).answer is Answer.DONE

    assert [contact for contact, _, _ in stage.notes.kept] == [ContactId("c1")]


async def test_a_queue_takes_the_dispositions_that_it_lists() -> None:
    """Another word is refused with the list, also when the contact is over; without a list any will do."""
    stage = Stage()
    stage.settings.known = ("venta", "no_interesa")
    stage.talks()
    first = await stage.order(o.Dispose(disposition="vendido"))
    stage.hangs_up()
    stage.happens(ev.ContactGone(C1))
    second = await stage.order(o.Dispose(disposition="vendido"))
    third = await stage.order(o.Dispose(disposition="venta"))

    assert [first.code, second.code, third.answer] == ["unknown_disposition"] * 2 + [Answer.DONE]
    assert "venta, no_interesa" in first.why_es
    assert [said[2] for said in stage.dispositions.said] == ["venta"]


async def test_a_note_too_many_is_refused() -> None:
    """Nothing is lost without a word."""
    stage = Stage()
    stage.talks()
    answers = [(await stage.order(NOTE)).code for _ in range(3)]

    assert answers == ["", "", "notes_full"]
