"""The menu hands a caller over, to an agent by name or to somebody outside. Not reached: back there."""

from __future__ import annotations

from typing import Any

from acd import events as ev
from acd import promises
from acd.legs import NOBODY, ring_agent, ring_outside
from acd.model import AgentId, OfferKind, Phase, TargetKind
from acd.phases import end_segment, enter
from acd.records import ContactSentTo
from acd.state import Agent, Contact
from acd.targets import agent_now
from acd.transfers import go_outside
from acd.turn import Turn


def send(turn: Turn, contact: Contact, event: ev.ContactSent) -> None:
    """Ring who can take the caller now. Queues have doors of their own: `ContactEnqueued`."""
    found = _agent(turn, contact, event)
    if isinstance(found, str):
        turn.ignore(event, contact.id, found)
        return
    promises.on_the_line(turn, contact)
    contact.sent_from, contact.sent_result = contact.phase, None
    contact.ended_by = contact.exit = contact.exit_kind = None
    turn.remember(ContactSentTo(contact.id, event.to, turn.now_ms))
    if found is None:
        leg = ring_outside(
            turn,
            contact,
            OfferKind.OUTSIDE,
            event.to.name,
            by=None,
            by_agent=NOBODY,
            ring_ms=event.ring_ms,
        )
        go_outside(turn, contact, leg)
        return
    end_segment(turn, contact)
    enter(turn, contact, Phase.SENT)
    rung = ring_agent(turn, contact, found, OfferKind.CONTACT, by_agent=NOBODY, ring_ms=event.ring_ms)
    contact.offer_id = rung.id


def _agent(turn: Turn, contact: Contact, event: ev.ContactSent) -> Agent | str | None:
    """None: somebody outside; a text: why it cannot be."""
    if event.to.kind is TargetKind.OUTSIDE:
        return None
    if event.to.kind is TargetKind.QUEUE:
        return "not to a queue"
    return agent_now(turn, contact, NOBODY, AgentId(event.to.name))


ACTIONS: dict[str, Any] = {"send": send}
