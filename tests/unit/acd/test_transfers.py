from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.commands import CallIn, CallOutside, Connect, EndLeg, OfferContact, Park, WithdrawOffer
from acd.model import (
    Activity,
    AgentId,
    Clock,
    EndedBy,
    Exit,
    ExitKind,
    ExitTo,
    OfferEnd,
    OfferKind,
    OfferState,
    Outcome,
    Phase,
    Presence,
    QueueId,
    QueueRules,
    Target,
)
from acd.records import (
    ContactClosed,
    ContactQueued,
    ContactTransferred,
    OfferAnnounced,
    OutsideConnected,
    OutsideEnded,
    SegmentConnected,
    SegmentEnded,
    WrapStarted,
)
from tests.unit.acd.desk import (
    ANA,
    BETO,
    C1,
    C2,
    HANG_UP,
    KEEP_WAITING,
    OUTSIDE,
    SALES,
    SUPPORT,
    Desk,
    agent,
    of_agent,
    of_queue,
    queue,
    to_queue,
    with_exits,
)

pytestmark = pytest.mark.unit

SOPORTE = queue("soporte", (SUPPORT, 1))
COMPLETE = ev.TransferCompleted(C1, ANA)


def in_talk(target: QueueRules = SOPORTE) -> Desk:
    """c1 has waited 20 s and talks to ana for 60 s; beto is of soporte."""
    desk = Desk(queue("ventas", (SALES, 1)), target, agent("ana", {SALES: 5}), agent("beto", {SUPPORT: 9}))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1)
    desk.now_ms += 20_000
    desk.sets(ANA, Presence.READY)
    desk.happens(ev.OfferAccepted(desk.offer_of()))
    desk.now_ms += 60_000
    return desk


def transfer(to: Target, *, anyway: bool = False, is_open: bool = True) -> ev.TransferAsked:
    return ev.TransferAsked(C1, ANA, to, is_open=is_open, anyway=anyway)


# Attended


def test_the_contact_is_left_to_who_was_asked() -> None:
    """First the two are brought together, then the agent's leg ends; a talk of their own begins."""
    desk = in_talk()
    leg = desk.offer_of()
    asked = desk.asks(of_agent("beto"))
    desk.happens(COMPLETE, after_ms=5_000)

    assert desk.commands == [Connect(C1, asked), EndLeg(leg)]
    assert desk.one(SegmentEnded).ended_by is EndedBy.AGENT
    handed = ContactTransferred(C1, ANA, of_agent("beto"), attended=True, at_ms=desk.now_ms)
    assert desk.one(ContactTransferred) == handed
    begins = desk.one(SegmentConnected)
    assert (begins.agent_id, begins.offer_id, begins.waited_ms) == (BETO, asked, 20_000)
    assert desk.agent().activity is Activity.WRAP_UP
    assert (desk.contact().agent_id, desk.contact().on_hold_ms, desk.contact().consult_id) == (
        BETO,
        None,
        None,
    )


def test_who_took_it_over_wraps_up_and_the_record_tells_both_talks() -> None:
    """Like the agent of any talk."""
    desk = in_talk()
    asked = desk.asks(of_agent("beto"))
    desk.happens(COMPLETE, after_ms=5_000)
    desk.happens(ev.LegGone(asked), after_ms=10_000)
    assert desk.one(WrapStarted).agent_id == BETO
    desk.happens(ev.ContactFinished(C1), ev.ContactGone(C1))

    closed = desk.one(ContactClosed)
    assert (closed.transfers, closed.hold_ms, closed.talk_ms) == (1, 5_000, 75_000)
    told = [(part.kind, part.agent_id) for part in closed.segments]
    assert told == [("waiting", None), ("consult", BETO), ("talking", ANA), ("talking", BETO)]


def test_an_agent_who_hangs_up_has_completed_it() -> None:
    """As people do; the leg that is gone is not ended again."""
    desk = in_talk()
    asked = desk.asks(of_agent("beto"))
    desk.happens(ev.LegGone(desk.offer_of()))

    assert desk.commands == [Connect(C1, asked)]
    assert (desk.contact().agent_id, desk.agent().activity) == (BETO, Activity.WRAP_UP)


