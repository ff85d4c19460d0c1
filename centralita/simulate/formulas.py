"""Cases of kind `closed_form`: which formula a case asks for shows in what its system gives."""

from __future__ import annotations

from collections.abc import Callable

from acd.sim.closed_form import (
    ErlangA,
    ErlangC,
    FiniteRoom,
    agents_needed,
    agents_needed_with_patience,
    erlang_b,
    garnett,
    halfin_whitt,
)
from centralita.simulate.reading import At, CasesError

Formula = Callable[[], float]
Formulas = dict[str, Formula]


def compute(system: At) -> Formulas:
    """
    The figures that can be computed of this system, by name; each is worked out when it is called.

    Raises:
        CasesError: No formula is known for a system like this.
    """
    for key, formulas in _SHAPES:
        if all(system.has(one) for one in key.split()):
            return formulas(system)
    known = "; ".join(key for key, _ in _SHAPES)
    raise system.error(
        f"no hay fórmula para estos datos; se conocen: {known}",
        f"no formula is known for these data; known are: {known}",
    )


def _blocking(system: At) -> Formulas:
    lines, load = system.get("lines").whole(), system.get("erlang").number()
    return {"p_block": lambda: erlang_b(lines, load)}


def _limit(system: At) -> Formulas:
    beta = system.get("beta").number(float("-inf"))
    if system.has("theta_over_mu"):
        ratio = system.get("theta_over_mu").number(0.001)
        return {"p_wait_limit": lambda: garnett(beta, ratio)}
    if beta <= 0:
        raise system.get("beta").error("debe ser mayor que 0", "must be above 0")
    return {"p_wait_limit": lambda: halfin_whitt(beta)}


def _fewest(system: At) -> Formulas:
    load, aht_s = system.get("load").number(), system.get("aht_s").number(0.001)
    target_s, share = system.get("target_s").number(), system.get("sl").number()
    if share >= 1:
        raise system.get("sl").error("debe ser menor que 1", "must be below 1")
    found: Formulas = {"agents_erlang_c": lambda: agents_needed(load, aht_s, target_s, share)}
    if system.has("patience_s"):
        patience_s = system.get("patience_s").number(0.001)
        found["agents_erlang_a_answered_over_offered"] = lambda: agents_needed_with_patience(
            load, aht_s, patience_s, target_s, share
        )
    return found


def _calls_per_hour(system: At) -> Formulas:
    calls, service_s = system.get("calls_per_hour"), system.get("aht_s").number(0.001)
    agents = system.get("agents").whole(1)
    if isinstance(calls.value, list):
        return _several(calls, service_s, agents)
    rate = calls.number(0.001) / 3600
    target_s = system.number_or("target_s", 20)
    if system.has("patience_s"):
        return _with_patience(rate, service_s, agents, system.get("patience_s").number(0.001), target_s)
    if system.has("places"):
        return _room(FiniteRoom(rate, service_s, agents, system.get("places").whole()))
    return _without(ErlangC(rate, service_s, agents), target_s)


def _several(calls: At, service_s: float, agents: int) -> Formulas:
    found: Formulas = {}
    for item in calls.items():
        queue = ErlangC(item.number(0.001) / 3600, service_s, agents)
        for name, formula in _without(queue, 20).items():
            found[f"{name}.{item.value}"] = formula
    return found


def _without(queue: ErlangC, target_s: float) -> Formulas:
    return {
        "p_wait": lambda: queue.p_wait,
        "asa_s": lambda: queue.mean_wait_s,
        "mean_wait_all_s": lambda: queue.mean_wait_s,
        "sl": lambda: queue.answered_within(target_s),
        "sl_offered": lambda: queue.answered_within(target_s),
        "p90_s": lambda: queue.percentile_s(0.9),
        "p95_s": lambda: queue.percentile_s(0.95),
        "queue": lambda: queue.queue,
        "occupancy": lambda: queue.occupancy,
    }


def _with_patience(
    rate: float, service_s: float, agents: int, patience_s: float, target_s: float
) -> Formulas:
    queue = ErlangA(rate=rate, service_s=service_s, agents=agents, patience_s=patience_s)
    return {
        "p_wait": lambda: queue.p_wait,
        "p_abandon": lambda: queue.p_abandon,
        "mean_wait_all_s": lambda: queue.mean_wait_all_s,
        "mean_wait_served_s": lambda: queue.mean_wait_served_s,
        "asa_s": lambda: queue.mean_wait_served_s,
        "sl_offered": lambda: queue.answered_within(target_s),
        "sl_without_short_abandons": lambda: (
            queue.answered_within(target_s) / (1 - queue.abandoned_within(target_s))
        ),
        "p90_s": lambda: queue.percentile_s(0.9),
        "p95_s": lambda: queue.percentile_s(0.95),
        "queue": lambda: queue.queue,
        "occupancy": lambda: queue.occupancy,
    }


def _room(queue: FiniteRoom) -> Formulas:
    return {
        "p_block": lambda: queue.p_block,
        "p_wait": lambda: queue.p_wait,
        "mean_wait_all_s": lambda: queue.mean_wait_s,
        "occupancy": lambda: queue.occupancy,
    }


def _by_the_minute(system: At) -> Formulas:
    """The three systems of Garnett, Mandelbaum, Reiman 2002, table 1."""
    rate, service_s = (
        system.get("lam_per_min").number(0.001) / 60,
        60 / system.get("mu_per_min").number(0.001),
    )
    agents = system.get("agents").whole(1)
    patience_s = 60 / system.get("theta_per_min").number(0.001)
    fewer = ErlangC(rate * (1 - 0.031), service_s, agents)
    systems = {
        "MMn": _without(ErlangC(rate, service_s, agents), 20),
        "MMnM": _with_patience(rate, service_s, agents, patience_s, 20),
        "MMn_less_3.1pct": _without(fewer, 20),
    }
    return {
        f"{name}.{metric}": formula
        for name, formulas in systems.items()
        for metric, formula in formulas.items()
    }


_SHAPES: tuple[tuple[str, Callable[[At], Formulas]], ...] = (
    ("lines erlang", _blocking),
    ("beta", _limit),
    ("load aht_s target_s sl", _fewest),
    ("calls_per_hour aht_s agents", _calls_per_hour),
    ("lam_per_min mu_per_min agents theta_per_min", _by_the_minute),
)
"""What a system must give, and what can be computed then; the first that fits holds."""

__all__ = ["CasesError", "compute"]
