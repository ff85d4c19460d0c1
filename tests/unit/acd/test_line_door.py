from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from acd import events as ev
from acd.line import DIVERSIONS_MAX
from acd.model import (
    EndedBy,
    Exit,
    ExitKind,
    ExitTo,
    Outcome,
    Phase,
    Presence,
    QueueId,
    SignIn,
)
from acd.records import ContactClosed, ContactDiverted, ContactQueued, Corrected
from tests.unit.acd.desk import (
    ANA,
    C1,
    C2,
    C3,
    HANG_UP,
    KEEP_WAITING,
    SALES,
    Desk,
    agent,
    arrival,
    desk_with,
    queue,
    to_queue,
    with_exits,
    with_steps,
)

pytestmark = pytest.mark.unit

VENTAS, GENERAL = QueueId("ventas"), QueueId("general")
PATIENT = with_exits(queue("ventas"), {}, (60_000, KEEP_WAITING), (120_000, to_queue("general", "otra")))


def closed(desk: Desk, after_ms: int = 0) -> ContactClosed:
    desk.happens(ev.ContactGone(C1), after_ms=after_ms)
    return desk.one(ContactClosed)


def test_who_comes_when_it_is_closed_never_joins_the_line() -> None:
    """No place is given; the way out is with the contact, in the menu, for the shell to walk."""
    desk = desk_with(with_exits(queue("ventas"), {ExitKind.CLOSED: HANG_UP}))
    desk.happens(arrival(C1)[0], ev.ContactEnqueued(C1, VENTAS, is_open=False))

    assert desk.made(ContactQueued) == [] and desk.state.lines == {}
    assert desk.one(ContactDiverted) == ContactDiverted(
        C1, VENTAS, ExitKind.CLOSED, ExitTo.HANG_UP, "", "", 0, desk.now_ms
    )
    contact = desk.contact()
    assert (contact.phase, contact.exit, contact.exit_kind) == (Phase.IVR, HANG_UP, ExitKind.CLOSED)


def test_one_more_than_the_room_there_is_takes_the_exit() -> None:
    """Who is being offered counts as one who waits; a place that is given up is free again."""
    desk = desk_with(with_exits(queue("ventas"), {ExitKind.FULL: to_queue("general")}, full_at=2))
    desk.sets(ANA, Presence.READY)
    desk.comes(C1, C2)
    assert desk.contact(C1).phase is Phase.OFFERED
    desk.comes(C3)
    assert desk.one(ContactDiverted).exit is ExitKind.FULL
    desk.happens(ev.ContactGone(C2), ev.ContactEnqueued(C3, VENTAS))

    assert desk.state.position(C3) == 2


@pytest.mark.parametrize("after", [ev.ContactEnqueued(C1, GENERAL), ev.IvrMoved(C1, "buzon")])
def test_the_exit_is_walked_with_the_next_step_of_the_menu(after: ev.Event) -> None:
    """In another queue, or on in a flow: the way out lies behind the contact."""
    desk = desk_with(with_exits(queue("ventas"), {ExitKind.CLOSED: to_queue("general")}))
    desk.happens(arrival(C1)[0], ev.ContactEnqueued(C1, VENTAS, is_open=False))
    desk.happens(after)

    assert (desk.contact().exit, desk.contact().exit_kind) == (None, None)


def test_a_door_that_says_keep_waiting_lets_in_with_a_word() -> None:
    """Remembered once, said at this visit, and the place is given."""
    desk = desk_with(with_exits(queue("ventas"), {ExitKind.CLOSED: KEEP_WAITING}))
    desk.happens(arrival(C1)[0], ev.ContactEnqueued(C1, VENTAS, is_open=False))

    assert [type(r) for r in desk.records[1:]] == [ContactDiverted, ContactQueued]
    assert (desk.contact().phase, desk.contact().say_now) == (Phase.WAITING, ("paciencia",))
    desk.visits()
    assert desk.contact().say_now == ()


