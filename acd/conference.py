"""Conference: contact, agent and whom the agent has asked talk together. Whoever leaves, the others go on."""

from __future__ import annotations

from typing import Any

from acd import consults
from acd import events as ev
from acd.commands import Confer
from acd.hold import off_hold, talk_again
from acd.model import OfferEnd
from acd.records import ConferenceStarted
from acd.state import Contact
from acd.turn import Turn


def start(turn: Turn, contact: Contact, event: ev.ConferenceAsked) -> None:
    """All three together, as soon as whom the agent asks has picked up."""
    if contact.conference and contact.agent_id == event.agent_id:
        turn.ignore(event, contact.id, "already so")
        return
    why = consults.not_answered(turn, contact, event.agent_id)
    if why is not None:
        turn.ignore(event, contact.id, why)
        return
    assert contact.consult_id is not None
    third = turn.state.offers[contact.consult_id]
    consults.told(turn, contact, OfferEnd.ACCEPTED, contact.agent_id)
    off_hold(turn, contact)
    contact.consult_id, contact.conference = third.id, True
    third.up_ms = turn.now_ms
    confer(turn, contact)
    who = consults.whoever(third)
    turn.remember(ConferenceStarted(contact.id, event.agent_id, who, turn.now_ms))


def confer(turn: Turn, contact: Contact) -> None:
    """Have the three talk together, wherever each of them is."""
    assert contact.offer_id is not None and contact.consult_id is not None
    contact.connect_ms = turn.now_ms
    turn.order(Confer(contact.id, (contact.offer_id, contact.consult_id)))


def break_up(turn: Turn, contact: Contact) -> None:
    """The contact has come home although nobody had left: the agent gets it back, the third is hung up."""
    consults.end(turn, contact)
    talk_again(turn, contact)


ACTIONS: dict[str, Any] = {"confer": start}
