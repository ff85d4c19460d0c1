"""What agents and supervisors order, by HTTP or by WebSocket, and what became of it."""

from __future__ import annotations

from collections.abc import Collection

from acd import events as ev
from acd.model import AgentId, Presence
from centralita.commands import after, dial, talk, transfer
from centralita.commands.in_hand import LastContacts
from centralita.commands.ports import Ports
from centralita.commands.refusals import DONE, busy
from centralita.runtime import InboxFull
from centralita.web import orders
from centralita.web.orders import Order
from centralita.web.ports import Answer, CommandResult, Screen


class AgentCommands:
    """
    Each command waits until it was taken and is in the journal.

    Args:
        ports: What carrying them out needs.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.last = LastContacts()
        """Has to keep step with the engine's records."""

    def names(self) -> Collection[str]:
        """See `web.ports.AgentOrders`."""
        return self._ports.state().agents

    async def do(self, agent: str, order: Order, screen: Screen | None = None) -> CommandResult:
        """See `web.ports.AgentOrders`."""
        agent_id = AgentId(agent)
        if agent_id not in self._ports.state().agents:
            return CommandResult(Answer.UNKNOWN_AGENT, code="unknown_agent")
        try:
            return await self._do(agent_id, order, screen)
        except InboxFull:
            return busy()

    async def _do(self, agent_id: AgentId, order: Order, screen: Screen | None) -> CommandResult:
        match order:
            case orders.DesktopHere() | orders.DesktopBye():
                return await self._screen(agent_id, order, screen)
            case orders.SetPresence():
                return await self._ports.tell(_presence(agent_id, order))
            case orders.WrapUpDone():
                return await self._ports.tell(ev.WrapUpDone(agent_id))
            case orders.ExtendWrapUp():
                return await self._ports.tell(ev.WrapUpExtended(agent_id))
            case orders.Dial():
                return await dial.dial(self._ports, agent_id, order)
            case orders.OfContact():
                return await self._of_contact(agent_id, order)
            case _:
                raise AssertionError(f"no way to carry out {orders.name_of(order)}")

    async def _of_contact(self, agent: AgentId, order: orders.OfContact) -> CommandResult:
        match order:
            case orders.Answer():
                return await talk.answer(self._ports, agent, order)
            case orders.Consult():
                return await transfer.consult(self._ports, agent, order)
            case orders.Transfer():
                return await transfer.transfer(self._ports, agent, order)
            case orders.CompleteTransfer():
                return await transfer.complete(self._ports, agent, order)
            case orders.Escalate():
                return await transfer.escalate(self._ports, agent, order)
            case orders.WriteNote():
                return await after.note(self._ports, self.last, agent, order)
            case orders.Dispose():
                return await after.dispose(self._ports, self.last, agent, order)
            case _:
                return await talk.talk(self._ports, agent, order)

    def lost(self, screen: Screen) -> None:
        """See `web.ports.AgentOrders`."""
        self._ports.desktops.lost(screen)

    async def _screen(
        self, agent: AgentId, order: orders.DesktopHere | orders.DesktopBye, screen: Screen | None
    ) -> CommandResult:
        assert screen is not None, "only a connection can be a screen"
        if isinstance(order, orders.DesktopHere):
            await self._ports.desktops.connected(agent, screen, phone=bool(order.phone))
        else:
            await self._ports.desktops.said_goodbye(agent, screen)
        return DONE


def _presence(agent: AgentId, order: orders.SetPresence) -> ev.PresenceSet:
    presence = Presence(orders.name_of(order))
    return ev.PresenceSet(agent, presence, order.reason or "", bool(order.after_contact))
