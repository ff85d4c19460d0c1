"""Hold, mute, hang up, pick up: what the engine is told, and what is refused before it."""

from __future__ import annotations

import json

import pytest

from acd import events as ev
from acd.commands import AnswerLeg, WithdrawOffer
from acd.model import OfferEnd, OfferKind, Target, TargetKind
from centralita.commands.talk import EVENTS
from centralita.web import orders as o
from centralita.web.live_shape import Answers
from centralita.web.ports import Answer
from tests.unit.acd.desk import ANA, BETO, C1
from tests.unit.centralita.commands.stage import FakeScreen, Stage

pytestmark = pytest.mark.unit

TOLD = [
    (o.Hold(), ev.HoldAsked(C1, ANA)),
    (o.Mute(), ev.MuteAsked(C1, ANA, muted=True)),
    (o.HangUp(contact="c1"), ev.HangUpAsked(C1, ANA)),
]


@pytest.mark.parametrize(("order", "event"), TOLD)
async def test_a_command_is_told_to_the_engine_of_the_contact_in_hand(
    order: o.OfContact, event: ev.Event
) -> None:
    """Nobody has to say who that is."""
    stage = Stage()
    stage.talks()

    assert (await stage.order(order)).answer is Answer.DONE
    assert stage.asked == [event]


async def test_what_is_so_already_counts_as_done() -> None:
    """A second click is no mistake."""
    stage = Stage()
    stage.talks()
    answers = [
        (await stage.order(order)).answer for order in (o.Hold(), o.Hold(), o.Retrieve(), o.Retrieve())
    ]
    muted = [(await stage.order(order)).answer for order in (o.Mute(), o.Mute(), o.Unmute(), o.Unmute())]

    assert answers == muted == [Answer.DONE] * 4
    assert not stage.desk.contact().muted and stage.desk.contact().on_hold_ms is None


@pytest.mark.parametrize("kind", [*EVENTS, o.CompleteTransfer, o.Escalate])
async def test_without_a_call_there_is_nothing_to_command(kind: type[o.OfContact]) -> None:
    """Idle, or with somebody else than was meant: refused, and the engine is not even asked."""
    stage = Stage()
    idle = await stage.order(kind())
    stage.talks()
    other = await stage.order(kind(contact="c9"))

    assert (idle.answer, idle.code) == (Answer.REFUSED, "no_talk")
    assert (other.answer, other.code) == (Answer.REFUSED, "other_contact")
    assert stage.asked == []


async def test_what_only_rings_can_be_declined_and_nothing_else() -> None:
    """There is no talk yet that could be held."""
    stage = Stage()
    stage.rings()
    held = await stage.order(o.Hold())
    declined = await stage.order(o.HangUp())

    assert (held.code, declined.answer) == ("no_talk", Answer.DONE)
    assert stage.done == [WithdrawOffer(stage.desk.offer_of(), OfferEnd.DECLINED)]


async def test_a_consultation_is_cancelled_only_if_there_is_one() -> None:
    """`retrieve` is what takes a contact off hold without one."""
    stage = Stage()
    stage.talks()
    await stage.order(o.Hold())
    alone = await stage.order(o.CancelConsult())
    await stage.order(o.Consult(to=o.To(agent="beto")))
    done = await stage.order(o.CancelConsult())

    assert (alone.code, done.answer) == ("no_consult", Answer.DONE)
    assert stage.desk.contact().on_hold_ms is None


async def test_no_consultation_is_cancelled_in_a_conference() -> None:
    """The three talk: who wants to leave hangs up."""
    stage = Stage()
    stage.talks()
    await stage.order(o.Consult(to=o.To(agent="beto")))
    stage.happens(ev.OfferAccepted(stage.desk.agent(BETO).offer_id))  # type: ignore[arg-type]
    assert (await stage.order(o.Conference())).answer is Answer.DONE

    assert (await stage.order(o.CancelConsult())).code == "in_conference"


async def test_a_phone_that_can_is_told_to_pick_up() -> None:
    """The engine has the switch do it, for a caller and for a colleague who asks."""
    stage = Stage()
    stage.settings.how = "command"
    stage.rings()
    done = await stage.order(o.Answer(contact="c1"))

    assert done.answer is Answer.DONE
    assert stage.done == [AnswerLeg(stage.desk.offer_of())]


async def test_a_consultation_can_be_answered_too() -> None:
    """What rings at beto's is of the contact that ana has."""
    stage = Stage()
    stage.settings.how = "command"
    stage.talks()
    await stage.order(o.Consult(to=o.To(agent="beto")))
    done = await stage.order(o.Answer(), "beto")

    assert done.answer is Answer.DONE
    leg = stage.desk.agent(BETO).offer_id
    assert leg is not None and stage.done == [AnswerLeg(leg)]
    assert stage.desk.state.offers[leg].kind is OfferKind.CONSULT


async def test_a_browser_phone_is_told_by_its_own_screen() -> None:
    """Only the page that has the phone, and only while it is there."""
    stage, page, board = Stage(), FakeScreen(), FakeScreen()
    stage.settings.how = "screen"
    await stage.order(o.DesktopHere(phone=True), screen=page)
    await stage.order(o.DesktopHere(), screen=board)
    stage.rings()
    done = await stage.order(o.Answer())
    stage.commands.lost(page)
    gone = await stage.order(o.Answer())

    assert done.answer is Answer.DONE
    assert [json.loads(told) for told in page.told] == [
        {"type": "phone.answer", "v": 1, "agent": "ana", "offer_id": stage.desk.offer_of()}
    ]
    assert (board.told, stage.asked) == ([], [])
    assert (gone.code, "página" in gone.why_es) == ("phone_cannot", True)


async def test_a_page_that_does_not_read_has_not_been_told() -> None:
    """The agent learns it at once instead of waiting for a call that never comes."""
    stage, page = Stage(), FakeScreen(reads=False)
    stage.settings.how = "screen"
    await stage.order(o.DesktopHere(phone=True), screen=page)
    stage.rings()

    assert (await stage.order(o.Answer())).code == "phone_cannot"


async def test_a_phone_without_a_way_is_picked_up_by_hand() -> None:
    """The agent is told to do so, in both languages."""
    stage = Stage()
    stage.rings()
    told = await stage.order(o.Answer())

    assert (told.answer, told.code, stage.asked) == (Answer.REFUSED, "phone_cannot", [])
    assert "descuelgue el teléfono" in told.why_es
    assert "pick up the phone" in told.why_en


@pytest.mark.parametrize("how", ["screen", "command", "by_hand"])
async def test_nothing_is_answered_when_nothing_rings(how: Answers) -> None:
    """Neither before a call nor during it, nor another one than was meant."""
    stage = Stage()
    stage.settings.how = how
    before = await stage.order(o.Answer())
    stage.rings()
    other = await stage.order(o.Answer(contact="c9"))
    stage.happens(ev.OfferAccepted(stage.desk.offer_of()))
    during = await stage.order(o.Answer())

    assert [before.code, other.code, during.code] == ["nothing_rings", "other_contact", "nothing_rings"]


async def test_the_target_of_a_consultation_is_told_as_it_was_meant() -> None:
    """An agent by name."""
    stage = Stage()
    stage.talks()
    await stage.order(o.Consult(to=o.To(agent="beto")))

    assert stage.asked == [ev.ConsultAsked(C1, ANA, Target(TargetKind.AGENT, "beto"))]
