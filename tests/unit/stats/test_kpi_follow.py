from __future__ import annotations

import pytest

from acd import events as ev
from acd.model import Activity, Channel, ContactId, OfferEnd, Presence, QueueId
from acd.records import ContactClosed, Ignored, Record
from acd.stats.kpi import Kpis
from acd.stats.kpi_book import Book, By, Shape
from acd.stats.kpi_counts import Count, Goal, Tally
from acd.stats.kpi_follow import AgentTimes, Follower, Span, story_now
from acd.stats.kpi_story import Story
from tests.unit.acd.desk import ANA, C1, C2, START_MS, Desk, agent, queue, routing
from tests.unit.stats.day import BETO, END, T0, answered, goal

pytestmark = pytest.mark.unit


def ended(told: list[object]) -> list[Story]:
    return [found for found in told if isinstance(found, Story)]


def one_call(desk: Desk) -> list[Record]:
    """Rung, answered, talked, ended by the agent, goodbye, wrap-up over."""
    told = list(desk.happens(ev.ContactStarted(C1, Channel("a", "u"), "900")).records)
    told += desk.happens(ev.ContactEnqueued(C1, QueueId("ventas")), after_ms=2_000).records
    offer = desk.offer_of(C1)
    told += desk.happens(ev.OfferAccepted(offer), after_ms=4_000).records
    told += desk.happens(ev.LegGone(offer), after_ms=30_000).records
    told += desk.happens(ev.ContactFinished(C1), ev.ContactGone(C1), after_ms=1_000).records
    return told + list(desk.waits(20_000).records)


def test_a_story_is_told_when_its_wrap_up_is_over() -> None:
    """Not at the end of the call: what belongs to it is then still going on."""
    follower, records = Follower(), one_call(Desk())
    told_at = [type(record).__name__ for record in records if ended(list(follower.feed(record)))]

    assert told_at == ["WrapEnded"]
    assert any(isinstance(record, ContactClosed) for record in records)
    assert not ended(list(follower.open(END)))


def test_what_is_open_is_told_as_it_stands() -> None:
    """From records and from the engine's state alike: waiting, then talking."""
    desk, follower = Desk(), Follower()
    for event, after_ms in (
        (ev.ContactStarted(C1, Channel("a", "u"), "900"), 0),
        (ev.ContactEnqueued(C1, QueueId("ventas")), 2_000),
        (None, 3_000),
    ):
        done = desk.waits(after_ms) if event is None else desk.happens(event, after_ms=after_ms)
        for record in done.records:
            follower.feed(record)
    now_ms = desk.now_ms + 500
    (waits,) = ended(list(follower.open(now_ms)))
    for record in desk.happens(ev.OfferAccepted(desk.offer_of(C1))).records:
        follower.feed(record)
    (talks,) = ended(list(follower.open(now_ms)))
    by_state = story_now(desk.contact(C1), now_ms)

    assert [(part.kind, part.end_ms - part.start_ms) for part in waits.parts] == [("waiting", 3_500)]
    assert talks.talking and by_state.talking and talks.queue == by_state.queue == "ventas"
    spoken = [part for part in talks.parts if part.kind != "ivr"]
    stated = [part for part in by_state.parts if part.kind != "ivr"]
    assert [(part.kind, part.start_ms, part.end_ms, part.agent_id) for part in spoken] == [
        (part.kind, part.start_ms, part.end_ms, part.agent_id) for part in stated
    ]


def test_it_may_begin_in_the_middle() -> None:
    """The end of a contact tells all of it; what is about contacts that are gone changes nothing."""
    records = one_call(Desk())
    last = [record for record in records if isinstance(record, ContactClosed)]
    follower = Follower()
    (story,) = ended([told for record in last for told in follower.feed(record)])

    assert (story.started_ms, len(story.parts)) == (START_MS, 4)
    assert follower.feed(records[-2]) == follower.feed(Ignored("x", "y", "z", 1)) == []
    assert ended(list(follower.open(END))) == []


def test_an_agents_time_goes_to_what_is_done_then_to_what_was_chosen() -> None:
    """A break asked for while talking is talk until it is over; signed out is nothing."""
    times = AgentTimes()
    spans = [
        *times.note(BETO, Presence.READY, Activity.TALKING, 10),
        *times.note(BETO, Presence.NOT_READY, Activity.TALKING, 15),
        *times.note(BETO, Presence.NOT_READY, Activity.IDLE, 30),
        *times.note(BETO, Presence.LOGGED_OUT, Activity.IDLE, 70),
        *times.note(BETO, Presence.READY, Activity.IDLE, 100),
    ]

    assert spans == [Span(BETO, Count.AGENT_TALK_MS, 10, 30), Span(BETO, Count.AGENT_AWAY_MS, 30, 70)]
    assert times.open(120) == [Span(BETO, Count.AGENT_IDLE_MS, 100, 120)]


def test_an_agent_who_leaves_the_configuration_is_idle_no_more() -> None:
    """Nobody is paid for by reports after having left."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    kpis = Kpis(Shape(By.AGENT, (0, START_MS + 100_000)), goal)
    records = list(desk.happens(ev.PresenceSet(ANA, Presence.NOT_READY, "x")).records)
    records += desk.happens(ev.PresenceSet(ANA, Presence.READY)).records
    records += desk.happens(
        ev.ConfigPublished(routing(queue("ventas"), agent("beto"), version="v2")), after_ms=7_000
    ).records
    for record in records:
        kpis.feed(record)

    assert kpis.read(START_MS + 90_000).rows["ana"][Count.AGENT_IDLE_MS] == 7_000


def test_an_offer_that_fails_does_not_end_the_stay() -> None:
    """Declined, then answered: one stay, and its wait goes on all the time."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    kpis = Kpis(Shape(By.QUEUE, (START_MS, END)), goal)
    records: list[Record] = []
    desk.comes(C2)
    records += desk.records
    records += desk.fails(OfferEnd.DECLINED, C2, after_ms=3_000).records
    records += desk.happens(ev.OfferAccepted(desk.offer_of(C2)), after_ms=4_000).records
    for record in records:
        kpis.feed(record)
    total = kpis.read(desk.now_ms).total()

    assert (total[Count.OFFERED], total[Count.ANSWERED], total[Count.WAIT_ANSWERED_MS]) == (1, 1, 7_000)


def test_two_halves_of_a_centre_merge() -> None:
    """Folds over different contacts add up; those divided differently do not."""
    shape = Shape(By.QUEUE, (T0, END))
    whole, first, second = (Kpis(shape, goal, {ContactId("a"): "k"}.get) for _ in range(3))
    stories = [answered("a", 3), answered("b", 30)]
    whole.tell(stories)
    first.tell(stories[:1])
    second.tell(stories[1:])
    first.merge(second)

    assert first.read(END).rows == whole.read(END).rows
    with pytest.raises(ValueError, match="two shapes"):
        Book(shape, {"x": Tally()}).merge(Book(Shape(By.AGENT, (T0, END))))
    assert Goal() == Goal(20_000, 5_000)
