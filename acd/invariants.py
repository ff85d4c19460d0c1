"""What is true of the engine between any two inputs. Each broken promise is one line of text."""

from __future__ import annotations

from collections.abc import Iterator

from acd.model import Activity, OfferState, Phase
from acd.routing.eligible import unavailable, unfit
from acd.state import State


def broken(state: State) -> list[str]:
    """All promises that do not hold; empty when all is well."""
    return [
        *_contacts(state),
        *_agents(state),
        *_offers(state),
        *_lines(state),
        *_nobody_waits_in_vain(state),
    ]


def _contacts(state: State) -> Iterator[str]:
    for contact in state.contacts.values():
        busy = contact.phase in (Phase.OFFERED, Phase.TALKING)
        if busy != (contact.offer_id is not None):
            yield f"{contact.id} is {contact.phase} with offer {contact.offer_id}"
        if contact.offer_id is not None and contact.offer_id not in state.offers:
            yield f"{contact.id} holds unknown offer {contact.offer_id}"
        if contact.phase is Phase.CLOSED:
            yield f"{contact.id} is closed but still here"


def _agents(state: State) -> Iterator[str]:
    for agent in state.agents.values():
        if agent.activity in (Activity.OFFERED, Activity.TALKING) and agent.offer_id not in state.offers:
            yield f"{agent.id} is {agent.activity} without an offer"
        if agent.activity is Activity.IDLE and (agent.offer_id or agent.contact_id):
            yield f"{agent.id} is idle but holds something"
        if agent.activity is Activity.WRAP_UP and f"wrap:{agent.id}" not in state.deadlines:
            yield f"{agent.id} wraps up for ever"


def _offers(state: State) -> Iterator[str]:
    agents = [offer.agent_id for offer in state.offers.values()]
    if len(agents) != len(set(agents)):
        yield "an agent holds two offers"
    for offer in state.offers.values():
        agent = state.agents.get(offer.agent_id)
        if agent is None or agent.offer_id != offer.id:
            yield f"{offer.id} has no agent behind it"
        contact = state.contacts.get(offer.contact_id)
        open_offer = offer.state in (OfferState.DIALLING, OfferState.RINGING)
        if open_offer and (contact is None or contact.offer_id != offer.id):
            yield f"{offer.id} is open for nobody"
        if offer.state is not OfferState.ACCEPTED and f"offer:{offer.id}" not in state.deadlines:
            yield f"{offer.id} may stay open for ever"


def _lines(state: State) -> Iterator[str]:
    waiting = {c.id for c in state.contacts.values() if c.phase in (Phase.WAITING, Phase.OFFERED)}
    in_line = [key[1] for line in state.lines.values() for key in line]
    if sorted(in_line) != sorted(waiting):
        yield f"lines hold {sorted(in_line)} but {sorted(waiting)} wait"
    for queue, line in state.lines.items():
        if line != sorted(line):
            yield f"the line of {queue} is out of order"


def _nobody_waits_in_vain(state: State) -> Iterator[str]:
    free = [a for a in state.agents.values() if unavailable(a, state.now_ms) is None]
    for contact in state.contacts.values():
        if contact.phase is Phase.WAITING and contact.rules is not None:
            for agent in free:
                if unfit(agent, contact.rules) is None:
                    yield f"{contact.id} waits while {agent.id} is free for it"
