"""
The figures of a simulation by name, exactly as the reference cases define them.

`TYPE.metric`, `segSEGMENT.metric` and `all.metric` are of calls, `GROUP.occupancy`,
`occupancy_mean` and `occupancy_sd` of agents; some names are per day.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from acd.sim.counters import Counters, Tally
from acd.sim.system import System


def _share(part: float, whole: float) -> float:
    """Without any call there is no share: nan, which is outside every tolerance."""
    return part / whole if whole else float("nan")


def _admitted(tally: Tally) -> int:
    return tally.offered - tally.blocked


def percentile_ms(waits: Sequence[int], share: float) -> float:
    """The smallest wait that at least this share does not exceed, milliseconds; nan for no waits."""
    if not waits:
        return float("nan")
    ordered = sorted(waits)
    return float(ordered[max(0, min(len(ordered), -int(-share * len(ordered) // 1)) - 1)])


CALLS: dict[str, Callable[[Tally], float]] = {
    "p_wait": lambda t: _share(_admitted(t) - t.at_once, _admitted(t)),
    "mean_wait_all": lambda t: _share(t.wait_answered_ms + t.wait_abandoned_ms, 1000 * _admitted(t)),
    "mean_wait_served": lambda t: _share(t.wait_answered_ms, 1000 * t.answered),
    "p_abandon": lambda t: _share(t.abandoned, t.offered),
    "sl_offered": lambda t: _share(t.in_target, t.offered),
    "sl_served": lambda t: _share(t.in_target, t.answered),
    "sl_answered_in_awt_over_(served+abandoned_after_awt)": lambda t: _share(
        t.in_target, t.answered + t.abandoned - t.abandoned_in_target
    ),
    "p_block": lambda t: _share(t.blocked, t.offered),
    "share_primary_level": lambda t: _share(t.primary, t.answered),
    "p95_wait_served": lambda t: percentile_ms(t.waits_answered, 0.95) / 1000,
    "asa_s": lambda t: _share(t.wait_answered_ms, 1000 * t.answered),
    "mean_wait_all_s": lambda t: _share(t.wait_answered_ms + t.wait_abandoned_ms, 1000 * _admitted(t)),
}
"""Of calls, by name."""

PER_DAY: dict[str, Callable[[Tally], int]] = {
    "offered_per_day": lambda t: t.offered,
    "served_per_day": lambda t: t.answered,
    "abandoned_per_day": lambda t: t.abandoned,
    "blocked_per_day": lambda t: t.blocked,
    "in_target_per_day": lambda t: t.in_target,
    "good_per_day": lambda t: t.in_target,
}


def measure(system: System, counters: Counters, name: str) -> float | None:
    """
    One figure.

    Args:
        system: What was simulated.
        counters: What came of it.
        name: As in a case's `expected`.

    Returns:
        The figure; nan if nothing happened that it could be made of; None for a name
        that is not known.
    """
    if name in CALLS:
        return CALLS[name](counters.total())
    if name in PER_DAY:
        return PER_DAY[name](counters.total()) / counters.replications
    if name in AGENTS:
        return AGENTS[name](system, counters)
    if (whose := _split(name, PER_DAY, after=True)) is not None:
        of_type = whose[1].removeprefix("type")
        kinds = [at for at, kind in enumerate(system.types) if kind.id in (of_type, whose[1])]
        return PER_DAY[whose[0]](counters.total(kinds)) / counters.replications if kinds else None
    if (whose := _split(name, CALLS)) is not None:
        kinds = kinds_of(system, whose[1])
        return CALLS[whose[0]](counters.total(kinds)) if kinds else None
    group = name.removesuffix(".occupancy")
    members = [at for at, agent in enumerate(system.agents) if agent.group == group]
    return _occupancy(counters, members) if members and group != name else None


def kinds_of(system: System, whose: str) -> list[int]:
    """Indexes of the types that a name stands for: a type, "segN", or "all"."""
    if whose == "all":
        return list(range(len(system.types)))
    exact = [at for at, kind in enumerate(system.types) if kind.id == whose]
    return exact or [at for at, kind in enumerate(system.types) if f"seg{kind.segment}" == whose]


def occupancies(counters: Counters) -> list[float]:
    """Of each agent who was there at all."""
    return [
        busy / signed for busy, signed in zip(counters.busy_ms, counters.signed_ms, strict=True) if signed
    ]


def _occupancy(counters: Counters, members: Sequence[int]) -> float:
    # Weighted by presence: with shifts, an agent of one hour counts for an hour.
    return _share(
        sum(counters.busy_ms[agent] for agent in members), sum(counters.signed_ms[agent] for agent in members)
    )


AGENTS: dict[str, Callable[[System, Counters], float]] = {
    "occupancy": lambda system, counters: _occupancy(counters, range(len(system.agents))),
    "occupancy_mean": lambda _, counters: statistics.fmean(occupancies(counters) or [float("nan")]),
    "occupancy_sd": lambda _, counters: statistics.pstdev(occupancies(counters) or [float("nan")]),
}


def _split(
    name: str,
    known: dict[str, Callable[[Tally], float]] | dict[str, Callable[[Tally], int]],
    *,
    after: bool = False,
) -> tuple[str, str] | None:
    """Metric and owner of a dotted name: OWNER.metric, or metric.OWNER if `after`."""
    for metric in known:
        if after and name.startswith(f"{metric}."):
            return metric, name[len(metric) + 1 :]
        if not after and name.endswith(f".{metric}"):
            return metric, name[: -len(metric) - 1]
    return None
