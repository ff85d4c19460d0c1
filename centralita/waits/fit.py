"""
Ridge regression of waits: one line for all queues, and for each a correction of its own.

How strongly the weights are held back is chosen by cross-validation over simulated
days, and the interval comes from the same held-out residuals.

Source: ridge regression as in Hoerl and Kennard 1970; features and aim in docs/waits.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acd.model import QueueId
from acd.stats.wait import Band, Formula
from acd.stats.wait_features import NAMES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PENALTIES = (1.0, 10.0, 100.0, 1_000.0, 10_000.0)
"""Of the standardised weights, in examples."""
FOLDS = 4
OWN_LEAST = 100
"""Examples from which on a queue gets a correction of its own."""
TAIL = 0.001
"""Share of examples, at either end, beyond which a feature is cut off."""
BANDS_MAX = 12
BAND_LEAST = 60
"""Examples in a band."""
LOW, HIGH = 0.1, 0.9


class TooFewError(ValueError):
    """There are not enough examples to fit anything."""


@dataclass(frozen=True, slots=True)
class Examples:
    """One row each."""

    features: Floats
    """Columns as `NAMES`; NaN for not known."""
    waits_ms: Floats
    queues: Ints
    """Index into the queues' names."""
    days: Ints
    """The simulated day: cross-validation leaves whole days out."""


@dataclass(frozen=True, slots=True)
class Fit:
    formula: Formula
    foreseen_ms: Floats
    """For each example, by the formula that had not seen its day."""
    penalty: float
    own_penalty: float


@dataclass(frozen=True, slots=True)
class _Line:
    """wait = intercept + weights . z"""

    weights: Floats
    intercept: float

    def at(self, z: Floats) -> Floats:
        found: Floats = z @ self.weights + self.intercept
        return found


def fit(examples: Examples, names: Sequence[QueueId]) -> Fit:
    """
    Fit the formula of one kind of example.

    Raises:
        TooFewError: There are fewer examples than ten for each feature.
    """
    if len(examples.waits_ms) < 10 * len(NAMES):
        raise TooFewError(f"{len(examples.waits_ms)} examples for {len(NAMES)} features")
    known = ~np.isnan(examples.features)
    counts = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, examples.features, 0.0).sum(axis=0) / counts
    filled = np.where(known, examples.features, means)
    least, most = np.quantile(filled, TAIL, axis=0), np.quantile(filled, 1 - TAIL, axis=0)
    filled = np.clip(filled, least, most)
    centre, scale = filled.mean(axis=0), filled.std(axis=0)
    scale[scale < 1e-9] = 1.0
    z = (filled - centre) / scale
    folds = examples.days % FOLDS
    waits = examples.waits_ms
    penalty = _best(PENALTIES, lambda value: _shared_out(z, waits, folds, value), waits)
    shared_out = _shared_out(z, waits, folds, penalty)
    residuals = waits - shared_out
    own_penalty = _best(
        PENALTIES, lambda value: _own_out(z, residuals, examples.queues, folds, len(names), value), residuals
    )
    foreseen = shared_out + _own_out(z, residuals, examples.queues, folds, len(names), own_penalty)
    shared = _ridge(z, waits, penalty)
    left = waits - shared.at(z)
    lines = {QueueId(""): shared}
    for index, name in enumerate(names):
        rows = examples.queues == index
        if rows.sum() >= OWN_LEAST:
            own = _ridge(z[rows], left[rows], own_penalty)
            lines[name] = _Line(shared.weights + own.weights, shared.intercept + own.intercept)
    formula = Formula(
        means=_tuple(means),
        least=_tuple(least),
        most=_tuple(most),
        weights={name: _raw(line, centre, scale) for name, line in lines.items()},
        bands=bands(np.maximum(foreseen, 0.0), waits),
    )
    return Fit(formula, np.maximum(foreseen, 0.0), penalty, own_penalty)


def bands(foreseen_ms: Floats, waits_ms: Floats) -> tuple[Band, ...]:
    """Where waits of like estimates end, 10 to 90 %: by size of the estimate, never falling with it."""
    count = int(np.clip(len(waits_ms) // BAND_LEAST, 1, BANDS_MAX))
    edges = np.unique(np.quantile(foreseen_ms, np.linspace(0, 1, count + 1)))[1:-1]
    places = np.searchsorted(edges, foreseen_ms, side="right")
    found: list[Band] = []
    for place in np.unique(places):
        rows = places == place
        mean = float(foreseen_ms[rows].mean())
        low, high = np.quantile(waits_ms[rows] - foreseen_ms[rows], (LOW, HIGH))
        low_ms, high_ms = max(0.0, mean + float(low)), max(0.0, mean + float(high))
        if found:
            low_ms, high_ms = max(low_ms, found[-1].low_ms), max(high_ms, found[-1].high_ms)
        found.append(Band(mean, low_ms, high_ms))
    return tuple(found)


def _ridge(z: Floats, y: Floats, penalty: float) -> _Line:
    """Least squares with `penalty` times the squared weights; the intercept is free."""
    centre, mean = z.mean(axis=0), float(y.mean())
    inner = z - centre
    weights = np.linalg.solve(inner.T @ inner + penalty * np.eye(z.shape[1]), inner.T @ (y - mean))
    return _Line(weights, mean - float(centre @ weights))


def _shared_out(z: Floats, y: Floats, folds: Ints, penalty: float) -> Floats:
    """For each example the estimate of a line that was fitted without its fold."""
    found = np.empty_like(y)
    for fold in np.unique(folds):
        out = folds == fold
        inside = ~out if not out.all() else out
        found[out] = _ridge(z[inside], y[inside], penalty).at(z[out])
    return found


def _own_out(z: Floats, left: Floats, queues: Ints, folds: Ints, count: int, penalty: float) -> Floats:
    """The same of each queue's correction; 0 for queues with few examples."""
    found = np.zeros_like(left)
    for index in range(count):
        rows = np.flatnonzero(queues == index)
        if len(rows) >= OWN_LEAST:
            found[rows] = _shared_out(z[rows], left[rows], folds[rows], penalty)
    return found


def _best(penalties: Sequence[float], foreseen: Callable[[float], Floats], y: Floats) -> float:
    """The penalty with the least squared error on what was left out; the greater of equals."""
    errors = [float(((foreseen(penalty) - y) ** 2).mean()) for penalty in penalties]
    return penalties[max(range(len(errors)), key=lambda at: (-errors[at], at))]


def _raw(line: _Line, centre: Floats, scale: Floats) -> tuple[float, ...]:
    """Weights per unit of the feature, then the intercept."""
    weights = line.weights / scale
    return (*_tuple(weights), float(line.intercept - centre @ weights))


def _tuple(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
