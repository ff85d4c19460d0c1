from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.model import Exit, ExitKind, ExitTo, Medium, QueueId
from acd.records import ConsultStarted
from acd.targets import as_if_in, turned_away
from acd.turn import Turn
from tests.unit.acd.desk import (
    ANA,
    BETO,
    C1,
    C2,
    HANG_UP,
    KEEP_WAITING,
    SALES,
    SUPPORT,
    Desk,
    agent,
    of_agent,
    of_queue,
    queue,
    with_exits,
)

pytestmark = pytest.mark.unit

SOPORTE = QueueId("soporte")


def test_who_takes_no_calls_cannot_be_asked_on_one() -> None:
    """The telephone may be there for something else."""
    texts_only = replace(agent("beto"), capacity={Medium.CHAT: 1})
    desk = Desk(queue("ventas"), agent("ana"), texts_only)
    desk.talks()
    desk.happens(ev.ConsultAsked(C1, ANA, of_agent("beto")))

    assert desk.why_ignored() == ["agent not available: takes no voice"]


def test_somebody_of_a_queue_is_able_at_one_of_its_steps() -> None:
    """As for one who waits there: skills and language, whoever the contact prefers."""
    desk = Desk(
        queue("ventas", (SALES, 1)), queue("soporte", (SUPPORT, 5)), agent("ana", {SALES: 5}), agent("beto")
    )
    desk.talks()
    desk.happens(ev.ContactClassified(C1, "es", "oro", 0, (), (BETO,)))
    desk.happens(ev.ConsultAsked(C1, ANA, of_queue("soporte")))

    assert (desk.why_ignored(), desk.made(ConsultStarted)) == (["nobody free in soporte"], [])


def test_a_queue_that_has_left_the_configuration_may_still_be_the_contacts_own() -> None:
    """Who was here before it left may be sent there, as their menu may."""
    desk = Desk(queue("ventas"), queue("soporte"), agent("ana"))
    desk.talks()
    routing = desk.state.routing
    left = {QueueId("ventas"): routing.queues[QueueId("ventas")]}
    desk.happens(ev.ConfigPublished(replace(routing, version="v2", queues=left)))
    desk.happens(ev.TransferAsked(C1, ANA, of_queue("soporte")))

    assert desk.contact().exit == Exit(ExitTo.QUEUE, "soporte")


def test_all_that_keeps_a_caller_waiting_is_looked_past() -> None:
    """Closed, and only told so; full, and sent away: what counts is what sends them away."""
    rules = with_exits(queue("soporte"), {ExitKind.CLOSED: KEEP_WAITING, ExitKind.FULL: HANG_UP}, full_at=1)
    desk = Desk(queue("ventas", (SALES, 1)), rules, agent("ana", {SALES: 5}))
    desk.talks()
    turn = Turn(desk.state, desk.engine._timers, desk.now_ms)
    contact = desk.contact()

    assert turned_away(turn, contact, SOPORTE, is_open=False, estimate_ms=None) is None
    desk.comes(C2, queue="soporte")
    assert turned_away(turn, contact, SOPORTE, is_open=False, estimate_ms=None) == "queue full"


def test_looking_changes_nothing_about_the_contact() -> None:
    """It is as if the contact were there: a copy."""
    desk = Desk(queue("ventas"), queue("soporte"), agent("ana"))
    desk.talks()
    turn = Turn(desk.state, desk.engine._timers, desk.now_ms)
    seen = as_if_in(turn, desk.contact(), SOPORTE)

    assert seen is not None
    assert seen.rules is not None
    assert seen.rules.id == SOPORTE
    assert desk.contact().rules == queue("ventas")
    assert as_if_in(turn, desk.contact(), QueueId("nada")) is None