def test_to_somebody_outside_it_is_the_same() -> None:
    """The contact is with nobody of ours then, and comes home when they hang up."""
    desk = in_talk()
    leg = desk.offer_of()
    asked = desk.asks(OUTSIDE)
    desk.happens(COMPLETE)
    assert desk.one(ContactTransferred).to == OUTSIDE
    assert desk.one(OutsideConnected).leg_id == asked
    assert (desk.contact().phase, desk.contact().agent_id) == (Phase.OUTSIDE, None)
    desk.happens(ev.LegGone(leg))
    desk.happens(ev.ContactReturned(C1), ev.LegGone(asked), after_ms=9_000)

    assert desk.one(OutsideEnded).talk_ms == 9_000
    assert (desk.contact().phase, desk.commands) == (Phase.AFTER, [])


@pytest.mark.parametrize("event", [COMPLETE, ev.ConferenceAsked(C1, ANA)])
def test_it_takes_somebody_who_has_picked_up(event: ev.Event) -> None:
    """Nobody is asked, or it only rings: the caller stays where they are."""
    desk = in_talk()
    desk.happens(event)
    assert desk.why_ignored() == ["asks nobody"]
    desk.asks(of_agent("beto"), answered=False)
    desk.happens(event)
    assert desk.why_ignored() == ["not picked up yet"]
    desk.happens(replace(event, agent_id=BETO))  # type: ignore[arg-type]

    assert desk.why_ignored() == ["not the agent's contact"]


def test_a_successor_whose_phone_ends_at_once_does_not_lose_the_caller() -> None:
    """Connected in name only: the caller waits again, with all of the clock."""
    desk = in_talk()
    queued_ms = desk.contact().queued_ms
    asked = desk.asks(of_agent("beto"))
    desk.happens(COMPLETE)
    desk.happens(ev.LegGone(asked), after_ms=50)

    assert (desk.contact().phase, desk.contact().queued_ms) == (Phase.WAITING, queued_ms)


# Blind, to a queue


def test_a_queue_is_an_exit_to_be_walked() -> None:
    """The talk ends, the caller comes home and is taken there, clock kept."""
    desk = in_talk()
    leg, queued_ms = desk.offer_of(), desk.contact().queued_ms
    desk.happens(transfer(of_queue("soporte")))
    assert desk.commands == [EndLeg(leg)]
    assert (desk.contact().phase, desk.contact().exit) == (Phase.AFTER, Exit(ExitTo.QUEUE, "soporte"))
    assert desk.one(ContactTransferred).attended is False
    desk.happens(ev.ContactEnqueued(C1, QueueId("soporte")))
    assert desk.contact().queued_ms == queued_ms
    desk.happens(ev.OfferAccepted(desk.offer_of()), after_ms=2_000)

    assert desk.one(SegmentConnected).waited_ms == 22_000


def test_from_hold_the_caller_has_to_be_called() -> None:
    """Who is at home already would hear of it only much later."""
    desk = in_talk()
    leg = desk.offer_of()
    desk.happens(ev.HoldAsked(C1, ANA), transfer(of_queue("soporte")))

    assert desk.commands == [Park(leg, C1), EndLeg(leg), CallIn(C1)]


def test_the_queue_says_which_clock_and_place_a_transferred_contact_has() -> None:
    """A new clock is behind those who wait, but for the head start; the time is not counted as wait."""
    desk = in_talk(replace(SOPORTE, transferred_clock=Clock.NEW, transferred_head_start_ms=30_000))
    desk.sets(BETO, Presence.NOT_READY)
    desk.comes(C2, queue="soporte", after_ms=0)
    desk.happens(transfer(of_queue("soporte")), after_ms=20_000)
    desk.happens(ev.ContactEnqueued(C1, QueueId("soporte")))
    assert desk.one(ContactQueued).position == 1
    assert desk.contact().queued_ms == desk.now_ms - 30_000
    desk.happens(ev.ContactGone(C2), ev.PresenceSet(BETO, Presence.READY))
    desk.happens(ev.OfferAccepted(desk.offer_of()), after_ms=3_000)

    assert desk.one(SegmentConnected).waited_ms == 3_000


