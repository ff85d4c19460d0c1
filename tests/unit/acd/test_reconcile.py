from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

import pytest

from acd import events as ev
from acd.model import AgentId, Channel, ContactId, EndedBy, OfferEnd, OfferId
from acd.reconcile import differences, orphans
from acd.records import ContactClosed, OfferEnded
from tests.unit.acd.desk import ANA, BETO, C1, C2, Desk, agent, queue

pytestmark = pytest.mark.unit

HERE = ev.CallerSeen(C1, Channel("a", "u-c1"))


def seen(
    desk: Desk,
    callers: Iterable[ev.CallerSeen] = (HERE,),
    legs: Iterable[ev.LegSeen] = (),
    *,
    boot: str = "b1",
    reachable: tuple[AgentId, ...] = (ANA,),
    switch: str = "a",
) -> ev.SwitchSnapshot:
    """What the switch holds, asked for now."""
    return ev.SwitchSnapshot(switch, boot, desk.now_ms + 1, tuple(callers), tuple(legs), reachable)


def events(desk: Desk, snapshot: ev.SwitchSnapshot) -> list[ev.Event]:
    return [event for event, found in differences(desk.state, snapshot) if found]


def ringing(desk: Desk, contact: ContactId = C1) -> ev.LegSeen:
    return ev.LegSeen(desk.offer_of(contact), up=False)


def test_a_switch_that_holds_what_we_believe_changes_nothing() -> None:
    """In the menu, waiting, ringing, talking: no difference, no event."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.talks(C2)
    desk.comes(C1)
    callers = (HERE, ev.CallerSeen(C2, Channel("a", "u-c2")))
    legs = (ringing(desk), ev.LegSeen(desk.offer_of(C2), up=True, bridged=True))

    assert events(desk, seen(desk, callers, legs, reachable=(ANA, BETO))) == []
    assert list(orphans(desk.state, seen(desk, callers, legs))) == []


def test_a_caller_who_is_not_there_any_more_left_while_nobody_watched() -> None:
    """Hung up during our outage: gone by their own doing."""
    desk = Desk()
    desk.comes(C1)

    assert events(desk, seen(desk, (), (ringing(desk),))) == [ev.ContactGone(C1, EndedBy.CALLER)]


def test_a_switch_that_restarted_lost_its_callers() -> None:
    """Another boot than the last one: nobody gave up, the switch did."""
    desk = Desk()
    desk.happens(seen(desk, ()))
    desk.comes(C1, after_ms=10)

    assert events(desk, seen(desk, (), (ringing(desk),), boot="b2")) == [ev.ContactGone(C1, EndedBy.SWITCH)]


def test_the_first_boot_that_we_hear_of_is_no_restart() -> None:
    """An engine that never saw this switch does not accuse it."""
    desk = Desk()
    desk.comes(C1)

    assert ev.ContactGone(C1, EndedBy.CALLER) in events(desk, seen(desk, (), boot="b9"))


def test_who_came_after_the_list_was_asked_for_need_not_be_in_it() -> None:
    """A caller who arrives while the switch is being listed is not taken for gone."""
    desk = Desk()
    asked = seen(desk, ())
    desk.comes(C1, after_ms=5)

    assert [e for e in events(desk, asked) if isinstance(e, ev.ContactGone)] == []


def test_another_switchs_callers_are_not_looked_for_here() -> None:
    """Each switch speaks for its own callers only."""
    desk = Desk()
    desk.comes(C1)
    told = events(desk, seen(desk, (), (ringing(desk),), switch="b"))

    assert told == []


def test_a_caller_with_the_fallback_telephone_is_not_offered() -> None:
    """The dialplan has helped itself while we were away."""
    desk = Desk()
    desk.comes(C1)
    elsewhere = ev.CallerSeen(C1, Channel("a", "u-c1"), elsewhere=True)

    assert events(desk, seen(desk, (elsewhere,), (ringing(desk),))) == [ev.ContactElsewhere(C1)]


def test_a_talk_that_goes_on_is_not_disturbed_by_a_late_fallback() -> None:
    """Who talks to an agent is where they should be, whatever the dialplan tried before."""
    desk = Desk()
    desk.talks()
    leg = ev.LegSeen(desk.offer_of(), up=True, bridged=True)
    elsewhere = ev.CallerSeen(C1, Channel("a", "u-c1"), elsewhere=True)

    assert events(desk, seen(desk, (elsewhere,), (leg,))) == []


def test_an_offer_without_a_leg_is_lost() -> None:
    """The bell that we believe in does not ring: both sides are free again."""
    desk = Desk()
    desk.comes(C1)

    assert events(desk, seen(desk)) == [ev.OfferFailed(desk.offer_of(), OfferEnd.LOST)]


def test_a_withdrawn_offer_without_a_leg_has_ended() -> None:
    """Its end was missed: the agent is not held until a deadline."""
    desk = Desk()
    desk.comes(C1)
    offer_id = desk.offer_of()
    desk.happens(ev.ContactGone(C1))

    assert events(desk, seen(desk, ())) == [ev.OfferFailed(offer_id, OfferEnd.LOST)]
    desk.happens(seen(desk, ()))
    assert desk.agent().offer_id is None


def test_a_bell_that_still_rings_is_adopted() -> None:
    """After a restart of ours the phone rings on, and nobody is rung twice."""
    desk = Desk()
    desk.comes(C1)

    assert events(desk, seen(desk, legs=(ringing(desk),))) == []
    assert list(orphans(desk.state, seen(desk, legs=(ringing(desk),)))) == []


def test_an_answer_that_nobody_watched_connects_the_two() -> None:
    """The leg is in a bridge: the agent has accepted."""
    desk = Desk()
    desk.comes(C1)
    leg = ev.LegSeen(desk.offer_of(), up=True, bridged=True)

    assert events(desk, seen(desk, legs=(leg,))) == [ev.OfferAccepted(desk.offer_of())]


@pytest.mark.parametrize(("noted_ms", "rang_ms"), [(3_000, 3_000), (-50, 0), (20_000, 9_000)])
def test_a_talk_that_nobody_saw_begin_counts_from_when_it_did(noted_ms: int, rang_ms: int) -> None:
    """The switch noted the moment, by a clock that may be another: never before the bell, never after now."""
    desk = Desk()
    desk.comes(C1)
    bell_ms = desk.now_ms
    leg = ev.LegSeen(desk.offer_of(), up=True, bridged=True, up_ms=bell_ms + noted_ms)
    desk.now_ms += 9_000
    desk.happens(seen(desk, legs=(leg,)))
    (tried,) = desk.made(OfferEnded)
    desk.happens(ev.ContactGone(C1), after_ms=1_000)

    (record,) = desk.made(ContactClosed)
    assert (tried.lasted_ms, record.ring_ms, record.wait_ms) == (rang_ms, rang_ms, rang_ms)
    assert record.talk_ms == 10_000 - rang_ms
    assert record.answered_ms == bell_ms + rang_ms
    assert record.offers[0].end_ms == bell_ms + rang_ms
    spans = [(part.start_ms, part.end_ms) for part in record.segments]
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(spans)), spans


def test_a_talk_whose_leg_is_gone_has_ended_when_the_caller_came_home() -> None:
    """The dialplan noted the moment; without a note it is now."""
    desk = Desk()
    desk.talks()
    noted = ev.CallerSeen(C1, Channel("a", "u-c1"), home_ms=desk.now_ms - 7)

    assert events(desk, seen(desk, (noted,))) == [ev.LegGone(desk.offer_of(), desk.now_ms - 7)]
    assert events(desk, seen(desk)) == [ev.LegGone(desk.offer_of(), None)]


def test_phones_are_as_the_switch_says() -> None:
    """Registered or gone since: each agent once, in order of name; unknown phones are nobody's."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"), agent("carla"), phones=False)
    desk.happens(ev.PhoneReachable(BETO, reachable=True))
    snapshot = seen(desk, (), reachable=(AgentId("carla"), ANA, AgentId("nadie")))

    assert events(desk, snapshot) == [
        ev.PhoneReachable(ANA, reachable=True),
        ev.PhoneReachable(BETO, reachable=False),
        ev.PhoneReachable(AgentId("carla"), reachable=True),
    ]


