from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from acd import events as ev
from acd.commands import EndLeg, OfferContact, WithdrawOffer
from acd.model import Activity, EndedBy, NoAnswer, OfferEnd, OfferId, OfferState, Phase, Presence, QueueId
from acd.records import (
    OfferEnded,
    OfferRang,
    SegmentConnected,
    SegmentEnded,
    WrapStarted,
)
from tests.unit.acd.desk import ANA, BETO, C1, C2, Desk, agent, queue

pytestmark = pytest.mark.unit

RESTS = {
    OfferEnd.BUSY: 10_000,
    OfferEnd.DECLINED: 20_000,
    OfferEnd.FAILED: 30_000,
    OfferEnd.NO_REPLY: 30_000,
}


def test_the_bell_is_told_once_and_counts_from_the_first_time() -> None:
    """A phone that says "ringing" twice rings once."""
    desk = Desk()
    desk.comes(C1)
    desk.happens(ev.OfferRinging(desk.offer_of()), after_ms=100)
    assert desk.one(OfferRang).at_ms == desk.now_ms
    desk.happens(ev.OfferRinging(desk.offer_of()), after_ms=100)

    assert desk.made(OfferRang) == []
    assert desk.offer().state is OfferState.RINGING


def test_an_answer_connects_both_and_says_how_long_it_took() -> None:
    """The offer ends as accepted, the wait ends, the talk begins; the line is left."""
    desk = Desk()
    desk.comes(C1)
    desk.happens(ev.OfferAccepted(desk.offer_of()), after_ms=4_000)

    assert (desk.one(OfferEnded).result, desk.one(OfferEnded).lasted_ms) == (OfferEnd.ACCEPTED, 4_000)
    assert (desk.one(SegmentConnected).waited_ms, desk.contact().phase) == (4_000, Phase.TALKING)
    assert desk.state.position(C1) is None
    assert desk.agent().activity is Activity.TALKING


def test_an_answer_that_is_repeated_changes_nothing() -> None:
    """Told again after a reconnect, one talk stays one talk."""
    desk = Desk()
    desk.talks()
    desk.happens(ev.OfferAccepted(desk.offer_of()), after_ms=500)

    assert desk.why_ignored() == ["not while accepted"]
    assert desk.contact().phase_since_ms == desk.now_ms - 500


