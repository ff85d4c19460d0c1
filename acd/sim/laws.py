"""Laws of times: exponential, lognormal, gamma, uniform, fixed. Drawn in whole milliseconds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

KNOWN = ("exponential", "lognormal", "gamma", "uniform", "deterministic")


@dataclass(frozen=True, slots=True)
class Law:
    """
    A law of a time that is not negative.

    `cv` is the standard deviation over the mean; exponential is always 1,
    deterministic always 0. Uniform lies between `mean_ms` (1 - r) and (1 + r)
    with r = cv sqrt(3) <= 1.
    """

    name: str
    mean_ms: float
    cv: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn: a caller's bug, files are checked where they are read."""
        if self.name not in KNOWN:
            raise ValueError(f"unknown law {self.name!r}; known: {', '.join(KNOWN)}")
        if not self.mean_ms >= 0 or not self.cv >= 0:
            raise ValueError(f"{self.name}: mean {self.mean_ms} ms and cv {self.cv} must not be negative")
        if self.name == "uniform" and self.cv * math.sqrt(3) > 1 + 1e-9:
            raise ValueError(f"uniform: cv {self.cv} would need negative times; at most 0.577")

    def sampler(self, rng: Random) -> Callable[[], int]:
        """A function that draws one time after the other, milliseconds."""
        mean_ms = self.mean_ms
        if mean_ms <= 0 or self.name == "deterministic" or (self.cv == 0 and self.name != "exponential"):
            fixed_ms = round(mean_ms)
            return lambda: fixed_ms
        if self.name == "exponential":
            draw, rate = rng.expovariate, 1 / mean_ms
            return lambda: int(draw(rate) + 0.5)
        if self.name == "uniform":
            reach = min(1.0, self.cv * math.sqrt(3))
            low, high, flat = mean_ms * (1 - reach), mean_ms * (1 + reach), rng.uniform
            return lambda: int(flat(low, high) + 0.5)
        if self.name == "gamma":
            shape = 1 / self.cv**2
            return lambda: int(rng.gammavariate(shape, mean_ms / shape) + 0.5)
        sigma = math.sqrt(math.log1p(self.cv**2))
        mu = math.log(mean_ms) - sigma * sigma / 2
        return lambda: int(rng.lognormvariate(mu, sigma) + 0.5)


def exponential(mean_ms: float) -> Law:
    return Law("exponential", mean_ms)


def fixed(mean_ms: float) -> Law:
    return Law("deterministic", mean_ms, 0.0)
