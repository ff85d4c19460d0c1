"""The simulated world: what happens in which order, and how it is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.model import PolicyRules
from acd.sim import centre
from acd.sim.counters import Counters
from acd.sim.laws import exponential, fixed
from acd.sim.system import CallType, Retry, Ringing, SimAgent, Skill, System
from acd.sim.world import World
from tests.unit.sim.naive import Naive, n_design, one_queue

pytestmark = pytest.mark.unit

HOUR_MS = 3_600_000


def crowd_of(count: int, system: System) -> tuple[Naive, Counters]:
    """So many calls at the moment when the doors open, and no others."""
    router = Naive(system)
    quiet = replace(system, types=tuple(replace(kind, rates=(0.0,)) for kind in system.types))
    return router, World(quiet, router, seed="1", until_ms=HOUR_MS, crowd=count).run()


def same(one: Counters, other: Counters) -> bool:
    """Whether every count of the two is the same."""
    names = type(one.tallies[0]).__slots__
    tallies = zip(one.tallies, other.tallies, strict=True)
    return (one.busy_ms, one.signed_ms) == (other.busy_ms, other.signed_ms) and all(
        getattr(a, name) == getattr(b, name) for a, b in tallies for name in names
    )


def test_one_agent_serves_in_turn_and_the_impatient_leave() -> None:
    """Talks of 10 s, patience of 15 s, three callers: answered at 0 s and 10 s, the third leaves at 15 s."""
    router, counters = crowd_of(3, one_queue(agents=1, rate=0, service=fixed(10_000), patience=fixed(15_000)))
    (tally,) = counters.tallies

    assert [line for line in router.told if line[0] in ("answer", "give_up")] == [
        ("answer", 0, 0),
        ("answer", 1, 10_000),
        ("give_up", 2, 15_000),
    ]
    assert (tally.offered, tally.answered, tally.at_once, tally.in_target, tally.abandoned) == (3, 2, 1, 2, 1)
    assert (tally.wait_answered_ms, tally.wait_abandoned_ms, tally.talk_ms) == (10_000, 15_000, 20_000)
    assert counters.busy_ms == [20_000]
    assert counters.signed_ms == [HOUR_MS]


def test_who_finds_no_place_is_refused() -> None:
    """One agent and one place: of four callers one is served, one waits, two are refused."""
    _, counters = crowd_of(4, one_queue(agents=1, rate=0, service=fixed(10_000), places=1))
    (tally,) = counters.tallies

    assert (tally.offered, tally.answered, tally.blocked) == (4, 2, 2)


def test_a_call_that_is_taken_at_once_needs_no_place() -> None:
    """Places are for waiting: without any, callers are served as long as somebody is free."""
    _, counters = crowd_of(3, one_queue(agents=2, rate=0, service=fixed(10_000), places=0))

    assert (counters.tallies[0].answered, counters.tallies[0].blocked) == (2, 1)


def test_after_call_work_keeps_the_agent() -> None:
    """Talks of 10 s with 5 s of wrap-up: the second caller is answered at 15 s; wrap-up is busy time."""
    router, counters = crowd_of(2, one_queue(agents=1, rate=0, service=fixed(10_000), wrap=fixed(5_000)))

    assert ("answer", 1, 15_000) in router.told
    assert counters.busy_ms == [30_000]


def test_a_slower_agent_talks_longer() -> None:
    """The factor of an agent multiplies the drawn talk time."""
    system = one_queue(agents=1, rate=0, service=fixed(10_000))
    slow = replace(system, agents=(SimAgent("s", "g", {0: Skill(2, 1.5)}),))
    _, counters = crowd_of(1, slow)

    assert counters.tallies[0].talk_ms == 15_000
    assert counters.tallies[0].primary == 0


def test_bells_that_nobody_hears_end_and_the_call_waits_on() -> None:
    """Every bell is missed after 4 s: the caller is offered again and again until patience ends, at 10 s."""
    system = one_queue(
        agents=1,
        rate=0,
        service=fixed(10_000),
        patience=fixed(10_000),
        ringing=Ringing(miss=1.0, ring_ms=4_000),
    )
    router, counters = crowd_of(1, system)
    (tally,) = counters.tallies

    assert [line for line in router.told if line[0] in ("miss", "give_up")] == [
        ("miss", 0, 4_000),
        ("miss", 0, 8_000),
        ("give_up", 0, 10_000),
    ]
    assert (tally.rings, tally.misses, tally.abandoned) == (3, 2, 1)
    assert counters.busy_ms == [10_000]


def test_agents_come_and_go_by_shift_and_finish_what_they_have() -> None:
    """A shift of 5 s to 15 s: answered at 5 s, the talk goes on to its end, at 25 s, as presence."""
    agent = SimAgent("s", "g", {0: Skill(0)}, shifts=((5_000, 15_000),))
    system = replace(one_queue(agents=1, rate=0, service=fixed(20_000)), agents=(agent,))
    router, counters = crowd_of(1, system)

    assert [line for line in router.told if line[0] != "arrive"] == [
        ("in", 0, 5_000),
        ("answer", 0, 5_000),
        ("out", 0, 15_000),
        ("finish", 0, 25_000),
        ("free", 0, 25_000),
    ]
    assert (counters.busy_ms, counters.signed_ms) == ([20_000], [20_000])


def test_of_a_shrinking_group_the_idle_leave_first() -> None:
    """Three agents, then one: the busy one stays, the two idle ones go."""
    system = one_queue(agents=3, rate=0, service=fixed(150_000), staff={"g": (3, 1)})
    router, counters = crowd_of(1, replace(system, period_ms=100_000))

    assert [line[:2] for line in router.told if line[0] == "out"] == [("out", 2), ("out", 1)]
    assert counters.signed_ms == [HOUR_MS, 100_000, 100_000]


def test_who_gives_up_calls_again_as_often_as_said() -> None:
    """Everybody calls again, twice at most: one caller whom nobody serves makes three calls."""
    system = one_queue(agents=1, rate=0, service=fixed(10_000), patience=fixed(1_000))
    kind = replace(system.types[0], retry=Retry(1.0, fixed(60_000), 2))
    away = SimAgent("s", "g", {0: Skill(0)}, shifts=((HOUR_MS - 1, HOUR_MS),))
    router, counters = crowd_of(1, replace(system, types=(kind,), agents=(away,)))
    (tally,) = counters.tallies

    assert [at for what, _, at in router.told if what == "arrive"] == [0, 61_000, 122_000]
    assert (tally.offered, tally.abandoned, tally.retries) == (3, 3, 2)


def test_the_run_in_is_not_counted() -> None:
    """Calls that came before the end of the warm-up and agents' time until then are left out."""
    system = one_queue(agents=2, rate=0.01, service=exponential(60_000))
    whole = World(system, Naive(system), seed="1", until_ms=10 * HOUR_MS).run()
    tail = World(system, Naive(system), seed="1", until_ms=10 * HOUR_MS, warmup_ms=5 * HOUR_MS).run()
    router = Naive(system)
    World(system, router, seed="1", until_ms=10 * HOUR_MS).run()

    late = [at for at, *_ in router.arrived if at >= 5 * HOUR_MS]
    assert tail.tallies[0].offered == len(late) < whole.tallies[0].offered
    assert tail.signed_ms == [5 * HOUR_MS, 5 * HOUR_MS]


