from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.commands import CallCustomer, CallIn, EndLeg, OfferContact, StopCalling, WithdrawOffer
from acd.model import (
    Activity,
    AgentId,
    Channel,
    Direction,
    EndedBy,
    OfferEnd,
    OfferKind,
    Outcome,
    Phase,
    Presence,
    QueueId,
)
from acd.records import (
    AgentStateChanged,
    ContactClosed,
    ContactOpened,
    CustomerCalled,
    OfferEnded,
    SegmentConnected,
    WrapStarted,
)
from tests.unit.acd.desk import (
    ANA,
    BETO,
    C1,
    C2,
    OUTSIDE,
    PLAIN,
    Desk,
    agent,
    of_agent,
    of_queue,
    queue,
)

pytestmark = pytest.mark.unit

CHANNEL = Channel("a", "u-c1")
REACHED = ev.ContactReached(C1)


def dial(queue: str | None = None, by: AgentId = ANA) -> ev.ContactDialled:
    return ev.ContactDialled(C1, by, CHANNEL, "tok", None if queue is None else QueueId(queue))


def reached(queue: str | None = None) -> Desk:
    """Ana has called a customer, who has picked up after 10 s."""
    desk = Desk(*PLAIN)
    desk.dials(queue=queue)
    desk.happens(REACHED, after_ms=10_000)
    return desk


def test_the_agents_own_telephone_rings_first() -> None:
    """The contact is there from this moment; the agent is busy, ready for callers or not."""
    desk = Desk(*PLAIN)
    desk.sets(ANA, Presence.NOT_READY, "papeles")
    desk.happens(dial())

    opened = desk.one(ContactOpened)
    assert (opened.direction, opened.agent_id, opened.channel) == (Direction.OUTBOUND, ANA, CHANNEL)
    assert desk.commands == [OfferContact(desk.offer_of(), C1, ANA, 18_000, kind=OfferKind.DIAL)]
    assert (desk.contact().phase, desk.agent().activity) == (Phase.DIALLING, Activity.OFFERED)


def test_off_the_hook_the_customer_is_called_and_reached_it_is_a_talk() -> None:
    """Nobody has waited; by the agent's side it is the same leg all along."""
    desk = Desk(*PLAIN)
    desk.dials(off_hook=False)
    leg = desk.offer_of()
    desk.happens(ev.OfferRinging(leg), ev.OfferAccepted(leg))
    assert desk.commands == [CallCustomer(C1, leg, "u-c1", "tok", 45_000)]
    assert desk.one(CustomerCalled) == CustomerCalled(C1, ANA, desk.now_ms)
    desk.happens(REACHED, after_ms=10_000)

    talk = desk.one(SegmentConnected)
    assert (talk.queue, talk.waited_ms, talk.direction) == ("", 0, Direction.OUTBOUND)
    assert (desk.contact().phase, desk.contact().agent_id) == (Phase.TALKING, ANA)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (dial(by=AgentId("zoe")), "unknown agent zoe"),
        (dial("nada"), "unknown queue nada"),
    ],
)
def test_what_is_not_known_is_refused(event: ev.Event, why: str) -> None:
    """No contact comes of it."""
    desk = Desk(*PLAIN)
    desk.happens(event)

    assert (desk.why_ignored(), desk.state.contacts) == ([why], {})


def test_an_agent_who_cannot_call_now_is_refused_with_the_reason() -> None:
    """Busy, in wrap-up included; no telephone; a call of their own on it."""
    desk = Desk(*PLAIN)
    desk.happens(ev.PhoneInUse(ANA, in_use=True), dial())
    assert desk.why_ignored() == ["phone in use"]
    desk.happens(ev.PhoneReachable(ANA, reachable=False), dial())
    assert desk.why_ignored() == ["phone not reachable"]
    desk.happens(ev.PhoneReachable(ANA, reachable=True), ev.PhoneInUse(ANA, in_use=False))
    desk.comes(C2)
    desk.happens(dial())

    assert desk.why_ignored() == ["agent is busy"]


def test_an_id_that_is_known_is_not_given_out_twice() -> None:
    """Neither of an incoming nor of an outgoing contact."""
    desk = Desk(*PLAIN)
    desk.happens(dial(), dial())

    assert desk.why_ignored() == ["already known"]


