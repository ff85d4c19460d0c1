"""Several replications of one system, added up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from acd.sim.chance import MIRROR
from acd.sim.counters import Counters
from acd.sim.router import Router
from acd.sim.system import System
from acd.sim.world import World


def replicate(
    system: System,
    make: Callable[[str], Router],
    *,
    seeds: Sequence[str],
    until_ms: int,
    warmup_ms: int = 0,
    overtime: bool = False,
    done: Callable[[], None] = lambda: None,
) -> Counters:
    """
    Run the system once for each seed, each time from empty and with a router of its own.

    Args:
        system: The centre.
        make: Makes a router; gets the seed of the replication.
        seeds: One replication each; the same seed brings the same calls to any router.
        until_ms: New calls come until then.
        warmup_ms: What came before is not counted.
        overtime: Agents' time counts until the last call is over, as in days that end when all are served.
        done: Called after each replication.

    Returns:
        The sum; as many replications as there are seeds.
    """
    whole: Counters | None = None
    for seed in seeds:
        router = make(seed)
        world = World(system, router, seed=seed, until_ms=until_ms, warmup_ms=warmup_ms, overtime=overtime)
        counters = world.run()
        if whole is None:
            whole = counters
        else:
            whole.add(counters)
        done()
    if whole is None:
        raise ValueError("no seeds, no replication")
    return whole


def paired_seeds(seed: int, count: int) -> tuple[str, ...]:
    """So many seeds, every second one the mirror image of the one before: less noise for the same work."""
    return tuple(f"{seed}/{at // 2}{MIRROR if at % 2 else ''}" for at in range(count))
