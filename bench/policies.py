"""
Policies beside emulations of other products' rules: `python -m bench.policies [--cases FILE] [--minutes M]`.

The same calls for everybody (common random numbers), bands of 95 % over ten batches of
days that no search has seen. Ours run on the engine itself; peers behind the same
simulated world. `tuned` is tuned first, on days of its own. With `--cases`, the cases
named S2 and S4 of a file in the reference format come first.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from acd.model import PolicyRules
from acd.sim import centre
from acd.sim.replicate import replicate
from acd.sim.router import Router, RouterMaker
from acd.sim.system import System
from acd.stats.pace import PaceBook
from bench import scenarios
from bench.figures import machine
from bench.peers.app_queue import STRATEGIES, AppQueue
from bench.peers.mod_callcenter import ModCallcenter
from bench.peers.textbook import FirstComeFirstServed, LevelFirst, all_skilled
from centralita.simulate.cases import load, only
from centralita.tune.budget import Watch, by_time
from centralita.tune.features import Family, by_type
from centralita.tune.objective import Figures, figures
from centralita.tune.report import KPIS, Band, band, parts
from centralita.tune.trial import Bench, Ground, pieces, seeds, warmed, whole_days
from centralita.tune.tuning import Tuned, Tuning

CALLS = 40_000
"""For each policy, about."""
BATCHES = 10
PHASES = 0.75
"""Search and choice, of the time that a whole tuning has."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Who routes, and on which system (bounds change it)."""

    name: str
    system: System
    make: RouterMaker


def ours(ground: Ground, name: str, rules: PolicyRules) -> Contender:
    return Contender(name, ground.system, partial(_engine, rules, ground.paces))


def _engine(rules: PolicyRules, paces: PaceBook | None, system: System, seed: str) -> Router:
    return centre.Maker(system, rules, paces=paces)(seed)


def _weighted(system: System, seed: str) -> Router:
    worst = max(one.priority for one in system.types)
    return AppQueue(system, seed, weights=[worst - one.priority for one in system.types])


def peers(system: System, strategies: Sequence[str]) -> list[Contender]:
    """Other products' rules, and bounds."""
    bound = all_skilled(system)
    return [
        *(Contender(f"app_queue {name}", system, partial(_app_queue, name)) for name in strategies),
        Contender("app_queue leastrecent+weight", system, _weighted),
        Contender("mod_callcenter tiers", system, partial(_callcenter, 0)),
        Contender("mod_callcenter tier rules 30 s", system, partial(_callcenter, 30)),
        Contender("level first", system, LevelFirst),
        Contender("first come, first served", system, FirstComeFirstServed),
        Contender("BOUND all skills, priority", bound, LevelFirst),
    ]


def _app_queue(strategy: str, system: System, seed: str) -> Router:
    return AppQueue(system, seed, strategy=strategy)


def _callcenter(tier_wait_s: int, system: System, seed: str) -> Router:
    return ModCallcenter(system, seed, tier_wait_s=tier_wait_s)


def measure(ground: Ground, contender: Contender, days: tuple[str, ...]) -> Figures:
    """One batch of days."""
    counters = replicate(
        contender.system,
        partial(contender.make, contender.system),
        seeds=days,
        until_ms=ground.until_ms,
        warmup_ms=ground.warmup_ms,
    )
    return figures(counters, contender.system)


def compare(pool: ProcessPoolExecutor, ground: Ground, entered: list[Contender], seed: int) -> Iterator[str]:
    """The table of one scenario, a line for each contender."""
    each = max(1, math.ceil(CALLS / ground.calls / BATCHES))
    days = seeds("bench", seed, each * BATCHES)
    batches = [days[at : at + each] for at in range(0, len(days), each)]
    jobs = [(one, batch) for one in entered for batch in batches]
    found = list(pool.map(partial(measure, ground), *zip(*jobs, strict=True)))
    yield f"| policy | {' | '.join(KPIS)} | SL {' / '.join(parts(ground.system))} |"
    yield "|---" * (len(KPIS) + 2) + "|"
    for at, one in enumerate(entered):
        run = found[at * BATCHES : (at + 1) * BATCHES]
        kpis = " | ".join(str(band([read(figures) for figures in run])) for read in KPIS.values())
        levels = " / ".join(f"{_level(run, kinds).mean:.0f}" for kinds in parts(ground.system).values())
        yield f"| {one.name} | {kpis} | {levels} |"


def _level(run: list[Figures], kinds: list[int]) -> Band:
    return band(
        [
            sum(one.by_type[at] * one.offered[at] for at in kinds)
            / max(1, sum(one.offered[at] for at in kinds))
            for one in run
        ]
    )


def grounds(cases: Path | None) -> Mapping[str, Callable[[], Ground]]:
    """Scenarios by name."""
    found: dict[str, Callable[[], Ground]] = {}
    if cases is not None:
        found |= {name: partial(_of_case, cases, name) for name in ("S2", "S4")}
    return found | {
        "bank": lambda: _day(scenarios.bank()),
        "overload": lambda: _day(scenarios.overload()),
        "unequal": lambda: _day(scenarios.unequal()),
        "n": lambda: pieces(scenarios.n_design(), 3_600_000),
    }


def _day(system: System) -> Ground:
    return whole_days(system, system.period_ms * system.periods)


def _of_case(file: Path, name: str) -> Ground:
    case = only(load(file), name)[0]
    assert case.system is not None
    return whole_days(case.system, case.day_ms) if case.kind == "day" else pieces(case.system, case.warmup_ms)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, help="file in the reference format, with S2 and S4")
    parser.add_argument("--only", help="one scenario, by name")
    parser.add_argument("--minutes", type=float, default=4.0, help="for tuning each scenario")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--strategies", nargs="*", default=("leastrecent",), choices=STRATEGIES)
    parser.add_argument("--no-tuned", action="store_true", help="leave `tuned` out: nothing is tuned")
    asked = parser.parse_args()
    print(machine())
    for name, make in grounds(asked.cases).items():
        if asked.only in (None, name):
            _scenario(name, make(), asked)
            sys.stdout.flush()


def _scenario(name: str, ground: Ground, asked: argparse.Namespace) -> None:
    ground = warmed(ground, asked.seed)
    system = ground.system
    entered = [ours(ground, "fair", PolicyRules("fair")), ours(ground, "smart", PolicyRules("smart"))]
    told = ""
    with ProcessPoolExecutor(asked.cores, mp_context=get_context("spawn")) as pool:
        if not asked.no_tuned:
            found = _tuned(Bench(ground, pool, asked.cores), asked)
            entered.append(ours(ground, "tuned", found.rules))
            told = (
                f"\ntuned: from {found.start!r}, better than it: {found.searched}; {found.evaluations} "
                f"trials of {found.days} days, chosen on {found.choice_days} others\n"
            )
        entered += peers(system, asked.strategies)
        print(f"\n### {name}: {len(system.agents)} agents, {len(system.types)} types\n")
        for line in compare(pool, ground, entered, asked.seed):
            print(line)
    print(told)


def _tuned(on: Bench, asked: argparse.Namespace) -> Tuned:
    family = Family(on.ground.system, by_type(on.ground.system))
    some = family.rules(next(iter(family.starts().values())))
    whole = asked.minutes / PHASES
    work = by_time(on.ground.calls, whole, on.calls_per_second(some))
    return Tuning(on, family, work, seed=asked.seed, watch=Watch(whole)).run()


if __name__ == "__main__":
    main()