def test_without_a_queue_there_is_no_wrap_up() -> None:
    """Free at once; the caller hears goodbye when the agent hangs up."""
    desk = reached()
    desk.happens(ev.LegGone(desk.offer_of()), after_ms=5_000)

    assert (desk.made(WrapStarted), desk.agent().activity) == ([], Activity.IDLE)
    assert (desk.agent().idle_since_ms, desk.contact().phase) == (desk.now_ms, Phase.AFTER)


def test_by_the_rules_of_a_queue_there_is() -> None:
    """As after any talk of it."""
    desk = reached("ventas")
    desk.happens(ev.LegGone(desk.offer_of()))

    assert desk.one(WrapStarted).until_ms == desk.now_ms + 10_000


def test_a_customer_who_hangs_up_frees_the_agent_when_the_leg_is_gone() -> None:
    """Without wrap-up to bridge the moment, the next call would meet the old one on the telephone."""
    desk = reached()
    leg = desk.offer_of()
    desk.happens(ev.ContactGone(C1), after_ms=5_000)
    closed = desk.one(ContactClosed)
    assert (closed.outcome, closed.direction, closed.talk_ms) == (
        Outcome.ANSWERED,
        Direction.OUTBOUND,
        5_000,
    )
    assert [(p.kind, p.end_ms - p.start_ms) for p in closed.segments] == [
        ("dialling", 10_000),
        ("talking", 5_000),
    ]
    assert (desk.commands, desk.agent().activity) == ([EndLeg(leg)], Activity.TALKING)
    desk.happens(ev.LegGone(leg))

    assert desk.agent().activity is Activity.IDLE


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (OfferEnd.BUSY, Outcome.DIAL_BUSY),
        (OfferEnd.NO_ANSWER, Outcome.DIAL_NO_ANSWER),
        (OfferEnd.DECLINED, Outcome.DIAL_FAILED),
        (OfferEnd.FAILED, Outcome.DIAL_FAILED),
        (None, Outcome.DIAL_FAILED),
    ],
)
def test_a_customer_who_is_not_reached_has_an_outcome_that_says_why(
    result: OfferEnd | None, outcome: Outcome
) -> None:
    """And the agent's leg ends."""
    desk = Desk(*PLAIN)
    desk.dials(queue="ventas")
    leg = desk.offer_of()
    desk.happens(ev.ContactGone(C1, EndedBy.CALLER, result), after_ms=8_000)

    assert (desk.one(ContactClosed).outcome, desk.commands) == (outcome, [EndLeg(leg)])
    assert desk.made(WrapStarted) == []
    desk.happens(ev.LegGone(leg))

    assert (desk.agent().activity, desk.state.offers) == (Activity.IDLE, {})


def test_an_agent_who_does_not_pick_up_has_called_nobody() -> None:
    """Their own wish: nothing follows for them but that it is over."""
    desk = Desk(*PLAIN)
    desk.dials(off_hook=False)
    desk.fails(OfferEnd.NO_ANSWER, after_ms=18_000)

    closed = desk.one(ContactClosed)
    assert (closed.outcome, closed.ended_by) == (Outcome.DIAL_FAILED, EndedBy.SYSTEM)
    assert (desk.agent().presence, desk.agent().activity) == (Presence.READY, Activity.IDLE)
    assert desk.one(OfferEnded).result is OfferEnd.NO_ANSWER


def test_a_telephone_that_cannot_be_reached_is_noted() -> None:
    """As with any bell that could not ring."""
    desk = Desk(*PLAIN)
    desk.dials(off_hook=False)
    desk.fails(OfferEnd.UNREACHABLE)

    assert desk.one(AgentStateChanged).reachable is False


def test_an_agent_who_hangs_up_stops_the_bell_at_the_customer() -> None:
    """The contact is over when the switch says so; a customer who picks up that moment is let go."""
    desk = Desk(*PLAIN)
    desk.dials()
    desk.happens(ev.LegGone(desk.offer_of()), after_ms=3_000)
    assert (desk.commands, desk.agent().activity) == ([StopCalling(C1)], Activity.IDLE)
    desk.happens(REACHED)
    assert (desk.why_ignored(), desk.commands) == (["given up"], [StopCalling(C1)])
    desk.happens(ev.ContactGone(C1))

    assert desk.one(ContactClosed).outcome is Outcome.DIAL_FAILED


