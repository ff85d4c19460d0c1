from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import get_args

import pytest

from acd import events as ev
from acd.commands import EndLeg, OfferContact
from acd.engine import _WAYS, VERSION, Engine
from acd.model import AgentId, Channel, ContactId, Desktop, OfferEnd, OfferId, Presence, QueueId
from acd.records import Corrected, Ignored, OfferEnded, Record, Started, WrapEnded
from tests.unit.acd.desk import (
    ANA,
    BETO,
    C1,
    C2,
    KEEP_WAITING,
    PLAIN,
    START_MS,
    Desk,
    agent,
    arrival,
    queue,
    routing,
    with_exits,
    with_steps,
)

pytestmark = pytest.mark.unit

NOBODY, NOTHING = ContactId("c99"), OfferId("c99-o1")
UNKNOWN: list[ev.Event] = [
    ev.IvrMoved(NOBODY, "menu"),
    ev.ContactClassified(NOBODY, "es", "oro", 1_000, ("oro",)),
    ev.LanguageChosen(NOBODY, "en"),
    ev.ContactEnqueued(NOBODY, QueueId("ventas")),
    ev.ContactVisited(NOBODY),
    ev.ContactReturned(NOBODY),
    ev.ContactElsewhere(NOBODY),
    ev.ContactFinished(NOBODY),
    ev.ContactGone(NOBODY),
    ev.OfferRinging(NOTHING),
    ev.OfferAccepted(NOTHING),
    ev.OfferFailed(NOTHING, OfferEnd.BUSY),
    ev.LegGone(NOTHING),
    ev.PresenceSet(AgentId("nadie"), Presence.READY),
    ev.WrapUpDone(AgentId("nadie")),
    ev.PhoneReachable(AgentId("nadie"), reachable=True),
    ev.PhoneInUse(AgentId("nadie"), in_use=True),
    ev.DesktopChanged(AgentId("nadie"), Desktop.GONE),
]


@pytest.mark.parametrize("event", UNKNOWN, ids=lambda event: type(event).__name__)
def test_what_is_about_nothing_known_is_ignored_with_a_reason(event: ev.Event) -> None:
    """Asterisk repeats itself after a reconnect: the unknown is a record, never an exception."""
    desk = Desk()
    before = repr(desk.state)
    desk.happens(event)

    ignored = desk.one(Ignored)
    assert (ignored.event, bool(ignored.reason)) == (type(event).__name__, True)
    assert repr(desk.state) == before


@pytest.mark.parametrize("event", UNKNOWN, ids=lambda event: type(event).__name__)
def test_before_the_first_configuration_every_event_is_legal(event: ev.Event) -> None:
    """An engine that knows nothing at all fails at nothing."""
    engine = Engine()

    assert [type(record) for record in engine.handle(event, START_MS).records] == [Ignored]


@pytest.mark.parametrize("kind", [ev.OfferRinging, ev.OfferAccepted])
def test_a_bell_that_nobody_decided_is_silenced(kind: Callable[[OfferId], ev.Event]) -> None:
    """A leg that rings or talks for a dead offer must not stay: its end is ordered."""
    desk = Desk()
    desk.happens(kind(NOTHING))

    assert desk.commands == [EndLeg(NOTHING)]


def test_time_that_goes_back_is_a_bug_and_stops_here() -> None:
    """The one thing that may not happen is refused before anything is changed."""
    engine = Engine()
    engine.handle(ev.ConfigPublished(routing(*PLAIN)), START_MS)

    with pytest.raises(AssertionError, match="time went back"):
        engine.handle(ev.TimePassed(), START_MS - 1)
    assert engine.state.now_ms == START_MS


def test_there_is_a_way_for_every_kind_of_input() -> None:
    """No event is without an action: a new kind that nobody takes up is found here."""
    assert set(_WAYS) == set(get_args(ev.Event))


Story = Sequence[tuple[int, ev.Event]]
TWO_AGENTS = (
    with_exits(
        with_steps(queue("ventas", wrap_ms=8_000), ("todos", 0, ()), ("igual", 3_000, ())),
        {},
        (40_000, KEEP_WAITING),
    ),
    agent("ana"),
    agent("beto"),
)
STORY: Story = [
    (0, ev.ConfigPublished(routing(*TWO_AGENTS))),
    (0, ev.PhoneReachable(ANA, reachable=True)),
    (0, ev.PhoneReachable(BETO, reachable=True)),
    *((100, event) for event in arrival(C1)),
    (150, ev.OfferAccepted(OfferId("c1-o1"))),
    *((200, event) for event in arrival(C2)),
    (9_000, ev.ContactGone(C1)),
    *((21_000, event) for event in arrival(ContactId("c3"))),
    (90_000, ev.TimePassed()),
]


def told(story: Story, *, punctual: bool) -> tuple[list[Record], list[object], Engine]:
    """All that comes out of a story; a punctual loop calls `advance` at each deadline."""
    engine = Engine()
    records: list[Record] = []
    commands: list[object] = []
    for at_ms, event in story:
        now_ms = START_MS + at_ms
        while punctual and (due := engine.next_deadline_ms()) is not None and due <= now_ms:
            decision = engine.advance(due)
            records += decision.records
            commands += decision.commands
        decision = engine.handle(event, now_ms)
        records += decision.records
        commands += decision.commands
    return records, commands, engine


