"""
What befell a contact on its way, one row each: the timeline that its record tells.

Tells who did it and to whom, never a number: somebody outside is just outside.
"""

from __future__ import annotations

from typing import Any, assert_never

from acd.model import AgentId, Target, TargetKind
from acd.records import (
    AgentMuted,
    ConferenceEnded,
    ConferenceStarted,
    ConsultConnected,
    ConsultEnded,
    ConsultStarted,
    ContactEscalatedTo,
    ContactHeld,
    ContactHeldBack,
    ContactRetrieved,
    ContactTransferred,
    CustomerCalled,
    OutsideConnected,
    OutsideEnded,
)

Row = dict[str, Any]

DIALLED, ESCALATED, HELD_BACK, TRANSFERRED = "dialled", "escalated", "held_back", "transferred"
"""Kinds that others ask for."""
ATTENDED, BLIND = "attended", "blind"

_Asked = ConsultStarted | ConsultConnected | ConsultEnded
_Outside = OutsideConnected | OutsideEnded
_Own = ContactHeld | ContactRetrieved | AgentMuted | CustomerCalled | ConferenceStarted | ConferenceEnded
Happening = ContactHeldBack | ContactEscalatedTo | ContactTransferred | _Asked | _Outside | _Own
"""The records that become rows of `happening`."""


def row(id_: str, record: Happening) -> Row:
    """
    The row of one record.

    Args:
        id_: Contact, journal seq and place in it.
        record: What befell it.
    """
    blank = dict.fromkeys(("queue", "agent", "to_kind", "to", "offer_id", "reason", "lasted_ms"))
    known = {"id": id_, "contact_id": record.contact_id, "at_ms": record.at_ms}
    return {**blank, **known, **_what(record)}


def in_order(id_: str, contact_id: str) -> tuple[int, ...]:
    """By the journal: behind the contact the id of a row holds the seq, and its place there."""
    return tuple(int(part) for part in id_[len(contact_id) + 1 :].split("."))


def _what(record: Happening) -> Row:
    match record:
        case ContactHeldBack():
            return {"kind": HELD_BACK, "queue": record.queue, "reason": record.reason}
        case ContactEscalatedTo():
            to = {"to_kind": TargetKind.QUEUE.value, "to": record.to}
            return {"kind": ESCALATED, "queue": record.queue, "agent": record.agent_id, **to}
        case ContactTransferred():
            how = ATTENDED if record.attended else BLIND
            return {"kind": TRANSFERRED, "agent": record.agent_id, "reason": how, **_target(record.to)}
        case ConsultStarted() | ConsultConnected() | ConsultEnded():
            return {"agent": record.agent_id, "offer_id": record.leg_id, **_asked(record)}
        case OutsideConnected() | OutsideEnded():
            return {"offer_id": record.leg_id, **_whom(None), **_outside(record)}
        case _:
            return {"agent": record.agent_id, **_own(record)}


def _own(record: _Own) -> Row:
    match record:
        case ContactHeld():
            return {"kind": "held"}
        case ContactRetrieved(held_ms=held_ms):
            return {"kind": "retrieved", "lasted_ms": held_ms}
        case AgentMuted(muted=muted):
            return {"kind": "muted" if muted else "unmuted"}
        case CustomerCalled():
            return {"kind": DIALLED}
        case ConferenceStarted(with_agent=agent_id):
            return {"kind": "conference_started", **_whom(agent_id)}
        case ConferenceEnded():
            return {"kind": "conference_ended"}
        case _:
            assert_never(record)


def _outside(record: _Outside) -> Row:
    if isinstance(record, OutsideConnected):
        return {"kind": "outside_connected"}
    return {"kind": "outside_ended", **_end(record)}


def _asked(record: _Asked) -> Row:
    match record:
        case ConsultStarted(to=to):
            return {"kind": "consult_started", **_target(to)}
        case ConsultConnected(with_agent=agent_id):
            return {"kind": "consult_connected", **_whom(agent_id)}
        case ConsultEnded():
            return {"kind": "consult_ended", **_end(record)}
        case _:
            assert_never(record)


def _end(record: ConsultEnded | OutsideEnded) -> Row:
    return {"reason": record.result.value, "lasted_ms": record.talk_ms}


def _target(to: Target) -> Row:
    outside = to.kind is TargetKind.OUTSIDE
    return {"to_kind": to.kind.value, "to": None if outside else to.name}


def _whom(agent_id: AgentId | None) -> Row:
    kind = TargetKind.OUTSIDE if agent_id is None else TargetKind.AGENT
    return {"to_kind": kind.value, "to": agent_id}
