"""Formulas of queueing theory against published tables and against each other."""

from __future__ import annotations

import math

import pytest

from acd.sim.closed_form import (
    ErlangA,
    ErlangC,
    FiniteRoom,
    agents_needed,
    agents_needed_with_patience,
    erlang_b,
    erlang_c,
    garnett,
    halfin_whitt,
    in_system,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("lines", "load", "blocked"),
    [
        (5, 3, 0.110054),
        (10, 5, 0.018385),
        (20, 12, 0.009796),
        (30, 20.337, 0.009999),
        (100, 84.064, 0.010000),
    ],
)
def test_erlang_b_is_as_in_the_tables(lines: int, load: float, blocked: float) -> None:
    """Blocking of a trunk group as telephone engineers have it in print."""
    assert erlang_b(lines, load) == pytest.approx(blocked, abs=2e-6)


def test_erlang_b_at_its_ends() -> None:
    """Without lines everything is lost; without load nothing is."""
    assert erlang_b(0, 3) == 1.0
    assert erlang_b(4, 0) == 0.0


def test_one_agent_is_the_mm1_queue() -> None:
    """With one agent: everybody waits who finds the agent busy, and W = rho / (mu - lambda)."""
    queue = ErlangC(rate=0.5, service_s=1.0, agents=1)

    assert queue.p_wait == pytest.approx(0.5)
    assert queue.mean_wait_s == pytest.approx(1.0)
    assert queue.answered_within(2.0) == pytest.approx(1 - 0.5 * math.exp(-1.0))
    assert queue.queue == pytest.approx(0.5)


def test_erlang_c_is_as_in_the_tables() -> None:
    """800 calls an hour of 180 s with 43 agents: 54 % wait, 32 s on average, 61 % within 20 s."""
    queue = ErlangC(800 / 3600, 180, 43)

    assert (queue.p_wait, queue.mean_wait_s, queue.answered_within(20)) == pytest.approx(
        (0.54093, 32.456, 0.61241), rel=1e-4
    )


def test_a_percentile_is_where_the_share_is_reached() -> None:
    """90 % of calls wait no longer than the 90th percentile, with patience and without."""
    patient = ErlangC(0.8, 60, 50)
    leaving = ErlangA(rate=0.8, service_s=60, agents=50, patience_s=120)

    assert patient.answered_within(patient.percentile_s(0.9)) == pytest.approx(0.9)
    assert leaving.waits_longer(leaving.percentile_s(0.9)) == pytest.approx(0.1)
    assert patient.percentile_s(0.1) == leaving.percentile_s(0.1) == 0.0


def test_too_much_load_has_no_mean_wait() -> None:
    """As many calls as can be served, or more: all wait, for ever."""
    queue = ErlangC(1.0, 60, 60)

    assert (erlang_c(60, 60), queue.mean_wait_s, queue.answered_within(20)) == (1.0, math.inf, 0.0)


@pytest.mark.parametrize(
    ("calls", "agents", "expected"),
    [
        (100, 5, (0.55951, 0.17547, 31.584, 27.80, 0.53186, 0.56212)),
        (400, 20, (0.52974, 0.08884, 15.990, 15.10, 0.65007, 0.68122)),
        (1600, 80, (0.51487, 0.04456, 8.02, 7.81, 0.80903, 0.83854)),
    ],
)
def test_erlang_a_is_as_in_the_tables(calls: int, agents: int, expected: tuple[float, ...]) -> None:
    """AHT and patience 180 s: waiting, abandoning, both means, both service levels."""
    queue = ErlangA(rate=calls / 3600, service_s=180, agents=agents, patience_s=180)
    level = queue.answered_within(20)

    found = (
        queue.p_wait,
        queue.p_abandon,
        queue.mean_wait_all_s,
        queue.mean_wait_served_s,
        level,
        level / (1 - queue.abandoned_within(20)),
    )
    assert found == pytest.approx(expected, rel=7e-4)


def test_endless_patience_is_erlang_c() -> None:
    """Callers who wait for weeks are callers who never leave."""
    without, with_patience = ErlangC(0.1, 60, 8), ErlangA(rate=0.1, service_s=60, agents=8, patience_s=1e7)

    assert with_patience.p_wait == pytest.approx(without.p_wait, rel=1e-4)
    assert with_patience.mean_wait_all_s == pytest.approx(without.mean_wait_s, rel=1e-4)
    assert with_patience.answered_within(15) == pytest.approx(without.answered_within(15), rel=1e-4)


def test_no_room_to_wait_is_erlang_b() -> None:
    """M/M/n/n loses what Erlang B says; with much room nothing is lost and waits are Erlang C's."""
    assert FiniteRoom(0.1, 60, 8, 0).p_block == pytest.approx(erlang_b(8, 6))
    assert FiniteRoom(0.1, 60, 8, 500).mean_wait_s == pytest.approx(ErlangC(0.1, 60, 8).mean_wait_s)
    assert FiniteRoom(0.1, 60, 8, 500).p_wait == pytest.approx(erlang_c(8, 6))


def test_the_number_in_the_system_agrees_with_the_formulas() -> None:
    """Busy agents and the queue from the whole law: the same share waits, the same queue."""
    law = in_system(rate=0.8, service_s=60, agents=50, patience_s=120)
    queue = ErlangA(rate=0.8, service_s=60, agents=50, patience_s=120)

    assert sum(law) == pytest.approx(1.0)
    assert sum(law[50:]) == pytest.approx(queue.p_wait)
    assert sum(max(0, k - 50) * p for k, p in enumerate(law)) == pytest.approx(queue.queue)


def test_without_patience_overload_has_no_equilibrium() -> None:
    """It is refused rather than computed for ever."""
    with pytest.raises(ValueError, match="load"):
        in_system(rate=1.0, service_s=60, agents=60, patience_s=None)


def test_the_limits_are_those_of_large_centres() -> None:
    """Square-root staffing: the printed limits, and 1000 agents come within half a percent."""
    assert [round(halfin_whitt(beta), 5) for beta in (0.5, 1, 2)] == [0.50454, 0.22336, 0.02688]
    assert [round(garnett(beta, 0.5), 4) for beta in (-1, 0, 1)] == [0.9312, 0.5858, 0.1790]
    assert erlang_c(1000, 1000 - 0.5 * math.sqrt(1000)) == pytest.approx(halfin_whitt(0.5), rel=0.005)


def test_patience_saves_agents() -> None:
    """80 % in 20 s with 50 Erlang of 300 s: 57 agents if nobody leaves, 52 if patience is 180 s."""
    assert agents_needed(50, 300, 20, 0.8) == 57
    assert agents_needed_with_patience(50, 300, 180, 20, 0.8) == 52
