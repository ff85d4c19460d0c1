from __future__ import annotations

import numpy as np
import pytest

from acd.model import QueueId
from acd.stats.wait_features import NAMES
from centralita.waits.fit import Examples, TooFewError, bands, fit

pytestmark = pytest.mark.unit

A, B = QueueId("a"), QueueId("b")


def drawn(count: int = 4_000, noise_ms: float = 2_000.0) -> Examples:
    """Waits of 5 s for each contact ahead and 20 s on top in queue b, with some noise."""
    rng = np.random.default_rng(7)
    features = rng.normal(size=(count, len(NAMES)))
    features[:, 0] = rng.integers(0, 12, count)
    features[: count // 10, NAMES.index("average_ms")] = np.nan
    queues = rng.integers(0, 2, count)
    waits = 30_000 + 5_000 * features[:, 0] + 20_000 * queues + rng.normal(0, noise_ms, count)
    return Examples(features, waits, queues, rng.integers(0, 8, count))


def test_ridge_recovers_the_weights_behind_the_examples() -> None:
    """Five seconds for each one ahead, twenty more in queue b, nothing for all the rest."""
    found = fit(drawn(), [A, B]).formula

    assert found.weights[A][0] == pytest.approx(5_000, rel=0.02)
    assert found.weights[B][-1] - found.weights[A][-1] == pytest.approx(20_000, rel=0.05)
    assert max(abs(weight) for weight in found.weights[A][1:-1]) < 400


def test_the_interval_holds_eight_in_ten_of_new_examples() -> None:
    """Bands come from residuals that the formula had not seen."""
    formula = fit(drawn(), [A, B]).formula
    rng = np.random.default_rng(8)
    inside = 0
    for _ in range(1_000):
        row = [float(value) for value in rng.normal(size=len(NAMES))]
        row[0] = float(rng.integers(0, 12))
        wait = 30_000 + 5_000 * row[0] + rng.normal(0, 2_000)
        found = formula.estimate(A, row)
        inside += found.low_ms <= wait <= found.high_ms

    assert 740 <= inside <= 860


def test_bands_grow_with_the_estimate() -> None:
    """Though the noise does not: a longer estimate never promises an earlier end."""
    rng = np.random.default_rng(1)
    foreseen = rng.uniform(0, 200_000, 3_000)
    found = bands(foreseen, np.maximum(0, foreseen + rng.normal(0, 30_000, 3_000)))

    assert len(found) > 5
    for name in ("mean_ms", "low_ms", "high_ms"):
        values = [getattr(band, name) for band in found]
        assert values == sorted(values)
    assert all(0 <= band.low_ms <= band.high_ms for band in found)


def test_equal_estimates_make_one_band() -> None:
    """A constant formula has one interval, and no division by nothing."""
    found = bands(np.full(600, 5_000.0), np.linspace(0, 10_000, 600))

    assert len(found) == 1
    assert found[0].low_ms == pytest.approx(1_000, abs=200)
    assert found[0].high_ms == pytest.approx(9_000, abs=200)


def test_too_few_examples_give_no_formula() -> None:
    """Better nothing than a line through three calls."""
    with pytest.raises(TooFewError, match="examples"):
        fit(drawn(count=50), [A, B])


def test_the_same_examples_give_the_same_formula() -> None:
    """No chance in the fit."""
    assert fit(drawn(), [A, B]).formula == fit(drawn(), [A, B]).formula
