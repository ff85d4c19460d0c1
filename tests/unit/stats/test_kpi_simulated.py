"""The figures from the engine's records and the simulator's own counters: equal, number by number."""

from __future__ import annotations

import pytest

from acd.model import ContactId, PolicyRules, QueueId
from acd.sim.centre import Maker
from acd.sim.counters import Counters
from acd.sim.laws import Law
from acd.sim.system import CallType, Retry, Ringing, SimAgent, Skill, System
from acd.sim.world import World
from acd.stats.kpi import Kpis
from acd.stats.kpi_book import Book, By, Shape
from acd.stats.kpi_counts import Count, Goal
from acd.stats.kpi_figures import figures

pytestmark = pytest.mark.unit

HOUR_MS = 3_600_000
UNTIL_MS = 3 * HOUR_MS
TARGETS_MS = {"ventas": 20_000, "soporte": 45_000}


def system(places: int | None = None) -> System:
    """Busy: two types, agents with one or both, one who comes late, bells that nobody hears, retries."""
    patience = (Law("exponential", 60_000),)
    retry = Retry(0.5, Law("exponential", 120_000), 2)
    types = (
        CallType("ventas", (0.035,), (Law("lognormal", 150_000, 1.2),), patience, retry, awt_ms=20_000),
        CallType("soporte", (0.02,), (Law("exponential", 200_000),), patience, awt_ms=45_000),
    )
    skills = ({0: Skill(0)}, {0: Skill(0), 1: Skill(1, 1.3)}, {1: Skill(0)})
    agents = tuple(SimAgent(f"a{n:02}", "g", skills[n % 3]) for n in range(9))
    late = SimAgent("tarde", "g", skills[1], shifts=((HOUR_MS, 2 * HOUR_MS),))
    return System(
        types,
        (*agents, late),
        HOUR_MS,
        wrap=Law("uniform", 20_000, 0.3),
        places=places,
        ringing=Ringing(1_000, 3_000, miss=0.05, ring_ms=12_000),
    )


def goal(queue: QueueId) -> Goal:
    return Goal(TARGETS_MS[queue], 0)


def day(by: By, *, places: int | None = None, intervals: int = 1) -> tuple[Counters, Book, System]:
    """The counters of a simulated morning, and the report from its records."""
    centre = system(places)
    # The agents' clock stops with the last call; talks may begin later than that.
    end_ms = 10 * UNTIL_MS if by is By.QUEUE else UNTIL_MS
    bounds = tuple(end_ms * n // intervals for n in range(intervals + 1))
    kpis = Kpis(Shape(by, bounds), goal)
    router = Maker(centre, PolicyRules("fair"), sink=kpis.feed)("seed")
    counters = World(centre, router, seed="kpi", until_ms=UNTIL_MS).run()
    return counters, kpis.read(10 * UNTIL_MS), centre


@pytest.mark.parametrize("places", [None, 4])
def test_queues_count_as_the_simulator_does(places: int | None) -> None:
    """Offered, answered, abandoned, in time, waits and talk of each type: exactly the same."""
    counters, book, centre = day(By.QUEUE, places=places)

    for kind, own in zip(centre.types, counters.tallies, strict=True):
        found = book.rows[kind.id]
        assert own.offered > 200 and own.abandoned > 10 and (own.blocked > 0) == (places is not None)
        # Who finds no place in the simulated lines never reaches the engine.
        assert found[Count.OFFERED] == own.offered - own.blocked
        assert found[Count.ANSWERED] == own.answered
        assert found[Count.ANSWERED_IN_TIME] == own.in_target
        assert found[Count.ABANDONED] == own.abandoned
        assert found[Count.ABANDONED_IN_TIME] == own.abandoned_in_target
        assert found[Count.WAIT_ANSWERED_MS] == own.wait_answered_ms
        assert found[Count.WAIT_ABANDONED_MS] == own.wait_abandoned_ms
        assert found[Count.TALK_MS] == own.talk_ms
        assert sorted(own.waits_answered) == sorted(
            wait_ms for wait_ms, amount in found.waits.items() for _ in range(amount)
        )
        assert figures(found)["sl-v1"].value == own.in_target / (own.offered - own.blocked)


def test_agents_are_busy_as_the_simulator_says() -> None:
    """From the bell to the end of wrap-up, to the millisecond, for every agent."""
    counters, book, centre = day(By.AGENT)
    busy = (Count.AGENT_OFFERED_MS, Count.AGENT_TALK_MS, Count.AGENT_WRAP_MS)

    for agent, busy_ms, signed_ms in zip(centre.agents, counters.busy_ms, counters.signed_ms, strict=True):
        found = book.rows[agent.id]
        assert busy_ms > 0
        assert sum(found[count] for count in busy) == busy_ms
        assert sum(found[count] for count in (*busy, Count.AGENT_IDLE_MS)) == signed_ms


def test_intervals_add_up_to_the_simulators_day() -> None:
    """Cut into eighteen: each interval is whole in itself, and together they are the day."""
    counters, book, _ = day(By.INTERVAL, intervals=18)
    own, whole = counters.total(), book.total()

    assert len(book.rows) == 18
    assert (whole[Count.OFFERED], whole[Count.ANSWERED]) == (own.offered, own.answered)
    assert whole[Count.WAIT_ANSWERED_MS] == own.wait_answered_ms
    busy = (Count.AGENT_TALK_MS, Count.AGENT_WRAP_MS, Count.AGENT_OFFERED_MS)
    assert sum(whole[count] for count in busy) == sum(counters.busy_ms)


def test_a_reading_in_the_middle_of_the_day_has_everybody() -> None:
    """Read while calls wait and talk: those still there are told, and offered is what came."""
    centre = system()
    kpis = Kpis(Shape(By.QUEUE, (0, UNTIL_MS)), goal)
    came: set[ContactId] = set()
    reading: list[Book] = []

    def sink(record: object) -> None:
        kpis.feed(record)  # type: ignore[arg-type]
        name = type(record).__name__
        if name == "ContactQueued":
            came.add(record.contact_id)  # type: ignore[attr-defined]
        if name == "ContactQueued" and len(came) == 300:
            reading.append(kpis.read(record.at_ms))  # type: ignore[attr-defined]

    World(centre, Maker(centre, PolicyRules("fair"), sink=sink)("seed"), seed="kpi", until_ms=UNTIL_MS).run()
    whole = reading[0].total()

    assert whole[Count.OFFERED] == 300
    assert whole[Count.STILL] > 0
    assert whole[Count.OPEN] > whole[Count.STILL]
