from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.model import Channel, ContactId, EndedBy, ExitKind, Outcome, Phase, Presence, QueueId, QueueRules
from acd.records import ContactClosed, ContactQueued, PlaceGivenBack, SegmentConnected
from tests.unit.acd.desk import (
    ANA,
    C1,
    C2,
    C3,
    HANG_UP,
    Desk,
    agent,
    arrival,
    queue,
    with_exits,
    with_steps,
)

pytestmark = pytest.mark.unit

C4 = ContactId("c4")
VENTAS, GENERAL = QueueId("ventas"), QueueId("general")
KEPT_MS = 600_000
GIVES_BACK = replace(queue("ventas"), place_back_ms=KEPT_MS)


def gave_up(*, waited_ms: int = 90_000, head_start_ms: int = 0, rules: QueueRules = GIVES_BACK) -> Desk:
    """c1 has waited and hung up; c2 came ten seconds after it and still waits; nobody answers."""
    desk = Desk(rules, queue("general"), agent("ana"))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1)
    desk.happens(ev.ContactClassified(C1, "es", "oro", head_start_ms, ("oro",)))
    desk.comes(C2, after_ms=10_000)
    desk.happens(ev.ContactGone(C1), after_ms=waited_ms - 10_000)
    return desk


def returns(desk: Desk, after_ms: int = 30_000, to: QueueId = VENTAS) -> None:
    """c3 is the caller of c1."""
    started, _ = arrival(C3)
    desk.happens(started, ev.CallerReturned(C3, C1), ev.ContactEnqueued(C3, to), after_ms=after_ms)


def test_who_hung_up_waiting_stands_where_they_stood_when_they_call_again() -> None:
    """Ahead of who came after the first call; the record says whose place it is and where."""
    desk = gave_up()
    clock_ms = desk.state.places[C1].queued_ms
    returns(desk)

    assert desk.one(ContactQueued).position == 1
    assert desk.one(PlaceGivenBack) == PlaceGivenBack(C3, C1, VENTAS, 1, desk.now_ms)
    assert (desk.contact(C3).queued_ms, desk.contact(C3).joined_ms) == (clock_ms, desk.now_ms)
    assert desk.state.places == {} and "place:c1" not in desk.state.deadlines


@pytest.mark.parametrize(("after_ms", "position"), [(KEPT_MS - 1, 1), (KEPT_MS, 2)])
def test_a_place_is_kept_for_its_time_and_then_forgotten(after_ms: int, position: int) -> None:
    """Too late, the caller stands at the end like anybody, and is told nothing of it."""
    desk = gave_up()
    returns(desk, after_ms=after_ms)

    assert desk.state.position(C3) == position
    assert desk.state.places == {}


def test_the_time_away_is_no_wait() -> None:
    """Waits, the moment of queueing and the time to answer are those of the new call alone."""
    desk = gave_up()
    first = desk.one(ContactClosed)
    assert (first.wait_ms, first.outcome) == (90_000, Outcome.ABANDONED_QUEUE)
    returns(desk, after_ms=30_000)
    joined_ms = desk.now_ms
    desk.sets(ANA, Presence.READY)
    desk.happens(ev.OfferAccepted(desk.offer_of(C3)), after_ms=7_000)
    assert desk.one(SegmentConnected).waited_ms == 7_000
    desk.happens(ev.ContactGone(C3))

    closed = desk.one(ContactClosed)
    assert (closed.wait_ms, closed.queued_ms) == (7_000, joined_ms)
    assert closed.started_ms <= joined_ms


def test_a_place_is_given_back_once() -> None:
    """To one call only, and who gives up again with it has had it."""
    desk = gave_up()
    returns(desk)
    desk.happens(ev.ContactStarted(C4, Channel("a", "u-c4"), "900"), ev.CallerReturned(C4, C1))
    assert desk.why_ignored() == ["no place is kept for c1"]
    desk.happens(ev.CallerReturned(C3, C1))
    assert desk.why_ignored() == ["has had a place back already"]
    desk.happens(ev.ContactGone(C3), ev.CallerReturned(C4, C3), after_ms=60_000)

    assert desk.why_ignored() == ["no place is kept for c3"]


def test_of_two_calls_for_one_place_the_first_in_the_line_has_it() -> None:
    """Both may claim it from the menu."""
    desk = gave_up()
    started = ev.ContactStarted(C4, Channel("a", "u-c4"), "900")
    desk.happens(arrival(C3)[0], started, ev.CallerReturned(C3, C1), ev.CallerReturned(C4, C1))
    desk.happens(ev.ContactEnqueued(C4, VENTAS), ev.ContactEnqueued(C3, VENTAS))

    assert [desk.state.position(contact) for contact in (C4, C2, C3)] == [1, 2, 3]


