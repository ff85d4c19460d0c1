"""
Which numbers of the policy `tuned` are searched, from where and in which steps.

A point of the search is a list of plain real numbers. Weights and scarcity prices are
searched by their logarithm, agents kept free by whole numbers.
The starts are the classical rules written in the family's own numbers, so the search
begins where they end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from acd.model import PolicyRules
from acd.sim.system import System
from centralita.tune.search import Point

SCARCITY_STEP = 0.05
"""Prices that differ by less are equal, and then the longest idle is asked: that is what keeps work even."""
KEEP_MOST = 6


@dataclass(frozen=True, slots=True)
class Names:
    """How the numbers of a type are called in the configuration that the policy will work on."""

    weight: str
    """What follows "weight.": the queue, or queue and segment."""
    queue: str


@dataclass(frozen=True, slots=True)
class _Axis:
    name: str
    width: float
    to_number: Callable[[float], float]
    from_number: Callable[[float], float]


class Family:
    """
    The numbers of one system.

    Args:
        system: The centre.
        names: By type.
    """

    def __init__(self, system: System, names: tuple[Names, ...]) -> None:
        self._system, self._names = system, names
        weights = [kind.weight for kind in system.types]
        least = min(weights)
        self._axes = [*_SHARED]
        for name in dict.fromkeys(one.weight for one in names):
            self._axes.append(_log(f"weight.{name}", 0.3))
        for queue in dict.fromkeys(one.queue for one in names):
            self._axes.append(_scarcity(f"scarcity.{queue}"))
        if len({one.queue for one in names}) > 1:
            worthy = [one.queue for one, weight in zip(names, weights, strict=True) if weight > least]
            self._axes += [_count(f"keep_free.{queue}") for queue in dict.fromkeys(worthy)]

    @property
    def widths(self) -> tuple[float, ...]:
        return tuple(axis.width for axis in self._axes)

    def rules(self, point: Point) -> PolicyRules:
        """What a point of the search means."""
        numbers = {
            axis.name: round(axis.to_number(value), 4) for axis, value in zip(self._axes, point, strict=True)
        }
        return PolicyRules("tuned", numbers=numbers)

    def point(self, numbers: Mapping[str, float]) -> Point:
        """The nearest point to these numbers; those that are missing are those of `START`."""
        return tuple(axis.from_number(numbers.get(axis.name, START[_stem(axis.name)])) for axis in self._axes)

    def starts(self) -> dict[str, Point]:
        """By name: the classical rules, and what theory says should be better."""
        index = self._by_handle_time()
        spare = {
            f"scarcity.{one.queue}": price for one, price in zip(self._names, self._spare(), strict=True)
        }
        keep = {axis.name: 1.0 for axis in self._axes if axis.name.startswith("keep_free.")}
        wait = {"g0": 0.05, "stale_floor": 1.0, "stale_slope": 1.0, "speed_power": 0.0}
        fresh = {"g0": 0.9, "stale_floor": 0.3, "stale_slope": 0.02}
        mild = {"g0": 0.7, "stale_floor": 0.6, "stale_slope": 0.1}
        handle = {"price.handle": 4.0, "price.level": 0.2}
        numbers = {
            "level first": {**wait, **self._by_priority()},
            "c mu": index,
            "c mu, mild": {**index, **mild},
            "c mu, fresh": {**index, **fresh},
            "c mu, spare": {**index, **spare},
            "c mu, spare, keep": {**index, **spare, **keep},
            "c mu, spare, fresh": {**index, **spare, **fresh},
            "c mu, spare, keep, fresh": {**index, **spare, **keep, **fresh},
            "c mu, keep, fresh": {**index, **keep, **fresh},
            "c mu, handle, fresh": {**index, **handle, **fresh},
        }
        return {name: self.point(one) for name, one in numbers.items()}

    def _by_handle_time(self) -> dict[str, float]:
        """Short work first: the mean handle time of all over that of the type."""
        means = [kind.service[0].mean_ms for kind in self._system.types]
        middle = sum(means) / len(means)
        return {f"weight.{one.weight}": middle / mean for one, mean in zip(self._names, means, strict=True)}

    def _by_priority(self) -> dict[str, float]:
        """A better priority (or, where all are the same, a greater weight) counts far more than any wait."""
        types = self._system.types
        worst = max(kind.priority for kind in types)
        return {
            f"weight.{one.weight}": 5.0 ** (worst - kind.priority)
            for one, kind in zip(self._names, types, strict=True)
        }

    def _spare(self) -> list[float]:
        """Agents of much else that is worth much are asked last among equals."""
        most = max(kind.weight for kind in self._system.types)
        return [max(SCARCITY_STEP, 0.15 * kind.weight / most) for kind in self._system.types]


def by_type(system: System) -> tuple[Names, ...]:
    """Where each type is a queue of its own."""
    return tuple(Names(kind.id, kind.id) for kind in system.types)


START = {
    "g0": 1.0,
    "exponent": 1.0,
    "stale_floor": 1.0,
    "stale_slope": 0.02,
    "speed_power": 1.0,
    "level_penalty": 0.0,
    "price.level": 1.0,
    "price.handle": 0.0,
    "weight": 1.0,
    "scarcity": 0.0,
    "keep_free": 0.0,
}
"""By stem: where a start says nothing else."""


def _stem(name: str) -> str:
    return name if name in START else name.split(".", 1)[0]


def _log(name: str, width: float) -> _Axis:
    return _Axis(name, width, lambda x: math.exp(max(-4.0, min(4.0, x))), lambda v: math.log(max(v, 0.02)))


def _share(name: str) -> _Axis:
    # Plain and cut off: exactly 0 and exactly 1 mean something (no growth, no fall) and must be reachable.
    return _Axis(name, 0.3, lambda x: min(1.0, max(0.0, x)), lambda v: v)


def _least_zero(name: str, width: float) -> _Axis:
    return _Axis(name, width, lambda x: max(0.0, x), lambda v: v)


def _count(name: str) -> _Axis:
    # A start lies in the middle of its step, so that small moves either way can change it.
    return _Axis(name, 0.5, lambda x: float(min(KEEP_MOST, max(0, math.floor(x)))), lambda v: v + 0.4)


def _scarcity(name: str) -> _Axis:
    def to_number(x: float) -> float:
        return round(math.exp(min(2.5, x)) / SCARCITY_STEP) * SCARCITY_STEP

    return _Axis(name, 0.7, to_number, lambda v: math.log(max(v, 0.4 * SCARCITY_STEP)))


_SHARED = (
    _share("g0"),
    _log("exponent", 0.5),
    _share("stale_floor"),
    _log("stale_slope", 1.0),
    _least_zero("speed_power", 0.3),
    _least_zero("level_penalty", 0.1),
    _least_zero("price.level", 0.4),
    _least_zero("price.handle", 1.0),
)
