from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.commands import CallIn, Connect, EndLeg, Park
from acd.model import Activity, Outcome, Phase
from acd.records import ContactClosed, ContactHeld, ContactQueued, ContactRetrieved, SegmentEnded
from tests.unit.acd.desk import ANA, BETO, C1, KEEP_WAITING, PLAIN, SALES, Desk, agent, queue, with_exits

pytestmark = pytest.mark.unit

HOLD, RETRIEVE = ev.HoldAsked(C1, ANA), ev.RetrieveAsked(C1, ANA)


def in_talk() -> Desk:
    """c1 has waited 20 s and talks to ana since 5 s."""
    desk = Desk(*PLAIN)
    desk.talks()
    desk.now_ms += 5_000
    return desk


def test_hold_takes_the_agent_out_of_the_talk_and_retrieve_brings_both_together() -> None:
    """One command each way; the talk goes on all the while, its hold counted."""
    desk = in_talk()
    leg = desk.offer_of()
    desk.happens(HOLD)
    assert desk.commands == [Park(leg, C1)]
    assert desk.one(ContactHeld) == ContactHeld(C1, ANA, desk.now_ms)
    assert (desk.contact().phase, desk.agent().activity) == (Phase.TALKING, Activity.TALKING)
    desk.happens(RETRIEVE, after_ms=8_000)
    assert desk.commands == [Connect(C1, leg)]
    assert desk.one(ContactRetrieved).held_ms == 8_000
    desk.happens(HOLD, after_ms=1_000)
    desk.happens(RETRIEVE, after_ms=2_000)
    desk.happens(ev.LegGone(leg), after_ms=10_000)

    assert (desk.one(SegmentEnded).talk_ms, desk.one(SegmentEnded).hold_ms) == (26_000, 10_000)


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ((ev.HoldAsked(C1, BETO),), "not the agent's contact"),
        ((ev.RetrieveAsked(C1, BETO),), "not the agent's contact"),
        ((RETRIEVE,), "already so"),
        ((HOLD, HOLD), "already so"),
        ((ev.LegGone(C1 + "-o1"), HOLD), "not while after"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(events: tuple[ev.Event, ...], why: str) -> None:
    """Only the agent in the talk, and each thing once."""
    desk = in_talk()
    desk.happens(*events)

    assert desk.why_ignored() == [why]


def test_the_caller_who_comes_home_because_of_it_ends_nothing() -> None:
    """The caller's own `Bridge()` returns when the agent is taken out: that is hold, not goodbye."""
    desk = in_talk()
    desk.happens(HOLD, ev.ContactReturned(C1))

    assert (desk.why_ignored(), desk.contact().phase) == (["on hold"], Phase.TALKING)


def test_a_caller_seen_at_home_just_after_being_retrieved_is_on_the_way() -> None:
    """For two seconds nobody concludes anything; then the two are brought together anew."""
    desk = in_talk()
    leg = desk.offer_of()
    desk.happens(HOLD, RETRIEVE)
    desk.happens(ev.ContactReturned(C1), after_ms=1_999)
    assert desk.why_ignored() == ["told to talk a moment ago"]
    desk.happens(ev.ContactReturned(C1), after_ms=1)

    assert (desk.commands, desk.contact().phase) == ([Connect(C1, leg)], Phase.TALKING)


def test_who_cannot_be_brought_together_is_not_dropped() -> None:
    """After a few vain tries the caller waits again in the queue, first of all."""
    desk = in_talk()
    leg, queued_ms = desk.offer_of(), desk.contact().queued_ms
    desk.happens(HOLD, RETRIEVE)
    for _ in range(3):
        desk.happens(ev.ContactReturned(C1), after_ms=2_000)
        assert desk.commands == [Connect(C1, leg)]
    desk.happens(ev.ContactReturned(C1), after_ms=2_000)

    assert desk.commands == [EndLeg(leg), CallIn(C1)]
    assert (desk.contact().phase, desk.contact().queued_ms) == (Phase.WAITING, queued_ms)


def test_an_agent_who_hangs_up_on_a_held_contact_leaves_it_to_the_queue() -> None:
    """With its clock, at once, and its steps begun anew; the agent wraps up like after any talk."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.talks()
    queued_ms = desk.contact().queued_ms
    desk.happens(HOLD, after_ms=30_000)
    desk.happens(ev.LegGone(desk.offer_of()), after_ms=5_000)

    assert CallIn(C1) in desk.commands
    assert desk.one(ContactQueued).position == 1
    assert (desk.contact().phase, desk.offer().agent_id) == (Phase.OFFERED, BETO)
    assert (desk.contact().queued_ms, desk.contact().joined_ms) == (queued_ms, desk.now_ms)
    assert desk.agent().activity is Activity.WRAP_UP


def test_the_time_in_a_talk_makes_no_exit_due() -> None:
    """Who comes back to the queue has a new stay: marks of the wait count from now."""
    desk = Desk(with_exits(queue("ventas"), {}, (60_000, KEEP_WAITING)), agent("ana"))
    desk.talks()
    desk.happens(HOLD, after_ms=120_000)
    desk.happens(ev.LegGone(desk.offer_of()))
    desk.visits()

    assert desk.contact().say_now == ()


def test_a_caller_who_hangs_up_on_hold_takes_the_agents_leg_along() -> None:
    """It is alone and would wait for ever."""
    desk = in_talk()
    leg = desk.offer_of()
    desk.happens(HOLD)
    desk.happens(ev.ContactGone(C1), after_ms=4_000)

    closed = desk.one(ContactClosed)
    assert desk.commands == [EndLeg(leg)]
    assert (closed.outcome, closed.hold_ms, closed.talk_ms) == (Outcome.ANSWERED, 4_000, 9_000)
    assert [part.hold_ms for part in closed.segments if part.kind == "talking"] == [4_000]


def test_a_phone_that_ends_right_after_a_retrieve_has_not_talked() -> None:
    """Both at once: the caller was still at home with the music, and no goodbye follows."""
    desk = in_talk()
    desk.happens(HOLD, RETRIEVE)
    desk.happens(ev.LegGone(desk.offer_of()), after_ms=100)

    assert desk.contact().phase is Phase.WAITING


def test_a_talk_after_hold_ends_like_any_other() -> None:
    """Half a second later the agent who hangs up has hung up on a talk."""
    desk = in_talk()
    desk.happens(HOLD, RETRIEVE)
    desk.happens(ev.LegGone(desk.offer_of()), after_ms=500)

    assert desk.contact().phase is Phase.AFTER


def test_an_escalation_of_a_held_contact_calls_it_to_the_door() -> None:
    """It is at home already and would hear of it only much later."""
    first = replace(queue("ventas", (SALES, 1)), escalate_to=queue("expertos").id)
    desk = Desk(first, queue("expertos"), agent("ana", {SALES: 5}))
    desk.talks()
    leg = desk.offer_of()
    desk.happens(HOLD, ev.ContactEscalated(C1, ANA))

    assert desk.commands == [Park(leg, C1), EndLeg(leg), CallIn(C1)]
