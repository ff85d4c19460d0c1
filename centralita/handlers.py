"""Which agents have to do with a contact now."""

from __future__ import annotations

from acd.model import Activity, ContactId
from acd.state import State


def handlers(state: State, contact_id: ContactId) -> frozenset[str]:
    """Agents to whom it is offered, who hold it, are asked about it, or wrap it up."""
    found = {offer.agent_id for offer in state.offers.values() if offer.contact_id == contact_id}
    found |= {
        agent.id
        for agent in state.agents.values()
        if agent.contact_id == contact_id and agent.activity is not Activity.IDLE
    }
    contact = state.contacts.get(contact_id)
    if contact is not None and contact.agent_id is not None:
        found.add(contact.agent_id)
    return frozenset(str(agent) for agent in found if agent)