@pytest.mark.parametrize(("result", "rest_ms"), RESTS.items())
def test_a_refusal_gives_the_agent_a_rest_and_the_caller_the_next_agent(
    result: OfferEnd, rest_ms: int
) -> None:
    """Never a log-out: a reason that can be seen, for as long as the queue says; place and clock are kept."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.comes(C1)
    queued_ms = desk.contact().queued_ms
    desk.fails(result, after_ms=3_000)

    assert (desk.agent().presence, desk.agent().reason) == (Presence.READY, result.value)
    assert desk.agent().resting_until_ms == desk.now_ms + rest_ms
    assert [c.agent_id for c in desk.commands if isinstance(c, OfferContact)] == [BETO]
    assert desk.contact().queued_ms == queued_ms


def test_who_does_not_answer_is_made_not_ready() -> None:
    """The next caller shall not ring at an empty desk; the agent sees why and can undo it."""
    desk = Desk()
    desk.comes(C1)
    desk.happens(ev.OfferRinging(desk.offer_of()))
    desk.fails(OfferEnd.NO_ANSWER, after_ms=15_000)

    assert (desk.agent().presence, desk.agent().reason) == (Presence.NOT_READY, "no_answer")
    assert desk.agent().resting_until_ms is None


@pytest.mark.parametrize(
    ("policy", "presence", "reason", "rest_ms"),
    [
        ({"no_answer_reason": "ausente"}, Presence.NOT_READY, "ausente", None),
        ({"no_answer": NoAnswer.REST, "no_answer_rest_ms": 45_000}, Presence.READY, "no_answer", 45_000),
        ({"no_answer": NoAnswer.REST, "no_answer_rest_ms": 0}, Presence.READY, "", None),
        ({"no_answer": NoAnswer.READY}, Presence.READY, "", None),
    ],
)
def test_the_queue_says_what_becomes_of_who_lets_it_ring(
    policy: dict[str, Any], presence: Presence, reason: str, rest_ms: int | None
) -> None:
    """Not ready with a reason of its own, a rest, or nothing at all."""
    desk = Desk(replace(queue("ventas"), **policy), agent("ana"), agent("beto"))
    desk.comes(C1)
    desk.fails(OfferEnd.NO_ANSWER, after_ms=15_000)

    until_ms = None if rest_ms is None else desk.now_ms + rest_ms
    assert (desk.agent().presence, desk.agent().reason) == (presence, reason)
    assert desk.agent().resting_until_ms == until_ms


def test_who_stays_ready_after_letting_it_ring_is_asked_after_the_others() -> None:
    """The caller is not rung at the same empty desk again while somebody else is free."""
    rules = replace(queue("ventas"), no_answer=NoAnswer.READY)
    desk = Desk(rules, agent("ana"), agent("beto"))
    asked = []
    desk.comes(C1)
    for _ in range(4):
        asked.append(desk.state.offers[desk.offer_of()].agent_id)
        desk.fails(OfferEnd.NO_ANSWER, after_ms=15_000)

    assert asked == [ANA, BETO, ANA, BETO]


def test_no_registration_is_a_veto_until_the_phone_is_back() -> None:
    """Presence stays what the agent chose; the phone alone says when there can be a next offer."""
    desk = Desk()
    desk.comes(C1)
    desk.fails(OfferEnd.UNREACHABLE)
    assert (desk.agent().reachable, desk.agent().presence) == (False, Presence.READY)
    desk.happens(ev.PhoneReachable(ANA, reachable=True))

    assert desk.agent().activity is Activity.OFFERED


@pytest.mark.parametrize("result", [OfferEnd.LOST, OfferEnd.WITHDRAWN, OfferEnd.CALLER_GONE])
def test_what_was_nobodys_fault_has_no_consequence_for_the_agent(result: OfferEnd) -> None:
    """A leg that the switch lost is offered again, to the same agent if nobody else is free."""
    desk = Desk()
    desk.comes(C1)
    desk.fails(result)

    assert [c.agent_id for c in desk.commands if isinstance(c, OfferContact)] == [ANA]
    assert desk.offer_of() == "c1-o2"


@pytest.mark.parametrize(
    ("presence", "reason"), [(Presence.NOT_READY, "comida"), (Presence.LOGGED_OUT, "fin de turno")]
)
@pytest.mark.parametrize("result", [OfferEnd.NO_ANSWER, OfferEnd.BUSY])
def test_a_failed_try_never_overrides_what_the_agent_chose_meanwhile(
    presence: Presence, reason: str, result: OfferEnd
) -> None:
    """Gone to lunch, or home, while it rang: the screen keeps saying so."""
    desk = Desk()
    desk.comes(C1)
    desk.sets(ANA, presence, reason)
    desk.fails(result, after_ms=5_000)

    assert (desk.agent().presence, desk.agent().reason) == (presence, reason)


def test_a_withdrawn_offer_keeps_its_agent_until_the_switch_has_said_how_it_ended() -> None:
    """Nobody is offered a second call while the first bell may still ring."""
    desk = Desk()
    desk.comes(C1)
    offer_id = desk.offer_of()
    desk.happens(ev.ContactGone(C1))
    desk.comes(C2)
    assert desk.contact(C2).offer_id is None
    desk.happens(ev.OfferFailed(offer_id, OfferEnd.CALLER_GONE))

    assert desk.contact(C2).offer_id == "c2-o1"
    assert desk.agent().resting_until_ms is None


def test_an_answer_that_crosses_the_withdrawal_wins_if_the_caller_is_there() -> None:
    """Somebody has picked up a phone: the caller who was sent to the fallback is talked to."""
    desk = Desk()
    desk.comes(C1)
    offer_id = desk.offer_of()
    desk.happens(ev.ContactElsewhere(C1))
    desk.happens(ev.OfferAccepted(offer_id), after_ms=200)

    assert (desk.contact().phase, desk.contact().offer_id) == (Phase.TALKING, offer_id)
    assert desk.made(OfferEnded) == []
    assert desk.offer().state is OfferState.ACCEPTED


def test_an_answer_that_crosses_the_hang_up_has_nobody_to_talk_to() -> None:
    """The leg is ended, and the agent is free as soon as it has."""
    desk = Desk()
    desk.comes(C1)
    offer_id = desk.offer_of()
    desk.happens(ev.ContactGone(C1))
    desk.happens(ev.OfferAccepted(offer_id), after_ms=10)
    assert desk.commands == [EndLeg(offer_id)]
    desk.happens(ev.LegGone(offer_id), after_ms=10)

    assert (desk.agent().activity, desk.agent().offer_id) == (Activity.IDLE, None)


def test_an_old_agents_answer_takes_the_caller_from_the_next_ones_bell() -> None:
    """Back from the fallback and offered anew: who answers first has the caller, the other is let off."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.comes(C1)
    first = desk.offer_of()
    desk.happens(ev.ContactElsewhere(C1))
    desk.happens(ev.ContactEnqueued(C1, QueueId("ventas")), after_ms=50)
    second = desk.offer_of()
    desk.happens(ev.OfferAccepted(first), after_ms=50)

    assert second != first
    assert desk.contact().agent_id == ANA
    assert desk.commands == [WithdrawOffer(second, OfferEnd.WITHDRAWN)]
    assert desk.agent(BETO).activity is Activity.OFFERED


