"""How well simple rules foretell waits."""

from __future__ import annotations

import math

import pytest

from acd.sim.laws import exponential, fixed
from acd.sim.predictors import Foreteller, Foretold
from acd.sim.world import World
from tests.unit.sim.naive import Naive, one_queue

pytestmark = pytest.mark.unit


def test_errors_are_those_of_the_calls_that_found_somebody_waiting() -> None:
    """
    One agent, talks of 10 s, four callers at once.

    The third and the fourth find somebody waiting; they wait 20 s and 30 s. Nobody
    has waited so far (LES 0), the head of the line has just come (HOL 0), and with one
    and two ahead the mean is 20 s and 30 s.
    """
    system = one_queue(agents=1, rate=0, service=fixed(10_000))
    router = Foreteller(Naive(system), agents=1, service_s=10, patience_s=None)
    World(system, router, seed="1", until_ms=1_000, crowd=4).run()

    assert router.foretold.calls == 2
    assert router.foretold.squares == {"LES": 400 + 900, "HOL": 400 + 900, "naive": 0, "best": 0}


def test_the_best_rule_is_the_mean_given_the_state() -> None:
    """M/M/20 at 92 %: rules that look back err about twice as much, squared, as the one that counts."""
    system = one_queue(agents=20, rate=20 * 0.92 / 60, service=exponential(60_000))
    router = Foreteller(Naive(system), agents=20, service_s=60, patience_s=None)
    World(system, router, seed="4", until_ms=60_000_000, warmup_ms=1_000_000).run()

    assert router.foretold.calls > 3_000
    assert router.foretold.measure("mse_ratio_LES_over_queue_length") == pytest.approx(2.1, abs=0.5)
    assert router.foretold.measure("mse_ratio_HOL_over_queue_length") == pytest.approx(1.9, abs=0.5)
    assert router.foretold.measure("rmse_s.best") == router.foretold.rmse_s("naive")


def test_who_may_leave_shortens_the_line() -> None:
    """With patience, the rule that knows of it errs less than the one that does not."""
    system = one_queue(
        agents=20, rate=20 * 1.1 / 60, service=exponential(60_000), patience=exponential(60_000)
    )
    router = Foreteller(Naive(system), agents=20, service_s=60, patience_s=60)
    World(system, router, seed="4", until_ms=30_000_000, warmup_ms=1_000_000).run()

    assert router.foretold.rmse_s("best") < router.foretold.rmse_s("naive")


def test_accounts_add_up_and_unknown_figures_are_none() -> None:
    """Two accounts are one of all their calls; an empty one has no error to tell."""
    one, other = Foretold(), Foretold()
    one.calls, one.squares["LES"] = 3, 12.0
    other.calls, other.squares["LES"] = 1, 4.0
    one.add(other)

    assert one.rmse_s("LES") == 2.0
    assert math.isnan(Foretold().rmse_s("LES"))
    assert one.measure("rmse_s.nonsense") is None
    assert one.measure("p_wait") is None
