"""What agents and supervisors order, by HTTP or by WebSocket, and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from acd import events as ev
from acd.engine import Decision
from acd.model import AgentId, Presence
from acd.records import Ignored
from acd.state import State
from centralita.desktops import Desktops
from centralita.runtime import InboxFull
from centralita.web.ports import Answer, CommandResult

_NOT_WRAPPING = CommandResult(
    Answer.REFUSED, "El agente no está en trabajo posterior.", "The agent is not in wrap-up."
)
_BUSY = CommandResult(
    Answer.UNAVAILABLE,
    "El servidor no da abasto: inténtelo dentro de unos segundos.",
    "The server cannot keep up: try again in a few seconds.",
)


class AgentCommands:
    """
    Each command waits until it was taken and is in the journal.

    Args:
        state: The engine's, for reading.
        ask: See `Runtime.ask`.
        desktops: Whose screen is whose.
    """

    def __init__(
        self,
        state: Callable[[], State],
        ask: Callable[[ev.Event], Awaitable[Decision]],
        desktops: Desktops,
    ) -> None:
        self._state = state
        self._ask = ask
        self._desktops = desktops

    async def set_presence(self, agent: str, presence: str, reason: str) -> CommandResult:
        """`presence` is one of `acd.model.Presence`."""
        return await self._command(ev.PresenceSet(AgentId(agent), Presence(presence), reason))

    async def wrap_up_done(self, agent: str) -> CommandResult:
        return await self._command(ev.WrapUpDone(AgentId(agent)))

    async def connected(self, agent: str, screen: object) -> CommandResult:
        """See `web.ports.DesktopPort`."""
        return await self._screen(agent, self._desktops.connected, screen)

    async def said_goodbye(self, agent: str, screen: object) -> CommandResult:
        """See `web.ports.DesktopPort`."""
        return await self._screen(agent, self._desktops.said_goodbye, screen)

    def lost(self, screen: object) -> None:
        """See `web.ports.DesktopPort`."""
        self._desktops.lost(screen)

    async def _screen(
        self, agent: str, tell: Callable[[AgentId, object], Awaitable[None]], screen: object
    ) -> CommandResult:
        if agent not in self._state().agents:
            return CommandResult(Answer.UNKNOWN_AGENT)
        try:
            await tell(AgentId(agent), screen)
        except InboxFull:
            return _BUSY
        return CommandResult(Answer.DONE)

    async def _command(self, event: ev.PresenceSet | ev.WrapUpDone) -> CommandResult:
        if event.agent_id not in self._state().agents:
            return CommandResult(Answer.UNKNOWN_AGENT)
        try:
            decision = await self._ask(event)
        except InboxFull:
            return _BUSY
        ignored = [r for r in decision.records if isinstance(r, Ignored)]
        if ignored and ignored[0].reason != "already so":
            return _NOT_WRAPPING
        return CommandResult(Answer.DONE)