def test_the_clock_goes_along_to_another_queue_but_its_steps_begin_anew() -> None:
    """Ahead of those who came there first but have waited less; the new queue's marks count from now."""
    general = with_steps(queue("general"), ("fuerte", 0, ((SALES, 10),)), ("amplio", 25_000, ()))
    desk = Desk(PATIENT, general, agent("ana", {SALES: 9}))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1)
    queued_ms = desk.contact().queued_ms
    desk.visits(after_ms=60_000)
    desk.comes(C2, queue="general", after_ms=30_000)
    desk.visits(after_ms=30_000)
    desk.happens(ev.ContactEnqueued(C1, GENERAL), after_ms=4_000)

    assert desk.one(ContactQueued).position == 1
    assert (desk.contact().queued_ms, desk.contact().joined_ms) == (queued_ms, desk.now_ms)
    assert desk.contact().step == "fuerte"


def test_after_a_talk_the_next_queue_begins_with_a_new_clock() -> None:
    """What was waited for the first agent was not waited for the second, an exit at the door or not."""
    desk = Desk(
        queue("ventas"), with_exits(queue("general"), {ExitKind.CLOSED: to_queue("ventas")}), agent("ana")
    )
    desk.talks()
    desk.happens(ev.ContactReturned(C1), after_ms=9_000)
    desk.happens(ev.ContactEnqueued(C1, GENERAL, is_open=False), after_ms=1_000)
    assert (desk.contact().phase, desk.contact().queued_ms) == (Phase.IVR, desk.now_ms)
    desk.happens(ev.ContactEnqueued(C1, VENTAS), after_ms=2_000)

    assert desk.contact().queued_ms == desk.now_ms - 2_000


def test_a_circle_of_queues_ends_in_waiting() -> None:
    """Two closed queues that name each other: nobody is sent round and round, and it is said so."""
    there = with_exits(queue("ventas"), {ExitKind.CLOSED: to_queue("general")})
    back = with_exits(queue("general"), {ExitKind.CLOSED: to_queue("ventas")})
    desk = Desk(there, back, agent("ana", sign_in=SignIn.COMMAND))
    desk.happens(arrival(C1)[0], ev.ContactEnqueued(C1, VENTAS, is_open=False))
    for _ in range(DIVERSIONS_MAX):
        way = desk.contact().exit
        assert way is not None
        desk.happens(ev.ContactEnqueued(C1, QueueId(way.name), is_open=False), after_ms=3_000)

    assert desk.contact().phase is Phase.WAITING
    assert desk.one(Corrected).what == "sent on 5 times without a wait: stays in general although closed"
    assert desk.made(ContactDiverted) == []


def test_a_long_way_may_still_end_with_a_goodbye() -> None:
    """A hang-up is no circle: who is sent on often is still told, not left in a closed queue."""
    names = [f"q{n}" for n in range(DIVERSIONS_MAX + 1)]
    chain = [with_exits(queue(a), {ExitKind.CLOSED: to_queue(b)}) for a, b in pairwise(names)]
    desk = Desk(*chain, with_exits(queue(names[-1]), {ExitKind.CLOSED: HANG_UP}))
    desk.happens(arrival(C1)[0])
    for name in names:
        desk.happens(ev.ContactEnqueued(C1, QueueId(name), is_open=False))

    assert desk.contact().exit == HANG_UP