def test_an_agent_who_hangs_up_sends_the_caller_home_and_wraps_up() -> None:
    """The talk ends by the agent's doing; wrap-up lasts as long as the queue says."""
    desk = Desk()
    desk.talks()
    desk.happens(ev.LegGone(desk.offer_of()), after_ms=25_000)

    assert (desk.one(SegmentEnded).ended_by, desk.one(SegmentEnded).talk_ms) == (EndedBy.AGENT, 25_000)
    assert desk.contact().phase is Phase.AFTER
    assert desk.one(WrapStarted).until_ms == desk.now_ms + 10_000


@pytest.mark.parametrize("seen_ms", [-60_000, 4_000, 90_000])
def test_a_talk_whose_end_was_found_out_later_still_adds_up(seen_ms: int) -> None:
    """However wrong the moment that a snapshot gives: no stretch is negative or lies in the future."""
    desk = Desk()
    desk.talks()
    began_ms = desk.now_ms
    desk.now_ms += 9_000
    desk.happens(ev.LegGone(desk.offer_of(), at_ms=began_ms + seen_ms))
    talk = desk.contact().segments[-1]

    assert began_ms == talk.start_ms <= talk.end_ms <= desk.now_ms
    assert talk.end_ms == min(max(began_ms + seen_ms, began_ms), desk.now_ms)
    assert desk.contact().talk_ms == talk.end_ms - talk.start_ms
    assert desk.contact().phase_since_ms == talk.end_ms


def test_every_try_stands_in_the_callers_record() -> None:
    """Who was asked, when, and what became of it: in order, the answered one included."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.comes(C1)
    desk.fails(OfferEnd.BUSY, after_ms=1_000)
    desk.happens(ev.OfferAccepted(desk.offer_of()), after_ms=2_000)
    offers = desk.contact().offers

    assert [(o.agent_id, o.result, o.end_ms - o.start_ms) for o in offers] == [
        (ANA, OfferEnd.BUSY, 1_000),
        (BETO, OfferEnd.ACCEPTED, 2_000),
    ]
    assert [o.offer_id for o in offers] == [OfferId("c1-o1"), OfferId("c1-o2")]
    assert desk.contact().ring_ms == 3_000
