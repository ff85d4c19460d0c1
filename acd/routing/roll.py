"""Who does what at this moment: one bit for each agent, kept up at every change, never counted anew."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import TYPE_CHECKING

from acd.model import AgentId
from acd.routing.bits import slots
from acd.routing.eligible import WORDED, Veto, veto

if TYPE_CHECKING:  # the state keeps an index, and this is a part of it
    from acd.state import Agent

Doing = tuple[Veto, str]
"""What keeps an agent, with the agent's own words where they are told."""

Filed = tuple[int, AgentId, int]
"""Idle since, id, slot: in this order the free are asked."""

_GONE = (Veto.RETIRED, Veto.LOGGED_OUT)
_BEFORE_ALL_RESTS = -1


class Roll:
    """
    Every agent under what keeps them, or among the free, the longest idle first.

    Slots are given out by the configuration; who is not in it any more stands beyond.
    """

    def __init__(self, ids: Iterable[AgentId], agents: Iterable[Agent]) -> None:
        self.slot: dict[AgentId, int] = {agent_id: slot for slot, agent_id in enumerate(ids)}
        self.free = 0
        self.here = 0
        """Who is signed in: ready, busy or on a break."""
        self.doing: dict[Doing, int] = {}
        self.order: list[Filed] = []
        """The free, idle longest first."""
        self.freed: dict[AgentId, None] = {}
        """Who has become free and has not been looked at since."""
        self.came_or_went: dict[AgentId, None] = {}
        self._bits = [1 << slot for slot in range(len(self.slot))]
        self._is_here: dict[int, bool] = {}
        self._filed: dict[int, Filed] = {}
        self._kept: dict[int, Doing] = {}
        for agent in agents:
            self.note(agent)

    def note(self, agent: Agent) -> None:
        """Put an agent where its state says; idempotent."""
        slot = self.slot.get(agent.id)
        if slot is None:
            slot = self.slot[agent.id] = len(self._bits)
            self._bits.append(1 << slot)
        # A rest ends by its deadline, so whoever has one rests.
        why = veto(agent, _BEFORE_ALL_RESTS)
        if why is None:
            self._file(agent, slot)
        else:
            self._keep(slot, (why, agent.reason if why in WORDED else ""))
        is_here = why not in _GONE
        if self._is_here.get(slot, False) != is_here:
            self._is_here[slot] = is_here
            self.here ^= self._bits[slot]
            self.came_or_went[agent.id] = None

    def forget(self, agent: Agent) -> None:
        """An agent who has left the configuration is gone for good: nothing keeps it, and it is not free."""
        slot = self.slot.get(agent.id)
        if slot is not None:
            self._unfile(slot)
            self._release(slot)

    def _release(self, slot: int) -> None:
        before = self._kept.pop(slot, None)
        if before is not None:
            left = self.doing[before] ^ self._bits[slot]
            if left:
                self.doing[before] = left
            else:
                del self.doing[before]

    def _keep(self, slot: int, doing: Doing) -> None:
        if self._kept.get(slot) != doing:
            self._unfile(slot)
            self._release(slot)
            self._kept[slot] = doing
            self.doing[doing] = self.doing.get(doing, 0) | self._bits[slot]

    def _file(self, agent: Agent, slot: int) -> None:
        before = self._filed.get(slot)
        if before is None:
            self._release(slot)
            self.free |= self._bits[slot]
            self.freed[agent.id] = None
        elif before[0] == agent.idle_since_ms:
            return
        else:
            del self.order[bisect_left(self.order, before)]
        filed = self._filed[slot] = (agent.idle_since_ms, agent.id, slot)
        insort(self.order, filed)

    def _unfile(self, slot: int) -> None:
        before = self._filed.pop(slot, None)
        if before is not None:
            del self.order[bisect_left(self.order, before)]
            self.free ^= self._bits[slot]
            self.freed.pop(before[1], None)

    def by_veto(self) -> dict[Veto, int]:
        """What keeps agents, in a fixed order, without their own words."""
        found = dict.fromkeys(Veto, 0)
        for (why, _), mask in self.doing.items():
            found[why] |= mask
        return found

    def filed(self, slot: int) -> Filed:
        """Of one who is free."""
        return self._filed[slot]

    def idle_since_ms(self, slot: int) -> int:
        """Of one who is free."""
        return self._filed[slot][0]

    def by_idle(self, mask: int, want: int) -> list[Filed]:
        """The first of these free agents by how long they have been idle, `want` of them at most."""
        count = mask.bit_count()
        # Going along the line costs by how rare they are in it, looking at each by how many they are.
        if len(self.order) * want * 8 > count * (600 + 30 * count):
            filed = self._filed
            return sorted([filed[slot] for slot in slots(mask)])[:want]
        data = mask.to_bytes(mask.bit_length() // 8 + 1, "little")
        found: list[Filed] = []
        size = len(data)
        for one in self.order:
            slot = one[2]
            at = slot >> 3
            if at < size and data[at] >> (slot & 7) & 1:
                found.append(one)
                if len(found) == want:
                    break
        return found
