"""Calling a customer: first the agent's own phone rings, then the customer's."""

from __future__ import annotations

from dataclasses import replace

from acd import events as ev
from acd.model import Activity, AgentId, Channel, QueueId
from centralita.commands.ports import Ports
from centralita.commands.refusals import Why, explained, refused
from centralita.contact_ids import new_contact_id
from centralita.web import orders
from centralita.web.ports import Answer, CommandResult

RING_MS = 45_000
"""How long the customer's phone rings."""


async def dial(ports: Ports, agent: AgentId, order: orders.Dial) -> CommandResult:
    """The answer names the contact."""
    state = ports.state()
    if state.agents[agent].activity is not Activity.IDLE:
        return explained("agent is busy")
    if order.queue is not None and order.queue not in state.routing.queues:
        return explained(f"unknown queue {order.queue}")
    found = ports.dialled.find(order.number)
    if isinstance(found, Why):
        return refused(found)
    contact_id = new_contact_id(ports.now_ms())
    token = ports.dialled.keep(contact_id, found.way)
    ports.customers.called(contact_id, found.number)
    done = await ports.tell(
        ev.ContactDialled(
            contact_id,
            agent,
            Channel(ports.switch, f"{contact_id}-c"),
            token,
            queue=None if order.queue is None else QueueId(order.queue),
            ring_ms=RING_MS,
        )
    )
    if done.answer is Answer.DONE:
        return replace(done, contact=contact_id)
    ports.dialled.forget(token)
    ports.customers.not_called(contact_id)
    return done