def test_who_waits_already_moves_up_when_it_is_found_out_who_they_are() -> None:
    """Facts come when they come."""
    desk = gave_up()
    desk.happens(*arrival(C3), after_ms=5_000)
    assert desk.state.position(C3) == 2
    desk.happens(ev.CallerReturned(C3, C1), after_ms=1_000)

    assert desk.one(PlaceGivenBack).position == desk.state.position(C3) == 1


def test_a_place_is_kept_in_its_own_queue() -> None:
    """In another one there is nothing to claim; the place waits for the caller to come to the right one."""
    desk = gave_up()
    returns(desk, to=GENERAL)

    assert desk.made(PlaceGivenBack) == []
    assert C1 in desk.state.places


@pytest.mark.parametrize("head_start_ms", [0, 60_000])
def test_a_head_start_that_only_the_first_call_had_is_not_lost(head_start_ms: int) -> None:
    """The place is the one that was left: no rule that no longer matches makes it a worse one."""
    desk = gave_up(head_start_ms=60_000)
    place = desk.state.places[C1]
    started, enqueued = arrival(C3)
    known = ev.ContactClassified(C3, "es", "", head_start_ms, ())
    desk.happens(started, known, ev.CallerReturned(C3, C1), enqueued)

    ((key_ms, _), _) = desk.state.lines[VENTAS]
    assert key_ms == place.queued_ms - 60_000


def test_an_older_clock_is_kept() -> None:
    """Sent over from another queue after a longer wait than the place is worth."""
    desk = Desk(GIVES_BACK, with_exits(queue("general"), {}, (60_000, HANG_UP)), agent("ana"))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C3, queue="general")
    clock_ms = desk.now_ms
    desk.comes(C1, after_ms=1_000)
    desk.happens(ev.ContactGone(C1), after_ms=20_000)
    desk.happens(ev.CallerReturned(C3, C1))
    desk.visits(C3, after_ms=60_000)
    desk.happens(ev.ContactEnqueued(C3, VENTAS))

    assert (desk.contact(C3).queued_ms, desk.contact(C3).away_ms) == (clock_ms, 0)


def test_steps_count_from_the_new_call() -> None:
    """A place in the line, no wider search than others get."""
    rules = with_steps(GIVES_BACK, ("uno", 0, ()), ("dos", 60_000, ()))
    desk = gave_up(rules=rules)
    returns(desk)

    assert desk.contact(C3).step == "uno"


@pytest.mark.parametrize(
    ("leaves", "kept"),
    [
        (ev.ContactGone(C1), True),
        (ev.ContactGone(C1, EndedBy.SWITCH), True),
        (ev.ContactGone(C1, EndedBy.SYSTEM), False),
    ],
)
def test_a_place_is_kept_for_who_left_the_line_but_not_for_whom_we_let_go(
    leaves: ev.Event, kept: bool
) -> None:
    """A call that the switch lost was not the caller's doing either."""
    desk = Desk(GIVES_BACK, agent("ana"))
    desk.comes(C1)
    assert desk.contact().phase is Phase.OFFERED
    desk.happens(leaves)

    assert (C1 in desk.state.places) is kept


def test_no_place_is_kept_of_a_talk_or_in_a_queue_that_gives_none_back() -> None:
    """Who was answered has had what they came for."""
    answered, plain = Desk(GIVES_BACK, agent("ana")), Desk()
    answered.talks()
    plain.comes(C1)
    for desk in (answered, plain):
        desk.happens(ev.ContactGone(C1))
        assert desk.state.places == {}


def test_the_estimate_at_the_door_is_not_for_who_has_a_place() -> None:
    """It was made for those at the end of the line; a line that is full is full for everybody."""
    rules = replace(
        with_exits(GIVES_BACK, {ExitKind.LONG_WAIT: HANG_UP, ExitKind.FULL: HANG_UP}, full_at=2),
        estimate_limit_ms=60_000,
    )
    desk = gave_up(rules=rules)
    started, _ = arrival(C3)
    desk.happens(started, ev.CallerReturned(C3, C1), ev.ContactEnqueued(C3, VENTAS, estimate_ms=90_000))
    assert desk.state.position(C3) == 1
    desk.happens(ev.ContactStarted(C4, Channel("a", "u-c4"), "900"))
    desk.happens(ev.ContactEnqueued(C4, VENTAS, estimate_ms=90_000))

    assert desk.contact(C4).exit_kind is ExitKind.FULL
