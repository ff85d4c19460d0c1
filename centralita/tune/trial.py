"""One trial: a policy on simulated days of a system; many of them side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

from acd.model import PolicyRules
from acd.routing.policies import build
from acd.sim import centre
from acd.sim.counters import Counters
from acd.sim.replicate import replicate
from acd.sim.router import Router
from acd.sim.system import System
from acd.stats.pace import PaceBook
from centralita.tune.lean import LeanRouter, kind_of
from centralita.tune.objective import Figures, figures
from centralita.tune.own_centre import OwnCentre

T = TypeVar("T")

PIECE_CALLS = 4_000
"""A long run is cut into independent pieces of about so many calls, each with its own warm-up."""
WARMUP_MS_MAX = 3_600_000
"""A piece begins empty; after an hour a centre has forgotten it."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What trials are made on."""

    system: System
    until_ms: int
    """Length of one day or piece."""
    warmup_ms: int = 0
    own: OwnCentre | None = None
    """The configuration behind the system; None: one queue a type."""
    paces: PaceBook | None = None
    """What the engine has learned on earlier days; None: it begins with nothing."""

    @property
    def calls(self) -> float:
        """Expected in one day or piece."""
        periods = [
            (start_ms, min(self.system.period_ms, self.until_ms - start_ms))
            for start_ms in range(0, self.until_ms, self.system.period_ms)
        ]
        return sum(
            kind.rates[(start_ms // self.system.period_ms) % len(kind.rates)] * length_ms / 1000
            for kind in self.system.types
            for start_ms, length_ms in periods
        )


@dataclass(frozen=True, slots=True)
class Trial:
    rules: PolicyRules
    seeds: tuple[str, ...]
    """One day or piece each."""
    engine: bool = False
    """On the engine itself; else on the same policy without the engine's bookkeeping."""


def whole_days(system: System, day_ms: int) -> Ground:
    return Ground(system, day_ms)


def warmed(ground: Ground, seed: int) -> Ground:
    """
    The same days for an engine that has been at work before, as a live one has.

    It learns on days of its own (see `acd.sim.centre.warm_up`) under the policy `smart`. A
    stationary ground, which has a warm-up, and an own centre stay as they are.
    """
    if ground.warmup_ms or ground.own is not None:
        return ground
    days = centre.warm_up(ground.system, ground.until_ms, seed)
    return replace(
        ground,
        paces=centre.learned(ground.system, PolicyRules("smart"), seeds=days, until_ms=ground.until_ms),
    )


def pieces(system: System, warmup_ms: int) -> Ground:
    """A stationary system, cut up."""
    warmup_ms = min(warmup_ms, WARMUP_MS_MAX)
    rate = sum(sum(kind.rates) / len(kind.rates) for kind in system.types)
    return Ground(system, warmup_ms + round(PIECE_CALLS / rate * 1000), warmup_ms)


def run(ground: Ground, trial: Trial) -> Counters:
    """All days of a trial, added up."""
    return replicate(
        ground.system,
        _maker(ground, trial),
        seeds=trial.seeds,
        until_ms=ground.until_ms,
        warmup_ms=ground.warmup_ms,
    )


def measure(ground: Ground, trial: Trial) -> Figures:
    return figures(run(ground, trial), ground.system)


def _maker(ground: Ground, trial: Trial) -> Callable[[str], Router]:
    system, own = ground.system, ground.own
    if trial.engine:
        return (
            centre.Maker(system, trial.rules, paces=ground.paces)
            if own is None
            else lambda seed: own.router(trial.rules)
        )
    if own is None:
        routing = centre.routing(system, trial.rules)
        kinds = [kind_of(routing, queue) for queue in centre.queue_ids(system)]
    else:
        routing = own.under(trial.rules)
        kinds = [kind_of(routing, one.queue, one.segment, one.language) for one in own.streams]
    policy = build(trial.rules, routing)
    return lambda seed: LeanRouter(system, routing, policy, kinds)


class Bench:
    """
    Measures trials on one ground, in the order in which they are given.

    Args:
        ground: What they are made on.
        pool: Side by side in its processes; None: one after the other, here.
    """

    def __init__(self, ground: Ground, pool: ProcessPoolExecutor | None, cores: int) -> None:
        self.ground = ground
        self.cores = cores
        self._pool = pool

    def measure(self, trials: Sequence[Trial]) -> Iterator[Figures]:
        return self._each(partial(measure, self.ground), trials)

    def run(self, trials: Sequence[Trial]) -> Iterator[Counters]:
        """The same as plain counts, which add up."""
        return self._each(partial(run, self.ground), trials)

    def calls_per_second(self, rules: PolicyRules) -> float:
        """Simulated by the search here and now, all cores together."""
        one = [Trial(rules, ("speed",))] * self.cores
        list(self.measure(one))  # processes start, modules are read
        began_s = time.perf_counter()
        list(self.measure(one))
        return self.cores * self.ground.calls / max(1e-3, time.perf_counter() - began_s)

    def _each(self, work: Callable[[Trial], T], trials: Sequence[Trial]) -> Iterator[T]:
        return iter(map(work, trials) if self._pool is None else self._pool.map(work, trials))


@contextmanager
def bench(ground: Ground, cores: int) -> Iterator[Bench]:
    """A bench with as many processes as cores; one core needs none."""
    if cores <= 1:
        yield Bench(ground, None, 1)
        return
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        yield Bench(ground, pool, cores)


def seeds(purpose: str, seed: int, count: int) -> tuple[str, ...]:
    """Names of days that no other purpose draws."""
    return tuple(f"{purpose}/{seed}/{number}" for number in range(count))
