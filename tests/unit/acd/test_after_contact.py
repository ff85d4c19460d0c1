"""What an agent asks for while a contact is in hand: a break afterwards, more time for wrap-up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.agents import PHONE_GRACE_MS
from acd.commands import OfferContact
from acd.model import Activity, OfferEnd, Presence
from acd.records import AgentStateChanged, WrapEnded, WrapExtended
from tests.unit.acd.desk import ANA, BETO, C1, C2, Desk, agent, queue, routing

pytestmark = pytest.mark.unit

LATER = ev.PresenceSet(ANA, Presence.NOT_READY, "comida", after_contact=True)


def looks(desk: Desk) -> tuple[Presence, str, Presence | None, str]:
    agent = desk.agent()
    return agent.presence, agent.reason, agent.pending, agent.pending_reason


def test_not_ready_after_this_contact_waits_for_the_end_of_its_wrap_up() -> None:
    """Seen on the screen at once, it takes effect when talk and wrap-up are over, before anything new."""
    desk = Desk()
    desk.talks()
    desk.comes(C2)
    desk.happens(LATER)
    said = desk.one(AgentStateChanged)
    assert (said.presence, said.pending, said.pending_reason) == (
        Presence.READY,
        Presence.NOT_READY,
        "comida",
    )
    desk.happens(ev.ContactGone(C1), after_ms=5_000)
    assert looks(desk) == (Presence.READY, "", Presence.NOT_READY, "comida")
    desk.waits(10_000)

    said = desk.one(AgentStateChanged)
    assert (said.presence, said.reason, said.activity, said.pending) == (
        Presence.NOT_READY,
        "comida",
        Activity.IDLE,
        None,
    )
    assert desk.commands == []


@pytest.mark.parametrize("end", [OfferEnd.NO_ANSWER, OfferEnd.DECLINED, OfferEnd.BUSY, OfferEnd.UNREACHABLE])
def test_an_offer_that_comes_to_nothing_is_the_end_of_the_contact_in_hand(end: OfferEnd) -> None:
    """Asked for while it rang: the agent's own reason stands, whatever the failed try would have made."""
    desk = Desk()
    desk.comes(C1)
    desk.happens(LATER)
    desk.fails(end)

    assert looks(desk) == (Presence.NOT_READY, "comida", None, "")
    assert desk.agent().resting_until_ms is None


def test_who_has_no_contact_in_hand_is_not_ready_at_once() -> None:
    """There is nothing to wait for."""
    desk = Desk()
    desk.happens(LATER)

    assert looks(desk) == (Presence.NOT_READY, "comida", None, "")


@pytest.mark.parametrize("after_contact", [True, False])
def test_available_wins_over_an_earlier_wish_to_leave(after_contact: bool) -> None:
    """The last word counts: who says "available" during the talk gets the next contact after it."""
    desk = Desk()
    desk.talks()
    desk.comes(C2)
    desk.happens(ev.PresenceSet(ANA, Presence.LOGGED_OUT, "", after_contact=True))
    desk.happens(ev.PresenceSet(ANA, Presence.READY, "", after_contact))
    assert looks(desk) == (Presence.READY, "", None, "")
    desk.happens(ev.ContactGone(C1), ev.WrapUpDone(ANA))

    assert [c.contact_id for c in desk.commands if isinstance(c, OfferContact)] == [C2]


def test_a_later_wish_replaces_an_earlier_one_and_a_choice_at_once_ends_it() -> None:
    """One wish at a time; said twice it is no news."""
    desk = Desk()
    desk.talks()
    desk.happens(LATER, LATER)
    assert desk.why_ignored() == ["already so"]
    desk.happens(ev.PresenceSet(ANA, Presence.LOGGED_OUT, "", after_contact=True))
    assert looks(desk) == (Presence.READY, "", Presence.LOGGED_OUT, "")
    desk.sets(ANA, Presence.NOT_READY, "pausa")
    assert looks(desk) == (Presence.NOT_READY, "pausa", None, "")
    desk.happens(ev.ContactGone(C1), ev.WrapUpDone(ANA))

    assert looks(desk) == (Presence.NOT_READY, "pausa", None, "")


def test_a_shift_that_is_over_leaves_no_wish_behind() -> None:
    """The phone is gone for good during the talk: logged out, not "not ready" afterwards."""
    desk = Desk()
    desk.talks()
    desk.happens(LATER, ev.PhoneReachable(ANA, reachable=False))
    desk.waits(PHONE_GRACE_MS)
    desk.happens(ev.ContactGone(C1), ev.WrapUpDone(ANA))

    assert looks(desk) == (Presence.LOGGED_OUT, "phone gone", None, "")


def test_an_agent_who_left_the_configuration_chooses_nothing_any_more() -> None:
    """Still in the last talk: no choice, now or for later, and no phone brings them back."""
    desk = Desk()
    desk.talks()
    desk.happens(LATER)
    desk.happens(ev.ConfigPublished(routing(queue("ventas"), version="v2")))
    desk.happens(LATER, ev.PresenceSet(ANA, Presence.READY))
    assert desk.why_ignored() == ["left the configuration"] * 2
    desk.happens(ev.PhoneReachable(ANA, reachable=False), ev.PhoneReachable(ANA, reachable=True))
    assert looks(desk) == (Presence.LOGGED_OUT, "left the configuration", None, "")
    desk.happens(ev.ContactGone(C1), ev.WrapUpDone(ANA))

    assert desk.state.agents == {}


EXTENDS = replace(queue("ventas"), wrap_extend_ms=20_000, wrap_extensions_max=2)


def test_wrap_up_is_longer_for_who_asks_as_often_as_the_queue_allows() -> None:
    """From its end, not from now; the record says until when. Counted anew with each contact."""
    desk = Desk(EXTENDS, agent("ana"))
    desk.talks()
    desk.happens(ev.ContactGone(C1), after_ms=5_000)
    ended_ms = desk.now_ms
    desk.happens(ev.WrapUpExtended(ANA), after_ms=4_000)
    assert desk.one(WrapExtended) == WrapExtended(ANA, C1, ended_ms + 30_000, desk.now_ms)
    desk.happens(ev.WrapUpExtended(ANA), ev.WrapUpExtended(ANA))
    assert desk.why_ignored() == ["no extension left"]
    desk.waits(45_999)
    assert desk.agent().activity is Activity.WRAP_UP
    desk.waits(1)
    assert desk.one(WrapEnded).wrap_ms == 50_000
    desk.talks(C2)
    desk.happens(ev.ContactGone(C2), ev.WrapUpExtended(ANA))

    assert desk.made(WrapExtended) != []


def test_wrap_up_is_not_extended_where_there_is_none_or_the_queue_does_not_allow_it() -> None:
    """Refused with the reason."""
    desk = Desk()
    desk.happens(ev.WrapUpExtended(ANA), ev.WrapUpExtended(BETO))
    assert desk.why_ignored() == ["not in wrap-up"] * 2
    desk.talks()
    desk.happens(ev.ContactGone(C1), ev.WrapUpExtended(ANA))

    assert desk.why_ignored() == ["the queue does not extend wrap-up"]
