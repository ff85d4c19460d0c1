"""The two looks of the router: an agent for a contact, a contact for an agent. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from acd.model import QueueId
from acd.routing.groups import Key, Stand
from acd.routing.index import Index

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
    free = index.roll.free
    if not free:
        return None
    able = stand.group.able & free if stand.is_first else 0
    if not able and not stand.own:
        return None
    kept = index.kept(stand.group, stand.key, now_ms)
    wanted = [slot for slot in _own_slots(index, stand) if free >> slot & 1]
    allowed = able & ~kept
    ranked = [(slot, 0) for slot in wanted if not kept >> slot & 1]
    if allowed and len(ranked) < 1 + second:
        ranked += _by_price(index, stand, allowed, 1 + second)
    if ranked:
        slot, tier = ranked[0]
        other = next((one for one, _ in ranked if one != slot), None)
        return Choice(stand, slot, is_preferred=slot in wanted, runner_up=other, tier=tier)
    return _kept(index, stand, able | sum(1 << slot for slot in wanted)) if able or wanted else None


def _own_slots(index: Index, stand: Stand) -> list[int]:
    slot = index.crowd.slot
    return [slot[agent_id] for agent_id in stand.own]


def _by_price(index: Index, stand: Stand, allowed: int, want: int) -> list[tuple[int, int]]:
    """The cheapest, the longest idle among equals, each with all who cost the same."""
    found: list[tuple[int, int]] = []
    for _, tier in index.tiers(stand.group):
        here = allowed & tier
        if here:
            found += [(filed[2], tier) for filed in index.roll.by_idle(here, want - len(found))]
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
    rules, paces, urgency = index.crowd.rules[slot], index.paces, index.policy.urgency
    bound_ms = index.starved_before_ms(now_ms)
    rivals: list[Rival] = []
    kept: list[Kept] = []
    for group in index.groups_of[slot]:
        key = group.head
        if key is None:
            continue
        if group.guards and index.kept(group, key, now_ms) >> slot & 1:
            kept.append(_kept(index, index.stands[key[1]], 1 << slot))
            continue
        kind = group.kind
        rivals.append((-urgency(kind, now_ms - key[0], rules, paces, index), key))
        if key[0] < bound_ms:
            rivals[-1] = (STARVES, key)
        elif group.falls:
            rivals += [
                (-urgency(kind, now_ms - younger[0], rules, paces, index), younger)
                for younger in group.short_of_falls(now_ms)
            ]
    _add_own(index, slot, now_ms, rivals, kept)
    if not rivals:
        return None, kept
    return Choice(index.stands[min(rivals)[1][1]], slot, rivals=rivals), kept


def _add_own(index: Index, slot: int, now_ms: int, rivals: list[Rival], kept: list[Kept]) -> None:
    """Those who prefer the agent; one who is the first of a group as well may be there twice."""
    row = index.own.get(index.crowd.ids[slot])
    if row is None or row.head is None:
        return
    rules, paces, urgency = index.crowd.rules[slot], index.paces, index.policy.urgency
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
        else:
            rivals.append((-urgency(group.kind, now_ms - key[0], rules, paces, index), key))
        looked_at += 1
        if looked_at == OWN_MAX:
            return
