from __future__ import annotations

from collections.abc import Iterable

import pytest

from acd import events as ev
from acd.commands import CallCustomer, CallIn, Command, Confer, Connect, EndLeg, Park
from acd.model import Channel, EndedBy, OfferEnd, OfferId, Outcome, Phase
from acd.reconcile import RESCUED_AFTER_MS
from acd.records import ConsultEnded, ContactClosed, ContactRetrieved, Corrected
from tests.unit.acd.desk import ANA, BETO, C1, OUTSIDE, Desk, agent, of_agent, queue

pytestmark = pytest.mark.unit

HOLD = ev.HoldAsked(C1, ANA)
COMPLETE = ev.TransferCompleted(C1, ANA)


def in_talk() -> Desk:
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.talks()
    desk.now_ms += 5_000
    return desk


def leg(offer_id: OfferId | None, *, bridged: bool, up: bool = True, called: bool = False) -> ev.LegSeen:
    assert offer_id is not None
    return ev.LegSeen(offer_id, up, bridged, called)


def looks(
    desk: Desk,
    *legs: ev.LegSeen,
    caller: bool | None = None,
    boot: str = "b1",
    here: bool = True,
    after_ms: int = 1_000,
) -> list[Command]:
    """What is ordered when the switch tells what it holds; `caller` is whether c1 talks to somebody."""
    desk.now_ms += after_ms
    callers: Iterable[ev.CallerSeen] = ()
    if here:
        callers = (ev.CallerSeen(C1, Channel("a", "u-c1"), bridged=caller),)
    seen = ev.SwitchSnapshot("a", boot, desk.now_ms, tuple(callers), legs, (ANA, BETO))
    desk.happens(seen)
    return desk.commands


def test_what_is_as_it_was_ordered_is_left_alone() -> None:
    """On hold and alone; asked and talking; in a conference: nothing is ordered, nothing corrected."""
    desk = in_talk()
    main = desk.offer_of()
    desk.happens(HOLD)
    assert looks(desk, leg(main, bridged=False), caller=False) == []
    asked = desk.asks(of_agent("beto"))
    assert looks(desk, leg(main, bridged=True), leg(asked, bridged=True), caller=False) == []
    desk.happens(ev.ConferenceAsked(C1, ANA))
    assert looks(desk, leg(main, bridged=True), leg(asked, bridged=True), caller=True) == []

    assert desk.made(Corrected) == []


@pytest.mark.parametrize("caller", [None, True])
def test_a_hold_that_was_lost_is_ordered_again(caller: bool | None) -> None:
    """The two still talk, and were told not to a moment ago."""
    desk = in_talk()
    main = desk.offer_of()
    desk.happens(HOLD)

    assert looks(desk, leg(main, bridged=True), caller=caller) == [Park(main, C1)]
    assert desk.one(Corrected).what == "on hold, and talks"


def test_two_who_have_found_each_other_while_we_were_away_talk() -> None:
    """A leg on hold calls the caller back when nobody is there to do it: that is how it is then."""
    desk = in_talk()
    main = desk.offer_of()
    desk.happens(HOLD)
    looks(desk, leg(main, bridged=True), caller=True, after_ms=RESCUED_AFTER_MS)

    assert desk.one(ContactRetrieved).held_ms == RESCUED_AFTER_MS
    assert desk.contact().on_hold_ms is None


@pytest.mark.parametrize(("bridged", "caller"), [(False, None), (False, False), (True, False)])
def test_a_retrieve_that_was_lost_is_ordered_again(bridged: bool, caller: bool | None) -> None:
    """The leg is alone, or with another; the caller is."""
    desk = in_talk()
    main = desk.offer_of()
    desk.happens(HOLD, ev.RetrieveAsked(C1, ANA))

    assert looks(desk, leg(main, bridged=bridged), caller=caller) == [Connect(C1, main)]


def test_a_conference_that_was_lost_is_ordered_again() -> None:
    """Whoever of the three is missing."""
    desk = in_talk()
    main = desk.offer_of()
    asked = desk.asks(of_agent("beto"))
    desk.happens(ev.ConferenceAsked(C1, ANA))
    found = looks(desk, leg(main, bridged=True), leg(asked, bridged=False), caller=True)

    assert found == [Confer(C1, (main, asked))]


def test_two_who_ask_and_do_not_talk_are_parted() -> None:
    """There is no way to bring them together but to ask again: the agent is back with the caller."""
    desk = in_talk()
    main = desk.offer_of()
    asked = desk.asks(of_agent("beto"))
    found = looks(desk, leg(main, bridged=False), leg(asked, bridged=False), caller=False)

    assert found == [EndLeg(asked), Connect(C1, main)]


def test_a_bell_that_was_answered_meanwhile_is() -> None:
    """Who is asked has picked up while nobody watched."""
    desk = in_talk()
    main = desk.offer_of()
    asked = desk.asks(of_agent("beto"), answered=False)
    looks(desk, leg(main, bridged=True), leg(asked, bridged=True), caller=False)

    assert desk.contact().consult_id == asked
    assert desk.commands == []


