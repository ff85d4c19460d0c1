from __future__ import annotations

import pytest

from acd import events as ev
from acd.commands import CallIn, Confer, Connect, EndLeg
from acd.model import Activity, Phase, Target
from acd.records import (
    ConferenceEnded,
    ConferenceStarted,
    ConsultEnded,
    ContactClosed,
    ContactRetrieved,
    ContactTransferred,
    Corrected,
    OutsideConnected,
    SegmentConnected,
)
from tests.unit.acd.desk import ANA, BETO, C1, OUTSIDE, Desk, agent, of_agent, queue

pytestmark = pytest.mark.unit

CONFER = ev.ConferenceAsked(C1, ANA)


def together(to: Target | None = None) -> Desk:
    """c1, ana and beto (or somebody outside) talk together since 5 s."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.talks()
    desk.asks(to or of_agent("beto"))
    desk.happens(CONFER, after_ms=2_000)
    desk.now_ms += 5_000
    return desk


def test_all_three_talk_together() -> None:
    """The consultation and the hold are over; one command brings them together."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.talks()
    leg = desk.offer_of()
    asked = desk.asks(of_agent("beto"))
    desk.happens(CONFER, after_ms=2_000)

    assert desk.commands == [Confer(C1, (leg, asked))]
    assert (desk.one(ConsultEnded).talk_ms, desk.one(ContactRetrieved).held_ms) == (2_000, 2_000)
    assert desk.one(ConferenceStarted) == ConferenceStarted(C1, ANA, BETO, desk.now_ms)
    assert (desk.contact().conference, desk.contact().on_hold_ms) == (True, None)


def test_in_a_conference_there_is_no_hold_and_nobody_else_to_ask() -> None:
    """Muting is possible; a second conference is this one."""
    desk = together()
    for event in (
        ev.HoldAsked(C1, ANA),
        ev.ConsultAsked(C1, ANA, OUTSIDE),
        ev.TransferAsked(C1, ANA, OUTSIDE),
        ev.TransferCompleted(C1, ANA),
    ):
        desk.happens(event)
        assert desk.why_ignored() == ["in a conference"]
    desk.happens(CONFER, ev.RetrieveAsked(C1, ANA))
    assert desk.why_ignored() == ["already so", "already so"]
    desk.happens(ev.MuteAsked(C1, ANA, muted=True))

    assert desk.contact().muted


def test_the_third_leaves_and_the_others_go_on() -> None:
    """Nothing is moved; the third is free at once, and hold is possible again."""
    desk = together()
    third = desk.contact().consult_id
    assert third is not None
    desk.happens(ev.LegGone(third))

    assert (desk.commands, desk.one(ConferenceEnded).agent_id) == ([], ANA)
    assert desk.agent(BETO).activity is Activity.IDLE
    desk.happens(ev.HoldAsked(C1, ANA))
    assert desk.contact().on_hold_ms == desk.now_ms


def test_the_agent_leaves_and_the_third_has_the_contact() -> None:
    """Like an attended transfer, without moving anybody; the agent wraps up."""
    desk = together()
    third = desk.contact().consult_id
    desk.happens(ev.LegGone(desk.offer_of()))

    assert desk.commands == []
    assert desk.one(ConferenceEnded).agent_id == BETO
    assert desk.one(ContactTransferred).attended
    assert (desk.one(SegmentConnected).agent_id, desk.contact().offer_id) == (BETO, third)
    assert desk.agent().activity is Activity.WRAP_UP
    assert third is not None
    desk.happens(ev.LegGone(third))

    assert desk.contact().phase is Phase.AFTER


def test_the_agent_leaves_the_contact_with_somebody_outside() -> None:
    """Nobody of ours is with it any more."""
    desk = together(OUTSIDE)
    desk.happens(ev.LegGone(desk.offer_of()))

    assert desk.one(ConferenceEnded).agent_id is None
    assert desk.one(OutsideConnected).contact_id == C1
    assert desk.contact().phase is Phase.OUTSIDE


def test_the_caller_leaves_and_all_is_over() -> None:
    """Both legs end; the record tells who took part and for how long."""
    desk = together()
    leg, third = desk.offer_of(), desk.contact().consult_id
    assert third is not None
    desk.happens(ev.ContactGone(C1))

    assert desk.commands == [EndLeg(third), EndLeg(leg)]
    assert desk.one(ConferenceEnded).agent_id is None
    part = next(p for p in desk.one(ContactClosed).segments if p.kind == "conference")
    assert (part.agent_id, part.end_ms - part.start_ms) == (BETO, 5_000)


def test_a_caller_who_comes_home_while_both_are_there_is_given_back_to_the_agent() -> None:
    """A conference that does not come about costs the third, never the caller."""
    desk = together()
    leg, third = desk.offer_of(), desk.contact().consult_id
    assert third is not None
    desk.happens(ev.ContactReturned(C1))

    assert desk.commands == [EndLeg(third), Connect(C1, leg)]
    assert (desk.one(ConferenceEnded).agent_id, len(desk.made(Corrected))) == (ANA, 1)
    desk.happens(ev.LegGone(leg))
    assert CallIn(C1) in desk.commands
    assert desk.contact().phase is Phase.WAITING


def test_a_caller_seen_at_home_at_the_beginning_is_on_the_way_to_it() -> None:
    """The visit from before crosses the command."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.talks()
    desk.asks(of_agent("beto"))
    desk.happens(CONFER, ev.ContactReturned(C1))

    assert desk.why_ignored() == ["told to talk a moment ago"]
