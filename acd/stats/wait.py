"""
The estimate of a wait: a formula fitted beforehand, and the range that it is good for.

`centralita.waits.train` fits it by simulating the centre's own configuration; here it is
only evaluated. One linear formula for each queue, cut off where no example went, with a
10-90 % interval taken from what it got wrong on days that it had not seen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from operator import mul
from typing import Any

from acd.model import QueueId
from acd.stats.wait_features import NAMES

FORMAT = 1
"""Of the file; another one is not read, the model is trained anew."""

_FREE = NAMES.index("free")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Milliseconds, 0 <= low <= mean <= high; one in ten waits less than low, one more than high."""

    mean_ms: int
    low_ms: int
    high_ms: int


@dataclass(frozen=True, slots=True)
class Band:
    """Where eight in ten end who are estimated at `mean_ms`."""

    mean_ms: float
    low_ms: float
    high_ms: float


@dataclass(frozen=True, slots=True)
class Formula:
    """
    wait = intercept + sum of weight x feature, each feature cut off at `least` and `most`.

    A feature that is not known counts as its mean over the examples.
    """

    means: tuple[float, ...]
    least: tuple[float, ...]
    most: tuple[float, ...]
    weights: Mapping[QueueId, tuple[float, ...]]
    """By queue, per unit of the feature; the intercept is the last. "" is for queues without their own."""
    bands: tuple[Band, ...]
    """By `mean_ms`, at least one; between two of them a straight line."""

    def __post_init__(self) -> None:
        """Refuse a formula that cannot be evaluated: the file was not written by our training."""
        count = len(NAMES)
        if not all(len(values) == count for values in (self.means, self.least, self.most)):
            raise ValueError(f"a formula of {count} features needs as many means and ends")
        if not self.bands or any(len(weights) != count + 1 for weights in self.weights.values()):
            raise ValueError("a formula needs a band, and for each queue a weight of every feature")
        if QueueId("") not in self.weights:
            raise ValueError('a formula needs weights for "", the queues that have none of their own')

    def estimate(self, queue: QueueId, features: Sequence[float]) -> Estimate:
        """
        Args:
            queue: Of the contact.
            features: As `acd.stats.wait_features.features` gives them.
        """
        weights = self.weights.get(queue) or self.weights[QueueId("")]
        known = [
            mean if isnan(value) else least if value < least else most if value > most else value
            for value, mean, least, most in zip(features, self.means, self.least, self.most, strict=True)
        ]
        return self._around(sum(map(mul, weights, known)) + weights[-1])

    def _around(self, raw_ms: float) -> Estimate:
        mean_ms = max(0.0, raw_ms)
        bands = self.bands
        at = bisect_right(bands, mean_ms, key=_mean_of)
        if at == 0 or at == len(bands):
            nearest = bands[0] if at == 0 else bands[-1]
            scale = mean_ms / nearest.mean_ms if nearest.mean_ms > 0 else 1.0
            low_ms, high_ms = nearest.low_ms * scale, nearest.high_ms * (scale if at else 1.0)
        else:
            before, after = bands[at - 1], bands[at]
            share = (mean_ms - before.mean_ms) / (after.mean_ms - before.mean_ms)
            low_ms = before.low_ms + share * (after.low_ms - before.low_ms)
            high_ms = before.high_ms + share * (after.high_ms - before.high_ms)
        mean, low, high = round(mean_ms), round(max(0.0, low_ms)), round(high_ms)
        return Estimate(mean, min(low, mean), max(high, mean))


@dataclass(frozen=True, slots=True)
class Model:
    """What one training has found out."""

    config_version: str
    """Of the routing that was simulated."""
    seed: int
    examples: int
    joining: Formula
    """For one who joins a queue and finds nobody free."""
    waiting: Formula
    """The rest of the wait of one who waits already."""
    at_once: Estimate
    """For one who finds an agent free: the bell's time."""
    handle_ms: Mapping[QueueId, float]
    """By queue, wrap-up included, as simulated: what is assumed until something has been handled."""
    from_history: bool
    """Whether rates and times were the centre's own, seen in its records; False: assumed."""
    held_out: Mapping[str, float]
    """How it did on simulated days that it had not seen: see `centralita.waits.train`."""

    def predict(self, queue: QueueId, features: Sequence[float], *, is_waiting: bool = False) -> Estimate:
        """The whole wait of one who joins now, or the rest of it of one who waits."""
        if is_waiting:
            return self.waiting.estimate(queue, features)
        if features[_FREE] > 0:
            return self.at_once
        return self.joining.estimate(queue, features)


def to_json(model: Model) -> dict[str, Any]:
    """Plain data; `from_json` reads it back."""
    return {
        "format": FORMAT,
        "features": list(NAMES),
        "config_version": model.config_version,
        "seed": model.seed,
        "examples": model.examples,
        "joining": _formula_json(model.joining),
        "waiting": _formula_json(model.waiting),
        "at_once": [model.at_once.mean_ms, model.at_once.low_ms, model.at_once.high_ms],
        "handle_ms": dict(model.handle_ms),
        "from_history": model.from_history,
        "held_out": dict(model.held_out),
    }


def from_json(data: Mapping[str, Any]) -> Model:
    """
    Read a model back.

    Raises:
        ValueError: It is of another format or of other features, or is no model at all.
    """
    try:
        if data["format"] != FORMAT or tuple(data["features"]) != NAMES:
            raise ValueError("the model was trained by another version of Centralita")
        return Model(
            config_version=str(data["config_version"]),
            seed=int(data["seed"]),
            examples=int(data["examples"]),
            joining=_formula(data["joining"]),
            waiting=_formula(data["waiting"]),
            at_once=Estimate(*(int(value) for value in data["at_once"])),
            handle_ms={QueueId(queue): float(ms) for queue, ms in data["handle_ms"].items()},
            from_history=bool(data["from_history"]),
            held_out={str(name): float(value) for name, value in data["held_out"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a model: {error!r}") from error


def _formula_json(formula: Formula) -> dict[str, Any]:
    return {
        "means": list(formula.means),
        "least": list(formula.least),
        "most": list(formula.most),
        "weights": {queue: list(weights) for queue, weights in formula.weights.items()},
        "bands": [[band.mean_ms, band.low_ms, band.high_ms] for band in formula.bands],
    }


def _formula(data: Mapping[str, Any]) -> Formula:
    return Formula(
        means=tuple(map(float, data["means"])),
        least=tuple(map(float, data["least"])),
        most=tuple(map(float, data["most"])),
        weights={QueueId(queue): tuple(map(float, given)) for queue, given in data["weights"].items()},
        bands=tuple(Band(*map(float, band)) for band in data["bands"]),
    )


def _mean_of(band: Band) -> float:
    return band.mean_ms
