"""Promised calls: the place is kept without a leg, the customer is rung once, and never two for one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.callbacks import LINE_REST_MS
from acd.commands import CallCustomer, CallIn, EndLeg, OfferContact, StopCalling, WithdrawOffer
from acd.model import (
    Activity,
    Channel,
    ContactId,
    Direction,
    EndedBy,
    ExitKind,
    OfferEnd,
    OfferKind,
    Outcome,
    Phase,
    Presence,
    PromiseEnd,
    QueueId,
    Target,
    TargetKind,
)
from acd.records import (
    CallbackAgreed,
    CallbackEnded,
    CallbackWaits,
    ContactClosed,
    OfferAnnounced,
    SegmentConnected,
)
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
    queue,
    to_queue,
    with_exits,
)

pytestmark = pytest.mark.unit

VENTAS = QueueId("ventas")


def leg(contact: ContactId) -> Channel:
    return Channel("a", f"{contact}-c")


def promised(desk: Desk, contact: ContactId = C1, *, gone: bool = True, is_open: bool = True) -> None:
    """A caller in the menu, who hangs up then."""
    desk.happens(ev.ContactStarted(contact, Channel("a", f"u-{contact}"), "900"))
    desk.happens(ev.CallbackPromised(contact, VENTAS, f"t-{contact}", leg(contact), is_open))
    if gone:
        desk.happens(ev.ContactFinished(contact), ev.ContactGone(contact, EndedBy.CALLER), after_ms=2_000)


def away(desk: Desk) -> Desk:
    """Nobody is ready."""
    for name in list(desk.state.agents):
        desk.happens(ev.PresenceSet(name, Presence.NOT_READY, "pausa"))
    return desk


def test_who_was_promised_a_call_keeps_the_place_without_a_leg() -> None:
    """Before who comes later, whoever hung up when; the agent is told that it is a callback."""
    desk = away(Desk())
    promised(desk, gone=False)
    desk.comes(C2, after_ms=1_000)
    desk.happens(ev.ContactGone(C1), after_ms=1_000)
    assert [desk.state.position(contact) for contact in (C1, C2)] == [1, 2]

    desk.happens(ev.PresenceSet(ANA, Presence.READY))
    announced = desk.one(OfferAnnounced)
    assert (announced.contact_id, announced.kind) == (C1, OfferKind.CALLBACK)
    assert announced.promised_ms == desk.contact().promise.at_ms  # type: ignore[union-attr]
    (order,) = (command for command in desk.commands if isinstance(command, OfferContact))
    assert order.kind is OfferKind.CALLBACK


def test_the_clock_of_a_caller_who_waited_goes_on() -> None:
    """Out of a queue by an exit, promised a call: first all the same."""
    flow = to_queue("ventas")
    desk = away(Desk(with_exits(queue("ventas"), {}, (30_000, replace(flow, say=()))), agent("ana")))
    desk.comes(C1)
    desk.comes(C2, after_ms=20_000)
    desk.waits(11_000)
    desk.happens(ev.ContactVisited(C1))
    assert desk.contact().exit is not None
    desk.happens(ev.CallbackPromised(C1, VENTAS, "t", leg(C1)), ev.ContactGone(C1))

    assert [desk.state.position(contact) for contact in (C1, C2)] == [1, 2]
    assert desk.contact().segments[-1].kind == "waiting"


def test_the_agent_first_then_the_customer_once() -> None:
    """Off the hook the customer is rung; reached, they talk as in any call, and the promise is over."""
    desk = Desk()
    promised(desk)
    offer = desk.offer_of()
    desk.happens(ev.OfferRinging(offer), ev.OfferAccepted(offer), after_ms=3_000)
    assert [type(command) for command in desk.commands] == [CallCustomer]
    call = desk.commands[0]
    assert isinstance(call, CallCustomer)
    assert (call.uniqueid, call.number, call.leg_id) == ("c1-c", "t-c1", offer)
    assert (desk.contact().phase, desk.agent().activity) == (Phase.DIALLING, Activity.TALKING)

    desk.happens(ev.ContactReached(C1), after_ms=5_000)
    assert desk.one(CallbackEnded).end is PromiseEnd.REACHED
    connected = desk.one(SegmentConnected)
    assert (connected.waited_ms, connected.direction) == (0, Direction.INBOUND)
    desk.happens(ev.ContactGone(C1), after_ms=60_000)
    closed = desk.one(ContactClosed)
    assert (closed.outcome, closed.wait_ms) == (Outcome.ANSWERED, 0)
    assert [part.kind for part in closed.segments] == ["ivr", "promised", "dialling", "talking"]


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (OfferEnd.NO_ANSWER, Outcome.CALLBACK_NO_ANSWER),
        (OfferEnd.NO_REPLY, Outcome.CALLBACK_NO_ANSWER),
        (OfferEnd.BUSY, Outcome.CALLBACK_BUSY),
        (OfferEnd.FAILED, Outcome.CALLBACK_FAILED),
        (None, Outcome.CALLBACK_FAILED),
    ],
)
def test_who_is_not_reached_has_had_the_call(result: OfferEnd | None, outcome: Outcome) -> None:
    """One dialling for one promise: it is over, with the reason, and the agent is free at once."""
    desk = Desk()
    promised(desk)
    offer = desk.offer_of()
    desk.happens(ev.OfferAccepted(offer))
    desk.happens(ev.ContactGone(C1, EndedBy.CALLER, result), after_ms=20_000)

    assert desk.one(ContactClosed).outcome is outcome
    assert desk.commands == [EndLeg(offer)]
    desk.happens(ev.LegGone(offer))
    assert desk.agent().activity is Activity.IDLE


def test_an_agent_who_declines_costs_the_promise_nothing() -> None:
    """The next one is asked, the customer knows nothing of it."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    promised(desk)
    first = desk.state.offers[desk.offer_of()].agent_id
    desk.happens(ev.OfferFailed(desk.offer_of(), OfferEnd.DECLINED))

    second = desk.state.offers[desk.offer_of()].agent_id
    assert {first, second} == {ANA, BETO}
    assert desk.contact().dialled_ms is None


