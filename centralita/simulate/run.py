"""Runs cases on all cores and gives their results in the order of the file."""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from acd.model import PolicyRules
from acd.sim.counters import Counters
from acd.sim.measures import measure
from acd.sim.predictors import Foretold
from acd.stats.pace import PaceBook
from centralita.simulate import formulas, jobs
from centralita.simulate.cases import SIMULATED, Case, scenario
from centralita.simulate.choice import Choice, own_rule
from centralita.simulate.progress import Bar
from centralita.simulate.reading import At, CasesError
from centralita.simulate.results import Figure, Result, agent_figures, rows

_NO_NOTE = "solo describe una tabla publicada / only describes a published table"
_GOAL = "una meta se mide con --policy / a goal is measured with --policy"
_FORMULA = "no simula nada; sin --policy / simulates nothing; leave --policy out"


@dataclass(frozen=True, slots=True)
class Plan:
    """A case, and the work that it needs."""

    case: Case
    skipped: str = ""
    runs: Case | None = None
    """What is simulated: the case itself, or the scenario of a goal."""
    policy: PolicyRules | None = None
    named: str = ""
    """The policy that replaces the case's own rule; empty: none does."""
    work: tuple[jobs.AnyJob, ...] = ()

    @property
    def learns(self) -> jobs.Job | None:
        """A job whose warm-up serves them all; None: nothing is learned beforehand."""
        return next((job for job in self.work if isinstance(job, jobs.Job) and job.warm_up), None)


def plan(
    cases: Sequence[Case], everything: Sequence[Case], choice: Choice | None, named: str, seed: int
) -> list[Plan]:
    """
    What is to be done for each case.

    Args:
        cases: Those to be run.
        everything: All of the file: goals find their scenario there.
        choice: The policy that replaces the cases' own rules; None: none does.
        named: What to call it.
        seed: Of all that is drawn.

    Raises:
        CasesError: A case cannot be run as it stands.
    """
    return [_plan(case, everything, choice, named, seed) for case in cases]


def _plan(case: Case, everything: Sequence[Case], choice: Choice | None, named: str, seed: int) -> Plan:
    if case.note_only:
        return Plan(case, f"{_NO_NOTE}: {case.note_only}")
    if case.kind == "goal" and choice is None:
        return Plan(case, _GOAL)
    if case.kind in SIMULATED or case.kind == "goal":
        runs = scenario(everything, case) if case.kind == "goal" else case
        policy = own_rule(runs) if choice is None else choice(runs)
        work = jobs.cut(runs, policy, seed)
        return Plan(case, "", runs, policy, named if choice is not None else "", tuple(work))
    if choice is not None:
        return Plan(case, _FORMULA)
    if case.kind == "predictor":
        return Plan(case, work=tuple(_predictor(case, seed)))
    return Plan(case)


def run(plans: Sequence[Plan], *, workers: int | None = None) -> Iterator[Result]:
    """
    Do the work and give each result as soon as it and all before it are there.

    Args:
        plans: What to do.
        workers: Processes; None: one for each core that we may use. Makes no difference to results.
    """
    pieces = [job for one in plans for job in one.work]
    count = min(len(pieces), workers or len(os.sched_getaffinity(0)))
    with Bar(sum(job.size for job in pieces)) as bar:
        if count <= 1:
            for one in plans:
                learned = _taught(one.work, jobs.learn(one.learns) if one.learns else None)
                yield _result(one, [_done_here(job, bar) for job in learned])
            return
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(count, mp_context=context) as pool:
            books = [pool.submit(jobs.learn, one.learns) if one.learns else None for one in plans]
            futures = [
                [_submit(pool, job, bar) for job in _taught(one.work, book.result() if book else None)]
                for one, book in zip(plans, books, strict=True)
            ]
            try:
                for one, pending in zip(plans, futures, strict=True):
                    yield _result(one, [future.result() for future in pending])
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def _taught(work: Sequence[jobs.AnyJob], paces: PaceBook | None) -> list[jobs.AnyJob]:
    if paces is None:
        return list(work)
    return [replace(job, paces=paces) if isinstance(job, jobs.Job) else job for job in work]


def _done_here(job: jobs.AnyJob, bar: Bar) -> Counters | Foretold:
    found = jobs.run(job)
    bar.add(job.size)
    return found


def _submit(pool: ProcessPoolExecutor, job: jobs.AnyJob, bar: Bar) -> Future[Counters | Foretold]:
    future = pool.submit(jobs.run, job)
    future.add_done_callback(partial(_count, bar, job.size))
    return future


def _count(bar: Bar, size: float, _: Future[Counters | Foretold]) -> None:
    bar.add(size)


def _result(one: Plan, parts: Sequence[Counters | Foretold]) -> Result:
    case = one.case
    if one.skipped:
        return Result(case.name, case.kind, skipped=one.skipped)
    if case.kind == "closed_form":
        known = formulas.compute(At(f"{case.name}: system", case.raw))
        return Result(
            case.name,
            case.kind,
            _judged(case, {name: known[name]() for name in case.expected if name in known}),
        )
    if case.kind == "predictor":
        foretold = Foretold()
        for part in parts:
            assert isinstance(part, Foretold)
            foretold.add(part)
        found = {name: foretold.measure(name) for name in case.expected}
        return Result(case.name, case.kind, _judged(case, found), calls=foretold.calls)
    return _simulated(one, [part for part in parts if isinstance(part, Counters)])


def _simulated(one: Plan, parts: Sequence[Counters]) -> Result:
    case, runs = one.case, one.runs
    assert runs is not None and runs.system is not None
    system, counters = runs.system, parts[0]
    for part in parts[1:]:
        counters.add(part)
    calls = counters.total().offered
    if not one.named:
        found = {name: measure(system, counters, name) for name in case.expected}
        return Result(case.name, case.kind, _judged(case, found), calls=calls)
    goal = case.kind == "goal"
    learns = one.learns
    return Result(
        case.name,
        case.kind,
        policy=one.named,
        rows=rows(system, counters),
        score=counters.score(system),
        aim=case.aim if goal else None,
        least=case.least if goal else None,
        calls=calls,
        agents=agent_figures(system, counters),
        warm_up=learns.warm_up if learns is not None else (),
    )


def _judged(case: Case, found: dict[str, float | None]) -> tuple[Figure, ...]:
    return tuple(
        Figure(name, found.get(name), expected.value, expected.tol)
        for name, expected in case.expected.items()
    )


def _predictor(case: Case, seed: int) -> list[jobs.PredictorJob]:
    """Load and patience stand in the label: "M/M/100+M rho 1.1 theta .2", theta in patiences a service."""
    at = At(f"{case.name}: system", case.raw)
    agents, service_s = at.get("agents").whole(1), at.get("aht_s").number(0.001)
    rho, theta = (_labelled(at, name) for name in ("rho", "theta"))
    if rho is None:
        raise at.error("falta «rho», la carga por agente", '"rho", the load by agent, is missing')
    patience_s = service_s / theta if theta else None
    try:
        return jobs.cut_predictor(
            rate=rho * agents / service_s,
            service_s=service_s,
            agents=agents,
            patience_s=patience_s,
            seed=seed,
        )
    except ValueError as error:
        raise CasesError(f"{at.place}: sin equilibrio / no equilibrium: {error}") from error


def _labelled(at: At, name: str) -> float | None:
    if at.has(name):
        return at.get(name).number()
    label = at.get("label").text() if at.has("label") else ""
    found = re.search(rf"\b{name}\s*=?\s*(\d*\.?\d+)", label)
    return None if found is None else float(found[1])
