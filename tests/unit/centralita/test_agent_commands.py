"""What agents order, and what they are told: by the engine's own answer."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.model import Desktop, Presence
from acd.records import WrapExtended
from centralita.web import orders as o
from centralita.web.ports import Answer
from tests.unit.acd.desk import ANA
from tests.unit.centralita.commands.stage import FakeScreen, Stage

pytestmark = pytest.mark.unit

EVERY_ORDER: tuple[o.Order, ...] = (
    o.Ready(), o.NotReady(reason="pausa"), o.LoggedOut(), o.WrapUpDone(), o.ExtendWrapUp(), o.Escalate(),
    o.Answer(), o.HangUp(), o.Hold(), o.Retrieve(), o.Mute(), o.Unmute(), o.Consult(to=o.To(agent="beto")),
    o.CancelConsult(), o.Transfer(to=o.To(queue="nivel2")), o.CompleteTransfer(), o.Conference(),
    o.Dial(number="112"), o.Dispose(disposition="venta"), o.WriteNote(note="x"), o.DesktopHere(),
    o.DesktopBye(),
)  # fmt: skip


def test_every_order_is_tried() -> None:
    """A new command is tried here, too."""
    assert {type(order) for order in EVERY_ORDER} == set(o.BY_SCREEN.values())


@pytest.mark.parametrize("order", EVERY_ORDER, ids=o.name_of)
async def test_an_order_for_nobody_is_answered_as_such(order: o.Order) -> None:
    """No such agent: never an exception for the web."""
    told = await Stage().order(order, "anna", FakeScreen())

    assert told.answer is Answer.UNKNOWN_AGENT


@pytest.mark.parametrize("order", EVERY_ORDER, ids=o.name_of)
async def test_a_server_that_cannot_keep_up_says_so(order: o.Order) -> None:
    """Every order has an answer, and one that could not be taken can be given again."""
    stage = Stage()
    stage.talks()
    stage.full = True
    told = await stage.order(order, screen=FakeScreen())

    assert told.answer in (Answer.UNAVAILABLE, Answer.REFUSED, Answer.DONE)
    assert (told.answer is Answer.UNAVAILABLE) == (told.code == "busy")
    assert stage.asked == []


async def test_a_pause_can_wait_for_the_end_of_the_contact() -> None:
    """Ana goes on talking and is ready until then; the wish is there to be seen."""
    stage = Stage()
    stage.talks()
    done = await stage.order(o.NotReady(reason="comida", after_contact=True))
    ana = stage.desk.agent()

    assert done.answer is Answer.DONE
    assert (ana.presence, ana.pending, ana.pending_reason) == (Presence.READY, Presence.NOT_READY, "comida")


@pytest.mark.parametrize(
    ("order", "presence"),
    [
        (o.Ready(), Presence.READY),
        (o.NotReady(reason="pausa"), Presence.NOT_READY),
        (o.LoggedOut(), Presence.LOGGED_OUT),
    ],
)
async def test_a_presence_is_what_was_said(order: o.SetPresence, presence: Presence) -> None:
    """With its reason."""
    stage = Stage()
    await stage.order(order)

    assert stage.asked == [ev.PresenceSet(ANA, presence, order.reason or "", after_contact=False)]


async def test_wrap_up_is_extended_as_often_as_the_queue_allows() -> None:
    """Then it is refused with the reason, and so it is when there is no wrap-up."""
    stage = Stage()
    stage.talks()
    early = await stage.order(o.ExtendWrapUp())
    stage.hangs_up()
    done = await stage.order(o.ExtendWrapUp())
    again = await stage.order(o.ExtendWrapUp())

    assert [early.code, done.answer, again.code] == ["not_in_wrap_up", Answer.DONE, "no_extension_left"]
    assert early.why_es == "El agente no está en trabajo posterior."
    assert [type(record) for record in stage.records].count(WrapExtended) == 1


async def test_a_connection_is_a_screen_until_it_says_goodbye() -> None:
    """The engine knows whether the agent can see what comes."""
    stage, screen = Stage(), FakeScreen()
    await stage.order(o.DesktopHere(), screen=screen)
    shown = stage.desk.agent().desktop
    await stage.order(o.DesktopBye(), screen=screen)

    assert (shown, stage.desk.agent().desktop) == (Desktop.CONNECTED, Desktop.NONE)
