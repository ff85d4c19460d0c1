"""
A contact centre as the simulator needs it: who calls, who serves, which places there are.

Frozen values without any behaviour of a router: the same system can be given to
the engine with any policy, or to an emulation of another product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acd.sim.laws import Law


@dataclass(frozen=True, slots=True)
class Retry:
    """What callers do after they have given up."""

    share: float
    """Of them, 0 to 1, who call again."""
    delay: Law
    most: int
    """Times that one caller calls again."""


@dataclass(frozen=True, slots=True)
class CallType:
    """Calls that are alike. Rates and laws by period; the last one given holds for those after it."""

    id: str
    rates: tuple[float, ...]
    """Calls per second in each period."""
    service: tuple[Law, ...]
    """Talk time, by period of arrival, of an agent with factor 1."""
    patience: tuple[Law, ...] = ()
    """By period of arrival; empty: nobody gives up."""
    retry: Retry | None = None
    segment: str = ""
    priority: int = 0
    """Smaller goes first, for rules that ask."""
    weight: float = 1.0
    """Of the type in the score."""
    awt_ms: int = 20_000
    """Acceptable waiting time: the target."""


@dataclass(frozen=True, slots=True)
class Skill:
    level: int
    """0 is the agent's own type; each step is one worse."""
    factor: float = 1.0
    """Of the drawn talk time, when this agent takes a call of the type."""


@dataclass(frozen=True, slots=True)
class SimAgent:
    id: str
    group: str
    skills: Mapping[int, Skill]
    """By index of the type in `System.types`."""
    shifts: tuple[tuple[int, int], ...] | None = None
    """[from, until) in milliseconds since the start; None: always there."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """How agents answer: after `least_ms` and an exponential time, or not at all."""

    least_ms: int = 1_000
    mean_ms: int = 3_000
    """Of the exponential part."""
    miss: float = 0.0
    """Share of bells, 0 to 1, that nobody hears."""
    ring_ms: int = 15_000
    """How long a bell rings at most; who would answer later misses it."""


@dataclass(frozen=True, slots=True)
class System:
    types: tuple[CallType, ...]
    agents: tuple[SimAgent, ...]
    period_ms: int
    """Length of one period."""
    staff: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """By group: how many of its agents are there in each period; groups that are missing: all, by shift."""
    wrap: Law | None = None
    """After-call work; None: agents are free as soon as the talk is over."""
    busyness_shape: float | None = None
    """One gamma factor of mean 1 and this shape on all rates of a replication; None: no factor."""
    places: int | None = None
    """Calls that may wait at a time, all types together; None: no limit."""
    ringing: Ringing | None = None
    """None: phones pick up by themselves, at once."""

    @property
    def periods(self) -> int:
        return max(len(kind.rates) for kind in self.types)
