"""Before and after: each policy on the same fresh days, with bands that tell noise from gain."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from acd.model import PolicyRules
from acd.sim.system import System
from centralita.tune.budget import REPORT_UNTIL, STEPS_LEAST, Plan, Watch
from centralita.tune.objective import Figures
from centralita.tune.trial import Bench, Trial, seeds

T_95 = (
    12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
)  # fmt: skip
"""Student's t, 97.5 %, by degrees of freedom from 1; 1.96 beyond."""

Reading = Callable[[Figures], float]

KPIS: Mapping[str, Reading] = {
    "J": lambda f: f.score,
    "SL %": lambda f: f.service_level,
    "abandon %": lambda f: f.abandoned,
    "ASA s": lambda f: f.asa_s,
    "p95 s": lambda f: f.p95_s,
    "p99 s": lambda f: f.p99_s,
    "sd occ.": lambda f: f.spread,
}
"""Weighted by the types' weights: J, SL, abandonment. Waits and spread are of everybody."""


@dataclass(frozen=True, slots=True)
class Band:
    mean: float
    half: float
    """Of the 95 % interval."""

    def __str__(self) -> str:
        return f"{self.mean:.1f} ±{self.half:.1f}"


@dataclass(frozen=True, slots=True)
class Line:
    """One policy."""

    name: str
    kpis: Mapping[str, Band]
    levels: Mapping[str, Band]
    """Service level by segment (by type where there are no segments), per cent."""
    against: Band | None
    """J less that of the first line on the same days; None on the first."""


@dataclass(frozen=True, slots=True)
class Comparison:
    lines: list[Line]
    days: int
    """Each policy was measured on."""
    calls: int
    """Offered to each on these days, all together."""


def compare(
    on: Bench, policies: Mapping[str, PolicyRules], work: Plan, *, seed: int, watch: Watch | None = None
) -> Comparison:
    """
    Measure policies on the engine itself, on the same days, which no search has seen.

    Args:
        on: Where.
        policies: By name; the first is what the others are compared with.
        work: How many steps there may be: each is one batch for the bands.
        seed: Of the days.
        watch: Ends it before that.
    """
    watch = watch or Watch()
    names = seeds("report", seed, work.step_days * work.report_steps)
    runs: list[list[Figures]] = [[] for _ in policies]
    watch.start()
    for step in range(work.report_steps):
        batch = names[step * work.step_days : (step + 1) * work.step_days]
        found = on.measure([Trial(rules, batch, engine=True) for rules in policies.values()])
        for run, figures in zip(runs, found, strict=True):
            run.append(figures)
        if not watch.another(REPORT_UNTIL) and step + 1 >= STEPS_LEAST:
            break
    lines = [
        _line(name, run, None if at == 0 else runs[0], on.ground.system)
        for at, (name, run) in enumerate(zip(policies, runs, strict=True))
    ]
    return Comparison(lines, len(runs[0]) * work.step_days, sum(sum(one.offered) for one in runs[0]))


def _line(name: str, run: Sequence[Figures], first: Sequence[Figures] | None, system: System) -> Line:
    return Line(
        name,
        {kpi: band([read(figures) for figures in run]) for kpi, read in KPIS.items()},
        {part: band([_level(figures, kinds) for figures in run]) for part, kinds in parts(system).items()},
        None
        if first is None
        else band([mine.score - other.score for mine, other in zip(run, first, strict=True)]),
    )


def parts(system: System) -> dict[str, list[int]]:
    """Types by segment; each by itself where no segments are told apart."""
    told_apart = len({kind.segment for kind in system.types}) > 1
    found: dict[str, list[int]] = {}
    for at, kind in enumerate(system.types):
        found.setdefault(kind.segment if told_apart else kind.id, []).append(at)
    return found


def _level(figures: Figures, kinds: Sequence[int]) -> float:
    offered = sum(figures.offered[at] for at in kinds)
    return sum(figures.by_type[at] * figures.offered[at] for at in kinds) / offered if offered else 100.0


def band(values: Sequence[float]) -> Band:
    """Mean and half width of its 95 % interval, from independent batches."""
    if len(values) < 2:
        return Band(values[0], 0.0)
    t = T_95[len(values) - 2] if len(values) - 2 < len(T_95) else 1.96
    return Band(statistics.fmean(values), t * statistics.stdev(values) / math.sqrt(len(values)))


def table(lines: Sequence[Line]) -> str:
    """For people: a column for each policy."""
    rows = [["", *(line.name for line in lines)]]
    rows += [[kpi, *(str(line.kpis[kpi]) for line in lines)] for kpi in KPIS]
    rows += [[f"SL {part} %", *(str(line.levels[part]) for line in lines)] for part in lines[0].levels]
    rows.append(
        [f"J - J({lines[0].name})", *("" if one.against is None else str(one.against) for one in lines)]
    )
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def plain(line: Line) -> dict[str, object]:
    """For the file of weights."""
    return {
        "policy": line.name,
        **{kpi: _pair(found) for kpi, found in line.kpis.items()},
        "levels": {part: _pair(found) for part, found in line.levels.items()},
    }


def _pair(found: Band) -> dict[str, float]:
    return {"mean": round(found.mean, 3), "half": round(found.half, 3)}
