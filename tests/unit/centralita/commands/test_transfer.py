"""Handing over: to agents, queues and numbers, with a note, and when it is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.model import Activity, Phase, Target, TargetKind
from centralita.web import orders as o
from centralita.web.ports import Answer
from config.dialling import Way
from config.telephones import Trunk
from tests.unit.acd.desk import ANA, BETO, C1
from tests.unit.centralita.commands.stage import VENTAS, Stage

pytestmark = pytest.mark.unit

TO_QUEUE = o.To(queue="nivel2")


async def test_a_queue_is_told_its_hours_and_the_wait_at_its_door() -> None:
    """As for a caller who joins it."""
    stage = Stage()
    stage.talks()
    stage.settings.open, stage.estimate_ms = False, 7_000
    done = await stage.order(o.Transfer(to=TO_QUEUE, anyway=True))

    assert done.answer is Answer.DONE
    assert stage.asked == [
        ev.TransferAsked(
            C1, ANA, Target(TargetKind.QUEUE, "nivel2"), is_open=False, estimate_ms=7_000, anyway=True
        )
    ]


@pytest.mark.parametrize(
    ("to", "code", "hint"),
    [
        (o.To(queue="nadie"), "unknown_target", "nadie"),
        (o.To(agent="carla"), "unknown_target", "carla"),
        (o.To(agent="ana"), "cannot_be_oneself", "sí mismo"),
        (o.To(agent="beto"), "agent_unavailable", "no disponible (pausa)"),
        (o.To(queue="noche"), "queue_closed", "anyway"),
        (o.To(queue="vacia"), "queue_unstaffed", "anyway"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_mend(to: o.To, code: str, hint: str) -> None:
    """The caller stays with the agent, who is told what else to do."""
    stage = Stage()
    stage.talks()
    stage.happens(ev.PresenceSet(BETO, stage.desk.agent(BETO).presence.NOT_READY, "pausa"))
    stage.settings.open = False
    told = await stage.order(o.Transfer(to=to))

    assert (told.answer, told.code) == (Answer.REFUSED, code)
    assert hint in told.why_es
    assert told.why_en not in ("", told.why_es)
    assert stage.desk.contact().phase is Phase.TALKING


async def test_asking_a_queue_nobody_of_which_is_free_is_refused() -> None:
    """The agent is told which queue it was."""
    stage = Stage()
    stage.talks()
    told = await stage.order(o.Consult(to=o.To(queue="vacia")))

    assert (told.code, "«vacia»" in told.why_es) == ("nobody_free", True)


async def test_a_second_consultation_is_refused() -> None:
    """One after the other; and a transfer is completed only when somebody has picked up."""
    stage = Stage()
    stage.talks()
    none = await stage.order(o.CompleteTransfer())
    await stage.order(o.Consult(to=o.To(agent="beto")))
    early = await stage.order(o.CompleteTransfer())
    again = await stage.order(o.Consult(to=TO_QUEUE))

    assert [none.code, early.code, again.code] == ["no_consult", "not_picked_up", "consult_already"]


async def test_an_attended_transfer_takes_its_note_along() -> None:
    """Beto has the contact, ana wraps up, the note is the contact's."""
    stage = Stage()
    stage.talks()
    await stage.order(o.Consult(to=o.To(agent="beto")))
    leg = stage.desk.agent(BETO).offer_id
    assert leg is not None
    stage.happens(ev.OfferAccepted(leg))
    done = await stage.order(o.CompleteTransfer(note="quiere factura"))

    assert done.answer is Answer.DONE
    assert stage.notes.kept == [(C1, "ana", "quiere factura")]
    assert stage.desk.contact().agent_id == BETO


async def test_a_refused_transfer_that_is_tried_again_has_one_note() -> None:
    """The note is written before the order, so that the next agent's pop has it; a repeat is none."""
    stage = Stage()
    stage.talks()
    stage.settings.open = False
    refused = await stage.order(o.Transfer(to=o.To(queue="noche"), note="quiere factura"))
    done = await stage.order(o.Transfer(to=TO_QUEUE, anyway=True, note="quiere factura"))

    assert (refused.answer, done.answer) == (Answer.REFUSED, Answer.DONE)
    assert stage.notes.kept == [(C1, "ana", "quiere factura")]


