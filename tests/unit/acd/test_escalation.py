from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.commands import EndLeg, OfferContact
from acd.model import (
    Activity,
    AgentId,
    EndedBy,
    Exit,
    ExitKind,
    ExitTo,
    Outcome,
    Phase,
    Presence,
    QueueId,
    QueueRules,
)
from acd.records import (
    ContactClosed,
    ContactDiverted,
    ContactEscalatedTo,
    ContactQueued,
    SegmentConnected,
    SegmentEnded,
)
from tests.unit.acd.desk import ANA, BETO, C1, C2, SALES, SUPPORT, Desk, agent, queue, to_queue, with_exits

pytestmark = pytest.mark.unit

VENTAS, EXPERTS = QueueId("ventas"), QueueId("expertos")
FIRST = replace(queue("ventas", (SALES, 1)), escalate_to=EXPERTS)
SECOND = queue("expertos", (SUPPORT, 1))
CALLER = ev.ContactClassified(C1, "en", "oro", 30_000, ("oro",), (BETO,))


def in_talk(second: QueueRules = SECOND) -> Desk:
    """c1 has waited 20 s for ana of the first tier and has talked to her for 60 s; beto is an expert."""
    desk = Desk(FIRST, second, agent("ana", {SALES: 5}), agent("beto", {SUPPORT: 9}))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1)
    desk.happens(CALLER)
    desk.now_ms += 20_000
    desk.sets(ANA, Presence.READY)
    desk.happens(ev.OfferAccepted(desk.offer_of()))
    desk.now_ms += 60_000
    return desk


def test_the_talk_ends_and_the_next_tier_is_an_exit_to_be_walked() -> None:
    """The agent's leg is ended, the agent wraps up, and the caller is on the way, like by any exit."""
    desk = in_talk()
    leg = desk.offer_of()
    desk.happens(ev.ContactEscalated(C1, ANA))

    assert desk.commands == [EndLeg(leg)]
    assert desk.agent().activity is Activity.WRAP_UP
    assert (desk.contact().phase, desk.contact().exit) == (Phase.AFTER, Exit(ExitTo.QUEUE, EXPERTS))
    assert (desk.one(SegmentEnded).ended_by, desk.one(SegmentEnded).talk_ms) == (EndedBy.AGENT, 60_000)
    assert desk.one(ContactEscalatedTo) == ContactEscalatedTo(C1, ANA, VENTAS, EXPERTS, desk.now_ms)


def test_clock_language_segment_and_preferred_agents_go_along() -> None:
    """Nobody begins at the end of the line, or tells anew who they are, because an agent handed them on."""
    desk = in_talk()
    queued_ms = desk.contact().queued_ms
    desk.happens(ev.ContactEscalated(C1, ANA), ev.ContactEnqueued(C1, EXPERTS), after_ms=1_000)

    contact = desk.contact()
    assert (contact.queued_ms, contact.joined_ms, contact.exit) == (queued_ms, desk.now_ms, None)
    assert (contact.language, contact.segment, contact.head_start_ms) == ("en", "oro", 30_000)
    assert contact.preferred == (BETO,)
    assert [(c.agent_id, c.contact_id) for c in desk.commands if isinstance(c, OfferContact)] == [(BETO, C1)]


def test_an_escalated_contact_ranks_by_its_clock() -> None:
    """Ahead of who came to the next tier's queue while the first talk went on."""
    desk = in_talk()
    desk.sets(BETO, Presence.NOT_READY)
    desk.comes(C2, queue="expertos")
    desk.happens(
        ev.ContactClassified(C1, "en", "oro", 0, ()),
        ev.ContactEscalated(C1, ANA),
        ev.ContactEnqueued(C1, EXPERTS),
        after_ms=30_000,
    )

    assert desk.one(ContactQueued).position == 1
    assert desk.state.position(C2) == 2


def test_waits_add_up_and_talk_is_no_wait() -> None:
    """20 s for the first, 5 s for the second; the figures say so, and every stretch is accounted for."""
    desk = in_talk()
    desk.happens(ev.ContactEscalated(C1, ANA), ev.ContactEnqueued(C1, EXPERTS))
    desk.happens(ev.OfferAccepted(desk.offer_of()), after_ms=5_000)
    assert desk.one(SegmentConnected).waited_ms == 25_000
    desk.happens(ev.ContactGone(C1), after_ms=10_000)

    closed = desk.one(ContactClosed)
    assert (closed.wait_ms, closed.talk_ms, closed.outcome) == (25_000, 70_000, Outcome.ANSWERED)
    assert [(s.kind, s.end_ms - s.start_ms, s.agent_id) for s in closed.segments] == [
        ("waiting", 20_000, None),
        ("talking", 60_000, ANA),
        ("waiting", 5_000, None),
        ("talking", 10_000, BETO),
    ]


def test_a_next_tier_that_is_closed_or_full_has_exits_of_its_own() -> None:
    """Who is handed on is a caller at that door like any other."""
    desk = in_talk(with_exits(SECOND, {ExitKind.CLOSED: to_queue("ventas")}))
    queued_ms = desk.contact().queued_ms
    desk.happens(ev.ContactEscalated(C1, ANA), ev.ContactEnqueued(C1, EXPERTS, is_open=False))
    assert desk.one(ContactDiverted).exit is ExitKind.CLOSED
    desk.happens(ev.ContactEnqueued(C1, VENTAS))

    assert (desk.contact().phase, desk.contact().queued_ms) == (Phase.WAITING, queued_ms)


@pytest.mark.parametrize(
    ("first", "by", "why"),
    [
        (FIRST, BETO, "not with beto"),
        (replace(FIRST, escalate_to=None), ANA, "ventas has no next tier"),
        (replace(FIRST, escalate_to=QueueId("otra")), ANA, "unknown queue otra"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason_and_the_talk_goes_on(
    first: QueueRules, by: AgentId, why: str
) -> None:
    """Only the agent in the talk, only where there is a next tier."""
    desk = Desk(first, SECOND, agent("ana", {SALES: 5}), agent("beto", {SUPPORT: 9}))
    desk.talks()
    desk.happens(ev.ContactEscalated(C1, by))

    assert (desk.why_ignored(), desk.commands) == ([why], [])
    assert desk.contact().phase is Phase.TALKING


def test_outside_a_talk_there_is_nothing_to_hand_over() -> None:
    """Waiting or ringing, gone or handed over already."""
    desk = in_talk()
    desk.happens(ev.ContactEscalated(C1, ANA), ev.ContactEscalated(C1, ANA))
    assert desk.why_ignored() == ["not while after"]
    desk.happens(ev.ContactEnqueued(C1, EXPERTS), ev.ContactEscalated(C1, ANA))

    assert desk.why_ignored() == ["not while offered"]


def test_a_caller_who_hangs_up_on_the_way_was_answered() -> None:
    """The first tier has talked to them; who ended it was the agent."""
    desk = in_talk()
    desk.happens(ev.ContactEscalated(C1, ANA))
    desk.happens(ev.ContactGone(C1), after_ms=3_000)

    closed = desk.one(ContactClosed)
    assert (closed.outcome, closed.wait_ms) == (Outcome.ANSWERED, 20_000)


def test_the_end_of_the_agents_leg_that_follows_is_no_news() -> None:
    """The switch tells of the leg that we ended."""
    desk = in_talk()
    leg = desk.offer_of()
    desk.happens(ev.ContactEscalated(C1, ANA), ev.LegGone(leg))

    assert desk.why_ignored() == []
    assert leg not in desk.state.offers
    assert desk.contact().exit is not None