def test_a_line_that_is_taken_is_no_call() -> None:
    """Nothing rang: the contact keeps its place and is tried again after a while."""
    desk = Desk()
    promised(desk)
    offer = desk.offer_of()
    desk.happens(ev.OfferAccepted(offer))
    desk.happens(ev.ContactGone(C1, EndedBy.CALLER, OfferEnd.FAILED, rung=False))
    assert desk.commands == [EndLeg(offer)]
    assert (desk.contact().phase, desk.contact().absent) == (Phase.PROMISED, True)
    desk.happens(ev.LegGone(offer))
    desk.waits(LINE_REST_MS)

    assert desk.contact().phase is Phase.OFFERED


def test_an_agent_who_hangs_up_while_it_rings_has_ended_it() -> None:
    """The customer is called no longer; one promise, one call."""
    desk = Desk()
    promised(desk)
    offer = desk.offer_of()
    desk.happens(ev.OfferAccepted(offer))
    desk.happens(ev.LegGone(offer), after_ms=4_000)
    assert desk.commands == [StopCalling(C1)]
    desk.happens(ev.ContactGone(C1, EndedBy.CALLER, OfferEnd.WITHDRAWN))

    assert desk.one(ContactClosed).outcome is Outcome.CALLBACK_FAILED


def test_who_calls_again_takes_the_place_and_ends_the_promise() -> None:
    """Never two: from the first moment nobody rings them, and in the queue the place is theirs."""
    desk = away(Desk())
    promised(desk)
    desk.comes(C2, after_ms=1_000)
    desk.happens(ev.ContactStarted(C3, Channel("a", "u3"), "900"), ev.CallerReturned(C3, C1))
    assert desk.contact().phase is Phase.PROMISED
    desk.happens(ev.ContactEnqueued(C3, VENTAS), after_ms=5_000)

    assert desk.one(CallbackEnded).end is PromiseEnd.BY_PHONE
    assert desk.one(ContactClosed).outcome is Outcome.CALLBACK_BY_PHONE
    assert [desk.state.position(contact) for contact in (C3, C2)] == [1, 2]