def test_hanging_up_by_command_is_the_same() -> None:
    """Before the own telephone is picked up there is no customer to stop."""
    desk = Desk(*PLAIN)
    desk.dials()
    leg = desk.offer_of()
    desk.happens(ev.HangUpAsked(C1, ANA))
    assert desk.commands == [EndLeg(leg), StopCalling(C1)]
    desk.happens(ev.ContactGone(C1), ev.LegGone(leg))
    desk.dials(C2, off_hook=False)
    own = desk.offer_of(C2)
    desk.happens(ev.HangUpAsked(C2, ANA))

    assert desk.commands == [WithdrawOffer(own, OfferEnd.WITHDRAWN)]
    assert desk.one(ContactClosed).outcome is Outcome.DIAL_FAILED
    desk.happens(ev.OfferAccepted(own), ev.LegGone(own))
    assert desk.agent().activity is Activity.IDLE


def test_a_given_up_call_of_which_nothing_is_heard_is_closed_by_its_deadline() -> None:
    """Nothing stays for ever."""
    desk = Desk(*PLAIN)
    desk.dials()
    desk.happens(ev.LegGone(desk.offer_of()))
    desk.waits(5_000)

    assert desk.one(ContactClosed).outcome is Outcome.DIAL_FAILED


def test_a_customers_bell_that_the_switch_forgets_is_over_by_its_deadline() -> None:
    """The ring time, and a little more."""
    desk = Desk(*PLAIN)
    desk.dials()
    leg = desk.offer_of()
    desk.waits(50_000)

    assert desk.one(ContactClosed).outcome is Outcome.DIAL_NO_ANSWER
    assert desk.commands == [StopCalling(C1), EndLeg(leg)]


def test_nobody_is_reached_before_the_agent_is_off_the_hook() -> None:
    """Whatever the switch may say."""
    desk = Desk(*PLAIN)
    desk.dials(off_hook=False)
    desk.happens(REACHED)

    assert desk.why_ignored() == ["not picked up yet"]


def test_a_customer_is_a_caller_like_any_other_afterwards() -> None:
    """Held, and by the rules of a queue back in it when the agent hangs up."""
    desk = reached("ventas")
    desk.happens(ev.HoldAsked(C1, ANA))
    desk.happens(ev.LegGone(desk.offer_of()), after_ms=2_000)

    assert (desk.contact().phase, desk.contact().queued_ms) == (Phase.WAITING, desk.now_ms)


def test_without_a_queue_there_is_none_to_come_back_to() -> None:
    """No transfer to an agent who may not answer; on hold and left alone, nothing remains but goodbye."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.dials()
    desk.happens(REACHED)
    desk.happens(ev.TransferAsked(C1, ANA, of_agent("beto")))
    assert desk.why_ignored() == ["no queue to come back to"]
    desk.happens(ev.HoldAsked(C1, ANA))
    desk.happens(ev.LegGone(desk.offer_of()))

    assert (desk.contact().phase, desk.commands) == (Phase.AFTER, [CallIn(C1)])


def test_without_a_queue_it_can_be_asked_about_and_handed_over_attended_or_to_a_queue() -> None:
    """Who takes it over is free at once after it too."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.dials()
    desk.happens(REACHED)
    asked = desk.asks(of_agent("beto"))
    desk.happens(ev.TransferCompleted(C1, ANA))
    assert desk.contact().agent_id == BETO
    desk.happens(ev.TransferAsked(C1, BETO, of_queue("ventas")), after_ms=1_000)
    desk.happens(ev.ContactEnqueued(C1, QueueId("ventas")), ev.LegGone(asked))

    assert desk.contact().rules is not None
    assert (desk.contact().queued_ms, desk.contact().transfers) == (desk.now_ms, 2)


def test_who_is_not_reached_outside_for_one_without_a_queue_ends_in_goodbye() -> None:
    """There is nobody else."""
    desk = reached()
    desk.happens(ev.TransferAsked(C1, ANA, OUTSIDE))
    desk.happens(ev.OfferFailed(desk.offer_of(), OfferEnd.BUSY))

    assert (desk.contact().phase, desk.commands) == (Phase.AFTER, [CallIn(C1)])


def test_a_place_is_kept_for_callers_only() -> None:
    """Who was called by us has not given up waiting for an answer."""
    desk = Desk(replace(queue("ventas"), place_back_ms=60_000), agent("ana"))
    desk.dials(queue="ventas")
    desk.happens(REACHED, ev.TransferAsked(C1, ANA, of_queue("ventas")))
    desk.happens(ev.ContactEnqueued(C1, QueueId("ventas")), ev.CallerReturned(C1, C2))
    assert desk.why_ignored() == ["an outgoing contact"]
    desk.happens(ev.ContactGone(C1))

    assert desk.state.places == {}
