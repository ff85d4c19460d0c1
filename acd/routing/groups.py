"""Contacts that differ in their wait only, in order: whoever will do for the first will do for all."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from acd.model import AgentId, ContactId, QueueId
from acd.routing.policy import Factor, Kind

Key = tuple[int, ContactId]
"""Place among those who wait: when the contact was queued less its head start, then its id."""

STALE = object()
"""In place of a weight or factor that is to be reckoned anew."""

_TRIM = 64


@dataclass(frozen=True, slots=True)
class Guard:
    """Agents able for a queue that are left free for it while so few of them are."""

    queue: QueueId
    mask: int
    keep: int


class Tier:
    """Agents of one price."""

    __slots__ = ("_set", "mask", "members", "price")

    def __init__(self, price: float, members: tuple[int, ...], mask: int) -> None:
        self.price = price
        self.members = members
        """Slots, in no order that matters."""
        self.mask = mask
        """The same as a set of bits."""
        self._set: frozenset[int] | None = None

    @property
    def has(self) -> frozenset[int]:
        """The members once more, for many look-ups."""
        if self._set is None:
            self._set = frozenset(self.members)
        return self._set


class Row:
    """Keys in order. Those in front leave without the others being moved each time."""

    __slots__ = ("_first", "_keys", "head")

    def __init__(self) -> None:
        self._keys: list[Key] = []
        self._first = 0
        self.head: Key | None = None
        """The first in order."""

    def __len__(self) -> int:
        return len(self._keys) - self._first

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys[self._first :])

    def since(self, at_ms: int) -> Key | None:
        """The first that was queued at this moment or later."""
        at = bisect_left(self._keys, (at_ms, ""), lo=self._first)
        return self._keys[at] if at < len(self._keys) else None

    def add(self, key: Key) -> None:
        insort(self._keys, key, lo=self._first)
        if self.head is None or key < self.head:
            self.head = key

    def remove(self, key: Key) -> None:
        """Take a key out that is there."""
        keys = self._keys
        at = bisect_left(keys, key, lo=self._first)
        assert keys[at] == key, key
        if at != self._first:
            del keys[at]
            return
        self._first += 1
        if self._first == len(keys) or (self._first > _TRIM and self._first * 2 > len(keys)):
            del keys[: self._first]
            self._first = 0
        self.head = keys[self._first] if keys else None


class Group(Row):
    """The row of one kind of contact, with the agents who could serve it, and in which order to ask them."""

    __slots__ = ("able", "falls", "guards", "kind", "tiers", "unable", "weight")

    def __init__(
        self,
        kind: Kind,
        able: int,
        unable: Mapping[str, int],
        guards: Sequence[Guard],
        falls: tuple[int, ...],
    ) -> None:
        super().__init__()
        self.kind = kind
        self.able = able
        self.unable = unable
        """All others, by the first reason."""
        self.guards = tuple(guards)
        self.falls = falls
        self.weight: Factor = STALE
        """The policy's, or `STALE`."""
        self.tiers: list[Tier] | None = None
        """Cheapest first; None: not reckoned yet."""

    def short_of_falls(self, now_ms: int) -> Iterator[Key]:
        """Beside the oldest, those who can be the most urgent: the oldest short of each fall."""
        for fall_ms in self.falls:
            key = self.since(now_ms - fall_ms)
            if key is not None and key != self.head:
                yield key


class Stand:
    """Where one waiting contact stands."""

    __slots__ = ("group", "held", "key", "own")

    def __init__(self, key: Key, group: Group, own: tuple[AgentId, ...], *, held: bool) -> None:
        self.key = key
        self.group = group
        """Of its kind; it is in the group's row unless it is held."""
        self.own = own
        """Preferred agents, in whose rows it stands, held or not."""
        self.held = held
        """Nobody but its preferred agents is asked."""

    @property
    def is_first(self) -> bool:
        """Whether it speaks for its group."""
        return not self.held and self.group.head == self.key