def test_who_was_asked_is_gone_and_the_agent_is_back() -> None:
    """As if we had been told."""
    desk = in_talk()
    main = desk.offer_of()
    desk.asks(of_agent("beto"))

    assert looks(desk, leg(main, bridged=False), caller=False) == [Connect(C1, main)]


def test_all_legs_are_gone_and_the_caller_waits_again() -> None:
    """The caller has heard music all the while: no goodbye."""
    desk = in_talk()
    desk.asks(of_agent("beto"))
    looks(desk, caller=False)

    assert CallIn(C1) in desk.commands
    assert desk.contact().phase in (Phase.WAITING, Phase.OFFERED)


def test_a_transfer_that_was_lost_is_ordered_again() -> None:
    """The one who has left still talks to the successor, who should talk to the caller."""
    desk = in_talk()
    main = desk.offer_of()
    asked = desk.asks(of_agent("beto"))
    desk.happens(COMPLETE)
    found = looks(desk, leg(main, bridged=True), leg(asked, bridged=True), caller=False)

    assert found == [Connect(C1, asked), EndLeg(main)]


def test_somebody_outside_who_does_not_talk_to_the_caller_is_brought_to() -> None:
    """The same for those whom we have no screen for."""
    desk = in_talk()
    desk.asks(OUTSIDE)
    desk.happens(COMPLETE)
    called = desk.offer_of()

    assert looks(desk, leg(called, bridged=False), caller=False) == [Connect(C1, called)]


def test_a_leg_that_was_hung_up_and_is_still_there_is_hung_up_again() -> None:
    """Though it may talk: we have ended that talk."""
    desk = in_talk()
    main = desk.offer_of()
    asked = desk.asks(of_agent("beto"))
    desk.happens(ev.RetrieveAsked(C1, ANA))
    found = looks(desk, leg(main, bridged=True), leg(asked, bridged=True), caller=False)

    assert sorted(map(str, found)) == sorted(map(str, [EndLeg(asked), Connect(C1, main)]))


def test_a_forgotten_leg_that_talks_is_left_alone_where_we_know_nothing_better() -> None:
    """A caller who waits, by our lights, may talk to it."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.happens(ev.PhoneReachable(ANA, reachable=False), ev.PhoneReachable(BETO, reachable=False))
    desk.comes(C1)

    found = looks(desk, leg(OfferId("c1-o9"), bridged=True), caller=True)

    assert EndLeg(OfferId("c1-o9")) not in found


def test_a_customer_who_has_not_been_called_is_not_missed() -> None:
    """The agent's own telephone rings, or was picked up after the list was asked for."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.dials(off_hook=False)
    own = desk.offer_of()
    assert looks(desk, leg(own, up=False, bridged=False), here=False) == []
    desk.happens(ev.OfferAccepted(own))
    assert looks(desk, leg(own, bridged=False), here=False, after_ms=0) == []

    assert desk.contact().phase is Phase.DIALLING


def test_a_customer_is_called_again_only_if_the_switch_was_never_told_to() -> None:
    """The order may have gone with the connection, more than once; with its mark, the customer is gone."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.dials()
    own = desk.offer_of()
    again = CallCustomer(C1, own, "u-c1", "tok", 45_000)
    assert looks(desk, leg(own, bridged=False), here=False) == [again]
    assert looks(desk, leg(own, bridged=False), here=False) == [again]
    looks(desk, leg(own, bridged=False, called=True), here=False)

    assert desk.one(ContactClosed).outcome is Outcome.DIAL_FAILED
    assert desk.commands == [EndLeg(own)]


def test_a_switch_that_restarted_has_lost_outgoing_calls_too() -> None:
    """Reached or not."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    looks(desk, here=False)
    desk.dials()
    looks(desk, here=False, boot="b2")

    closed = desk.one(ContactClosed)
    assert (closed.outcome, closed.ended_by) == (Outcome.SWITCH_LOST, EndedBy.SWITCH)
    assert desk.state.offers == {}


def test_a_call_outside_that_never_went_out_is_lost() -> None:
    """Its number was in memory only: told as failed, the caller waits again."""
    desk = in_talk()
    desk.happens(ev.TransferAsked(C1, ANA, OUTSIDE))
    looks(desk, caller=False)

    assert desk.contact().phase in (Phase.WAITING, Phase.OFFERED)


def test_a_consultation_that_never_rang_is_lost() -> None:
    """And the agent talks to the caller again."""
    desk = in_talk()
    main = desk.offer_of()
    desk.asks(of_agent("beto"), answered=False)

    assert looks(desk, leg(main, bridged=False), caller=False) == [Connect(C1, main)]
    assert desk.one(ConsultEnded).result is OfferEnd.LOST