def test_a_new_clock_without_a_head_start_is_the_end_of_the_line() -> None:
    """And an escalation, which is no transfer, keeps the clock all the same."""
    target = replace(SOPORTE, transferred_clock=Clock.NEW)
    desk = in_talk(target)
    desk.sets(BETO, Presence.NOT_READY)
    desk.comes(C2, queue="soporte")
    desk.happens(transfer(of_queue("soporte")), after_ms=1_000)
    desk.happens(ev.ContactEnqueued(C1, QueueId("soporte")))

    assert desk.one(ContactQueued).position == 2


@pytest.mark.parametrize(
    ("target", "is_open", "why"),
    [
        (with_exits(SOPORTE, {ExitKind.CLOSED: to_queue("ventas")}), False, "queue closed"),
        (with_exits(SOPORTE, {ExitKind.FULL: HANG_UP}, full_at=0), True, "queue full"),
        (
            with_exits(queue("soporte", (SUPPORT, 10)), {ExitKind.NOBODY_COULD_EVER: HANG_UP}),
            True,
            "queue unstaffed",
        ),
    ],
)
def test_a_queue_that_would_turn_the_contact_away_is_refused(
    target: QueueRules, is_open: bool, why: str
) -> None:
    """The agent is the human in reach; `anyway` sends the contact by the queue's own way out."""
    desk = in_talk(target)
    desk.happens(transfer(of_queue("soporte"), is_open=is_open))
    assert (desk.why_ignored(), desk.commands) == ([why], [])
    desk.happens(transfer(of_queue("soporte"), is_open=is_open, anyway=True))

    assert desk.contact().exit == Exit(ExitTo.QUEUE, "soporte")


def test_a_queue_with_nobody_signed_in_or_a_long_wait_is_refused() -> None:
    """For each reason its word."""
    desk = in_talk(
        replace(
            with_exits(SOPORTE, {ExitKind.NOBODY_SIGNED_IN: HANG_UP, ExitKind.LONG_WAIT: HANG_UP}),
            estimate_limit_ms=60_000,
        )
    )
    desk.happens(ev.TransferAsked(C1, ANA, of_queue("soporte"), estimate_ms=61_000))
    assert desk.why_ignored() == ["queue long wait"]
    desk.sets(BETO, Presence.LOGGED_OUT)
    desk.happens(transfer(of_queue("soporte")))

    assert desk.why_ignored() == ["queue unstaffed"]


def test_an_exit_that_keeps_the_caller_waiting_turns_nobody_away() -> None:
    """They can wait there, with a word of warning."""
    desk = in_talk(with_exits(SOPORTE, {ExitKind.CLOSED: KEEP_WAITING}))
    desk.happens(transfer(of_queue("soporte"), is_open=False))

    assert desk.one(ContactTransferred).to == of_queue("soporte")


# Blind, to an agent


def test_an_agent_is_offered_the_contact_by_name() -> None:
    """Before anybody else of its own queue, whatever skills that asks for; the pop says who sends it."""
    desk = in_talk()
    leg, queued_ms = desk.offer_of(), desk.contact().queued_ms
    desk.happens(transfer(of_agent("beto")))

    offer = desk.offer_of()
    assert desk.commands == [EndLeg(leg), OfferContact(offer, C1, BETO, 15_000)]
    pop = desk.one(OfferAnnounced)
    assert (pop.agent_id, pop.kind, pop.by) == (BETO, OfferKind.CONTACT, ANA)
    assert (desk.contact().phase, desk.contact().queued_ms) == (Phase.OFFERED, queued_ms)
    desk.happens(ev.OfferAccepted(offer), after_ms=3_000)

    assert (desk.contact().agent_id, desk.one(SegmentConnected).waited_ms) == (BETO, 23_000)


def test_if_that_agent_does_not_take_it_the_queue_does() -> None:
    """The caller is called, to hear what there is to hear again."""
    desk = in_talk()
    desk.happens(transfer(of_agent("beto")))
    desk.fails(OfferEnd.NO_ANSWER)

    assert desk.commands == [CallIn(C1)]
    assert (desk.contact().phase, desk.agent(BETO).presence) == (Phase.WAITING, Presence.NOT_READY)


