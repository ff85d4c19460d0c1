from __future__ import annotations

import pytest

from acd import events as ev
from acd.commands import AnswerLeg, EndLeg, MuteLeg, WithdrawOffer
from acd.model import Activity, AgentId, OfferEnd, Phase
from acd.records import AgentMuted, OfferEnded
from tests.unit.acd.desk import ANA, BETO, C1, Desk, agent, of_agent, queue

pytestmark = pytest.mark.unit


def two() -> Desk:
    return Desk(queue("ventas"), agent("ana"), agent("beto"))


def test_mute_is_told_to_the_switch_and_ends_with_the_talk() -> None:
    """Once each way; hold and retrieve leave it as it is."""
    desk = two()
    desk.talks()
    leg = desk.offer_of()
    desk.happens(ev.MuteAsked(C1, ANA, muted=True))
    assert (desk.commands, desk.one(AgentMuted).muted) == ([MuteLeg(leg, muted=True)], True)
    desk.happens(ev.MuteAsked(C1, ANA, muted=True))
    assert desk.why_ignored() == ["already so"]
    desk.happens(ev.HoldAsked(C1, ANA), ev.RetrieveAsked(C1, ANA))
    assert desk.contact().muted
    desk.happens(ev.MuteAsked(C1, BETO, muted=False))
    assert desk.why_ignored() == ["not the agent's contact"]
    desk.happens(ev.LegGone(leg), after_ms=1_000)

    assert not desk.contact().muted


def test_hanging_up_is_what_the_leg_then_says() -> None:
    """The command ends the leg; the talk ends when the switch tells, as with any receiver."""
    desk = two()
    desk.talks()
    leg = desk.offer_of()
    desk.happens(ev.HangUpAsked(C1, ANA))
    assert (desk.commands, desk.contact().phase) == ([EndLeg(leg)], Phase.TALKING)
    desk.happens(ev.LegGone(leg))

    assert (desk.contact().phase, desk.agent().activity) == (Phase.AFTER, Activity.WRAP_UP)


def test_hanging_up_what_rings_declines_it() -> None:
    """The agent is rested like one who pressed the button on the phone."""
    desk = two()
    desk.comes(C1)
    leg = desk.offer_of()
    desk.happens(ev.HangUpAsked(C1, ANA))
    assert desk.commands == [WithdrawOffer(leg, OfferEnd.DECLINED)]
    desk.happens(ev.OfferFailed(leg, OfferEnd.DECLINED))

    assert desk.one(OfferEnded).result is OfferEnd.DECLINED
    assert desk.agent().reason == "declined"


def test_who_is_asked_may_hang_up_too() -> None:
    """Each agent by their own leg: it is theirs, though the contact is not."""
    desk = two()
    desk.talks()
    asked = desk.asks(of_agent("beto"))
    desk.happens(ev.HangUpAsked(C1, BETO))

    assert desk.commands == [EndLeg(asked)]


def test_nobody_hangs_up_for_another() -> None:
    """An agent who has nothing to do with the contact."""
    desk = two()
    desk.talks()
    desk.happens(ev.HangUpAsked(C1, BETO))

    assert (desk.why_ignored(), desk.commands) == (["not the agent's contact"], [])


def test_answer_is_for_what_rings() -> None:
    """The leg is named, so that a bell that has just ended is not answered."""
    desk = two()
    desk.comes(C1)
    desk.happens(ev.OfferRinging(desk.offer_of()), ev.AnswerAsked(ANA))

    assert desk.commands == [AnswerLeg(desk.offer_of())]


@pytest.mark.parametrize(("name", "why"), [(BETO, "nothing rings"), (AgentId("zoe"), "unknown agent zoe")])
def test_answer_without_a_bell_is_refused(name: AgentId, why: str) -> None:
    """Nothing is picked up that nobody hears."""
    desk = two()
    desk.comes(C1)
    desk.happens(ev.AnswerAsked(name))

    assert (desk.why_ignored(), desk.commands) == ([why], [])


def test_answer_in_a_talk_is_refused() -> None:
    """The agent's leg is up already."""
    desk = two()
    desk.talks()
    desk.happens(ev.AnswerAsked(ANA))

    assert desk.why_ignored() == ["nothing rings"]
