"""Hold: the agent's leg is taken out of the talk, the caller comes home to music by itself; and back."""

from __future__ import annotations

from typing import Any

from acd import events as ev
from acd.commands import Connect, Park
from acd.records import ContactHeld, ContactRetrieved
from acd.state import Contact
from acd.turn import Turn

NOT_THEIRS = "not the agent's contact"


def hold(turn: Turn, contact: Contact, event: ev.HoldAsked) -> None:
    """The agent wants to be alone for a moment."""
    if contact.agent_id != event.agent_id:
        turn.ignore(event, contact.id, NOT_THEIRS)
    elif contact.conference:
        turn.ignore(event, contact.id, "in a conference")
    elif contact.on_hold_ms is not None:
        turn.ignore(event, contact.id, "already so")
    else:
        put_on_hold(turn, contact)


def put_on_hold(turn: Turn, contact: Contact) -> None:
    assert contact.offer_id is not None and contact.agent_id is not None
    contact.on_hold_ms = turn.now_ms
    turn.order(Park(contact.offer_id, contact.id))
    turn.remember(ContactHeld(contact.id, contact.agent_id, turn.now_ms))


def off_hold(turn: Turn, contact: Contact) -> None:
    """The contact is no longer on hold; who has it talks to whom is ordered by whoever calls this."""
    assert contact.on_hold_ms is not None and contact.agent_id is not None
    held_ms = turn.now_ms - contact.on_hold_ms
    contact.talk_hold_ms += held_ms
    contact.on_hold_ms = None
    turn.remember(ContactRetrieved(contact.id, contact.agent_id, held_ms, turn.now_ms))


def talk_again(turn: Turn, contact: Contact) -> None:
    """Contact and agent talk, wherever the two legs are; nothing happens if they do already."""
    assert contact.offer_id is not None
    if contact.on_hold_ms is not None:
        off_hold(turn, contact)
    contact.connect_ms = turn.now_ms
    turn.order(Connect(contact.id, contact.offer_id))


ACTIONS: dict[str, Any] = {"hold": hold}