def test_who_calls_for_something_else_is_called_afterwards() -> None:
    """The bell stops for as long as they are on the line, and no longer."""
    desk = Desk()
    promised(desk)
    offer = desk.offer_of()
    desk.happens(ev.ContactStarted(C2, Channel("a", "u2"), "900"), ev.CallerReturned(C2, C1))
    assert desk.commands == [WithdrawOffer(offer, OfferEnd.WITHDRAWN)]
    desk.happens(ev.OfferAccepted(offer))  # crosses the withdrawal: nobody is to be rung for it
    assert desk.commands == [EndLeg(offer)]
    desk.happens(ev.LegGone(offer))
    assert desk.contact().phase is Phase.PROMISED
    desk.happens(ev.ContactGone(C2))

    assert desk.contact().phase is Phase.OFFERED


def test_who_calls_again_and_is_promised_again_has_one_promise() -> None:
    """The later contact stands where the earlier one stood."""
    desk = away(Desk())
    promised(desk)
    desk.comes(C2, after_ms=1_000)
    desk.happens(ev.ContactStarted(C3, Channel("a", "u3"), "900"), ev.CallerReturned(C3, C1))
    desk.happens(ev.CallbackPromised(C3, VENTAS, "t3", leg(C3)), ev.ContactGone(C3))

    assert [c.id for c in desk.state.contacts.values() if c.promise] == [C3]
    assert [desk.state.position(contact) for contact in (C3, C2)] == [1, 2]


def test_who_stays_on_the_line_and_waits_needs_no_call() -> None:
    """Into the queue after all: the promise is over, the place is not."""
    desk = away(Desk())
    promised(desk, gone=False)
    desk.comes(C2, after_ms=1_000)
    desk.happens(ev.ContactEnqueued(C1, VENTAS), after_ms=1_000)

    assert desk.one(CallbackEnded).end is PromiseEnd.BY_PHONE
    assert not desk.contact().absent
    desk.happens(ev.ContactGone(C1))
    assert desk.one(ContactClosed).outcome is Outcome.SHORT_ABANDON


@pytest.mark.parametrize(
    ("exits", "is_open", "full_at", "why"),
    [
        ({ExitKind.CLOSED: HANG_UP}, False, None, "queue closed"),
        ({ExitKind.FULL: HANG_UP}, True, 0, "queue full"),
        ({ExitKind.NOBODY_COULD_EVER: HANG_UP}, True, None, "queue unstaffed"),
    ],
)
def test_a_queue_that_turns_people_away_promises_nothing(
    exits: dict[ExitKind, object], is_open: bool, full_at: int | None, why: str
) -> None:
    """Neither to callers nor to programs."""
    rules = with_exits(queue("ventas", (SALES, 5)), exits, full_at=full_at)  # type: ignore[arg-type]
    desk = Desk(rules, agent("ana", {SALES: 1} if why == "queue unstaffed" else {SALES: 9}))
    desk.happens(ev.ContactStarted(C1, Channel("a", "u1"), "900"))
    desk.happens(ev.CallbackPromised(C1, VENTAS, "t", leg(C1), is_open))
    assert desk.why_ignored() == [why]
    desk.happens(ev.CallbackAsked(C2, VENTAS, "t", leg(C2), "web", is_open))
    assert desk.why_ignored() == [why]

    assert C2 not in desk.state.contacts


def test_nobody_signed_in_and_a_long_wait_are_no_reason_to_refuse() -> None:
    """That is what callbacks are for; marks of the wait that would speak are passed by."""
    rules = with_exits(
        queue("ventas"), {ExitKind.NOBODY_SIGNED_IN: HANG_UP}, (10_000, HANG_UP), (20_000, KEEP_WAITING)
    )
    desk = Desk(rules, agent("ana"))
    desk.happens(ev.PresenceSet(ANA, Presence.LOGGED_OUT))
    promised(desk)
    desk.waits(3_600_000)
    assert not [command for command in desk.commands if isinstance(command, CallIn)]
    assert desk.contact().phase is Phase.WAITING
    desk.happens(ev.PresenceSet(ANA, Presence.READY))

    assert desk.contact().phase is Phase.OFFERED


