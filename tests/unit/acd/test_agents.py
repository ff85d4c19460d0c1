from __future__ import annotations

import pytest

from acd import events as ev
from acd.agents import PHONE_GRACE_MS
from acd.commands import OfferContact
from acd.model import Activity, Desktop, OfferEnd, Presence, SignIn
from acd.records import AgentStateChanged, ConfigApplied, WrapEnded
from tests.unit.acd.desk import ANA, BETO, C1, C2, SALES, Desk, agent, queue, routing

pytestmark = pytest.mark.unit

BY_COMMAND = (queue("ventas"), agent("ana", sign_in=SignIn.COMMAND))


def test_a_registered_phone_begins_the_shift_and_its_loss_ends_it() -> None:
    """Who signs in by phone is ready as soon as it registers and logged out when it stays away."""
    desk = Desk(phones=False)
    assert desk.agent().presence is Presence.LOGGED_OUT
    desk.happens(ev.PhoneReachable(ANA, reachable=True))
    assert desk.agent().presence is Presence.READY
    desk.happens(ev.PhoneReachable(ANA, reachable=False))
    assert (desk.one(AgentStateChanged).presence, desk.agent().reachable) == (Presence.READY, False)
    desk.waits(PHONE_GRACE_MS)

    said = desk.one(AgentStateChanged)
    assert (said.presence, said.reason, said.reachable) == (Presence.LOGGED_OUT, "phone gone", False)


def test_a_phone_found_missing_by_a_call_ends_the_shift_like_one_that_said_so() -> None:
    """Its registration ran out and the call was faster than the news: the news then changes nothing."""
    desk = Desk()
    desk.comes(C1)
    desk.fails(OfferEnd.UNREACHABLE)
    desk.happens(ev.PhoneReachable(ANA, reachable=False))
    desk.waits(PHONE_GRACE_MS)

    assert (desk.agent().presence, desk.agent().reason) == (Presence.LOGGED_OUT, "phone gone")


def test_a_phone_that_registers_anew_within_the_grace_has_not_left() -> None:
    """Nothing is offered meanwhile; afterwards the agent is as ready as before, and keeps the place."""
    desk = Desk()
    idle_since_ms = desk.agent().idle_since_ms
    desk.happens(ev.PhoneReachable(ANA, reachable=False), after_ms=1_000)
    desk.comes(C1)
    assert desk.contact().offer_id is None
    desk.happens(ev.PhoneReachable(ANA, reachable=True), after_ms=PHONE_GRACE_MS - 1)

    assert (desk.agent().activity, desk.agent().idle_since_ms) == (Activity.OFFERED, idle_since_ms)
    desk.fails(OfferEnd.LOST)
    desk.waits(60_000)
    assert desk.agent().presence is Presence.READY


def test_a_phone_never_chooses_for_somebody_who_signs_in_by_command() -> None:
    """For them registration is only a veto: without a phone nothing is offered, with one again."""
    desk = Desk(*BY_COMMAND)
    assert desk.agent().presence is Presence.LOGGED_OUT
    desk.sets(ANA, Presence.READY)
    desk.happens(ev.PhoneReachable(ANA, reachable=False))
    desk.comes(C1)
    assert (desk.agent().presence, desk.agent().activity) == (Presence.READY, Activity.IDLE)
    desk.happens(ev.PhoneReachable(ANA, reachable=True))

    assert desk.agent().activity is Activity.OFFERED


def test_a_phone_that_goes_does_not_change_what_somebody_chose() -> None:
    """Not ready with a reason stays so through a lost registration."""
    desk = Desk()
    desk.sets(ANA, Presence.NOT_READY, "comida")
    desk.happens(ev.PhoneReachable(ANA, reachable=False))
    desk.waits(60_000)
    desk.happens(ev.PhoneReachable(ANA, reachable=True))

    assert (desk.agent().presence, desk.agent().reason) == (Presence.NOT_READY, "comida")


def test_a_repeated_registration_is_no_news() -> None:
    """Phones register every minute: that moves nobody and wakes nobody."""
    desk = Desk()
    desk.happens(ev.PhoneReachable(ANA, reachable=True), ev.PresenceSet(ANA, Presence.READY), after_ms=60_000)

    assert desk.why_ignored() == ["already so", "already so"]
    assert desk.agent().idle_since_ms < desk.now_ms


