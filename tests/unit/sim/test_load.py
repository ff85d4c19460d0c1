"""Laws, generators and arrival streams: right means, the same draws for every policy."""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import replace
from random import Random

import pytest

from acd.sim.chance import MIRROR, generator
from acd.sim.laws import Law, exponential, fixed
from acd.sim.load import NEVER, again, arrivals, busyness
from acd.sim.replicate import paired_seeds
from acd.sim.system import CallType, Retry, SimAgent, Skill, System

pytestmark = pytest.mark.unit

HOUR_MS = 3_600_000
DRAWS = 20_000


@pytest.mark.parametrize(
    "law",
    [
        exponential(60_000),
        Law("lognormal", 180_000, 1.5),
        Law("gamma", 90_000, 0.5),
        Law("uniform", 120_000, 1 / math.sqrt(3)),
        fixed(45_000),
    ],
    ids=lambda law: law.name,
)
def test_a_law_has_its_mean_and_spread(law: Law) -> None:
    """20 000 draws: mean within five standard errors, relative spread within 15 %; never negative."""
    draw = law.sampler(Random("law"))
    found = [draw() for _ in range(DRAWS)]
    error = law.cv * law.mean_ms / math.sqrt(DRAWS)

    assert statistics.fmean(found) == pytest.approx(law.mean_ms, abs=5 * error + 0.5)
    assert statistics.pstdev(found) / law.mean_ms == pytest.approx(law.cv, rel=0.15, abs=1e-9)
    assert min(found) >= 0


def test_a_law_that_cannot_be_is_refused() -> None:
    """Unknown names, negative times and a uniform law that would go below zero."""
    for name, mean, cv in (("weibull", 1.0, 1.0), ("exponential", -1.0, 1.0), ("uniform", 10.0, 1.0)):
        with pytest.raises(ValueError, match=name):
            Law(name, mean, cv)


def test_a_mirror_turns_every_draw_round() -> None:
    """Where the one draws u the other draws 1 - u: their exponential draws hang together, oppositely."""
    plain, mirrored = generator("5/1", "x"), generator(f"5/1{MIRROR}", "x")
    pairs = [(plain.random(), mirrored.random()) for _ in range(100)]
    first, second = generator("5/1", "y"), generator(f"5/1{MIRROR}", "y")
    draws = [(first.expovariate(1), second.expovariate(1)) for _ in range(2_000)]

    assert all(a + b == pytest.approx(1) for a, b in pairs)
    assert statistics.correlation(*zip(*draws, strict=True)) < -0.5


def test_seeds_come_in_pairs() -> None:
    """A seed and its mirror."""
    assert paired_seeds(3, 4) == ("3/0", "3/0~", "3/1", "3/1~")


def system(**settings: object) -> System:
    kind = CallType("a", (0.2, 0.0, 0.6), (exponential(60_000),), **settings)  # type: ignore[arg-type]
    return System((kind,), (SimAgent("g", "g", {0: Skill(0)}),), HOUR_MS)


def test_each_period_has_its_own_rate() -> None:
    """720 an hour, none, 2160 an hour, and so on from the beginning: each within five standard deviations."""
    times = [at for at, *_ in arrivals(system(), 0, seed="1", until_ms=6 * HOUR_MS)]
    by_hour = [sum(hour <= at / HOUR_MS < hour + 1 for at in times) for hour in range(6)]

    for found, mean in zip(by_hour, (720, 0, 2160) * 2, strict=True):
        assert abs(found - mean) <= 5 * math.sqrt(mean)
    assert times == sorted(times)
    assert times[-1] < 6 * HOUR_MS


def test_arrivals_are_poisson() -> None:
    """Gaps within a period have a coefficient of variation of 1."""
    kind = CallType("a", (1.0,), (fixed(1),))
    steady = replace(system(), types=(kind,), period_ms=10**9)
    times = [at for at, *_ in arrivals(steady, 0, seed="1", until_ms=10**7)]
    gaps = [after - before for before, after in itertools.pairwise(times)]

    assert statistics.fmean(gaps) == pytest.approx(1_000, rel=0.05)
    assert statistics.pstdev(gaps) / statistics.fmean(gaps) == pytest.approx(1.0, rel=0.05)


def test_times_follow_the_period_of_arrival() -> None:
    """Talk time and patience may differ by period: they are drawn by when the call comes."""
    kind = CallType("a", (1.0, 1.0), (fixed(1), fixed(2)), (fixed(3), fixed(4)))
    changing = replace(system(), types=(kind,))
    seen = {(at // HOUR_MS, *rest) for at, *rest in arrivals(changing, 0, seed="1", until_ms=2 * HOUR_MS)}

    assert seen == {(0, 1, 3), (1, 2, 4)}


def test_without_patience_nobody_leaves() -> None:
    """An empty law of patience is endless patience."""
    assert {patience for *_, patience in arrivals(system(), 0, seed="1", until_ms=HOUR_MS)} == {NEVER}


def test_a_busy_day_is_busy_for_all() -> None:
    """The factor of a day is gamma of mean 1 and variance 1 / shape, and is the same for every policy."""
    busy = replace(system(), busyness_shape=25.0)
    factors = [busyness(busy, seed) for seed in (f"1/{day}" for day in range(4_000))]

    assert statistics.fmean(factors) == pytest.approx(1.0, abs=0.02)
    assert statistics.pstdev(factors) == pytest.approx(0.2, rel=0.1)
    assert busyness(busy, "1/0") == factors[0]
    assert busyness(system(), "1/0") == 1.0


def test_calling_again_is_drawn_by_caller_and_attempt() -> None:
    """The share is as said; the same caller does the same whatever else happens; enough is enough."""
    retrying = system(retry=Retry(0.3, exponential(600_000), 3))
    drawn = [again(retrying, 0, seed="1", origin=origin, attempt=1) for origin in range(2_000)]

    assert sum(one is not None for one in drawn) / len(drawn) == pytest.approx(0.3, abs=0.05)
    assert drawn[7] == again(retrying, 0, seed="1", origin=7, attempt=1)
    assert all(again(retrying, 0, seed="1", origin=at, attempt=4) is None for at in range(50))
    assert again(system(), 0, seed="1", origin=0, attempt=1) is None
