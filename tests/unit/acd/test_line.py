from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.line import CALL_AGAIN_MS
from acd.model import (
    SKILL_OF_LANGUAGE,
    ExitKind,
    ExitTo,
    OfferEnd,
    Phase,
    Presence,
    QueueId,
    SkillId,
)
from acd.records import ContactDiverted
from tests.unit.acd.desk import (
    ANA,
    BETO,
    C1,
    C2,
    C3,
    HANG_UP,
    KEEP_WAITING,
    SALES,
    Desk,
    agent,
    desk_with,
    queue,
    routing,
    to_queue,
    with_exits,
    with_steps,
)

pytestmark = pytest.mark.unit

VENTAS, GENERAL = QueueId("ventas"), QueueId("general")
UNSTAFFED = with_exits(queue("ventas", (SALES, 5)), {ExitKind.NOBODY_SIGNED_IN: to_queue("general", "nadie")})
PATIENT = with_exits(queue("ventas"), {}, (60_000, KEEP_WAITING), (120_000, to_queue("general", "otra")))


def test_a_mark_of_the_wait_calls_the_caller_to_the_door_and_changes_nothing_yet() -> None:
    """The leg is the dialplan's: the exit is taken when the caller is there to hear it."""
    desk = desk_with(with_exits(queue("ventas"), {}, (60_000, HANG_UP)))
    desk.comes(C1)
    desk.waits(59_999)
    assert desk.commands == []
    desk.waits(1)
    assert (desk.calls_in(), desk.contact().phase) == ([C1], Phase.WAITING)
    desk.visits(after_ms=2_500)

    assert desk.one(ContactDiverted).waited_ms == 62_500
    assert desk.contact().phase is Phase.IVR
    assert desk.engine.next_deadline_ms() is None


def test_a_visit_before_its_time_takes_nothing() -> None:
    """Announcements bring callers to the door all the time."""
    desk = desk_with(with_exits(queue("ventas"), {}, (60_000, HANG_UP)))
    desk.comes(C1)
    desk.visits(after_ms=59_999)

    assert desk.records == []
    desk.waits(1)
    assert desk.calls_in() == [C1]


def test_who_does_not_come_is_called_again_after_half_a_minute_and_not_before() -> None:
    """A call to the door may be lost; nobody is nagged."""
    desk = desk_with(with_exits(queue("ventas"), {}, (60_000, HANG_UP)))
    desk.comes(C1)
    desk.waits(60_000)
    desk.waits(CALL_AGAIN_MS - 1)
    assert desk.commands == []
    desk.waits(1)

    assert desk.calls_in() == [C1]


def test_who_has_just_been_called_is_not_called_again_by_the_next_piece_of_news() -> None:
    """Two agents go home within seconds, facts arrive: one call to the door, half a minute of patience."""
    desk = desk_with(UNSTAFFED)
    desk.comes(C1)
    desk.sets(ANA, Presence.LOGGED_OUT)
    assert desk.calls_in() == [C1]
    desk.happens(
        ev.PresenceSet(ANA, Presence.LOGGED_OUT, "fin de turno"),
        ev.ContactClassified(C1, "es", "oro", 0, ()),
        after_ms=2_000,
    )

    assert desk.calls_in() == []
    assert desk.engine.next_deadline_ms() == desk.now_ms + CALL_AGAIN_MS - 2_000


def test_a_word_of_comfort_is_said_once_and_the_place_is_kept() -> None:
    """keep_waiting: remembered once for its mark; the next mark still comes."""
    desk = desk_with(PATIENT)
    desk.comes(C1, C2)
    desk.visits(after_ms=60_000)
    assert (desk.one(ContactDiverted).to, desk.contact().say_now) == (ExitTo.KEEP_WAITING, ("paciencia",))
    assert desk.state.position(C1) == 1
    desk.visits(after_ms=30_000)
    assert (desk.records, desk.contact().say_now) == ([], ())
    desk.waits(30_000)

    assert desk.calls_in() == [C1, C2]
    desk.visits()
    assert desk.contact().exit == to_queue("general", "otra")


def test_a_queue_that_the_last_agent_leaves_calls_everybody_to_the_door() -> None:
    """Signed out is nobody there; on a break is somebody."""
    desk = desk_with(UNSTAFFED)
    desk.comes(C1, C2)
    assert desk.commands == []
    desk.sets(ANA, Presence.LOGGED_OUT)

    assert desk.calls_in() == [C1, C2]
    desk.visits(after_ms=3_000)
    assert desk.one(ContactDiverted).exit is ExitKind.NOBODY_SIGNED_IN


def test_an_agent_who_comes_back_in_time_makes_it_undone() -> None:
    """Called in vain: the caller keeps the place, hears nothing special, and can be called another time."""
    desk = desk_with(UNSTAFFED)
    desk.comes(C1)
    desk.sets(ANA, Presence.LOGGED_OUT)
    desk.sets(ANA, Presence.NOT_READY, "comida")
    desk.visits(after_ms=1_000)
    assert (desk.records, desk.contact().phase) == ([], Phase.WAITING)
    desk.happens(ev.PresenceSet(ANA, Presence.LOGGED_OUT), after_ms=1_000)

    assert desk.calls_in() == [C1]


def test_a_call_to_the_door_that_is_no_longer_due_is_not_repeated() -> None:
    """Back within the half minute: silence."""
    desk = desk_with(UNSTAFFED)
    desk.comes(C1)
    desk.sets(ANA, Presence.LOGGED_OUT)
    desk.sets(ANA, Presence.NOT_READY)
    desk.waits(10 * CALL_AGAIN_MS)

    assert desk.commands == [] and desk.engine.next_deadline_ms() is None


