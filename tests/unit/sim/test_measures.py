"""Figures by name, as the reference cases define them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from acd.sim.counters import Counters
from acd.sim.laws import fixed
from acd.sim.measures import measure, percentile_ms
from acd.sim.system import CallType, SimAgent, Skill, System

pytestmark = pytest.mark.unit


def made_up() -> tuple[System, Counters]:
    """Two types in two segments, two agents in two groups, two days; counts that can be checked by hand."""
    types = (
        CallType("a", (1.0,), (fixed(1),), segment="vip", weight=3.0),
        CallType("7", (1.0,), (fixed(1),), segment="std"),
    )
    agents = (SimAgent("x", "g1", {0: Skill(0)}), SimAgent("y", "g2", {1: Skill(0)}))
    counters = Counters(2, 2)
    counters.replications = 2
    first, second = counters.tallies
    first.offered, first.blocked, first.answered, first.at_once = 100, 10, 80, 50
    first.in_target, first.abandoned, first.abandoned_in_target, first.primary = 70, 10, 4, 60
    first.wait_answered_ms, first.wait_abandoned_ms = 400_000, 50_000
    second.offered, second.answered, second.at_once, second.in_target = 100, 100, 100, 100
    counters.busy_ms, counters.signed_ms = [900, 300], [1_000, 1_000]
    return System(types, agents, 1_000), counters


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a.p_wait", 40 / 90),
        ("a.mean_wait_all", 450 / 90),
        ("a.mean_wait_served", 5.0),
        ("a.p_abandon", 0.1),
        ("a.sl_offered", 0.7),
        ("a.p_block", 0.1),
        ("a.share_primary_level", 0.75),
        ("segvip.sl_offered", 0.7),
        ("7.sl_offered", 1.0),
        ("all.sl_offered", 0.85),
        ("sl_served", 170 / 180),
        ("sl_answered_in_awt_over_(served+abandoned_after_awt)", 170 / 186),
        ("g1.occupancy", 0.9),
        ("occupancy", 0.6),
        ("occupancy_mean", 0.6),
        ("occupancy_sd", 0.3),
        ("served_per_day", 90.0),
        ("good_per_day.type7", 50.0),
        ("good_per_day.a", 35.0),
    ],
)
def test_a_figure_is_what_its_definition_says(name: str, value: float) -> None:
    """Each counted by hand from the made-up counts."""
    assert measure(*made_up(), name) == pytest.approx(value)


@pytest.mark.parametrize("name", ["a.nonsense", "nobody.p_wait", "nonsense", "good_per_day.type9", "g1"])
def test_an_unknown_figure_is_none(name: str) -> None:
    """Neither a guess nor a zero."""
    assert measure(*made_up(), name) is None


def test_without_calls_there_is_no_share() -> None:
    """No traffic is not 100 %."""
    system, _ = made_up()

    assert math.isnan(measure(system, Counters(2, 2), "a.sl_offered") or 0.0)


def test_the_score_weighs_types() -> None:
    """J = 100 (3 x 70 + 100 - 3 x 10) / (3 x 100 + 100)."""
    system, counters = made_up()

    assert counters.score(system) == pytest.approx(70.0)
    assert Counters(2, 2).score(system) == 0.0


def test_replications_add_up() -> None:
    """The sum of two is the count of both."""
    (_, one), (_, other) = made_up(), made_up()
    one.add(other)

    assert (one.replications, one.tallies[0].offered, one.busy_ms) == (4, 200, [1_800, 600])


def test_a_percentile_is_a_wait_that_happened() -> None:
    """The smallest that at least the share does not exceed."""
    assert [percentile_ms(range(1, 101), share) for share in (0.5, 0.95, 1.0)] == [50, 95, 100]
    assert percentile_ms([7], 0.95) == 7
    assert math.isnan(percentile_ms([], 0.95))


def test_agents_who_were_never_there_have_no_occupancy() -> None:
    """Absent agents do not pull the mean down."""
    system, counters = made_up()
    counters.signed_ms[1] = counters.busy_ms[1] = 0

    assert measure(replace(system), counters, "occupancy_mean") == pytest.approx(0.9)