def test_calls_of_agents_own_are_as_the_switch_says() -> None:
    """Begun or over while nobody watched: each agent once, in order of name."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"), agent("carla"))
    everybody = tuple(desk.state.agents)
    desk.happens(ev.PhoneInUse(ANA, in_use=True), ev.PhoneInUse(BETO, in_use=True))
    snapshot = replace(seen(desk, (), reachable=everybody), in_use=(AgentId("carla"), BETO, AgentId("nadie")))

    assert events(desk, snapshot) == [
        ev.PhoneInUse(ANA, in_use=False),
        ev.PhoneInUse(AgentId("carla"), in_use=True),
    ]


def test_only_what_talks_to_nobody_and_is_not_ours_is_an_orphan() -> None:
    """A ringing leg of a forgotten offer is ended; a talk is not, known to us or not."""
    desk = Desk()
    desk.comes(C1)
    legs = (
        ringing(desk),
        ev.LegSeen(OfferId("c7-o1"), up=False),
        ev.LegSeen(OfferId("c8-o1"), up=True, bridged=True),
        ev.LegSeen(OfferId("c9-o1"), up=True, bridged=False),
    )

    assert list(orphans(desk.state, seen(desk, legs=legs))) == ["c7-o1", "c9-o1"]


def test_everything_at_once_leaves_a_sound_engine() -> None:
    """A restart in the middle of everything: callers gone, a leg lost, a leg answered, a phone gone."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"), agent("carla"))
    desk.talks(C1)
    desk.comes(C2, ContactId("c3"), ContactId("c4"))
    answered = ev.LegSeen(desk.offer_of(C2), up=True, bridged=True)
    callers = (ev.CallerSeen(C2, Channel("a", "u-c2")), ev.CallerSeen(ContactId("c4"), Channel("a", "u-c4")))
    desk.happens(seen(desk, callers, (answered,), reachable=(ANA, BETO)), after_ms=20)

    assert set(desk.state.contacts) == {"c2", "c4"}
    assert desk.contact(C2).agent_id == BETO
    assert not desk.agent(AgentId("carla")).reachable
