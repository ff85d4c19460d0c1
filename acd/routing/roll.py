"""Who does what at this moment: one bit for each agent, kept up at every change, never counted anew."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from acd.model import AgentId
from acd.routing.eligible import WORDED, Veto, veto
from acd.routing.groups import Tier

if TYPE_CHECKING:  # the state keeps an index, and this is a part of it
    from acd.state import Agent

Doing = tuple[Veto, str]
"""What keeps an agent, with the agent's own words where they are told."""

Filed = tuple[int, AgentId, int]
"""Idle since, id, slot: in this order the free are asked."""

_GONE = (Veto.RETIRED, Veto.LOGGED_OUT)
_BEFORE_ALL_RESTS = -1
_FEW = 24
"""So many are looked at without asking what would be cheaper."""


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
        self._line: list[int] = []
        """The slots of `order`."""
        self.freed: dict[AgentId, None] = {}
        """Who has become free and has not been looked at since."""
        self.came_or_went: dict[AgentId, None] = {}
        self.bits = [1 << slot for slot in range(len(self.slot))]
        self._is_here: dict[int, bool] = {}
        self._filed: dict[int, Filed] = {}
        self._kept: dict[int, Doing] = {}
        for agent in agents:
            self.note(agent)

    def note(self, agent: Agent) -> None:
        """Put an agent where its state says; idempotent."""
        slot = self.slot.get(agent.id)
        if slot is None:
            slot = self.slot[agent.id] = len(self.bits)
            self.bits.append(1 << slot)
        # A rest ends by its deadline, so whoever has one rests.
        why = veto(agent, _BEFORE_ALL_RESTS)
        if why is None:
            self._file(agent, slot)
        else:
            self._keep(slot, (why, agent.reason if why in WORDED else ""))
        is_here = why not in _GONE
        if self._is_here.get(slot, False) != is_here:
            self._is_here[slot] = is_here
            self.here ^= self.bits[slot]
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
            left = self.doing[before] ^ self.bits[slot]
            if left:
                self.doing[before] = left
            else:
                del self.doing[before]

    def _keep(self, slot: int, doing: Doing) -> None:
        if self._kept.get(slot) != doing:
            self._unfile(slot)
            self._release(slot)
            self._kept[slot] = doing
            self.doing[doing] = self.doing.get(doing, 0) | self.bits[slot]

    def _file(self, agent: Agent, slot: int) -> None:
        before = self._filed.get(slot)
        if before is None:
            self._release(slot)
            self.free |= self.bits[slot]
            self.freed[agent.id] = None
        elif before[0] == agent.idle_since_ms:
            return
        else:
            self._take_out(before)
        filed = self._filed[slot] = (agent.idle_since_ms, agent.id, slot)
        at = bisect_left(self.order, filed)
        self.order.insert(at, filed)
        self._line.insert(at, slot)

    def _take_out(self, filed: Filed) -> None:
        at = bisect_left(self.order, filed)
        del self.order[at]
        del self._line[at]

    def _unfile(self, slot: int) -> None:
        before = self._filed.pop(slot, None)
        if before is not None:
            self._take_out(before)
            self.free ^= self.bits[slot]
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

    def is_free(self, slot: int) -> bool:
        return slot in self._filed

    def by_idle(self, mask: int, tier: Tier, want: int) -> list[int]:
        """
        The first of some agents by how long they have been idle, `want` of them at most.

        Args:
            mask: Free agents of the tier: all of them, or all but those who are kept free.
            tier: Of equal price.
            want: So many are needed.
        """
        size = len(tier.members)
        if size <= _FEW:
            return self._sorted(mask, tier)[:want]
        count = mask.bit_count()
        # Going along the line costs by how rare they are in it, looking at each by how many there are.
        if len(self._line) * want > count * size or count != (self.free & tier.mask).bit_count():
            return self._sorted(mask, tier)[:want]
        return list(islice(filter(tier.has.__contains__, self._line), want))

    def _sorted(self, mask: int, tier: Tier) -> list[int]:
        free = [filed for filed in map(self._filed.get, tier.members) if filed is not None]
        if len(free) > mask.bit_count():
            free = [filed for filed in free if mask >> filed[2] & 1]
        free.sort()
        return [filed[2] for filed in free]
