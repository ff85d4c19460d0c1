"""What an agent writes of a contact, and the work after it."""

from __future__ import annotations

from collections.abc import Collection

from acd.model import AgentId
from centralita.commands.in_hand import LastContacts
from centralita.commands.ports import Ports
from centralita.commands.refusals import DONE, NOTES_FULL, Why, refused
from centralita.web import orders
from centralita.web.ports import CommandResult


async def note(ports: Ports, last: LastContacts, agent: AgentId, order: orders.WriteNote) -> CommandResult:
    contact_id = last.of(ports.state(), agent, order)
    if isinstance(contact_id, Why):
        return refused(contact_id)
    return DONE if await ports.notes.add(contact_id, agent, order.note) else refused(NOTES_FULL)


async def dispose(ports: Ports, last: LastContacts, agent: AgentId, order: orders.Dispose) -> CommandResult:
    contact_id = last.of(ports.state(), agent, order)
    if isinstance(contact_id, Why):
        return refused(contact_id)
    queue = last.queue(ports.state(), contact_id, agent)
    known = () if queue is None else ports.settings.dispositions(queue)
    if known and order.disposition not in known:
        return refused(_unknown(order.disposition, known))
    await ports.dispositions.set(contact_id, agent, order.disposition, order.tags or (), order.note or "")
    return DONE


def _unknown(given: str, known: Collection[str]) -> Why:
    listed = ", ".join(known)
    return Why(
        "unknown_disposition",
        f"La cola no tiene el resultado «{given}»; admite: {listed}.",
        f"The queue has no disposition '{given}'; it takes: {listed}.",
    )
