"""What is true of the engine between any two inputs. Each broken promise is one line of text."""

from __future__ import annotations

from collections.abc import Iterator

from acd.exits import due, next_mark_ms
from acd.model import Activity, Desktop, OfferState, Phase, Presence
from acd.routing.eligible import unavailable
from acd.routing.naive import differences, fits, is_first, kept_for, staff
from acd.routing.needs import needs_at, next_step_ms
from acd.state import IN_LINE, Contact, State


def broken(state: State) -> list[str]:
    """All promises that do not hold; empty when all is well."""
    return [
        *_contacts(state),
        *_agents(state),
        *_offers(state),
        *_lines(state),
        *_stays(state),
        *differences(state),
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
        if agent.presence is Presence.LOGGED_OUT and agent.desktop is Desktop.GONE:
            yield f"{agent.id} is logged out and missed"


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
    waiting = {c.id for c in state.contacts.values() if c.phase in IN_LINE}
    in_line = [key[1] for line in state.lines.values() for key in line]
    if sorted(in_line) != sorted(waiting):
        yield f"lines hold {sorted(in_line)} but {sorted(waiting)} wait"
    for queue, line in state.lines.items():
        if line != sorted(line):
            yield f"the line of {queue} is out of order"


def _stays(state: State) -> Iterator[str]:
    """Steps and exits come at their time, and who has left a queue has left it wholly."""
    for contact in state.contacts.values():
        if contact.exit is not None and contact.phase not in (Phase.IVR, Phase.AFTER):
            yield f"{contact.id} is {contact.phase} but has taken an exit"
        if contact.phase is Phase.IVR and contact.joined_ms is not None:
            yield f"{contact.id} is in the menu and in a queue"
        if contact.phase not in IN_LINE or contact.rules is None or contact.joined_ms is None:
            continue
        waited_ms = state.now_ms - contact.joined_ms
        if contact.needs != needs_at(
            contact.rules, waited_ms, state.language_of(contact), contact.added_needs
        ):
            yield f"{contact.id} is held to the needs of another step"
        if next_step_ms(contact.rules, waited_ms) is not None and f"step:{contact.id}" not in state.deadlines:
            yield f"{contact.id} will never reach its next step"
        if contact.phase is Phase.WAITING and f"exit:{contact.id}" not in state.deadlines:
            yield from _forgotten(state, contact, waited_ms)


def _forgotten(state: State, contact: Contact, waited_ms: int) -> Iterator[str]:
    assert contact.rules is not None
    people = staff(state, contact)
    if next_mark_ms(contact.rules, waited_ms) is not None:
        yield f"{contact.id} will never reach its next exit"
    if due(contact.rules, people=people, kept=contact.kept, waited_ms=waited_ms) is not None:
        yield f"{contact.id} has an exit due and is not called"


def _nobody_waits_in_vain(state: State) -> Iterator[str]:
    """Whoever could be matched is, but for those whom a rule keeps from each other; that was remembered."""
    free = [a for a in state.agents.values() if unavailable(a, state.now_ms) is None]
    for contact in state.contacts.values():
        if contact.phase is not Phase.WAITING:
            continue
        for agent in free:
            if not fits(state, agent, contact):
                continue
            kept = kept_for(state, agent, contact)
            if kept is None:
                yield f"{contact.id} waits while {agent.id} is free for it"
            elif is_first(state, contact) and contact.passed_over_ms != contact.joined_ms:
                yield f"{contact.id} is passed over for {kept} and nobody was told"
