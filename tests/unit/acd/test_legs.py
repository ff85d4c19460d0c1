from __future__ import annotations

import pytest

from acd import events as ev
from acd.commands import EndLeg, OfferContact
from acd.model import Activity, OfferEnd, OfferState, Phase
from acd.records import Ignored, OfferAnnounced
from tests.unit.acd.desk import ANA, BETO, C1, C2, OUTSIDE, Desk, agent, of_agent, queue

pytestmark = pytest.mark.unit


def in_talk() -> Desk:
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.talks()
    return desk


def test_every_leg_of_a_contact_has_a_number_of_its_own() -> None:
    """Agents and those outside alike: the number is the name of the leg on the switch."""
    desk = in_talk()
    first = desk.offer_of()
    second = desk.asks(OUTSIDE, answered=False)
    desk.happens(ev.OfferFailed(second, OfferEnd.BUSY))
    third = desk.asks(of_agent("beto"), answered=False)

    assert (first, second, third) == ("c1-o1", "c1-o2", "c1-o3")


def test_who_was_named_is_announced_with_the_name_of_who_asks_and_nobody_compared() -> None:
    """The explanation tells the truth: there was no choice."""
    desk = in_talk()
    desk.happens(ev.ConsultAsked(C1, ANA, of_agent("beto")))

    why = desk.one(OfferAnnounced).explanation
    assert (why.rank, dict(why.not_chosen), why.queue, why.roster) == ("named by ana", {}, "ventas", "v1")


def test_an_agent_is_free_again_only_when_the_leg_is_gone() -> None:
    """A call that met the old leg on the telephone would find it busy."""
    desk = in_talk()
    asked = desk.asks(of_agent("beto"))
    desk.happens(ev.RetrieveAsked(C1, ANA))
    desk.comes(C2)
    assert (desk.contact(C2).phase, desk.agent(BETO).activity) == (Phase.WAITING, Activity.TALKING)
    desk.happens(ev.LegGone(asked))

    assert [c.agent_id for c in desk.commands if isinstance(c, OfferContact)] == [BETO]


def test_a_leg_whose_end_is_never_told_is_ended_again_and_forgotten() -> None:
    """Nobody stays busy with a leg that may not even be there."""
    desk = in_talk()
    asked = desk.asks(of_agent("beto"))
    desk.happens(ev.RetrieveAsked(C1, ANA))
    assert desk.state.offers[asked].state is OfferState.ENDING
    desk.waits(5_000)

    assert EndLeg(asked) in desk.commands
    assert (asked in desk.state.offers, desk.agent(BETO).activity) == (False, Activity.IDLE)


def test_what_is_told_of_a_leg_that_ends_changes_nothing() -> None:
    """It rings, or is answered: too late."""
    desk = in_talk()
    asked = desk.asks(of_agent("beto"))
    desk.happens(ev.RetrieveAsked(C1, ANA))
    desk.happens(ev.OfferRinging(asked), ev.OfferAccepted(asked))

    assert [told.reason for told in desk.made(Ignored)] == ["not while ending"] * 2
    desk.happens(ev.OfferFailed(asked, OfferEnd.LOST))
    assert desk.agent(BETO).activity is Activity.IDLE


def test_a_leg_that_a_transfer_leaves_behind_is_watched_until_it_is_gone() -> None:
    """Its agent goes on without it; should the order be lost, it is given again."""
    desk = in_talk()
    leg = desk.offer_of()
    desk.happens(ev.TransferAsked(C1, ANA, OUTSIDE))
    assert (desk.agent().activity, desk.agent().offer_id) == (Activity.WRAP_UP, None)
    assert desk.state.offers[leg].state is OfferState.ENDING
    desk.waits(5_000)

    assert EndLeg(leg) in desk.commands
    assert leg not in desk.state.offers
    assert desk.agent(BETO).activity is Activity.IDLE
