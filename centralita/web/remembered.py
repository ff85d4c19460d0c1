"""
Commands that are done once, however often and by whichever way they come.

An agent's command with an id keeps its answer for a while. Whoever sends it again
meanwhile, by the same connection or another, gets that answer; whoever sends it
while it is being done waits for the first one's.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from centralita.tasks import spawn
from centralita.web.orders import Order
from centralita.web.ports import Answer, CommandResult

KEPT_MAX = 256
"""Answers kept for each agent."""
KEPT_S = 600.0
"""How long an answer is kept."""
_REUSED = CommandResult(
    Answer.REFUSED,
    "Este command_id ya se usó para otra orden: envíe cada orden con un id propio.",
    "This command_id was used for another command: send each command with an id of its own.",
    code="command_id_reused",
)
_FAILED = CommandResult(
    Answer.UNAVAILABLE,
    "La orden falló por un error del servidor: vea su registro e inténtelo de nuevo.",
    "The command failed by an error of the server: see its log and try again.",
    code="server_error",
)


@dataclass(frozen=True, slots=True)
class _Done:
    order: Order
    answer: asyncio.Future[CommandResult]
    at_s: float


class Remembered:
    """
    Args:
        now_s: A clock that only goes forward.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._kept: dict[str, OrderedDict[str, _Done]] = {}

    async def once(
        self, agent: str, order: Order, do: Callable[[], Awaitable[CommandResult]]
    ) -> CommandResult:
        """
        The answer to this command, which is done unless it has been already.

        Args:
            agent: Whose it is.
            order: Compared with what had the same id before.
            do: Does it. It goes on to its end even if who asked goes away meanwhile.
        """
        if order.command_id is None:
            return await do()
        known = self._fresh(agent).get(order.command_id)
        if known is None:
            known = self._begin(agent, order.command_id, order, do)
        elif known.order != order:
            return _REUSED
        return await asyncio.shield(known.answer)

    def _begin(
        self, agent: str, command_id: str, order: Order, do: Callable[[], Awaitable[CommandResult]]
    ) -> _Done:
        kept = self._kept.setdefault(agent, OrderedDict())
        begun = kept[command_id] = _Done(order, asyncio.get_running_loop().create_future(), self._now_s())
        if len(kept) > KEPT_MAX:
            kept.popitem(last=False)
        spawn(self._do(agent, command_id, begun, do), name=f"command {agent}")
        return begun

    async def _do(
        self, agent: str, command_id: str, begun: _Done, do: Callable[[], Awaitable[CommandResult]]
    ) -> None:
        result = _FAILED
        try:
            result = await do()
        finally:
            if result.answer in (Answer.UNAVAILABLE, Answer.UNKNOWN_AGENT):
                # What could not be done now may be possible the next time.
                self._forget(agent, command_id, begun)
            begun.answer.set_result(result)

    def _forget(self, agent: str, command_id: str, begun: _Done) -> None:
        kept = self._kept.get(agent, OrderedDict())
        if kept.get(command_id) is begun:
            del kept[command_id]
            if not kept:
                del self._kept[agent]

    def _fresh(self, agent: str) -> OrderedDict[str, _Done]:
        """What is remembered of an agent, without what is too old: the oldest stand first."""
        kept = self._kept.get(agent, OrderedDict())
        oldest_s = self._now_s() - KEPT_S
        while kept and (first := next(iter(kept))) and kept[first].at_s < oldest_s:
            del kept[first]
        return kept
