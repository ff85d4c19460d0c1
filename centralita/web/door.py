"""The one door: every command of every transport is given through `Door.obey`."""

from __future__ import annotations

import structlog

from centralita.people.rights import INSTALLATION, Who
from centralita.web.orders import DesktopBye, DesktopHere, Order, name_of
from centralita.web.ports import AgentOrders, Answer, CommandResult, Screen
from centralita.web.problems import did_you_mean
from centralita.web.remembered import Remembered

_log = structlog.get_logger("commands")


class Door:
    """
    Args:
        agents: Does what is ordered.
        remembered: What has been done already.
    """

    def __init__(self, agents: AgentOrders, remembered: Remembered) -> None:
        self._agents, self._remembered = agents, remembered

    async def obey(
        self, agent: str, order: Order, *, who: Who = INSTALLATION, screen: Screen | None = None
    ) -> CommandResult:
        """
        Do one command, once, if they may.

        Args:
            agent: Whose phone, presence or contact it is about.
            order: See `web.orders`.
            who: Who commands.
            screen: The connection that it came by, if it is one that can be a screen.
        """
        if not who.may_command(agent):
            return _not_yours(agent)
        result = await self._do(agent, order, screen)
        _log.debug(
            "command.done", agent=agent, command=name_of(order), who=who.name, answer=result.answer.value,
            code=result.code,
        )  # fmt: skip
        return result

    async def _do(self, agent: str, order: Order, screen: Screen | None) -> CommandResult:
        known = self._agents.names()
        if agent not in known:
            es, en = did_you_mean(agent, known)
            return CommandResult(
                Answer.UNKNOWN_AGENT,
                f"No hay agente «{agent}»: {es}",
                f"There is no agent '{agent}': {en}",
                code="unknown_agent",
            )
        if isinstance(order, DesktopHere | DesktopBye):
            # About this connection: the same id by another one means another screen.
            return await self._agents.do(agent, order, screen)
        return await self._remembered.once(agent, order, lambda: self._agents.do(agent, order))

    def lost(self, screen: Screen) -> None:
        """The connection has ended; it may have been nobody's screen."""
        self._agents.lost(screen)


def _not_yours(agent: str) -> CommandResult:
    return CommandResult(
        Answer.REFUSED,
        f"No puede dar órdenes por el agente «{agent}»: su cuenta o su clave no lo permite.",
        f"You may not give commands for the agent '{agent}': your account or token does not allow it.",
        code="not_yours",
    )
