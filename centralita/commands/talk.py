"""What an agent does with the call in hand: hold, mute, hang up, have the phone pick up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from acd import events as ev
from acd.model import AgentId, ContactId, OfferId, OfferState
from acd.state import Contact, State
from centralita.commands.in_hand import in_hand
from centralita.commands.ports import Ports
from centralita.commands.refusals import (
    DONE,
    NOTHING_RINGS,
    PHONE_BY_HAND,
    PHONE_NO_SCREEN,
    Why,
    explained,
    refused,
)
from centralita.web import orders
from centralita.web.ports import CommandResult
from centralita.web.said import phone_answer

_Make = Callable[[ContactId, AgentId], ev.Event]

EVENTS: Mapping[type[orders.OfContact], _Make] = {
    orders.Hold: ev.HoldAsked,
    orders.Retrieve: ev.RetrieveAsked,
    orders.CancelConsult: ev.RetrieveAsked,
    orders.Mute: lambda contact_id, agent: ev.MuteAsked(contact_id, agent, muted=True),
    orders.Unmute: lambda contact_id, agent: ev.MuteAsked(contact_id, agent, muted=False),
    orders.Conference: ev.ConferenceAsked,
    orders.HangUp: ev.HangUpAsked,
}
"""Commands that say no more than whose contact -> what the engine is told."""


_BELL = (OfferState.DIALLING, OfferState.RINGING)


async def talk(ports: Ports, agent: AgentId, order: orders.OfContact) -> CommandResult:
    """One of the commands in `EVENTS`."""
    state = ports.state()
    contact_id = in_hand(state, agent, order, ringing=isinstance(order, orders.HangUp))
    if isinstance(contact_id, Why):
        return refused(contact_id)
    if isinstance(order, orders.CancelConsult) and (why := _no_consult(state.contacts[contact_id])):
        return explained(why)
    return await ports.tell(EVENTS[type(order)](contact_id, agent))


async def answer(ports: Ports, agent: AgentId, order: orders.Answer) -> CommandResult:
    """Have what rings picked up, if the agent's phone can do that."""
    offer_id = _rings(ports.state(), agent)
    if offer_id is None:
        return refused(NOTHING_RINGS)
    contact_id = in_hand(ports.state(), agent, order, ringing=True)
    if isinstance(contact_id, Why):
        return refused(contact_id)
    match ports.settings.answers(agent):
        case "screen":
            told = ports.desktops.tell_phone(agent, phone_answer(agent, offer_id))
            return DONE if told else refused(PHONE_NO_SCREEN)
        case "command":
            return await ports.tell(ev.AnswerAsked(agent))
        case _:
            return refused(PHONE_BY_HAND)


def _no_consult(contact: Contact) -> str | None:
    """Why there is no consultation to cancel; `retrieve` would be done without one."""
    if contact.consult_id is None:
        return "asks nobody"
    return "in a conference" if contact.conference else None


def _rings(state: State, agent: AgentId) -> OfferId | None:
    """What rings at the agent's phone, or is about to."""
    offer_id = state.agents[agent].offer_id
    offer = None if offer_id is None else state.offers.get(offer_id)
    return offer_id if offer is not None and offer.state in _BELL else None
