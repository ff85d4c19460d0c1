"""
How long until the agents of one queue have room, seen as water that finds its level.

Each agent is a vessel as wide as one contact per handle time. What waits in other
lines fills first the vessels of those who could serve it, in equal shares; then our
own line and this contact are poured over the vessels of those able for us: the lowest
first. The level is the wait. Agents in like circumstances are one block, so that the
work depends on how many lines have somebody in them, not on the number of agents.

A fluid of our own making for systems whose exact law is out of reach; with one queue
it is (q + 1) x AHT / n, the Markov value.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter

LINES_MAX = 8
"""Other lines that are told apart, those with the most work per agent; 256 blocks at most."""

Block = tuple[int, float]
"""Agents, one bit each, and how much each of them has before them, milliseconds."""


def blocks(able: int, others: Iterable[tuple[int, float]]) -> list[Block]:
    """
    Agents by what they have before them.

    Args:
        able: Those of our queue, at work.
        others: For each other line the agents who could serve it, and the work that waits
            in it for each of them, milliseconds.
    """
    found: list[Block] = [(able, 0.0)] if able else []
    for theirs, each_ms in sorted(others, key=itemgetter(1), reverse=True)[:LINES_MAX]:
        split: list[Block] = []
        for mask, before_ms in found:
            shared = mask & theirs
            if shared:
                split.append((shared, before_ms + each_ms))
            if shared != mask:
                split.append((mask & ~theirs, before_ms))
        found = split
    return found


def level_ms(found: list[Block], work_ms: float) -> float | None:
    """
    The wait at which `work_ms` has been done beside what comes before; None if nobody is there.

    Args:
        found: As `blocks` gives them.
        work_ms: Of our own line and of the contact itself.
    """
    width, filled_ms = 0, 0.0
    level = None
    for mask, before_ms in sorted(found, key=itemgetter(1)):
        if level is not None and level <= before_ms:
            break
        count = mask.bit_count()
        width += count
        filled_ms += count * before_ms
        level = (work_ms + filled_ms) / width
    return level


def nothing_before(found: list[Block]) -> int:
    """Agents who have no other line before them."""
    return sum(mask.bit_count() for mask, before_ms in found if before_ms == 0)
