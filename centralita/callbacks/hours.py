"""Telling the distributor when queues open and close from which somebody is to be called back."""

from __future__ import annotations

import asyncio
import contextlib

from acd import events as ev
from acd.model import QueueId
from acd.state import State
from centralita.callbacks.ports import Ports
from centralita.runtime import InboxFull

LOOK_EVERY_S = 5.0
"""Nobody is called later than this after a queue has closed."""


class Hours:
    """
    Args:
        ports: Whom to ask, and whom to tell.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            with contextlib.suppress(InboxFull):  # there is more urgent work; the next look tells it
                await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Tell what is not as the distributor believes. Once before the first agent can be rung, too."""
        state = self._ports.state()
        for queue in queues_of(state):
            is_open = self._ports.is_open(queue)
            if is_open == (queue in state.closed):
                await self._ports.ask(ev.QueueHours(queue, is_open))


def queues_of(state: State) -> list[QueueId]:
    """Those whose hours matter: somebody is to be called from there, or it is still taken for closed."""
    promised = {c.rules.id for c in state.contacts.values() if c.promise is not None and c.rules is not None}
    return sorted(promised | state.closed.keys())