def test_the_engine_does_what_the_plainest_router_does() -> None:
    """First come first served, longest idle: every count of the engine is that of a router of 60 lines."""
    system = n_design()
    policy = centre.rule(system, agents="longest_idle", calls="fcfs")
    engine = World(system, centre.Maker(system, policy)(), seed="7", until_ms=20 * HOUR_MS).run()
    naive = World(system, Naive(system), seed="7", until_ms=20 * HOUR_MS).run()

    assert naive.total().abandoned > 50
    assert same(engine, naive)


def test_so_it_does_with_bells_wrap_up_and_shifts() -> None:
    """The same where phones ring, some bells are missed, wrap-up is drawn and agents come late."""
    plain = n_design()
    agents = tuple(
        replace(agent, shifts=((at * 600_000, (10 + at) * HOUR_MS),)) for at, agent in enumerate(plain.agents)
    )
    system = replace(plain, agents=agents, wrap=exponential(20_000), ringing=Ringing(miss=0.05))
    policy = centre.rule(system, agents="longest_idle", calls="fcfs")
    engine = World(system, centre.Maker(system, policy)(), seed="7", until_ms=12 * HOUR_MS).run()
    naive = World(system, Naive(system), seed="7", until_ms=12 * HOUR_MS).run()

    assert naive.total().misses > 20
    assert same(engine, naive)


def test_the_same_seed_gives_the_same_result() -> None:
    """Two runs of one seed agree in every count; another seed does not."""
    system = n_design()
    make = centre.Maker(system, PolicyRules("fair"))
    first, second, other = (World(system, make(), seed=seed, until_ms=HOUR_MS).run() for seed in "112")

    assert same(first, second)
    assert not same(first, other)


def test_policies_are_compared_on_the_same_calls() -> None:
    """Times, types, talk times and patiences of all first calls are the same whatever the router does."""
    system = n_design()
    retrying = replace(
        system, types=tuple(replace(kind, retry=Retry(0.5, exponential(30_000), 3)) for kind in system.types)
    )
    few = replace(retrying, agents=retrying.agents[2:4])
    seen = []
    for one in (retrying, few):
        router = Naive(one)
        World(one, router, seed="3", until_ms=10 * HOUR_MS).run()
        seen.append(sorted(set(router.arrived)))

    assert len(set(seen[0]) & set(seen[1])) > 0.9 * len(seen[0])
    assert len(seen[1]) > len(seen[0])


def test_a_type_keeps_its_calls_when_another_is_added() -> None:
    """Each type draws from its own generator."""
    one, two = n_design(), n_design()
    alone = replace(
        one, types=one.types[:1], agents=tuple(replace(a, skills={0: Skill(0)}) for a in one.agents)
    )
    routers = Naive(alone), Naive(two)
    for system, router in zip((alone, two), routers, strict=True):
        World(system, router, seed="3", until_ms=HOUR_MS).run()

    assert routers[0].arrived == [call for call in routers[1].arrived if call[1] == 0]


def test_calls_of_a_type_without_rate_never_come() -> None:
    """A rate of 0 is legal and brings nobody."""
    system = one_queue(agents=1, rate=0, service=fixed(1_000))

    assert World(system, Naive(system), seed="1", until_ms=HOUR_MS).run().tallies[0].offered == 0


def test_priority_of_types_is_not_the_worlds_business() -> None:
    """Types carry a priority for rules that ask; the world itself treats all alike."""
    kind = CallType("a", (0.0,), (fixed(1_000),), priority=5)
    system = System((kind,), (SimAgent("s", "g", {0: Skill(0)}),), 1_000)
    _, counters = crowd_of(2, system)

    assert counters.tallies[0].answered == 2