def test_a_published_configuration_without_anybody_for_them_calls_those_who_wait() -> None:
    """The last agent who could ever have served loses the skill."""
    rules = with_exits(queue("ventas", (SALES, 5)), {ExitKind.NOBODY_COULD_EVER: to_queue("general")})
    desk = desk_with(rules)
    desk.comes(C1)
    desk.happens(ev.ConfigPublished(routing(rules, queue("general"), agent("ana", {SALES: 4}), version="v2")))

    assert desk.calls_in() == [C1]


def test_the_language_counts_for_who_could_ever_serve() -> None:
    """A caller who turns out to speak English waits for nobody: called to the door at once."""
    rules = with_exits(queue("ventas", (SKILL_OF_LANGUAGE, 5)), {ExitKind.NOBODY_COULD_EVER: HANG_UP})
    desk = Desk(rules, agent("ana", {SkillId("lang.es"): 9}))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1)
    assert desk.commands == []
    desk.happens(ev.ContactClassified(C1, "en", "", 0, ()))

    assert desk.calls_in() == [C1]


def test_no_exit_is_taken_while_a_bell_rings_for_the_caller() -> None:
    """Perhaps the agent answers; if not, the caller is called at once, however late it is."""
    desk = desk_with(with_exits(queue("ventas"), {}, (60_000, HANG_UP)))
    desk.comes(C1)
    desk.happens(ev.PresenceSet(ANA, Presence.READY), after_ms=59_000)
    desk.waits(2_000)
    assert desk.commands == []
    desk.visits()
    assert desk.why_ignored() == ["not while offered"]
    desk.fails(OfferEnd.BUSY, after_ms=1_000)

    assert desk.calls_in() == [C1]


def test_what_was_called_before_a_bell_is_called_again_after_it() -> None:
    """The visit during the bell was for nothing: no half minute is lost."""
    desk = desk_with(with_exits(queue("ventas"), {}, (60_000, HANG_UP)))
    desk.comes(C1)
    desk.waits(60_000)
    assert desk.calls_in() == [C1]
    desk.happens(ev.PresenceSet(ANA, Presence.READY), after_ms=100)
    desk.visits(after_ms=1_000)
    desk.fails(OfferEnd.BUSY, after_ms=1_000)

    assert desk.calls_in() == [C1]


def test_back_from_the_fallback_telephone_all_clocks_have_gone_on() -> None:
    """The same stay: closed or full is no matter, a mark that has passed is taken at once."""
    rules = with_exits(queue("ventas"), {ExitKind.CLOSED: HANG_UP}, (60_000, to_queue("general")))
    desk = desk_with(rules)
    desk.comes(C1)
    desk.happens(ev.ContactElsewhere(C1), after_ms=10_000)
    desk.happens(ev.ContactEnqueued(C1, VENTAS, is_open=False), after_ms=20_000)
    assert desk.contact().phase is Phase.WAITING
    desk.happens(ev.ContactElsewhere(C1), after_ms=10_000)
    desk.happens(ev.ContactEnqueued(C1, VENTAS), after_ms=20_000)

    assert desk.one(ContactDiverted).exit is ExitKind.WAITED


STEPS = with_steps(
    queue("ventas"),
    ("fuerte", 0, ((SALES, 10),)),
    ("normal", 25_000, ((SALES, 5),)),
    ("amplio", 60_000, ()),
)


def test_a_step_widens_who_may_serve_at_its_mark() -> None:
    """Too weak for the first step: offered at the very moment the next one begins."""
    desk = Desk(STEPS, agent("ana", {SALES: 5}))
    desk.comes(C1)
    desk.waits(24_999)
    assert desk.contact().phase is Phase.WAITING
    desk.waits(1)

    assert (desk.contact().phase, desk.contact().step) == (Phase.OFFERED, "normal")


def test_a_step_that_comes_while_it_rings_holds_after_the_bell() -> None:
    """Declined after the mark: the next offer is by the wider needs."""
    desk = Desk(STEPS, agent("ana", {SALES: 10}), agent("beto", {SALES: 5}))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1)
    desk.happens(ev.PresenceSet(ANA, Presence.READY), after_ms=20_000)
    desk.waits(5_000)
    assert desk.state.offers[desk.offer_of()].agent_id == ANA
    desk.fails(OfferEnd.DECLINED, after_ms=1_000)

    assert desk.state.offers[desk.offer_of()].agent_id == BETO


def test_those_who_are_further_on_do_not_block_those_behind_nor_the_other_way_round() -> None:
    """Two of one queue at two steps are two questions: each is asked of everybody who is free."""
    desk = Desk(STEPS, agent("ana", {SALES: 5}), agent("beto", {SALES: 10}))
    desk.sets(ANA, Presence.NOT_READY)
    desk.talks(C1)
    desk.comes(C2)
    desk.comes(C3, after_ms=24_000)
    desk.happens(ev.PresenceSet(ANA, Presence.READY), after_ms=1_000)

    assert (desk.contact(C2).phase, desk.contact(C3).phase) == (Phase.OFFERED, Phase.WAITING)


def test_the_deadlines_of_a_wait_end_with_it() -> None:
    """Answered, gone or elsewhere: nothing fires for somebody who does not wait."""
    rules = replace(STEPS, waited=((30_000, KEEP_WAITING),))
    desk = Desk(rules, agent("ana", {SALES: 10}))
    desk.talks(C1)
    desk.comes(C2, C3)
    assert "step:c2" in desk.state.deadlines and "exit:c2" in desk.state.deadlines
    desk.happens(ev.ContactGone(C2), ev.ContactElsewhere(C3))

    assert not [name for name in desk.state.deadlines if name.startswith(("step:", "exit:"))]
