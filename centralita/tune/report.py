"""Before and after: each policy on the same fresh days, with bands that tell noise from gain."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from acd.model import PolicyRules
from acd.sim.system import System
from centralita.tune.objective import Figures
from centralita.tune.trial import Bench, Trial, seeds

BATCHES = 10
T_95 = 2.262
"""Student's t, 97.5 %, 9 degrees of freedom: BATCHES - 1."""

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


def compare(
    on: Bench, policies: Mapping[str, PolicyRules], *, days: int, seed: int, engine: bool
) -> list[Line]:
    """
    Measure policies on the same days, which no search has seen.

    Args:
        on: Where.
        policies: By name; the first is what the others are compared with.
        days: For each policy, at least; split into `BATCHES`.
        seed: Of the days.
        engine: On the engine itself.
    """
    each = max(1, math.ceil(days / BATCHES))
    names = seeds("report", seed, each * BATCHES)
    batches = [names[at : at + each] for at in range(0, len(names), each)]
    trials = [Trial(rules, batch, engine) for rules in policies.values() for batch in batches]
    found = list(on.measure(trials))
    runs = [found[at : at + BATCHES] for at in range(0, len(found), BATCHES)]
    return [
        _line(name, run, None if at == 0 else runs[0], on.ground.system)
        for at, (name, run) in enumerate(zip(policies, runs, strict=True))
    ]


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
    return Band(statistics.fmean(values), T_95 * statistics.stdev(values) / math.sqrt(len(values)))


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
