"""What came of a case, and how it is shown: a table for people, plain values for programs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from acd.sim.counters import Counters
from acd.sim.measures import CALLS, measure
from acd.sim.system import System


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside what was expected."""

    name: str
    measured: float | None
    """None: no such figure is known."""
    expected: float | None = None
    tol: float | None = None

    @property
    def ok(self) -> bool:
        """Within the tolerance; always, where nothing was expected."""
        if self.expected is None:
            return True
        if self.measured is None or math.isnan(self.measured):
            return False
        return abs(self.measured - self.expected) <= (self.tol or 0.0) + 1e-12


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of a type, a segment or all calls, under a policy that replaced the case's own."""

    name: str
    offered: int
    figures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    kind: str
    figures: tuple[Figure, ...] = ()
    skipped: str = ""
    """Why nothing was run; empty: something was."""
    policy: str = ""
    """That replaced the case's own rule; empty: none did."""
    rows: tuple[Row, ...] = ()
    score: float | None = None
    aim: float | None = None
    """Of a goal, and `least`, what the best of the peers reaches."""
    least: float | None = None
    calls: int = 0
    agents: dict[str, float] = field(default_factory=dict)
    warm_up: tuple[str, ...] = ()
    """Seeds of the days on which the policy learned beforehand."""

    @property
    def ok(self) -> bool:
        reached = self.aim is None or self.score is None or self.score >= self.aim
        return reached and all(figure.ok for figure in self.figures)


SHOWN = ("sl_offered", "p_abandon", "mean_wait_served", "p95_wait_served", "p_block", "share_primary_level")
_HEADS = ("SL", "aband.", "ASA s", "p95 s", "bloq./block", "niv./lev. 0")


def rows(system: System, counters: Counters) -> tuple[Row, ...]:
    """By type, by segment where there are several, and over all."""
    names = [kind.id for kind in system.types]
    segments = list(dict.fromkeys(kind.segment for kind in system.types))
    lines = [(name, [at]) for at, name in enumerate(names)]
    if len(segments) > 1 and len(segments) < len(names):
        lines += [
            (f"seg{segment}", [at for at, kind in enumerate(system.types) if kind.segment == segment])
            for segment in segments
        ]
    lines.append(("all", list(range(len(names)))))
    found = []
    for name, kinds in lines:
        tally = counters.total(kinds)
        found.append(Row(name, tally.offered, {metric: CALLS[metric](tally) for metric in SHOWN}))
    return tuple(found)


def agent_figures(system: System, counters: Counters) -> dict[str, float]:
    found = {name: measure(system, counters, name) for name in ("occupancy_mean", "occupancy_sd")}
    return {name: value for name, value in found.items() if value is not None}


def lines(result: Result) -> Iterator[str]:
    """For a screen or a log."""
    if result.skipped:
        yield f"omitido / skipped  {result.name}: {result.skipped}"
        return
    head = f"  ({result.calls:,} llamadas / calls)".replace(",", " ") if result.calls else ""
    by = f"  — {result.policy}" if result.policy else ""
    yield f"{'ok  ' if result.ok else 'FAIL'}  {result.name}{by}{head}"
    width = max((len(figure.name) for figure in result.figures), default=0)
    for figure in result.figures:
        yield f"      {figure.name:<{width}}  {_figure(figure)}"
    if result.rows:
        yield from _table(result)
    if result.warm_up:
        days, seed = len(result.warm_up), result.warm_up[0].rsplit("/", 1)[0]
        yield (
            f"      aprendido en {days} días anteriores, semilla «{seed}» / "
            f'learned on {days} days before, seed "{seed}"'
        )
    if result.score is not None:
        yield f"      J = {result.score:.2f}{_aim(result)}"


def as_json(result: Result) -> dict[str, Any]:
    """The same as plain values; what is not a number is null."""
    return {
        "name": result.name,
        "kind": result.kind,
        "ok": None if result.skipped else result.ok,
        "skipped": result.skipped or None,
        "policy": result.policy or None,
        "calls": result.calls,
        "figures": [
            {
                "name": figure.name,
                "measured": _plain(figure.measured),
                "expected": figure.expected,
                "tol": figure.tol,
                "ok": figure.ok,
            }
            for figure in result.figures
        ],
        "rows": [
            {"name": row.name, "offered": row.offered}
            | {name: _plain(value) for name, value in row.figures.items()}
            for row in result.rows
        ],
        "agents": result.agents,
        "warm_up": list(result.warm_up),
        "score": result.score,
        "aim": result.aim,
        "min": result.least,
    }


def _figure(figure: Figure) -> str:
    if figure.measured is None:
        return "no se conoce esta figura / no such figure is known  FAIL"
    text = f"{figure.measured:>12.6g}"
    if figure.expected is None:
        return text
    judged = "ok" if figure.ok else "FAIL"
    return f"{text}  esperado / expected {figure.expected:>10.6g} ± {figure.tol:<9.4g} {judged}"


def _table(result: Result) -> Iterator[str]:
    width = max(6, *(len(row.name) for row in result.rows))
    heads = "".join(f"{head:>12}" for head in _HEADS)
    yield f"      {'':<{width}}{'ofrec./off.':>12}{heads}"
    for row in result.rows:
        cells = "".join(_cell(name, row.figures[name]) for name in SHOWN)
        yield f"      {row.name:<{width}}{row.offered:>12}{cells}"
    mean, spread = (result.agents.get(name, math.nan) for name in ("occupancy_mean", "occupancy_sd"))
    yield f"      ocupación / occupancy {100 * mean:.1f} %, sd {100 * spread:.1f}"


def _cell(name: str, value: float) -> str:
    if math.isnan(value):
        return f"{'–':>12}"
    return f"{value:>12.2f}" if "wait" in name else f"{100 * value:>10.2f} %"


def _aim(result: Result) -> str:
    if result.aim is None:
        return ""
    least = f", mín. / min {result.least:.2f}" if result.least is not None else ""
    reached = "ok" if result.ok else "FAIL"
    return f"  meta / aim {result.aim:.2f}{least}  {reached}"


def _plain(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
