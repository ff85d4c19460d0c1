"""Sets of agents as whole numbers, one bit for each slot: a union or intersection is one operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def slots(mask: int) -> Iterator[int]:
    """The slots of a set, ascending. Costs the length of the number once, then little for each slot."""
    data = mask.to_bytes((mask.bit_length() + 63) // 64 * 8, "little")
    for place, word in enumerate(memoryview(data).cast("Q")):
        base, rest = place << 6, word
        while rest:
            low = rest & -rest
            yield base + low.bit_length() - 1
            rest ^= low


def union(masks: Iterable[int]) -> int:
    whole = 0
    for mask in masks:
        whole |= mask
    return whole
