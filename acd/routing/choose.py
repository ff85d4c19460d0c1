"""The two looks of the router: an agent for a contact, a contact for an agent. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from acd.model import QueueId
from acd.routing.bits import union
from acd.routing.groups import STALE, Group, Key, Row, Stand
from acd.routing.index import Index
from acd.routing.policy import Factor

OWN_MAX = 8
"""Of those who prefer an agent, so many are compared, the oldest first."""


Rival = tuple[float, Key]
"""Urgency of a contact that an agent could take, the sign turned, and its place: the least goes first."""

STARVES = float("-inf")
"""Whoever has waited beyond all bounds comes before all others, by age."""


@dataclass(slots=True)
class Choice:
    """Who goes to whom, and what else was looked at."""

    stand: Stand
    slot: int
    is_preferred: bool = False
    """The contact wants this agent before all others."""
    runner_up: int | None = None
    """Slot of who would be asked next."""
    tier: int = 0
    """Agents at the price of the one chosen."""
    rivals: Sequence[Rival] = ()
    """What the agent could have taken, the one chosen included; empty if the contact did the choosing."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Somebody able is free, and is kept free for others."""

    stand: Stand
    queue: QueueId


def agent_for(index: Index, stand: Stand, now_ms: int, *, second: bool) -> Choice | Kept | None:
    """
    Who is asked for this contact now.

    Args:
        index: As of this moment.
        stand: Of one who waits.
        now_ms: The moment.
        second: Whether to look for the runner-up too.
    """
    roll, group = index.roll, stand.group
    free = roll.free
    if not free:
        return None
    able = group.able & free if stand.is_first else 0
    if not able and not stand.own:
        return None
    kept = index.kept(group, stand.key, now_ms) if group.guards else 0
    wanted = [slot for slot in _own_slots(index, stand) if roll.is_free(slot)] if stand.own else []
    ranked = [(slot, 0) for slot in wanted if not kept >> slot & 1]
    allowed = able & ~kept if kept else able
    if allowed and len(ranked) < 1 + second:
        ranked += _by_price(index, group, allowed, 1 + second)
    if ranked:
        slot, tier = ranked[0]
        other = next((one for one, _ in ranked if one != slot), None)
        return Choice(stand, slot, is_preferred=slot in wanted, runner_up=other, tier=tier)
    return _kept(index, stand, able | union(roll.bits[slot] for slot in wanted)) if able or wanted else None


def _own_slots(index: Index, stand: Stand) -> list[int]:
    slot = index.crowd.slot
    return [slot[agent_id] for agent_id in stand.own]


def _by_price(index: Index, group: Group, allowed: int, want: int) -> list[tuple[int, int]]:
    """The cheapest, the longest idle among equals, each with all who cost the same."""
    found: list[tuple[int, int]] = []
    for tier in index.tiers(group):
        here = allowed & tier.mask
        if here:
            found += [(slot, tier.mask) for slot in index.roll.by_idle(here, tier, want - len(found))]
            if len(found) >= want:
                break
    return found


def _kept(index: Index, stand: Stand, able: int) -> Kept:
    """For which queue these free agents are kept."""
    free = index.roll.free
    for guard in stand.group.guards:
        if guard.mask & able and (free & guard.mask).bit_count() <= guard.keep:
            return Kept(stand, guard.queue)
    raise AssertionError(stand.key)


def contact_for(index: Index, slot: int, now_ms: int) -> tuple[Choice | None, list[Kept]]:
    """
    Which contact this free agent gets now, and who is passed over because the agent is kept free.

    The most urgent of those whom the policy compares, the older among equals; before them whoever
    has waited beyond all bounds, by age.
    """
    rate = None if index.policy.by_age else index.policy.rate
    bound_ms = index.starved_before_ms(now_ms)
    rivals: list[Rival] = []
    kept: list[Kept] = []
    for group, known in _faced(index, slot):
        key = group.head
        if key is None:
            continue
        if group.guards and index.kept(group, key, now_ms) >> slot & 1:
            kept.append(_kept(index, index.stands[key[1]], 1 << slot))
            continue
        if key[0] < bound_ms:
            rivals.append((STARVES, key))
        elif rate is None:
            rivals.append((-((now_ms - key[0]) / 1000), key))
        else:
            factor = index.factor(slot, group) if known is STALE else known
            weight = group.weight if group.weight is not STALE else index.weight(group)
            rivals.append((-rate(weight, factor, now_ms - key[0], index), key))
            if group.falls:
                rivals += [
                    (-rate(weight, factor, now_ms - younger[0], index), younger)
                    for younger in group.short_of_falls(now_ms)
                ]
    row = index.own.get(index.crowd.ids[slot])
    if row is not None and row.head is not None:
        _add_own(index, slot, row, now_ms, rivals, kept)
    if len(kept) > 1:
        kept.sort(key=_place)
    if not rivals:
        return None, kept
    return Choice(index.stands[min(rivals)[1][1]], slot, rivals=rivals), kept


def _place(kept: Kept) -> Key:
    return kept.stand.key


def _faced(index: Index, slot: int) -> Iterable[tuple[Group, Factor]]:
    """The groups that the agent is able for; those in which nobody stands are left out if they are many."""
    facing, live = index.facing(slot), index.live
    if len(live) < len(facing):
        return [(group, facing[group]) for group in live if group in facing]
    return facing.items()


def _add_own(index: Index, slot: int, row: Row, now_ms: int, rivals: list[Rival], kept: list[Kept]) -> None:
    """Those who prefer the agent; one who is the first of a group as well may be there twice."""
    rate = None if index.policy.by_age else index.policy.rate
    bound_ms, stands = index.starved_before_ms(now_ms), index.stands
    looked_at = 0
    for key in row:
        stand = stands[key[1]]
        group = stand.group
        if group.guards and index.kept(group, key, now_ms) >> slot & 1:
            kept.append(_kept(index, stand, 1 << slot))
            continue
        if key[0] < bound_ms:
            rivals.append((STARVES, key))
        elif rate is None:
            rivals.append((-((now_ms - key[0]) / 1000), key))
        else:
            rivals.append(
                (-rate(index.weight(group), index.factor(slot, group), now_ms - key[0], index), key)
            )
        looked_at += 1
        if looked_at == OWN_MAX:
            return
