from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from acd.model import QueueId
from acd.stats.wait import Band, Estimate, from_json, to_json
from acd.stats.wait_features import NAMES
from tests.unit.waits.centres import SOPORTE, VENTAS, formula, model

pytestmark = pytest.mark.unit


def row(**values: float) -> tuple[float, ...]:
    return tuple(values.get(name, 0.0) for name in NAMES)


def test_a_formula_is_its_weighted_sum() -> None:
    """Intercept and weights, in the order of the features."""
    found = formula(5_000, ahead=10_000, own=1_000).estimate(VENTAS, row(ahead=3, own=4))

    assert found.mean_ms == 39_000


def test_an_estimate_is_never_negative() -> None:
    """What would be less than nothing is nothing."""
    assert formula(-50_000).estimate(VENTAS, row()) == Estimate(0, 0, 20_000)


def test_what_is_not_known_counts_as_the_mean() -> None:
    """A queue of which nobody was ever served has no moving average."""
    known = replace(formula(average_ms=1.0), means=tuple(7_000.0 for _ in NAMES))

    assert known.estimate(VENTAS, row(average_ms=math.nan)).mean_ms == 7_000


def test_features_are_cut_off_where_no_example_went() -> None:
    """A crowd that was never simulated gives no absurd wait."""
    cut = replace(formula(ahead=10_000), most=tuple(12.0 for _ in NAMES))

    assert cut.estimate(VENTAS, row(ahead=5_000)).mean_ms == 120_000


def test_each_queue_has_its_own_weights_and_others_the_common_ones() -> None:
    """A queue that had too few examples is not left without an estimate."""
    both = replace(
        formula(1_000), weights={**formula(1_000).weights, VENTAS: (0.0,) * len(NAMES) + (9_000.0,)}
    )

    assert both.estimate(VENTAS, row()).mean_ms == 9_000
    assert both.estimate(SOPORTE, row()).mean_ms == 1_000


def test_the_interval_holds_the_mean_and_never_shrinks_below_a_shorter_waits() -> None:
    """Low and high grow with the estimate, inside the bands and beyond both ends."""
    found = [formula(ms).estimate(VENTAS, row()) for ms in range(0, 300_000, 1_000)]

    assert all(est.low_ms <= est.mean_ms <= est.high_ms for est in found)
    assert [est.low_ms for est in found] == sorted(est.low_ms for est in found)
    assert [est.high_ms for est in found] == sorted(est.high_ms for est in found)
    assert formula(55_000).estimate(VENTAS, row()) == Estimate(55_000, 27_500, 110_000)


def test_whoever_finds_an_agent_free_waits_for_the_bell_only() -> None:
    """The formula is not asked."""
    trained = model(formula(60_000))

    assert trained.predict(VENTAS, row(free=1)) == trained.at_once
    assert trained.predict(VENTAS, row(free=0)).mean_ms == 60_000
    assert trained.predict(VENTAS, row(free=1), is_waiting=True).mean_ms == 60_000


def test_a_model_comes_back_from_its_file_as_it_was() -> None:
    """Through JSON, to the last digit."""
    trained = model(formula(1 / 3, ahead=math.pi))

    assert from_json(json.loads(json.dumps(to_json(trained)))) == trained


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"format": 99},
        {"features": ["ahead"]},
        {"joining": {}},
        {"joining": None},
        {"at_once": ["x", 1, 2]},
        {"at_once": [1]},
    ],
)
def test_a_file_that_is_no_model_is_refused(broken: dict[str, object]) -> None:
    """Of another version, cut short or of something else: never half read."""
    data = {**to_json(model(formula())), **broken} if broken else {}

    with pytest.raises(ValueError, match=r"\S"):
        from_json(data)


def test_a_formula_of_other_features_is_refused() -> None:
    """Weights and features must belong together."""
    with pytest.raises(ValueError, match="features"):
        replace(formula(), means=(0.0,))
    with pytest.raises(ValueError, match="weight of every feature"):
        replace(formula(), weights={QueueId(""): (1.0,)})
    with pytest.raises(ValueError, match="band"):
        replace(formula(), bands=())
    with pytest.raises(ValueError, match="none of their own"):
        replace(formula(), weights={VENTAS: (0.0,) * (len(NAMES) + 1)}, bands=(Band(1, 1, 1),))
