"""The stretches of a contact's life: entering one, closing one."""

from __future__ import annotations

from acd.model import EndedBy, Phase
from acd.records import Segment
from acd.state import Contact
from acd.turn import Turn

_KINDS = {
    Phase.IVR: "ivr",
    Phase.WAITING: "waiting",
    Phase.OFFERED: "waiting",
    Phase.AFTER: "after",
    Phase.FALLBACK: "fallback",
    Phase.OUTSIDE: "outside",
    Phase.DIALLING: "dialling",
}


def enter(turn: Turn, contact: Contact, phase: Phase) -> None:
    contact.phase, contact.phase_since_ms = phase, turn.now_ms


def end_segment(turn: Turn, contact: Contact, ended_by: EndedBy | None = None) -> None:
    """Close the stretch that the contact is in. Talk segments are closed by `acd.offers.end_talk`."""
    kind = _KINDS.get(contact.phase)
    if kind is None or turn.now_ms == contact.phase_since_ms:
        return
    queue = contact.rules.id if contact.rules is not None and kind == "waiting" else None
    leg = contact.offer_id if contact.phase is Phase.OUTSIDE else None
    contact.segments.append(Segment(kind, contact.phase_since_ms, turn.now_ms, queue, None, leg, ended_by))
    if kind == "waiting":
        contact.wait_ms += turn.now_ms - contact.phase_since_ms