def test_nobody_is_called_while_the_queue_is_closed() -> None:
    """Overnight the contact stands aside; in the morning it is where its clock says."""
    desk = away(Desk())
    promised(desk)
    desk.comes(C2, after_ms=1_000)
    desk.happens(ev.QueueHours(VENTAS, is_open=False))
    desk.happens(ev.ContactGone(C2), ev.PresenceSet(ANA, Presence.READY), after_ms=3_600_000)
    assert desk.contact().phase is Phase.PROMISED
    desk.happens(ev.PresenceSet(ANA, Presence.NOT_READY, "pausa"))
    desk.comes(C3)
    desk.happens(ev.QueueHours(VENTAS, is_open=True))
    assert [desk.state.position(contact) for contact in (C1, C3)] == [1, 2]
    desk.happens(ev.QueueHours(VENTAS, is_open=True))

    assert desk.why_ignored() == ["already so"]


def test_a_promise_can_be_taken_back_until_the_customer_rings() -> None:
    """Absent: the contact ends. On the line: only the promise does. Being rung: too late."""
    desk = away(Desk())
    promised(desk)
    desk.happens(ev.CallbackCancelled(C1, EndedBy.CALLER))
    closed = desk.one(ContactClosed)
    assert (closed.outcome, closed.ended_by) == (Outcome.CALLBACK_CANCELLED, EndedBy.CALLER)
    promised(desk, C2, gone=False)
    desk.happens(ev.CallbackCancelled(C2), ev.ContactGone(C2))
    assert desk.one(ContactClosed).outcome is Outcome.ABANDONED_IVR
    promised(desk, C3)
    desk.happens(ev.PresenceSet(ANA, Presence.READY))
    desk.happens(ev.OfferAccepted(desk.offer_of(C3)), ev.CallbackCancelled(C3))

    assert desk.why_ignored() == ["being called"]
    assert desk.state.contacts[C3].phase is Phase.DIALLING


def test_asked_for_from_outside_it_is_a_contact_that_we_call() -> None:
    """Without anybody on the line from the beginning; nobody is asked before the rules have sorted it."""
    desk = Desk()
    desk.happens(ev.CallbackAsked(C1, VENTAS, "t", leg(C1), "web", rest_ms=500))
    assert (desk.one(CallbackAgreed).position, desk.one(CallbackWaits).position) == (1, 1)
    assert desk.contact().phase is Phase.PROMISED
    desk.waits(500)
    assert desk.contact().phase is Phase.OFFERED
    desk.happens(ev.CallbackAsked(C1, VENTAS, "t", leg(C1)))

    assert desk.why_ignored() == ["already known"]
    assert desk.contact().direction is Direction.OUTBOUND


def test_a_late_end_of_the_callers_leg_is_no_end_of_the_promise() -> None:
    """The switch may tell twice."""
    desk = away(Desk())
    promised(desk)
    desk.happens(ev.ContactGone(C1))

    assert desk.why_ignored() == ["nobody is on the line"]


def test_a_switch_that_restarts_loses_no_promise() -> None:
    """There is no leg that could be lost; the bell that rang is rung again."""
    desk = Desk()
    promised(desk)
    desk.happens(
        ev.SwitchSnapshot("a", "b1", desk.now_ms, (), (ev.LegSeen(desk.offer_of(), up=False),), (ANA,))
    )
    offer = desk.offer_of()
    desk.happens(ev.SwitchSnapshot("a", "b2", desk.now_ms + 1, (), (), (ANA,)), after_ms=1_000)

    assert desk.contact().phase in (Phase.WAITING, Phase.OFFERED)
    assert desk.contact().offer_id != offer