def test_ready_looks_for_somebody_who_waits() -> None:
    """The match is two-sided: a freed agent finds the caller at once."""
    desk = Desk()
    desk.sets(ANA, Presence.NOT_READY, "pausa")
    desk.comes(C1)
    desk.sets(ANA, Presence.READY)

    assert [type(command) for command in desk.commands] == [OfferContact]


def test_not_ready_while_it_rings_lets_the_ring_be_and_takes_effect_after() -> None:
    """A choice during an offer is kept: the talk comes first, then no further one."""
    desk = Desk()
    desk.comes(C1, C2)
    desk.sets(ANA, Presence.NOT_READY, "comida")
    desk.happens(ev.OfferAccepted(desk.offer_of(C1)))
    desk.happens(ev.ContactGone(C1), ev.WrapUpDone(ANA), after_ms=1_000)

    assert (desk.agent().presence, desk.agent().activity) == (Presence.NOT_READY, Activity.IDLE)
    assert desk.commands == []


def test_wrap_up_ends_by_itself_or_by_the_agent() -> None:
    """At its deadline or at "done": then the agent stands at the end of the idle order."""
    by_time, by_hand = Desk(), Desk()
    for desk in (by_time, by_hand):
        desk.talks()
        desk.happens(ev.ContactGone(C1), after_ms=5_000)
    by_time.waits(10_000)
    by_hand.happens(ev.WrapUpDone(ANA), after_ms=2_500)

    assert (by_time.one(WrapEnded).wrap_ms, by_hand.one(WrapEnded).wrap_ms) == (10_000, 2_500)
    assert by_hand.agent().idle_since_ms == by_hand.now_ms
    assert by_hand.engine.next_deadline_ms() is None


def test_done_outside_a_wrap_up_is_refused_with_the_reason() -> None:
    """The page can say why: there was no wrap-up to end."""
    desk = Desk()
    desk.happens(ev.WrapUpDone(ANA))

    assert desk.why_ignored() == ["not in wrap-up"]


def test_a_rest_ends_by_itself_behind_those_who_did_not_refuse() -> None:
    """Whoever has just refused is not the first to be asked again."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.comes(C1)
    desk.fails(OfferEnd.BUSY)
    desk.fails(OfferEnd.BUSY, after_ms=1_000)
    assert desk.contact().offer_id is None
    desk.waits(9_000)
    assert [c.agent_id for c in desk.commands if isinstance(c, OfferContact)] == [ANA]
    assert (desk.agent().resting_until_ms, desk.agent().reason) == (None, "")


def test_ready_ends_a_rest_at_once() -> None:
    """Who says "I am here" is believed before the rest is over."""
    desk = Desk()
    desk.comes(C1)
    desk.fails(OfferEnd.DECLINED)
    assert desk.agent().resting_until_ms is not None
    desk.sets(ANA, Presence.READY)

    assert desk.agent().activity is Activity.OFFERED
    assert "rest:ana" not in desk.state.deadlines


def test_a_reason_that_somebody_gave_outlives_the_end_of_a_rest() -> None:
    """At lunch during a rest: when the rest is over the screen still says lunch."""
    desk = Desk()
    desk.comes(C1)
    desk.fails(OfferEnd.DECLINED)
    desk.sets(ANA, Presence.NOT_READY, "comida")
    desk.waits(60_000)

    assert (desk.agent().presence, desk.agent().reason) == (Presence.NOT_READY, "comida")


def test_a_configuration_brings_agents_changes_skills_and_takes_agents_away() -> None:
    """New ones appear logged out, skills count at once, the missing go unless a call holds them."""
    desk = Desk(queue("ventas", (SALES, 5)), agent("ana", {SALES: 9}), agent("beto", {SALES: 1}))
    desk.talks()
    desk.comes(C2)
    desk.happens(
        ev.ConfigPublished(
            routing(queue("ventas", (SALES, 5)), agent("beto", {SALES: 6}), agent("carla"), version="v2")
        )
    )

    assert desk.one(ConfigApplied).version == "v2"
    assert [c.agent_id for c in desk.commands if isinstance(c, OfferContact)] == [BETO]
    assert desk.state.agents.keys() == {"ana", "beto", "carla"}
    assert (desk.agent().retired, desk.agent().activity) == (True, Activity.TALKING)
    desk.happens(ev.ContactGone(C1), ev.WrapUpDone(ANA))
    assert ANA not in desk.state.agents


def test_an_idle_agent_that_is_no_longer_configured_leaves_at_once() -> None:
    """Nothing holds them: gone with the publication, their rest with them, and whoever counts is told."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.comes(C1)
    desk.fails(OfferEnd.BUSY)
    desk.happens(ev.ConfigPublished(routing(queue("ventas"), agent("beto"), version="v2")))
    last = desk.one(AgentStateChanged)
    assert (last.agent_id, last.presence, last.reason) == (
        ANA,
        Presence.LOGGED_OUT,
        "left the configuration",
    )
    desk.waits(60_000)

    assert list(desk.state.agents) == [BETO]


