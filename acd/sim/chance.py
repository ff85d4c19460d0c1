"""Generators of chance: one for each purpose and seed, or its mirror image."""

from __future__ import annotations

from random import Random

MIRROR = "~"
_LAST = 1 - 2**-53


class _Mirrored(Random):
    """Gives 1 - u wherever the plain generator gives u: the same laws, turned upside down."""

    def random(self) -> float:
        return _LAST - super().random()


def generator(seed: str, purpose: str) -> Random:
    """
    A generator of its own for each purpose, so that no draw depends on how often another was asked.

    Args:
        seed: Of the replication. With `MIRROR` at its end, everything is drawn the other way
            round: what was long is short. The mean of a run and its mirror image scatters
            less than that of two independent runs (antithetic variates: Hammersley, Morton 1956).
        purpose: What is drawn, e.g. "arrivals/0".
    """
    if seed.endswith(MIRROR):
        return _Mirrored(f"{seed.removesuffix(MIRROR)}/{purpose}")
    return Random(f"{seed}/{purpose}")
