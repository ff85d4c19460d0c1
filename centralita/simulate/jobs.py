"""Pieces of work for a process pool. How a case is cut never depends on how many processes there are."""

from __future__ import annotations

import gc
import math
from dataclasses import dataclass, replace

from acd.model import PolicyRules
from acd.routing.policies import build
from acd.sim import centre, closed_form
from acd.sim.counters import Counters
from acd.sim.laws import exponential
from acd.sim.predictors import Foreteller, Foretold
from acd.sim.replicate import paired_seeds, replicate
from acd.sim.system import CallType, SimAgent, Skill, System
from acd.sim.world import World
from acd.stats.pace import PaceBook
from centralita.simulate.cases import Case

PARTS = 4
"""A stationary run becomes so many independent ones, each with its own warm-up."""

CALLS_WANTED = 300_000
REPEATS = 8

DAY_JOBS = 16
"""Days of one case are done in at most so many pieces."""

CALLS_PER_PART = 10_000
"""Shorter runs are not cut up."""


@dataclass(frozen=True, slots=True)
class Job:
    """Replications of one system under one policy."""

    system: System
    policy: PolicyRules
    seeds: tuple[str, ...]
    until_ms: int
    warmup_ms: int
    overtime: bool = False
    """As in `acd.sim.world.World`."""
    warm_up: tuple[str, ...] = ()
    """Days on which the policy learns first; they are not measured."""
    paces: PaceBook | None = None
    """What it learned on them."""

    @property
    def size(self) -> float:
        """Calls to be expected."""
        return _calls(self.system, self.until_ms) * len(self.seeds)


@dataclass(frozen=True, slots=True)
class PredictorJob:
    """Replications of a queue with one skill, each begun in a state drawn from its equilibrium."""

    rate: float
    service_s: float
    agents: int
    patience_s: float | None
    seeds: tuple[str, ...]
    crowds: tuple[int, ...]
    """Calls that are there already, by replication."""
    until_ms: int
    warmup_ms: int

    @property
    def size(self) -> float:
        return self.rate * self.until_ms / 1000 * len(self.seeds)


AnyJob = Job | PredictorJob


def run(job: AnyJob) -> Counters | Foretold:
    """Do one piece of work; runs in any process."""
    return _simulate(job) if isinstance(job, Job) else _foretell(job)


def cut(case: Case, policy: PolicyRules, seed: int) -> list[Job]:
    """
    The pieces of a simulated case, in mirrored pairs.

    A stationary case is run for its duration at least, and repeated up to `REPEATS` times
    until `CALLS_WANTED` are there: tolerances are narrow beside the noise of a short run.
    """
    system = case.system
    assert system is not None
    if case.kind == "day":
        seeds = paired_seeds(seed, case.days)
        size = 2 * -(-len(seeds) // (2 * DAY_JOBS))
        chunks = [seeds[at : at + size] for at in range(0, len(seeds), size)]
        warm_up = _warm_up(case, policy, seed)
        return [Job(system, policy, chunk, case.day_ms, 0, True, warm_up) for chunk in chunks]
    calls = _calls(system, case.duration_ms)
    if calls < PARTS * CALLS_PER_PART:
        return [Job(system, policy, paired_seeds(seed, 2), case.warmup_ms + case.duration_ms, case.warmup_ms)]
    repeats = max(1, min(REPEATS, math.ceil(CALLS_WANTED / calls)))
    until_ms = case.warmup_ms + case.duration_ms // PARTS
    return [
        Job(system, policy, (one,), until_ms, case.warmup_ms) for one in paired_seeds(seed, PARTS * repeats)
    ]


def _warm_up(case: Case, policy: PolicyRules, seed: int) -> tuple[str, ...]:
    """A live centre has been at work before: whoever learns begins a day with what other days taught."""
    assert case.system is not None
    learns = build(policy, centre.routing(case.system, policy)).learns
    return centre.warm_up(case.system, case.day_ms, seed) if learns else ()


def learn(job: Job) -> PaceBook:
    """What the policy knows after the job's days of warm-up; runs in any process."""
    return centre.learned(job.system, job.policy, seeds=job.warm_up, until_ms=job.until_ms)


def _calls(system: System, until_ms: int) -> float:
    mean_rate = sum(sum(kind.rates) / len(kind.rates) for kind in system.types)
    return mean_rate * until_ms / 1000


def _simulate(job: Job) -> Counters:
    # Built once: a configuration is a frozen value, only the engine is made anew for each replication.
    make = centre.Maker(job.system, job.policy, paces=job.paces)
    gc.disable()  # hardly anything refers in circles, and looking for it costs a tenth of the time
    try:
        return replicate(
            job.system,
            make,
            seeds=job.seeds,
            until_ms=job.until_ms,
            warmup_ms=job.warmup_ms,
            overtime=job.overtime,
        )
    finally:
        gc.enable()


# --- predictors

REPLICATIONS = 800
PREDICTOR_JOBS = 8
WARM_MS, MEASURED_MS = 240_000, 760_000


def cut_predictor(
    *, rate: float, service_s: float, agents: int, patience_s: float | None, seed: int
) -> list[PredictorJob]:
    """
    The pieces of a predictor case.

    Each replication begins with the number of calls that is a quantile of the
    equilibrium (stratified sampling), so that no long run-in is needed near saturation.
    """
    law = closed_form.in_system(rate=rate, service_s=service_s, agents=agents, patience_s=patience_s)
    crowds = [_quantile(law, (at + 0.5) / REPLICATIONS) for at in range(REPLICATIONS)]
    seeds = paired_seeds(seed, REPLICATIONS)
    base = PredictorJob(rate, service_s, agents, patience_s, (), (), WARM_MS + MEASURED_MS, WARM_MS)
    return [
        replace(
            base,
            seeds=seeds[first::PREDICTOR_JOBS],
            crowds=tuple(crowds[first::PREDICTOR_JOBS]),
        )
        for first in range(PREDICTOR_JOBS)
    ]


def _quantile(law: list[float], share: float) -> int:
    below = 0.0
    for value, probability in enumerate(law):
        below += probability
        if below >= share:
            return value
    return len(law) - 1


def _foretell(job: PredictorJob) -> Foretold:
    patience = () if job.patience_s is None else (exponential(job.patience_s * 1000),)
    kind = CallType("a", (job.rate,), (exponential(job.service_s * 1000),), patience)
    agents = tuple(SimAgent(f"g-{at:04d}", "g", {0: Skill(0)}) for at in range(job.agents))
    system = System((kind,), agents, job.until_ms)
    make, whole = centre.Maker(system, PolicyRules("fair")), Foretold()
    for seed, crowd in zip(job.seeds, job.crowds, strict=True):
        watched = Foreteller(
            make(seed), agents=job.agents, service_s=job.service_s, patience_s=job.patience_s
        )
        World(system, watched, seed=seed, until_ms=job.until_ms, warmup_ms=job.warmup_ms, crowd=crowd).run()
        whole.add(watched.foretold)
    return whole
