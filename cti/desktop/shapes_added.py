"""Events of what people and programs add to a contact, as `shapes`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from acd.model import AgentId, ContactId
from cti.desktop.shapes import Customer, NoteData
from cti.desktop.shapes_known import AttachedData, DisposedData


class ContactDataChanged(TypedDict):
    contact_id: ContactId
    customer: Customer
    attached: Mapping[str, AttachedData]
    """All that is attached as of now, by key; empty when told again and the contact is over."""


class ContactNoted(TypedDict):
    contact_id: ContactId
    agent: AgentId | None
    customer: Customer
    note_id: str
    note: NoteData | None
    """null when told again and it is no longer known here: `GET /api/contacts/{id}` has it."""


class ContactDisposed(TypedDict):
    contact_id: ContactId
    agent: AgentId | None
    customer: Customer
    disposed: DisposedData | None
    """As `note` of `contact.noted`."""
