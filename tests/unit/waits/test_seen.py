from __future__ import annotations

from random import Random

import pytest

from centralita.waits.demand import PATIENCE_MS, TALK_MS
from centralita.waits.seen import CONTACTS_LEAST, HOUR_MS, Contact, Talk, demand_of
from tests.unit.waits.centres import SOPORTE, VENTAS, toy

pytestmark = pytest.mark.unit

DAY_MS = 24 * HOUR_MS


def call(day: int, hour: int, *, wait_ms: int = 0, talk_ms: int = 0, queue: str = "ventas") -> Contact:
    at_ms = day * DAY_MS + hour * HOUR_MS + 60_000
    return Contact(type(VENTAS)(queue), "", "vip", at_ms, wait_ms, talk_ms, talk_ms > 0)


def test_rates_are_those_of_the_days_that_were_seen() -> None:
    """Fifty calls at nine on each of four days; nothing at night; the caller's segment is kept."""
    seen = [call(day, 9, talk_ms=100_000) for day in range(4) for _ in range(50)]
    demand = demand_of(toy(), seen, [], [])

    assert demand is not None
    (stream,) = demand.streams
    assert (stream.queue, stream.language, stream.segment) == (VENTAS, "es", "vip")
    assert (stream.per_hour[9], sum(stream.per_hour)) == (50, 50)
    assert (stream.talk_ms, stream.talk_cv, demand.source) == (100_000, 0.0, "history")


def test_a_few_contacts_tell_nothing() -> None:
    """Nor do those of queues that are no more."""
    few = [call(0, 9, talk_ms=1_000)] * (CONTACTS_LEAST - 1)
    gone = [call(0, 9, talk_ms=1_000, queue="antigua")] * (2 * CONTACTS_LEAST)

    assert demand_of(toy(), few, [], []) is None
    assert demand_of(toy(), gone, [], []) is None


def test_patience_counts_those_who_were_answered_before_they_gave_up() -> None:
    """Exponential patience of two minutes, most of it cut off by an answer: found all the same."""
    rng = Random(4)
    seen = []
    for _ in range(5_000):
        patience_ms, wait_ms = rng.expovariate(1 / 120_000), rng.expovariate(1 / 40_000)
        answered = wait_ms < patience_ms
        shown_ms = round(min(patience_ms, wait_ms))
        seen.append(call(0, 9, wait_ms=shown_ms, talk_ms=60_000 if answered else 0))
    demand = demand_of(toy(), seen, [], [])

    assert demand is not None
    assert demand.streams[0].patience_ms == pytest.approx(120_000, rel=0.08)


def test_what_a_queue_has_not_shown_is_taken_from_all_or_assumed() -> None:
    """A queue of three calls talks as the others do; where nobody talked at all, as is assumed."""
    seen = [call(0, 9, talk_ms=100_000)] * 200 + [call(0, 9, queue="soporte", talk_ms=9_000)] * 3
    demand = demand_of(toy(), seen, [], [(VENTAS, 7_000)] * 30)
    silent = demand_of(toy(), [call(0, 9)] * 19 + [call(0, 9, talk_ms=5)] * 0 + [call(0, 9)] * 200, [], [])

    assert demand is not None
    by_queue = {stream.queue: stream for stream in demand.streams}
    assert by_queue[SOPORTE].talk_ms == pytest.approx(100_000, rel=0.02)
    assert by_queue[SOPORTE].patience_ms == PATIENCE_MS
    assert demand.wrap_ms == {VENTAS: 7_000}
    assert silent is not None
    assert silent.streams[0].talk_ms == TALK_MS


def test_staff_is_who_talked_in_each_hour() -> None:
    """Two of five at nine on both days, four at ten; an hour without talk counts as the thinnest."""
    talks = [
        Talk(agent, day * DAY_MS + hour * HOUR_MS + 5)
        for day in range(2)
        for hour, agents in ((9, ("a1", "b1")), (10, ("a1", "a2", "b1", "both")))
        for agent in agents
    ]
    demand = demand_of(toy(), [call(0, 9, talk_ms=1_000)] * 200, [*talks, Talk("gone", 5)], [])

    assert demand is not None
    assert (demand.staff[9], demand.staff[10], demand.staff[3]) == (0.4, 0.8, 0.4)