def test_a_wait_in_between_makes_it_no_circle() -> None:
    """Sent on after every minute, again and again: each time the exit is taken."""
    there = with_exits(queue("ventas"), {}, (60_000, to_queue("general")))
    back = with_exits(queue("general"), {}, (60_000, to_queue("ventas")))
    desk = Desk(there, back)
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1)
    for _ in range(2 * DIVERSIONS_MAX):
        desk.visits(after_ms=60_000)
        way = desk.contact().exit
        assert way is not None
        desk.happens(ev.ContactEnqueued(C1, QueueId(way.name)))

    assert desk.contact().wait_ms == 2 * DIVERSIONS_MAX * 60_000


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (ExitKind.CLOSED, Outcome.REJECTED_CLOSED),
        (ExitKind.FULL, Outcome.REJECTED_FULL),
        (ExitKind.NOBODY_SIGNED_IN, Outcome.REJECTED_UNSTAFFED),
        (ExitKind.NOBODY_COULD_EVER, Outcome.REJECTED_UNSTAFFED),
        (ExitKind.LONG_WAIT, Outcome.REJECTED_LONG_WAIT),
    ],
)
@pytest.mark.parametrize("by", [EndedBy.SYSTEM, EndedBy.CALLER])
def test_who_is_turned_away_at_the_door_was_rejected(kind: ExitKind, outcome: Outcome, by: EndedBy) -> None:
    """Whether the caller heard the message to its end or not: nobody gave up waiting."""
    needs = ((SALES, 10),) if kind is ExitKind.NOBODY_COULD_EVER else ()
    rules = replace(with_exits(queue("ventas", *needs), {kind: HANG_UP}, full_at=0), estimate_limit_ms=60_000)
    desk = desk_with(rules, presence=Presence.LOGGED_OUT)
    is_open = kind is not ExitKind.CLOSED
    desk.happens(arrival(C1)[0], ev.ContactEnqueued(C1, VENTAS, is_open, estimate_ms=60_001))
    if by is EndedBy.SYSTEM:
        desk.happens(ev.ContactFinished(C1), after_ms=4_000)
    record = closed(desk)

    assert (record.outcome, record.ended_by, record.wait_ms) == (outcome, by, 0)


@pytest.mark.parametrize("by", [EndedBy.SYSTEM, EndedBy.CALLER])
def test_after_a_wait_it_matters_who_ends_it(by: EndedBy) -> None:
    """We let the caller go: told that nobody will come. The caller hangs up first: gave up waiting."""
    desk = desk_with(with_exits(queue("ventas"), {}, (60_000, HANG_UP)))
    desk.comes(C1)
    desk.visits(after_ms=60_000)
    if by is EndedBy.SYSTEM:
        desk.happens(ev.ContactFinished(C1), after_ms=4_000)

    expected = Outcome.REJECTED_WAITED if by is EndedBy.SYSTEM else Outcome.ABANDONED_QUEUE
    assert closed(desk).outcome is expected


@pytest.mark.parametrize(
    ("waited_ms", "by", "outcome"),
    [
        (0, EndedBy.SYSTEM, Outcome.COMPLETED_IVR),
        (0, EndedBy.CALLER, Outcome.ABANDONED_IVR),
        (60_000, EndedBy.SYSTEM, Outcome.COMPLETED_IVR),
        (60_000, EndedBy.CALLER, Outcome.ABANDONED_QUEUE),
    ],
)
def test_a_flow_behind_an_exit_ends_like_a_menu_unless_the_caller_had_waited(
    waited_ms: int, by: EndedBy, outcome: Outcome
) -> None:
    """A voice mail to the end was served; who leaves it after a wait still gave up waiting."""
    flow = Exit(ExitTo.FLOW, "buzon")
    desk = desk_with(with_exits(queue("ventas"), {ExitKind.CLOSED: flow}, (60_000, flow)))
    desk.happens(arrival(C1)[0], ev.ContactEnqueued(C1, VENTAS, is_open=waited_ms > 0))
    desk.visits(after_ms=waited_ms)
    desk.happens(ev.IvrMoved(C1, "buzon"))
    if by is EndedBy.SYSTEM:
        desk.happens(ev.ContactFinished(C1), after_ms=4_000)

    assert closed(desk).outcome is outcome


def test_the_stretches_of_a_diverted_call_add_up() -> None:
    """Waiting, message, waiting again: each has its stretch, and the waits are counted together."""
    desk = desk_with(with_exits(queue("ventas"), {}, (60_000, to_queue("general"))))
    desk.comes(C1)
    desk.visits(after_ms=60_000)
    desk.happens(ev.ContactEnqueued(C1, GENERAL), after_ms=4_000)
    record = closed(desk, after_ms=30_000)

    assert [(s.kind, s.queue, s.end_ms - s.start_ms) for s in record.segments] == [
        ("waiting", VENTAS, 60_000),
        ("ivr", None, 4_000),
        ("waiting", GENERAL, 30_000),
    ]
    assert (record.wait_ms, record.queue, record.outcome) == (90_000, GENERAL, Outcome.ABANDONED_QUEUE)
