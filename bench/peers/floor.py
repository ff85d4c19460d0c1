"""What every peer knows: who is there and free, who waits where."""

from __future__ import annotations

from collections.abc import Sequence

from acd.sim.router import Call, Offer
from acd.sim.system import System

NOTHING: tuple[Offer, ...] = ()
BUSY = -1


class Floor:
    """Agents and waiting calls of one replication; a peer is a way of choosing among them."""

    def __init__(self, system: System) -> None:
        self.system = system
        agents = range(len(system.agents))
        self.able: list[list[int]] = [
            [agent for agent in agents if kind in system.agents[agent].skills]
            for kind in range(len(system.types))
        ]
        """By type: the agents who hold it, in the order of the file."""
        self.free_since_ms = [BUSY] * len(system.agents)
        """Since when each agent is free; BUSY: away or with a call."""
        self.handled = [0] * len(system.agents)
        self.waiting: list[list[Call]] = [[] for _ in system.types]
        """By type, in order of arrival."""
        self._signed = [False] * len(system.agents)
        self._in_hand = [False] * len(system.agents)

    def free(self, kind: int) -> list[int]:
        """Free agents who hold the type."""
        since = self.free_since_ms
        return [agent for agent in self.able[kind] if since[agent] != BUSY]

    def anybody_free(self, kind: int) -> bool:
        since = self.free_since_ms
        return any(since[agent] != BUSY for agent in self.able[kind])

    def level(self, agent: int, kind: int) -> int:
        return self.system.agents[agent].skills[kind].level

    def come(self, call: Call) -> None:
        self.waiting[call.kind].append(call)

    def leave(self, call: Call) -> None:
        self.waiting[call.kind].remove(call)

    def give(self, call: Call, agent: int) -> Offer:
        """The call no longer waits and the agent is no longer free."""
        self.leave(call)
        self.free_since_ms[agent] = BUSY
        self._in_hand[agent] = True
        return call, agent

    def release(self, agent: int, now_ms: int) -> None:
        """The agent has nothing in hand any more."""
        self._in_hand[agent] = False
        if self._signed[agent]:
            self.free_since_ms[agent] = now_ms

    def sign_in(self, agent: int, now_ms: int) -> None:
        self._signed[agent] = True
        if not self._in_hand[agent]:
            self.free_since_ms[agent] = now_ms

    def sign_out(self, agent: int) -> None:
        self._signed[agent] = False
        self.free_since_ms[agent] = BUSY


class Peer:
    """
    A `Router` that keeps a floor; what a peer does differently it says in `look` and `next_ms`.

    `look` is asked after each thing that may have made a match possible.
    """

    def __init__(self, system: System) -> None:
        self.floor = Floor(system)

    def look(self, now_ms: int) -> Sequence[Offer]:
        """Offers that can be made at this moment."""
        raise NotImplementedError

    def sign_in(self, agent: int, now_ms: int) -> Sequence[Offer]:
        self.floor.sign_in(agent, now_ms)
        return self.look(now_ms)

    def sign_out(self, agent: int, now_ms: int) -> Sequence[Offer]:
        self.floor.sign_out(agent)
        return NOTHING

    def arrive(self, call: Call, now_ms: int) -> Sequence[Offer]:
        self.floor.come(call)
        return self.look(now_ms)

    def answer(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        self.floor.handled[agent] += 1
        return NOTHING

    def miss(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        # First in its line again: nobody who waits there has waited longer than the head who was rung for.
        self.floor.waiting[call.kind].insert(0, call)
        self.floor.release(agent, now_ms)
        return self.look(now_ms)

    def give_up(self, call: Call, now_ms: int) -> Sequence[Offer]:
        if call.agent >= 0:
            self.floor.release(call.agent, now_ms)
            return self.look(now_ms)
        self.floor.leave(call)
        return NOTHING

    def finish(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        return NOTHING

    def free(self, agent: int, now_ms: int) -> Sequence[Offer]:
        self.floor.release(agent, now_ms)
        return self.look(now_ms)

    def next_ms(self) -> int | None:
        return None

    def wake(self, now_ms: int) -> Sequence[Offer]:
        return self.look(now_ms)
