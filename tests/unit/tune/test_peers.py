"""The emulations do what the documents of the products say, on traces that can be followed by hand."""

from __future__ import annotations

import pytest

from acd.sim import centre as sim_centre
from acd.sim.replicate import replicate
from bench.peers.app_queue import AppQueue
from bench.peers.mod_callcenter import ModCallcenter
from bench.peers.textbook import LevelFirst, all_skilled
from tests.unit.tune.toys import call, centre, n_design, open_doors, take, until

pytestmark = pytest.mark.unit


def test_app_queue_rings_the_lower_penalty_first() -> None:
    """Both are free, the one of penalty 1 for longer: the one of penalty 0 is rung."""
    system = centre({0: 1}, {0: 0}, types=1)
    router = AppQueue(system, "x")
    open_doors(router, system)
    assert [agent for _, agent in take(router, call(1, 0, 5), 5_000)] == [1]


def test_app_queue_callers_look_once_a_second_at_their_own_phase() -> None:
    """A member is free at 10.0 s; of callers who came at 1.4 and 2.2 s the one of phase .2 looks first."""
    system = centre({0: 0, 1: 0})
    router = AppQueue(system, "x")
    open_doors(router, system, busy=(0,))
    assert not take(router, call(1, 0, 1.4), 1_400)
    assert not take(router, call(2, 1, 2.2), 2_200)
    router.free(0, 10_000)
    assert until(router, 60_000) == [(10_200, 2, 0)]


def test_app_queue_serves_one_queue_in_order() -> None:
    """In one queue the second caller has no turn while one member is free and one caller is ahead."""
    system = centre({0: 0}, types=1)
    router = AppQueue(system, "x")
    open_doors(router, system, busy=(0,))
    take(router, call(1, 0, 1.9), 1_900)
    take(router, call(2, 0, 2.1), 2_100)
    router.free(0, 10_000)
    assert until(router, 60_000) == [(10_900, 1, 0)]


def test_app_queue_weight_keeps_the_shared_member_for_the_heavier_queue() -> None:
    """The lighter queue's caller looks first and is refused; the heavier one's gets the member."""
    system = centre({0: 0, 1: 0})
    router = AppQueue(system, "x", weights=(1, 0))
    open_doors(router, system, busy=(0,))
    take(router, call(1, 0, 1.4), 1_400)
    take(router, call(2, 1, 2.2), 2_200)
    router.free(0, 10_000)
    assert until(router, 60_000) == [(10_400, 1, 0)]


def test_app_queue_waits_the_retry_pause_after_a_bell_in_vain() -> None:
    """Nobody picks up at 20 s: the caller is tried again five seconds later."""
    system = centre({0: 0}, types=1)
    router = AppQueue(system, "x")
    open_doors(router, system)
    first = call(1, 0, 5)
    assert router.arrive(first, 5_000)
    router.miss(first, 0, 20_000)
    assert until(router, 60_000) == [(25_000, 1, 0)]


def test_round_robin_goes_on_after_the_last_one_rung() -> None:
    """Three equal members: 0, 1, 2 in turn, however long each has been idle."""
    system = centre({0: 0}, {0: 0}, {0: 0}, types=1)
    router = AppQueue(system, "x", strategy="rrmemory")
    open_doors(router, system)
    rung = [take(router, call(number, 0, number), number * 1000)[0][1] for number in (1, 2, 3)]
    assert rung == [0, 1, 2]


def test_mod_callcenter_acts_only_in_its_pass() -> None:
    """A caller who comes at 1.234 s to a free agent is given to it in the pass at 1.3 s."""
    system = centre({0: 0}, types=1)
    router = ModCallcenter(system, "x")
    open_doors(router, system)
    assert not take(router, call(1, 0, 1.234), 1_234)
    assert until(router, 5_000) == [(1_300, 1, 0)]


def test_mod_callcenter_orders_by_wait_and_base_score() -> None:
    """A priority of 60 s head start passes one who has waited 50 s longer, and not one of 70 s."""
    system = centre({0: 0, 1: 0}, priorities=(0, 1))
    for ahead_s, winner in ((50, 1), (70, 2)):
        router = ModCallcenter(system, "x", base_score_s=60)
        open_doors(router, system)
        until_busy = take(router, call(9, 0), 0)
        assert not until_busy
        assert until(router, 100) == [(100, 9, 0)]
        take(router, call(2, 1, 1), 1_000)
        take(router, call(1, 0, 1 + ahead_s), (1 + ahead_s) * 1000)
        router.free(0, 200_000)
        assert [number for _, number, _ in until(router, 201_000)] == [winner]


def test_tier_rules_keep_the_second_level_waiting() -> None:
    """Only an agent of level 1 is free: it is rung after 30 s, at once without tier rules."""
    system = centre({0: 1}, types=1)
    for wait_s, moment_ms in ((30, 31_100), (0, 1_100)):
        router = ModCallcenter(system, "x", tier_wait_s=wait_s)
        open_doors(router, system)
        take(router, call(1, 0, 1.05), 1_050)
        assert until(router, 60_000) == [(moment_ms, 1, 0)]


def test_nobody_beats_all_skills() -> None:
    """The bound is above the same rule with the real skills on the same calls."""
    ground = n_design()
    whole = all_skilled(ground.system)
    days = ("x/1", "x/2", "x/3")
    real = replicate(
        ground.system, lambda s: LevelFirst(ground.system, s), seeds=days, until_ms=ground.until_ms
    )
    bound = replicate(whole, lambda s: LevelFirst(whole, s), seeds=days, until_ms=ground.until_ms)
    assert bound.total().offered >= 500
    assert bound.score(whole) > real.score(ground.system)


def test_level_first_is_the_engines_own_rule() -> None:
    """The peer that stands by itself and the engine with policy `rule` answer alike, call by call."""
    ground = n_design()
    rule = sim_centre.rule(ground.system, agents="level_then_longest_idle", calls="priority_then_fcfs")
    engine = replicate(
        ground.system, sim_centre.Maker(ground.system, rule), seeds=("x/1",), until_ms=ground.until_ms
    )
    peer = replicate(
        ground.system, lambda s: LevelFirst(ground.system, s), seeds=("x/1",), until_ms=ground.until_ms
    )
    assert [list(one.waits_answered) for one in engine.tallies] == [
        list(one.waits_answered) for one in peer.tallies
    ]
    assert engine.busy_ms == peer.busy_ms
