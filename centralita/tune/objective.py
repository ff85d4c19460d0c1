"""
What a set of weights is worth: the score J, less what it does to those who wait longest and to the agents.

J = 100 x (sum w x answered in target - sum w x abandoned) / sum w x offered. Guards are
soft: within them nothing is taken off, beyond them each unit costs half a point, so that
no caller is starved for the sake of others' targets and nobody carries others' work.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from acd.sim.counters import Counters, Tally
from acd.sim.measures import percentile_ms
from acd.sim.system import System

PER_SECOND = 0.5
"""Points off for each second of the 95th percentile of waits beyond the limit."""
TAIL_PER_SECOND = 0.5
"""The same for the 99th."""
PER_SPREAD = 0.5
"""Points off for each percentage point of spread of occupancy beyond the limit."""
PER_WORST = 0.5
"""Points off for each point by which a type's service level lies below its floor (the worst type counts)."""
WAIT_SLACK = 1.1
"""Of first come, first served."""
TAIL_SLACK = 1.5
SPREAD_FREE = 5.0
"""Percentage points of spread that are never taken amiss: about 24 minutes of an eight-hour day."""
WORST_SLACK = 8.0
"""Points of service level that a type may lose against the better of the two plain rules."""
CALLS_MIN = 200
"""A type with fewer calls offered has no floor: its service level is mostly chance."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One run, or several added up, in the units of the guards."""

    score: float
    """J, points."""
    service_level: float
    """Weighted, per cent."""
    abandoned: float
    """Weighted, per cent."""
    asa_s: float
    p95_s: float
    """Of all waits, those given up included."""
    p99_s: float
    spread: float
    """Standard deviation of the agents' occupancy, percentage points."""
    by_type: tuple[float, ...]
    """Service level, per cent of offered."""
    offered: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Taken from the plain rules on the very same calls."""

    p95_s: float
    p99_s: float
    spread: float
    floors: tuple[float, ...]
    """Of each type's service level; 0 where there is none."""


def figures(counters: Counters, system: System) -> Figures:
    """What the guards ask for."""
    whole = counters.total()
    waits = sorted([*whole.waits_answered, *whole.waits_abandoned])
    weighted = [(kind.weight, tally) for kind, tally in zip(system.types, counters.tallies, strict=True)]
    offered = sum(weight * tally.offered for weight, tally in weighted) or 1.0
    busy = [
        100 * busy_ms / signed_ms
        for busy_ms, signed_ms in zip(counters.busy_ms, counters.signed_ms, strict=True)
        if signed_ms
    ]
    return Figures(
        score=counters.score(system),
        service_level=100 * sum(weight * tally.in_target for weight, tally in weighted) / offered,
        abandoned=100 * sum(weight * tally.abandoned for weight, tally in weighted) / offered,
        asa_s=whole.wait_answered_ms / max(1, whole.answered) / 1000,
        p95_s=percentile_ms(waits, 0.95) / 1000,
        p99_s=percentile_ms(waits, 0.99) / 1000,
        spread=statistics.pstdev(busy) if busy else 0.0,
        by_type=tuple(_level(tally) for tally in counters.tallies),
        offered=tuple(tally.offered for tally in counters.tallies),
    )


def limits(first_come: Figures, level_first: Figures) -> Limits:
    """
    What is to be kept.

    Args:
        first_come: First come, first served, agents by idle time.
        level_first: Priority, then level, then idle time.
    """
    floors = tuple(
        max(0.0, max(one, other) - WORST_SLACK) if calls >= CALLS_MIN else 0.0
        for one, other, calls in zip(first_come.by_type, level_first.by_type, first_come.offered, strict=True)
    )
    return Limits(
        p95_s=WAIT_SLACK * first_come.p95_s,
        p99_s=TAIL_SLACK * first_come.p99_s,
        spread=max(SPREAD_FREE, level_first.spread),
        floors=floors,
    )


def worth(found: Figures, kept: Limits) -> float:
    """J less what the guards take off."""
    short = max((floor - level for floor, level in zip(kept.floors, found.by_type, strict=True)), default=0.0)
    return (
        found.score
        - PER_SECOND * max(0.0, found.p95_s - kept.p95_s)
        - TAIL_PER_SECOND * max(0.0, found.p99_s - kept.p99_s)
        - PER_SPREAD * max(0.0, found.spread - kept.spread)
        - PER_WORST * max(0.0, short)
    )


def _level(tally: Tally) -> float:
    return 100 * tally.in_target / tally.offered if tally.offered else 100.0
