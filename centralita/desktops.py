"""
Whose screen is connected: the distributor is told when the last one of an agent is lost.

A screen that is lost has a grace to come back, so that a reload of the page or
a restart of the server takes nobody out of the line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from acd import events as ev
from acd.model import AgentId, Desktop
from acd.state import State
from cti.spawn import Spawn

_log = structlog.get_logger("desktops")

GRACE_MS = 10_000
"""How long a lost screen may stay away before its agent is offered nothing any more."""


class Screen(Protocol):
    """One connection: itself and nothing else."""

    def tell(self, message: bytes, /) -> bool:
        """Tell this connection alone. False when it does not read."""


class Desktops:
    """
    The screens of the agents.

    Args:
        state: The engine's, for reading.
        ask: Hands the distributor an event and waits until it was taken.
        spawn: Tells of screens that have not come back.
        grace_ms: See `GRACE_MS`.
    """

    def __init__(
        self,
        state: Callable[[], State],
        ask: Callable[[ev.Event], Awaitable[object]],
        spawn: Spawn,
        *,
        grace_ms: int = GRACE_MS,
    ) -> None:
        self._state = state
        self._ask = ask
        self._spawn = spawn
        self._grace_s = grace_ms / 1000
        self._screens: dict[AgentId, set[Screen]] = {}
        self._phones: dict[AgentId, set[Screen]] = {}
        self._missed: dict[AgentId, asyncio.TimerHandle] = {}

    def start(self) -> None:
        """After a restart: screens that were connected to the server before have their grace to come back."""
        for agent in self._state().agents.values():
            if agent.desktop is Desktop.CONNECTED and not self._screens.get(agent.id):
                self._miss(agent.id)

    async def connected(self, agent_id: AgentId, screen: Screen, *, phone: bool = False) -> None:
        """From now on the connection is a screen of this agent; with `phone`, that of their phone."""
        self._screens.setdefault(agent_id, set()).add(screen)
        _drop(self._phones, agent_id, screen)
        if phone:
            self._phones.setdefault(agent_id, set()).add(screen)
        self._found(agent_id)
        await self._ask(ev.DesktopChanged(agent_id, Desktop.CONNECTED))

    def tell_phone(self, agent_id: AgentId, message: bytes) -> bool:
        """Tell the screens that have the agent's browser phone; False when nobody was told."""
        told = [screen.tell(message) for screen in self._phones.get(agent_id, ())]
        return any(told)

    async def said_goodbye(self, agent_id: AgentId, screen: Screen) -> None:
        """The agent closes this screen; without another one they work by phone alone."""
        self._leave(agent_id, screen)
        if agent_id not in self._screens:
            self._found(agent_id)
            await self._ask(ev.DesktopChanged(agent_id, Desktop.NONE))

    def lost(self, screen: Screen) -> None:
        """The connection has ended without a goodbye. One that was nobody's screen means nothing."""
        for agent_id in [agent_id for agent_id, screens in self._screens.items() if screen in screens]:
            self._leave(agent_id, screen)
            if agent_id not in self._screens:
                self._miss(agent_id)

    def _leave(self, agent_id: AgentId, screen: Screen) -> None:
        _drop(self._screens, agent_id, screen)
        _drop(self._phones, agent_id, screen)

    def _miss(self, agent_id: AgentId) -> None:
        self._found(agent_id)
        loop = asyncio.get_running_loop()
        self._missed[agent_id] = loop.call_later(self._grace_s, self._give_up, agent_id)

    def _found(self, agent_id: AgentId) -> None:
        waiting = self._missed.pop(agent_id, None)
        if waiting is not None:
            waiting.cancel()

    def _give_up(self, agent_id: AgentId) -> None:
        del self._missed[agent_id]
        _log.info("desktop.gone", agent=agent_id)
        self._spawn(self._tell_gone(agent_id), name=f"desktop {agent_id}")

    async def _tell_gone(self, agent_id: AgentId) -> None:
        await self._ask(ev.DesktopChanged(agent_id, Desktop.GONE))


def _drop(screens: dict[AgentId, set[Screen]], agent_id: AgentId, screen: Screen) -> None:
    """One screen less; nothing is kept of an agent without one."""
    theirs = screens.get(agent_id, set())
    theirs.discard(screen)
    if not theirs:
        screens.pop(agent_id, None)