def test_a_call_of_the_agents_own_keeps_offers_away_until_it_is_over() -> None:
    """On the phone with somebody else: nothing rings there, the screen says why, presence stays."""
    desk = Desk()
    desk.happens(ev.PhoneInUse(ANA, in_use=True))
    said = desk.one(AgentStateChanged)
    assert (said.in_use, said.presence, said.activity) == (True, Presence.READY, Activity.IDLE)
    desk.comes(C1)
    assert desk.contact().offer_id is None
    desk.happens(ev.PhoneInUse(ANA, in_use=False))

    assert desk.agent().activity is Activity.OFFERED


def test_a_call_of_the_agents_own_does_not_stop_a_bell_that_rings() -> None:
    """A second call on a phone is the phone's business: the offer goes on and may be taken."""
    desk = Desk()
    desk.comes(C1)
    desk.happens(ev.PhoneInUse(ANA, in_use=True))
    assert desk.commands == []
    desk.happens(ev.OfferAccepted(desk.offer_of()))

    assert (desk.agent().activity, desk.agent().in_use) == (Activity.TALKING, True)


def test_a_lost_screen_is_a_veto_and_never_a_choice() -> None:
    """Without a screen nothing new comes; presence is untouched; the screen's return ends it."""
    desk = Desk()
    desk.happens(ev.DesktopChanged(ANA, Desktop.CONNECTED))
    idle_since_ms = desk.agent().idle_since_ms
    desk.happens(ev.DesktopChanged(ANA, Desktop.GONE), after_ms=1_000)
    said = desk.one(AgentStateChanged)
    assert (said.desktop, said.presence) == (Desktop.GONE, Presence.READY)
    desk.comes(C1)
    assert desk.contact().offer_id is None
    desk.happens(ev.DesktopChanged(ANA, Desktop.CONNECTED))

    assert (desk.agent().activity, desk.agent().idle_since_ms) == (Activity.OFFERED, idle_since_ms)


@pytest.mark.parametrize("desktop", [Desktop.NONE, Desktop.CONNECTED])
def test_who_works_by_phone_alone_needs_no_screen(desktop: Desktop) -> None:
    """No screen at all, or one that said goodbye, is no veto."""
    desk = Desk()
    desk.happens(ev.DesktopChanged(ANA, Desktop.CONNECTED), ev.DesktopChanged(ANA, desktop))
    desk.comes(C1)

    assert desk.agent().activity is Activity.OFFERED


@pytest.mark.parametrize("before", [True, False])
def test_a_lost_screen_is_forgotten_with_the_end_of_the_shift(before: bool) -> None:
    """Signed out, before or after the loss: the next shift begins without yesterday's veto."""
    desk = Desk()
    desk.happens(ev.DesktopChanged(ANA, Desktop.CONNECTED))
    out, gone = ev.PresenceSet(ANA, Presence.LOGGED_OUT), ev.DesktopChanged(ANA, Desktop.GONE)
    desk.happens(*((out, gone) if before else (gone, out)))

    assert desk.agent().desktop is Desktop.NONE
    desk.sets(ANA, Presence.READY)
    desk.comes(C1)
    assert desk.agent().activity is Activity.OFFERED


@pytest.mark.parametrize(
    "event",
    [ev.PhoneInUse(ANA, in_use=False), ev.DesktopChanged(ANA, Desktop.NONE)],
    ids=lambda e: type(e).__name__,
)
def test_what_is_known_of_phone_and_screen_is_no_news(event: ev.Event) -> None:
    """The switch and the web server may repeat themselves."""
    desk = Desk()
    desk.happens(event)

    assert desk.why_ignored() == ["already so"]