@pytest.mark.parametrize(("called", "again"), [(False, True), (True, False)])
def test_after_a_restart_the_mark_on_the_switch_decides_whether_to_ring(called: bool, again: bool) -> None:
    """Not carried out: carried out now. Carried out, and nobody there: that was the call."""
    desk = Desk()
    promised(desk)
    offer = desk.offer_of()
    desk.happens(ev.OfferAccepted(offer))
    seen = ev.LegSeen(offer, up=True, called=called)
    desk.happens(ev.SwitchSnapshot("a", "b1", desk.now_ms + 1_000, (), (seen,), (ANA,)), after_ms=1_000)

    rings = [command for command in desk.commands if isinstance(command, CallCustomer)]
    assert bool(rings) == again
    assert (C1 in desk.state.contacts) == again


def test_the_menu_hands_over_to_who_is_free() -> None:
    """An agent by name; reached, they talk, and the caller's menu is over."""
    desk = Desk()
    desk.happens(ev.ContactStarted(C1, Channel("a", "u1"), "900"), ev.IvrMoved(C1, "f/pasar"))
    desk.happens(ev.ContactSent(C1, Target(TargetKind.AGENT, "ana"), 12_000))
    assert (desk.contact().phase, desk.contact().node) == (Phase.SENT, "f/pasar")
    (order,) = (command for command in desk.commands if isinstance(command, OfferContact))
    assert (order.ring_ms, order.kind) == (12_000, OfferKind.CONTACT)
    desk.happens(ev.OfferAccepted(desk.offer_of()))
    assert desk.contact().phase is Phase.TALKING
    desk.happens(ev.ContactGone(C1))

    assert desk.one(ContactClosed).outcome is Outcome.ANSWERED


@pytest.mark.parametrize("to", [Target(TargetKind.AGENT, "ana"), Target(TargetKind.OUTSIDE, "tok")])
def test_not_reached_the_caller_is_back_in_the_menu(to: Target) -> None:
    """Called in, and told so at the same node; elsewhere it is forgotten."""
    desk = Desk()
    desk.happens(ev.ContactStarted(C1, Channel("a", "u1"), "900"), ev.IvrMoved(C1, "f/pasar"))
    desk.happens(ev.ContactSent(C1, to))
    desk.happens(ev.OfferFailed(desk.offer_of(), OfferEnd.NO_ANSWER))
    assert CallIn(C1) in desk.commands
    assert (desk.contact().phase, desk.contact().sent_result) == (Phase.IVR, OfferEnd.NO_ANSWER)
    desk.happens(ev.IvrMoved(C1, "f/pasar"))
    assert desk.contact().sent_result is OfferEnd.NO_ANSWER
    desk.happens(ev.IvrMoved(C1, "f/persona"))

    assert desk.contact().sent_result is None


def test_who_talks_to_somebody_outside_was_served_by_the_menu() -> None:
    """And says goodbye as after any talk."""
    desk = Desk()
    desk.happens(ev.ContactStarted(C1, Channel("a", "u1"), "900"))
    desk.happens(ev.ContactSent(C1, Target(TargetKind.OUTSIDE, "tok")))
    desk.happens(ev.OfferAccepted(desk.offer_of()), ev.ContactGone(C1))

    assert desk.one(ContactClosed).outcome is Outcome.COMPLETED_IVR


@pytest.mark.parametrize(
    ("to", "why"),
    [
        (Target(TargetKind.AGENT, "nadie"), "unknown agent nadie"),
        (Target(TargetKind.AGENT, "ana"), "agent not available: not ready (pausa)"),
        (Target(TargetKind.QUEUE, "ventas"), "not to a queue"),
    ],
)
def test_who_cannot_take_the_caller_now_is_not_rung(to: Target, why: str) -> None:
    """The menu is told at once."""
    desk = away(Desk())
    desk.happens(ev.ContactStarted(C1, Channel("a", "u1"), "900"), ev.ContactSent(C1, to))

    assert desk.why_ignored() == [why]
    assert desk.contact().phase is Phase.IVR
