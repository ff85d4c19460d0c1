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
    Phase.SENT: "ivr",
}
PROMISED = "promised"
"""The stretch of who waits to be called back: no wait on the line."""


def enter(turn: Turn, contact: Contact, phase: Phase) -> None:
    contact.phase, contact.phase_since_ms = phase, turn.now_ms


def end_segment(
    turn: Turn, contact: Contact, ended_by: EndedBy | None = None, *, at_ms: int | None = None
) -> None:
    """
    Close the stretch that the contact is in, now or then. Talk segments are closed by `acd.offers.end_talk`.
    """
    at_ms = turn.now_ms if at_ms is None else at_ms
    kind = PROMISED if contact.absent else _KINDS.get(contact.phase)
    # That somebody was promised a call is told however short it was.
    if kind is None or (at_ms == contact.phase_since_ms and kind != PROMISED):
        return
    in_queue = contact.rules is not None and kind in ("waiting", PROMISED)
    queue = contact.rules.id if contact.rules is not None and in_queue else None
    leg = contact.offer_id if contact.phase is Phase.OUTSIDE else None
    contact.segments.append(Segment(kind, contact.phase_since_ms, at_ms, queue, None, leg, ended_by))
    if kind == "waiting":
        contact.wait_ms += at_ms - contact.phase_since_ms