@pytest.mark.parametrize(
    "order", [o.Transfer(to=TO_QUEUE, note="c"), o.CompleteTransfer(note="c"), o.Escalate(note="c")]
)
async def test_no_note_is_lost_silently(order: o.Order) -> None:
    """Too many notes: the order is refused, and the caller stays."""
    stage = Stage()
    stage.talks()
    for text in ("a", "b"):
        await stage.notes.add(C1, "ana", text)
    told = await stage.order(order)

    assert (told.code, stage.asked) == ("notes_full", [])


async def test_a_number_goes_to_the_engine_as_a_token() -> None:
    """What the journal holds says nobody's number; the switch finds the way behind it."""
    stage = Stage()
    stage.talks()
    await stage.order(o.Consult(to=o.To(number="0034600111222")))
    (asked,) = stage.asked
    assert isinstance(asked, ev.ConsultAsked)

    assert asked.to.kind is TargetKind.OUTSIDE
    assert "600" not in asked.to.name
    assert stage.dialled.way(asked.to.name) == Way("fija", "+34600111222", "911000000")


async def test_a_number_that_nobody_dials_is_forgotten() -> None:
    """The engine has refused: nothing stays behind the token."""
    stage = Stage()
    stage.talks()
    stage.refuses = "asks somebody already"
    await stage.order(o.Transfer(to=o.To(number="112")))
    (asked,) = stage.asked
    assert isinstance(asked, ev.TransferAsked)

    assert stage.dialled.way(asked.to.name) is None


@pytest.mark.parametrize("kind", [o.Consult, o.Transfer])
async def test_a_number_that_no_line_allows_is_refused(kind: type[o.Consult | o.Transfer]) -> None:
    """With the rules that there are; without any line it is said where to allow one."""
    stage, none = Stage(), Stage(muda=Trunk(host="carrier.example"))
    for one in (stage, none):
        one.talks()
    refused = await stage.order(kind(to=o.To(number="+15550100200")))
    no_line = await none.order(kind(to=o.To(number="+15550100200")))

    assert (refused.code, "fija: +34*, fija: 112" in refused.why_en) == ("number_not_allowed", True)
    assert (no_line.code, "allow" in no_line.why_en) == ("no_trunk", True)
    assert (stage.asked, none.asked) == ([], [])


async def test_the_next_tier_gets_the_contact_with_its_note() -> None:
    """Without a next tier it is refused before a note is written."""
    stage, top = Stage(), Stage()
    for one in (stage, top):
        one.talks()
    top.desk.contact().rules = replace(VENTAS, escalate_to=None)
    done = await stage.order(o.Escalate(contact="c1", note="quiere factura"))
    refused = await top.order(o.Escalate(note="no se guarda"))

    assert (done.answer, stage.asked) == (Answer.DONE, [ev.ContactEscalated(C1, ANA)])
    assert stage.notes.kept == [(C1, "ana", "quiere factura")]
    assert (refused.code, top.notes.kept) == ("no_tier", [])


async def test_who_is_only_asked_cannot_hand_the_contact_over() -> None:
    """It is ana's, until she leaves it to beto."""
    stage = Stage()
    stage.talks()
    await stage.order(o.Consult(to=o.To(agent="beto")))
    leg = stage.desk.agent(BETO).offer_id
    assert leg is not None
    stage.happens(ev.OfferAccepted(leg))
    answers = [
        await stage.order(order, "beto") for order in (o.Transfer(to=TO_QUEUE), o.Escalate(), o.Hold())
    ]

    assert stage.desk.agent(BETO).activity is Activity.TALKING
    assert {told.answer for told in answers} == {Answer.REFUSED}
    assert {told.code for told in answers} <= {"other_contact", "no_talk"}