def test_a_late_loop_gives_the_same_outcome_as_a_punctual_one() -> None:
    """Deadlines fire before the input that comes after them, each at its own moment."""
    on_time, late = told(STORY, punctual=True), told(STORY, punctual=False)

    assert late[0] == on_time[0]
    assert late[1] == on_time[1]
    assert late[2].state == on_time[2].state
    assert [r.at_ms - START_MS for r in late[0] if isinstance(r, WrapEnded)] == [17_000]
    assert [r.at_ms - START_MS for r in late[0] if isinstance(r, Corrected)] == [20_200, 40_200, 70_200]


def test_a_deadline_that_sets_a_deadline_fires_both_when_both_are_due() -> None:
    """An offer that nobody answers for and the rest after it: one late call, both in order."""
    desk = Desk()
    desk.comes(C1)
    decision = desk.waits(3_600_000)

    ends = [r.at_ms - START_MS for r in decision.records if isinstance(r, OfferEnded)]
    assert ends[:2] == [20_000, 20_000 + 30_000 + 20_000]
    assert desk.engine.next_deadline_ms() is not None


def test_an_acceptance_at_the_last_moment_still_counts() -> None:
    """A millisecond before the switch is disbelieved, its word is good; at that moment no more."""
    in_time, late = Desk(), Desk()
    for desk in (in_time, late):
        desk.comes(C1)
    in_time.happens(ev.OfferAccepted(OfferId("c1-o1")), after_ms=19_999)
    late.happens(ev.OfferAccepted(OfferId("c1-o1")), after_ms=20_000)

    assert in_time.why_ignored() == []
    assert late.why_ignored() == ["stale offer"]
    assert EndLeg(OfferId("c1-o1")) in late.commands


def test_the_next_deadline_is_the_earliest_thing_that_will_happen_by_itself() -> None:
    """An idle engine needs no waking; a ringing one is woken when the switch should have told."""
    desk = Desk()
    assert desk.engine.next_deadline_ms() is None
    desk.comes(C1)
    assert desk.engine.next_deadline_ms() == desk.now_ms + 15_000 + 5_000
    desk.happens(ev.OfferAccepted(desk.offer_of()))
    assert desk.engine.next_deadline_ms() is None


def test_a_switch_that_never_tells_frees_both_sides() -> None:
    """The lease of an offer: after it the leg is ended, the agent rests, the caller keeps the place."""
    desk = Desk()
    desk.comes(C1)
    desk.waits(20_000)

    assert desk.one(OfferEnded).result is OfferEnd.NO_REPLY
    assert desk.commands == [EndLeg(OfferId("c1-o1"))]
    assert desk.state.position(C1) == 1
    desk.waits(30_000)
    assert [c.offer_id for c in desk.commands if isinstance(c, OfferContact)] == ["c1-o2"]


def test_a_withdrawn_offer_that_is_never_confirmed_frees_its_agent() -> None:
    """Without a word from the switch a reserved agent is free again after five seconds."""
    desk = Desk()
    desk.comes(C1)
    desk.happens(ev.ContactGone(C1))
    desk.waits(4_999)
    assert desk.agent().offer_id == "c1-o1"
    desk.waits(1)

    assert (desk.agent().offer_id, desk.agent().resting_until_ms) == (None, None)


def test_a_start_is_remembered_with_what_was_found() -> None:
    """Which engine, how far the wall clock stood behind, and how many contacts were on the line."""
    desk = Desk()
    desk.comes(C1)
    desk.happens(ev.EngineStarted(VERSION, skew_ms=42))

    assert desk.one(Started) == Started(VERSION, 42, 1, desk.now_ms)


def test_a_snapshot_corrects_by_ordinary_events_and_says_what_it_found() -> None:
    """Each difference is one `Corrected` record; the boot is known afterwards; the same again is quiet."""
    desk = Desk()
    desk.comes(C1)
    here = ev.CallerSeen(C1, Channel("a", "u-c1"))
    snapshot = ev.SwitchSnapshot("a", "boot-1", desk.now_ms + 1, (here,), (), (ANA,))
    desk.happens(snapshot, after_ms=10)

    assert [(r.subject, r.what) for r in desk.made(Corrected)] == [("c1-o1", "leg not on the switch")]
    assert desk.state.boots == {"a": "boot-1"}
    again = ev.SwitchSnapshot(
        "a", "boot-1", desk.now_ms + 1, (here,), (ev.LegSeen(desk.offer_of(), up=False),), (ANA,)
    )
    assert desk.happens(again, after_ms=10).records == ()


def test_a_leg_that_talks_to_nobody_and_belongs_to_nobody_is_ended() -> None:
    """After a loss of state no telephone rings on for ever; a talk is never cut."""
    desk = Desk()
    ringing, talking = (
        ev.LegSeen(OfferId("c8-o1"), up=False),
        ev.LegSeen(OfferId("c9-o1"), True, bridged=True),
    )
    desk.happens(ev.SwitchSnapshot("a", "b", START_MS, (), (ringing, talking), (ANA,)))

    assert desk.commands == [EndLeg(OfferId("c8-o1"))]
