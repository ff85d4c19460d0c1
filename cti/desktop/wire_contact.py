"""Events of a contact on its way: it comes, waits, is sent on, and is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from acd.records import (
    ContactClosed,
    ContactDiverted,
    ContactEscalatedTo,
    ContactHeldBack,
    ContactOpened,
    ContactQueued,
    ContactSorted,
    CustomerCalled,
    PlaceGivenBack,
)
from cti.desktop import parts, shapes
from cti.desktop.envelope import Data
from cti.desktop.known import Enrich
from cti.desktop.pop import candidates, customer

_QueueRecord = ContactDiverted | ContactEscalatedTo | ContactHeldBack | PlaceGivenBack
ContactRecord = ContactOpened | ContactQueued | ContactSorted | _QueueRecord | CustomerCalled | ContactClosed


def contact(record: ContactRecord, enrich: Enrich) -> tuple[str, Data]:
    """Type and data."""
    match record:
        case ContactOpened():
            return "contact.started", _started(record, enrich(record.contact_id))
        case ContactQueued(contact_id=contact_id, queue=queue, position=position):
            return "contact.queued", shapes.ContactQueued(
                contact_id=contact_id,
                queue=queue,
                position=position,
                customer=customer(enrich(contact_id)),
            )
        case ContactSorted():
            return "contact.identified", _identified(record, enrich(record.contact_id))
        case ContactDiverted() | ContactEscalatedTo() | ContactHeldBack() | PlaceGivenBack():
            return _queue(record)
        case CustomerCalled(contact_id=contact_id, agent_id=agent):
            return "contact.dialled", shapes.ContactDialled(
                contact_id=contact_id, agent=agent, customer=customer(enrich(contact_id))
            )
        case ContactClosed():
            return "contact.closed", _closed(record)
        case _:
            assert_never(record)


def _queue(record: _QueueRecord) -> tuple[str, Data]:
    match record:
        case ContactDiverted():
            return "contact.diverted", _diverted(record)
        case ContactEscalatedTo():
            return "contact.escalated", shapes.ContactEscalated(
                contact_id=record.contact_id, agent=record.agent_id, queue=record.queue, to=record.to
            )
        case ContactHeldBack():
            return "contact.held_back", shapes.ContactHeldBack(
                contact_id=record.contact_id, queue=record.queue, reason=record.reason
            )
        case PlaceGivenBack():
            return "contact.placed_back", shapes.ContactPlacedBack(
                contact_id=record.contact_id,
                earlier=record.earlier,
                queue=record.queue,
                position=record.position,
            )
        case _:
            assert_never(record)


def _started(record: ContactOpened, known: Mapping[str, object]) -> shapes.ContactStarted:
    return {
        "contact_id": record.contact_id,
        "entry": record.entry,
        "channel": parts.channel(record.channel),
        "medium": record.medium,
        "direction": record.direction,
        "agent": record.agent_id,
        "customer": customer(known),
    }


def _identified(record: ContactSorted, known: Mapping[str, object]) -> shapes.ContactIdentified:
    return {
        "contact_id": record.contact_id,
        "customer": customer(known),
        "candidates": candidates(known),
        "language": record.language,
        "segment": record.segment,
        "head_start_ms": record.head_start_ms,
        "rules": record.rules,
        "preferred": record.preferred,
    }


def _diverted(record: ContactDiverted) -> shapes.ContactDiverted:
    return {
        "contact_id": record.contact_id,
        "queue": record.queue,
        "exit": record.exit,
        "to": record.to,
        "name": record.name,
        "alarm": record.alarm,
        "waited_ms": record.waited_ms,
    }


def _closed(record: ContactClosed) -> shapes.ContactClosed:
    return {
        "contact_id": record.contact_id,
        "channel": parts.channel(record.channel),
        "entry": record.entry,
        "direction": record.direction,
        "outcome": record.outcome,
        "ended_by": record.ended_by,
        "queue": record.queue,
        "started_ms": record.started_ms,
        "queued_ms": record.queued_ms,
        "answered_ms": record.answered_ms,
        "ended_ms": record.ended_ms,
        "wait_ms": record.wait_ms,
        "ring_ms": record.ring_ms,
        "talk_ms": record.talk_ms,
        "hold_ms": record.hold_ms,
        "transfers": record.transfers,
        "config_version": record.config_version,
        "language": record.language,
        "segment": record.segment,
        "segments": [parts.segment(part) for part in record.segments],
        "offers": [parts.tried(offer) for offer in record.offers],
    }
