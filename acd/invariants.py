"""What is true of the engine between any two inputs. Each broken promise is one line of text."""

from __future__ import annotations

from collections.abc import Iterator

from acd.exits import due, next_mark_ms
from acd.legs import NOBODY
from acd.model import Activity, Desktop, OfferKind, OfferState, Phase, Presence
from acd.routing.eligible import unavailable
from acd.routing.naive import differences, fits, is_first, kept_for, staff
from acd.routing.needs import needs_at, next_step_ms
from acd.state import IN_LINE, Contact, Offer, State


def broken(state: State) -> list[str]:
    """All promises that do not hold; empty when all is well."""
    return [
        *_contacts(state),
        *_talks(state),
        *_agents(state),
        *_offers(state),
        *_lines(state),
        *_stays(state),
        *_promises(state),
        *differences(state),
        *_nobody_waits_in_vain(state),
    ]


_WITH_A_LEG = (Phase.OFFERED, Phase.TALKING, Phase.OUTSIDE, Phase.SENT)


def _contacts(state: State) -> Iterator[str]:
    for contact in state.contacts.values():
        dials = contact.phase is Phase.DIALLING
        if not dials and (contact.phase in _WITH_A_LEG) != (contact.offer_id is not None):
            yield f"{contact.id} is {contact.phase} with offer {contact.offer_id}"
        if dials and contact.offer_id is None and f"dial:{contact.id}" not in state.deadlines:
            yield f"{contact.id} is dialled by nobody, for ever"
        if contact.offer_id is not None and contact.offer_id not in state.offers:
            yield f"{contact.id} holds unknown offer {contact.offer_id}"
        elif contact.offer_id is not None:
            yield from _main_leg(contact, state.offers[contact.offer_id])
        if contact.phase is Phase.CLOSED:
            yield f"{contact.id} is closed but still here"


_FOR = {Phase.OUTSIDE: OfferKind.OUTSIDE, Phase.DIALLING: OfferKind.DIAL}


def _main_leg(contact: Contact, leg: Offer) -> Iterator[str]:
    wanted = _FOR.get(contact.phase, OfferKind.CONTACT)
    if contact.absent or (contact.phase is Phase.DIALLING and contact.promise is not None):
        wanted = OfferKind.CALLBACK
    if leg.contact_id != contact.id or leg.kind is not wanted:
        yield f"{contact.id} is {contact.phase} with {leg.id}, a leg for {leg.kind}"
    if contact.phase is Phase.TALKING and leg.state is not OfferState.ACCEPTED:
        yield f"{contact.id} talks to {leg.id}, which is {leg.state}"
    if (contact.phase is Phase.TALKING) != (contact.agent_id is not None):
        yield f"{contact.id} is {contact.phase} with agent {contact.agent_id}"
    if leg.state in (OfferState.WITHDRAWN, OfferState.ENDING):
        yield f"{contact.id} has to do with {leg.id}, which is {leg.state}"


def _talks(state: State) -> Iterator[str]:
    """Hold, consultation and conference are states of a talk, and each has the legs that it needs."""
    for contact in state.contacts.values():
        held, asked = contact.on_hold_ms is not None, contact.consult_id
        if contact.phase is not Phase.TALKING and (
            held or asked or contact.conference or contact.muted or contact.talk_hold_ms
        ):
            yield f"{contact.id} is {contact.phase} with something left of a talk"
        if contact.conference and (held or asked is None):
            yield f"{contact.id} is in a conference of two, or on hold in one"
        if asked is None:
            continue
        leg = state.offers.get(asked)
        if leg is None or leg.contact_id != contact.id or leg.kind is not OfferKind.CONSULT:
            yield f"{contact.id} asks by a leg that is not for it"
        elif leg.state in (OfferState.WITHDRAWN, OfferState.ENDING):
            yield f"{contact.id} asks by {asked}, which is {leg.state}"
        elif contact.conference and leg.state is not OfferState.ACCEPTED:
            yield f"{contact.id} is in a conference with somebody who has not picked up"
        elif not contact.conference and (not held or leg.by != contact.offer_id):
            yield f"{contact.id} is asked about and is not on hold, or by another"


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
    agents = [offer.agent_id for offer in state.offers.values() if offer.agent_id != NOBODY]
    if len(agents) != len(set(agents)):
        yield "an agent holds two offers"
    for offer in state.offers.values():
        agent = state.agents.get(offer.agent_id)
        if offer.agent_id != NOBODY and (agent is None or agent.offer_id != offer.id):
            yield f"{offer.id} has no agent behind it"
        contact = state.contacts.get(offer.contact_id)
        legs = () if contact is None else (contact.offer_id, contact.consult_id)
        wanted = offer.state in (OfferState.DIALLING, OfferState.RINGING, OfferState.ACCEPTED)
        if wanted and offer.id not in legs:
            yield f"{offer.id} is {offer.state} for nobody"
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
        named = f"exit:{contact.id}" in state.deadlines
        if contact.phase is Phase.WAITING and not contact.absent and not named:
            yield from _forgotten(state, contact, waited_ms)


def _promises(state: State) -> Iterator[str]:
    """Who waits to be called has nobody on the line, is called only when it is time, and only once."""
    for contact in state.contacts.values():
        if contact.promise is None:
            if contact.absent or contact.called_in is not None:
                yield f"{contact.id} is absent, or held back, and was promised nothing"
            continue
        if contact.rules is None or contact.queued_ms is None:
            yield f"{contact.id} was promised a call out of no queue"
        elif contact.absent:
            yield from _absent(state, contact)
        elif contact.phase not in (Phase.IVR, Phase.AFTER, Phase.FALLBACK, Phase.DIALLING):
            yield f"{contact.id} is {contact.phase} with a promise left over"


def _absent(state: State, contact: Contact) -> Iterator[str]:
    assert contact.rules is not None
    if contact.phase not in (Phase.PROMISED, *IN_LINE) or contact.joined_ms is None:
        yield f"{contact.id} is {contact.phase} without anybody on the line"
    rests = contact.rests_until_ms is not None
    if rests != (f"callback:{contact.id}" in state.deadlines):
        yield f"{contact.id} rests for ever, or for nothing"
    not_now = rests or contact.rules.id in state.closed or contact.called_in is not None
    if not_now and contact.phase is Phase.WAITING:
        yield f"{contact.id} waits to be called at a wrong moment"
    if not not_now and contact.phase is Phase.PROMISED:
        yield f"{contact.id} is to be called and does not wait"
    if contact.called_in is None:
        return
    caller = state.contacts.get(contact.called_in)
    if caller is None or caller.earlier != contact.id or contact.phase is Phase.OFFERED:
        yield f"{contact.id} is held back for nobody, or rings all the same"


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
