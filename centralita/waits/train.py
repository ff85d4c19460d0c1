"""
Trains the estimate of waits on simulated days of the centre's own configuration.

Runs in a process of its own, never in the server: it takes seconds to minutes of a core.
Days differ in how busy they are and in how many agents come, so that the model has
seen more than the mean day.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np

from acd.model import Routing
from acd.sim.system import Ringing
from acd.stats.wait import Band, Estimate, Model
from acd.stats.wait_features import NAMES
from acd.stats.wait_watch import Example
from centralita.waits.demand import HOURS, Demand
from centralita.waits.fit import Examples, Fit, Floats, TooFewError, fit
from centralita.waits.world import Day, examples, handle_guess

CALLS = 80_000
"""Calls that are simulated, about: more change the model by less than one seed to the next."""
DAYS = 12
HOURS_LEAST = 4
VARIANTS = ((1.0, 1.0), (1.05, 1.0), (0.9, 1.0), (1.0, 0.92), (1.1, 1.0), (0.97, 1.0))
"""Load and staff of the days, in turn."""
AT_ONCE_MS = 4_000
"""What one who finds an agent free waits, where no example tells."""

Simulate = Callable[[Day], list[Example]]
MapDays = Callable[[Simulate, Sequence[Day]], Iterable[list[Example]]]
"""`map`, or that of a process pool."""


def train(
    routing: Routing,
    demand: Demand,
    *,
    seed: int,
    calls: int = CALLS,
    ringing: Ringing | None = None,
    each: MapDays = map,
) -> Model:
    """
    Simulate and fit.

    Args:
        routing: The centre's configuration.
        demand: Who calls.
        seed: Of the simulation; the same seed gives the same model.
        calls: To simulate, about.
        ringing: How agents pick up; None: at once.
        each: Runs the days, in order; a pool's `map` runs them side by side.

    Raises:
        TooFewError: Hardly anybody had to wait: there is nothing to learn.
    """
    simulate = partial(examples, routing, demand, seed=seed, ringing=ringing)
    days = plan(demand, calls)
    seen = [
        (day.number, example)
        for day, some in zip(days, each(simulate, days), strict=True)
        for example in some
    ]
    names = sorted(routing.queues)
    joined = [(day, ex) for day, ex in seen if not ex.is_waiting and not ex.found_free]
    waiting = [(day, ex) for day, ex in seen if ex.is_waiting]
    joining_fit = fit(_arrays(joined, names), names)
    try:
        waiting_formula = fit(_arrays(waiting, names), names).formula
    except TooFewError:  # queues of one: whoever waits does so as one who has just joined
        waiting_formula = joining_fit.formula
    return Model(
        config_version=routing.version,
        seed=seed,
        examples=len(joined),
        joining=joining_fit.formula,
        waiting=waiting_formula,
        at_once=_at_once([ex.wait_ms for _, ex in seen if ex.found_free and not ex.is_waiting]),
        handle_ms=handle_guess(routing, demand),
        from_history=demand.source == "history",
        held_out=held_out(joining_fit, [ex for _, ex in joined]),
    )


def plan(demand: Demand, calls: int) -> list[Day]:
    """The days to simulate: whole ones where the hour of the day matters, else as long as needed."""
    profiled = any(len(set(stream.per_hour)) > 1 for stream in demand.streams) or len(set(demand.staff)) > 1
    a_day = sum(sum(stream.per_hour) / len(stream.per_hour) for stream in demand.streams) * HOURS
    if a_day <= 0:
        return []
    if profiled:
        count, hours = max(DAYS, math.ceil(calls / a_day)), HOURS
    else:
        count = max(DAYS, math.ceil(calls / a_day))
        hours = int(min(HOURS, max(HOURS_LEAST, math.ceil(calls / a_day * HOURS / count))))
    count = min(count, 400)
    return [
        Day(number, *VARIANTS[number % len(VARIANTS)], hours=hours, warmup_ms=1_800_000)
        for number in range(count)
    ]


def held_out(found: Fit, joined: Sequence[Example]) -> dict[str, float]:
    """
    How the formula did on days that it had not seen, beside the moving average on the same calls.

    `rmse_ms`, `bias_ms`, `rmse_average_ms`, `rmse_constant_ms`, `inside` (share within the interval).
    """
    waits = np.array([example.wait_ms for example in joined], dtype=float)
    average = np.array([np.nan if ex.average_ms is None else ex.average_ms for ex in joined])
    both = ~np.isnan(average)
    bands = found.formula.bands
    inside = (waits >= _along(bands, found.foreseen_ms, _low)) & (
        waits <= _along(bands, found.foreseen_ms, _high)
    )
    return {
        "rmse_ms": _rmse(found.foreseen_ms - waits),
        "bias_ms": float((found.foreseen_ms - waits).mean()),
        "rmse_average_ms": _rmse(average[both] - waits[both]),
        "rmse_constant_ms": float(waits.std()),
        "inside": float(inside.mean()),
    }


def _arrays(seen: Sequence[tuple[int, Example]], names: Sequence[str]) -> Examples:
    index = {name: at for at, name in enumerate(names)}
    return Examples(
        features=np.array([ex.features for _, ex in seen], dtype=float).reshape(len(seen), len(NAMES)),
        waits_ms=np.array([ex.wait_ms for _, ex in seen], dtype=float),
        queues=np.array([index[ex.queue] for _, ex in seen], dtype=np.int64),
        days=np.array([day for day, _ in seen], dtype=np.int64),
    )


def _at_once(waits_ms: Sequence[int]) -> Estimate:
    if not waits_ms:
        return Estimate(AT_ONCE_MS, 0, 3 * AT_ONCE_MS)
    low, high = np.quantile(waits_ms, (0.1, 0.9))
    mean = round(sum(waits_ms) / len(waits_ms))
    return Estimate(mean, min(round(float(low)), mean), max(round(float(high)), mean))


def _along(bands: Sequence[Band], foreseen_ms: Floats, end: Callable[[Band], float]) -> Floats:
    found: Floats = np.interp(foreseen_ms, [band.mean_ms for band in bands], [end(band) for band in bands])
    return found


def _low(band: Band) -> float:
    return band.low_ms


def _high(band: Band) -> float:
    return band.high_ms


def _rmse(misses: Floats) -> float:
    return float(np.sqrt((misses**2).mean())) if len(misses) else math.nan
