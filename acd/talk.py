"""What happens in a talk beside hold: retrieve, mute, hang up, answer; and its end, told by the switch."""

from __future__ import annotations

from typing import Any

from acd import conference, consults, outgoing, transfers
from acd import events as ev
from acd.commands import AnswerLeg, Connect, EndLeg, MuteLeg, WithdrawOffer
from acd.hold import NOT_THEIRS, talk_again
from acd.model import AgentId, EndedBy, OfferEnd, OfferState, Phase
from acd.offers import end_talk
from acd.records import AgentMuted, Corrected
from acd.state import Contact, Offer
from acd.turn import Turn

RETURN_GRACE_MS = 2_000
"""A caller who was just told to talk again may be seen coming home from before."""
SETTLE_MS = 500
"""An agent whose leg ends so soon after that has not talked again."""
RECONNECTS_MAX = 3

_RINGS = (OfferState.DIALLING, OfferState.RINGING)


def retrieve(turn: Turn, contact: Contact, event: ev.RetrieveAsked) -> None:
    """Agent and contact talk again; whom the agent was asking is let go."""
    if contact.agent_id != event.agent_id:
        turn.ignore(event, contact.id, NOT_THEIRS)
    elif contact.on_hold_ms is None:
        turn.ignore(event, contact.id, "already so")
    else:
        if contact.consult_id is not None:
            consults.end(turn, contact)
        talk_again(turn, contact)


def mute(turn: Turn, contact: Contact, event: ev.MuteAsked) -> None:
    """Nobody hears the agent, until the agent says otherwise or the talk is over."""
    if contact.agent_id != event.agent_id:
        turn.ignore(event, contact.id, NOT_THEIRS)
    elif contact.muted == event.muted:
        turn.ignore(event, contact.id, "already so")
    else:
        assert contact.offer_id is not None
        contact.muted = event.muted
        turn.order(MuteLeg(contact.offer_id, event.muted))
        turn.remember(AgentMuted(contact.id, event.agent_id, event.muted, turn.now_ms))


def hang_up(turn: Turn, contact: Contact, event: ev.HangUpAsked) -> None:
    """As if the agent had put the receiver down, or declined what rings: the rest follows from the leg."""
    leg = _leg_of(turn, contact, event.agent_id)
    if leg is None:
        turn.ignore(event, contact.id, NOT_THEIRS)
    elif contact.phase is Phase.DIALLING:
        outgoing.give_up(turn, contact)
    elif leg.state in _RINGS:
        turn.order(WithdrawOffer(leg.id, OfferEnd.DECLINED))
    else:
        turn.order(EndLeg(leg.id))


def _leg_of(turn: Turn, contact: Contact, agent_id: AgentId) -> Offer | None:
    """The leg by which this agent has to do with the contact, or is to."""
    for leg_id in (contact.offer_id, contact.consult_id):
        if leg_id is not None and turn.state.offers[leg_id].agent_id == agent_id:
            return turn.state.offers[leg_id]
    return None


def answer(turn: Turn, event: ev.AnswerAsked) -> None:
    """Have the telephone pick up whatever of ours rings there."""
    agent = turn.state.agents.get(event.agent_id)
    leg = None if agent is None or agent.offer_id is None else turn.state.offers.get(agent.offer_id)
    if agent is None:
        turn.ignore(event, event.agent_id, f"unknown agent {event.agent_id}")
    elif leg is None or leg.state not in _RINGS:
        turn.ignore(event, agent.id, "nothing rings")
    else:
        turn.order(AnswerLeg(leg.id))


def leg_gone(turn: Turn, offer: Offer, event: ev.LegGone | ev.OfferFailed) -> None:
    """
    The leg of the agent in a talk has ended.

    Whom the agent was asking takes the contact over, having picked up; otherwise a contact on
    hold goes back to its queue, and one who was talking comes home.
    """
    contact = turn.state.contacts[offer.contact_id]
    at_ms = event.at_ms if isinstance(event, ev.LegGone) else None
    other = None if contact.consult_id is None else turn.state.offers[contact.consult_id]
    if other is not None and other.state is OfferState.ACCEPTED:
        transfers.take_over(turn, contact, leg_is_up=False, at_ms=at_ms)
    elif contact.on_hold_ms is not None or _not_back_yet(turn, contact):
        transfers.abandoned(turn, contact, at_ms=at_ms)
    else:
        end_talk(turn, contact, EndedBy.AGENT, at_ms)


def _not_back_yet(turn: Turn, contact: Contact) -> bool:
    """Told to talk again a moment ago, and not because the contact had come home from the talk."""
    since_ms = contact.connect_ms
    return since_ms is not None and not contact.reconnects and turn.now_ms - since_ms < SETTLE_MS


def come_home(turn: Turn, contact: Contact, event: ev.ContactReturned) -> None:
    """
    The caller is here again, so the agent must have left: free the agent even if nobody told us.

    In a talk with hold, consultation or conference in it that is no proof: there the caller was sent
    home, or was just told to talk again. Then the two are brought together anew, a few times.
    """
    if contact.on_hold_ms is not None:
        turn.ignore(event, contact.id, "on hold")
    elif contact.connect_ms is None:
        end_talk(turn, contact, EndedBy.AGENT, leg_is_up=True)
    elif turn.now_ms - contact.connect_ms < RETURN_GRACE_MS:
        turn.ignore(event, contact.id, "told to talk a moment ago")
    elif contact.conference:
        turn.remember(Corrected(contact.id, "came home from a conference: broken up", turn.now_ms))
        conference.break_up(turn, contact)
    elif contact.reconnects < RECONNECTS_MAX:
        _bring_together(turn, contact)
    else:
        turn.remember(Corrected(contact.id, "cannot be brought together with the agent", turn.now_ms))
        transfers.sent_back(turn, contact)


def _bring_together(turn: Turn, contact: Contact) -> None:
    assert contact.offer_id is not None
    contact.reconnects += 1
    contact.connect_ms = turn.now_ms
    turn.remember(Corrected(contact.id, "came home from a talk: connected again", turn.now_ms))
    turn.order(Connect(contact.id, contact.offer_id))


ACTIONS: dict[str, Any] = {
    "retrieve": retrieve,
    "mute": mute,
    "hang_up": hang_up,
    "come_home": come_home,
}
OFFER_ACTIONS: dict[str, Any] = {"leg_gone": leg_gone}
