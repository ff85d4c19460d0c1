"""
Who calls when, how long the talk will be, and how long the caller will wait for it.

Each type draws from its own generator, and what is drawn for one call never
depends on what became of another: two policies with one seed get the same calls
(common random numbers).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from acd.sim.chance import generator
from acd.sim.system import CallType, System

Arrival = tuple[int, int, int]
"""When the call comes, its talk time with an agent of factor 1, its patience (-1: endless): milliseconds."""

NEVER = -1


def busyness(system: System, seed: str) -> float:
    """The factor on all rates of one replication: gamma of mean 1, or 1 if the system has none."""
    shape = system.busyness_shape
    if shape is None:
        return 1.0
    return generator(seed, "busyness").gammavariate(shape, 1 / shape)


def arrivals(
    system: System, kind: int, *, seed: str, until_ms: int, factor: float = 1.0
) -> Iterator[Arrival]:
    """
    The calls of one type, in order: a Poisson stream whose rate is constant within each period.

    Args:
        system: Whose type it is; after the last period the rates begin again.
        kind: Index of the type.
        seed: Of the replication.
        until_ms: No call comes at or after this.
        factor: On the rates.

    Source: time change of a unit-rate Poisson process (Cinlar, "Introduction to
    Stochastic Processes", 4.7).
    """
    spec = system.types[kind]
    rng = generator(seed, f"arrivals/{kind}")
    gap = rng.expovariate
    services, patiences = draws(spec, rng)
    rates = [rate * factor / 1000 for rate in spec.rates]
    at_ms, period, end_ms = 0.0, 0, float(system.period_ms)
    if not any(rates):
        return
    while True:
        need = gap(1.0)
        while need > (room := (end_ms - at_ms) * rates[period % len(rates)]):
            need -= room
            at_ms, period, end_ms = end_ms, period + 1, end_ms + system.period_ms
            if at_ms >= until_ms:
                return
        at_ms += need / rates[period % len(rates)]
        if at_ms >= until_ms:
            return
        phase = period % len(rates)
        service = services[phase] if phase < len(services) else services[-1]
        patience = patiences[phase] if phase < len(patiences) else patiences[-1]
        yield int(at_ms), service(), patience()


def draws(spec: CallType, rng: Random) -> tuple[list[Callable[[], int]], list[Callable[[], int]]]:
    """What draws talk times and patiences of a type, by period of arrival."""
    services = [law.sampler(rng) for law in spec.service]
    patiences = [law.sampler(rng) for law in spec.patience] or [_endless]
    return services, patiences


def again(system: System, kind: int, *, seed: str, origin: int, attempt: int) -> Arrival | None:
    """
    What a caller does who has given up: the delay until the next call, with its own draws; None for no call.

    Args:
        system: Whose type it is.
        kind: Index of the type.
        seed: Of the replication.
        origin: Number of the caller's first call within its type.
        attempt: How many calls of this caller have failed, from 1.
    """
    spec = system.types[kind]
    if spec.retry is None or attempt > spec.retry.most:
        return None
    rng = generator(seed, f"again/{kind}/{origin}/{attempt}")
    if rng.random() >= spec.retry.share:
        return None
    delay_ms = spec.retry.delay.sampler(rng)()
    services, patiences = draws(spec, rng)
    return delay_ms, services[-1](), patiences[-1]()


def _endless() -> int:
    return NEVER