def test_a_caller_who_hangs_up_on_the_way_to_an_agent_stops_the_bell() -> None:
    """Answered, as somebody has talked to them."""
    desk = in_talk()
    desk.happens(transfer(of_agent("beto")))
    offer = desk.offer_of()
    desk.happens(ev.ContactGone(C1))

    assert desk.commands == [WithdrawOffer(offer, OfferEnd.CALLER_GONE)]
    assert desk.one(ContactClosed).outcome is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("to", "why"),
    [
        (of_agent("zoe"), "unknown agent zoe"),
        (of_agent("ana"), "cannot be oneself"),
        (of_queue("nada"), "unknown queue nada"),
    ],
)
def test_a_target_that_is_none_is_refused(to: Target, why: str) -> None:
    """Whatever `anyway` says."""
    desk = in_talk()
    desk.happens(transfer(to, anyway=True))

    assert (desk.why_ignored(), desk.contact().phase) == ([why], Phase.TALKING)


def test_an_agent_who_is_not_free_is_refused() -> None:
    """With the reason, in words; no blind transfer while somebody is asked."""
    desk = in_talk()
    desk.sets(BETO, Presence.LOGGED_OUT)
    desk.happens(transfer(of_agent("beto"), anyway=True))
    assert desk.why_ignored() == ["agent not available: logged out"]
    desk.sets(BETO, Presence.READY)
    desk.asks(of_agent("beto"))
    desk.happens(transfer(of_queue("soporte")))
    assert desk.why_ignored() == ["asks somebody already"]
    desk.happens(ev.TransferAsked(C1, AgentId("beto"), of_queue("soporte")))

    assert desk.why_ignored() == ["not the agent's contact"]


# Blind, to somebody outside


def test_somebody_outside_is_called_for_the_contact() -> None:
    """It hears music meanwhile, and talks to nobody of ours."""
    desk = in_talk()
    leg = desk.offer_of()
    desk.happens(transfer(OUTSIDE))
    called = desk.offer_of()
    assert desk.commands == [EndLeg(leg), CallOutside(called, C1, "tok", 45_000)]
    assert (desk.contact().phase, desk.agent().activity) == (Phase.OUTSIDE, Activity.WRAP_UP)
    desk.happens(ev.LegGone(leg))
    desk.happens(ev.OfferAccepted(called), after_ms=4_000)
    assert desk.one(OutsideConnected).leg_id == called
    desk.happens(ev.ContactGone(C1), after_ms=30_000)

    assert desk.commands == [EndLeg(called)]
    assert desk.one(OutsideEnded).talk_ms == 30_000
    assert [(p.kind, p.offer_id) for p in desk.one(ContactClosed).segments][-1] == ("outside", called)
    assert desk.state.offers[called].state is OfferState.ENDING


def test_who_is_not_reached_outside_leaves_the_contact_to_its_queue() -> None:
    """With its clock, and called to hear so."""
    desk = in_talk()
    queued_ms = desk.contact().queued_ms
    desk.happens(transfer(OUTSIDE))
    desk.happens(ev.OfferFailed(desk.offer_of(), OfferEnd.BUSY), after_ms=2_000)

    assert (desk.one(OutsideEnded).result, desk.commands) == (OfferEnd.BUSY, [CallIn(C1)])
    assert (desk.contact().phase, desk.contact().queued_ms) == (Phase.WAITING, queued_ms)


def test_a_caller_who_hangs_up_before_anybody_outside_picks_up() -> None:
    """Their telephone is not left ringing; picked up all the same, it is hung up."""
    desk = in_talk()
    leg = desk.offer_of()
    desk.happens(transfer(OUTSIDE))
    called = desk.offer_of()
    desk.happens(ev.LegGone(leg))
    desk.happens(ev.ContactGone(C1))
    assert desk.commands == [WithdrawOffer(called, OfferEnd.CALLER_GONE)]
    assert desk.one(OutsideEnded).result is OfferEnd.CALLER_GONE
    desk.happens(ev.OfferAccepted(called))
    assert desk.commands == [EndLeg(called)]
    desk.happens(ev.LegGone(called))

    assert desk.state.offers == {}


def test_a_call_outside_of_which_nothing_is_heard_is_over_by_its_deadline() -> None:
    """Nobody waits for ever on a number."""
    desk = in_talk()
    desk.happens(transfer(OUTSIDE))
    desk.waits(50_000)

    assert desk.one(OutsideEnded).result is OfferEnd.NO_REPLY
    assert (desk.contact().phase, desk.offer().agent_id) == (Phase.OFFERED, ANA)
