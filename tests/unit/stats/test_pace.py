from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.model import AgentId, ContactId, PolicyRules, Presence, QueueId
from acd.stats.pace import (
    AGENT_WEIGHT,
    HANDLE_MS,
    LEVEL_STEP,
    PATIENCE_MS,
    PATIENCE_WEIGHT,
    Learned,
    PaceBook,
    prior,
)
from tests.unit.acd.desk import (
    ANA,
    BETO,
    C1,
    SALES,
    Desk,
    agent,
    of_agent,
    of_queue,
    queue,
    routing,
)

pytestmark = pytest.mark.unit

VENTAS = QueueId("ventas")
STAFF = (queue("ventas", (SALES, 1), wrap_ms=10_000), agent("ana", {SALES: 10}), agent("beto", {SALES: 7}))


def learned(desk: Desk) -> Learned:
    return desk.state.index.paces


def handles(desk: Desk, contact: str, talk_ms: int) -> None:
    """Whoever is first talks for so long, and wraps up for ten seconds."""
    desk.comes(ContactId(contact))
    desk.happens(ev.OfferAccepted(desk.offer_of(ContactId(contact))))
    desk.happens(ev.ContactGone(ContactId(contact)), after_ms=talk_ms)
    desk.waits(10_000)


def test_before_anything_is_known_proficiency_is_believed_in() -> None:
    """More for each point below 10, on four minutes; a queue that is gone has no level."""
    paces = Learned(PaceBook(), routing(*STAFF))

    assert paces.handle_ms(ANA, VENTAS) == paces.queue_handle_ms(VENTAS) == HANDLE_MS
    assert paces.handle_ms(BETO, VENTAS) == HANDLE_MS * prior(7) == HANDLE_MS * (1 + 3 * LEVEL_STEP)
    assert paces.patience_ms(VENTAS) == PATIENCE_MS
    assert (paces.level(BETO, QueueId("vieja")), paces.level(AgentId("nadie"), VENTAS)) == (10, 0)


def test_talk_and_wrap_up_make_the_handle_time() -> None:
    """One long contact moves the queue's mean by its share, the agent's by less."""
    desk = Desk(*STAFF)
    desk.happens(ev.PhoneReachable(BETO, reachable=False))
    handles(desk, "c1", 590_000)

    assert learned(desk).queue_handle_ms(VENTAS) == pytest.approx((600_000 + 5 * HANDLE_MS) / 6)
    pace = desk.state.paces.queues[VENTAS]
    assert (pace.agents[ANA].count, pace.agents[ANA].total) == (1, 600_000)
    assert desk.state.paces.in_hand == {}


def test_an_agent_who_is_slow_again_and_again_is_told_so() -> None:
    """The more contacts, the nearer to the agent's own mean; others of the queue keep theirs."""
    desk = Desk(*STAFF)
    desk.happens(ev.PhoneReachable(BETO, reachable=False))
    for number in range(60):
        handles(desk, f"c{number}", 470_000)
    own_ms = learned(desk).handle_ms(ANA, VENTAS)
    mean_ms = desk.state.paces.queues[VENTAS].handle_ms

    assert mean_ms == pytest.approx(480_000, rel=0.1)
    assert own_ms == pytest.approx((60 * 480_000 + AGENT_WEIGHT * mean_ms) / (60 + AGENT_WEIGHT), rel=0.1)


def test_what_is_told_changes_seldom_and_by_more_than_a_little() -> None:
    """Within a minute of the last time nothing is told anew, however far the mean has moved."""
    desk = Desk(*STAFF)
    handles(desk, "c1", 590_000)
    told = learned(desk).queue_handle_ms(VENTAS)
    handles(desk, "c2", 1_000)
    assert learned(desk).queue_handle_ms(VENTAS) == told
    desk.waits(60_000)
    handles(desk, "c3", 1_000)

    assert learned(desk).queue_handle_ms(VENTAS) < 0.95 * told


def test_patience_is_the_time_waited_by_all_for_each_who_gave_up() -> None:
    """Those who were answered waited too, and count; who gave up makes it shorter."""
    desk = Desk(queue("ventas", (SALES, 10)), agent("ana"))
    for number in range(10):
        desk.comes(ContactId(f"c{number}"))
        desk.happens(ev.ContactGone(ContactId(f"c{number}")), after_ms=20_000)
        desk.waits(60_000)

    exact = (10 * 20_000 + PATIENCE_WEIGHT * PATIENCE_MS) / (10 + PATIENCE_WEIGHT)
    assert learned(desk).patience_ms(VENTAS) == pytest.approx(exact, rel=0.06)


def test_prices_follow_what_was_learned() -> None:
    """An agent of the better level who proves slow is asked after the other."""
    rules, *people = STAFF
    desk = Desk(rules, *people)
    smart = replace(routing(rules, *people, version="v2"), policy=PolicyRules("smart"))
    desk.happens(ev.ConfigPublished(smart))
    desk.comes(ContactId("first"))
    assert desk.state.offers[desk.offer_of(ContactId("first"))].agent_id == ANA
    desk.happens(ev.ContactGone(ContactId("first")), after_ms=1_000)
    desk.waits(6_000)
    for number in range(200):
        desk.sets(BETO if number % 2 else ANA, Presence.READY)
        desk.sets(ANA if number % 2 else BETO, Presence.NOT_READY)
        handles(desk, f"c{number}", 50_000 if number % 2 else 890_000)
        desk.waits(60_000)
    desk.sets(ANA, Presence.READY)
    desk.comes(ContactId("last"))

    assert desk.state.offers[desk.offer_of(ContactId("last"))].agent_id == BETO


def test_outgoing_calls_say_nothing_of_callers() -> None:
    """How long they take, and what is waited in them, is another kind of work: nothing is learned."""
    desk = Desk(*STAFF)
    desk.dials(queue="ventas")
    desk.happens(ev.ContactReached(C1))
    desk.happens(ev.TransferAsked(C1, ANA, of_queue("ventas")), after_ms=60_000)
    desk.happens(ev.PhoneReachable(BETO, reachable=False), ev.ContactEnqueued(C1, VENTAS))
    desk.happens(ev.ContactGone(C1), after_ms=5_000)
    desk.waits(20_000)

    assert (desk.state.paces.queues, desk.state.paces.in_hand) == ({}, {})


def test_who_takes_a_contact_over_is_at_it_from_then_on() -> None:
    """The talk of each agent is that agent's; being asked is no handling."""
    desk = Desk(*STAFF)
    desk.talks()
    desk.asks(of_agent("beto"))
    assert BETO not in desk.state.paces.in_hand
    desk.happens(ev.TransferCompleted(C1, ANA), after_ms=30_000)
    desk.happens(ev.ContactGone(C1), after_ms=50_000)
    desk.waits(20_000)

    pace = desk.state.paces.queues[VENTAS]
    assert {name: mean.total for name, mean in pace.agents.items()} == {ANA: 40_000, BETO: 60_000}
