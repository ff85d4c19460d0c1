"""Events of what is added to a contact, and what of it a pop shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, assert_never, cast

from acd.records import ContactDataChanged, ContactDisposed, ContactNoted
from cti.desktop import shapes_added as shapes
from cti.desktop.envelope import Data
from cti.desktop.known import Enrich, Story, Tell
from cti.desktop.shapes import Customer, NoteData
from cti.desktop.shapes_known import AttachedData, DisposedData, IvrData

AddedRecord = ContactDataChanged | ContactNoted | ContactDisposed
NO_IVR: IvrData = {
    "entry": "",
    "trunk": "",
    "path": [],
    "inputs": {},
    "intent": "",
    "said": "",
    "sure": 0.0,
    "verified": None,
    "mode": "",
    "values": {},
}


class Followed(TypedDict):
    """Of a pop: what has followed the contact here, beside the customer and what was before."""

    language: str
    intent: str
    ivr: IvrData
    attached: Mapping[str, AttachedData]


def added(record: AddedRecord, enrich: Enrich, story: Tell) -> tuple[str, Data]:
    """Type and data."""
    contact_id = record.contact_id
    who, told = cast("Customer", enrich(contact_id)), story(contact_id)
    match record:
        case ContactDataChanged():
            return "contact.data", shapes.ContactDataChanged(
                contact_id=contact_id, customer=who, attached=_attached(told)
            )
        case ContactNoted(agent_id=agent, note_id=note_id):
            return "contact.noted", shapes.ContactNoted(
                contact_id=contact_id, agent=agent, customer=who, note_id=note_id, note=_note(told, note_id)
            )
        case ContactDisposed(agent_id=agent):
            return "contact.disposed", shapes.ContactDisposed(
                contact_id=contact_id, agent=agent, customer=who, disposed=_disposed(told, agent)
            )
        case _:
            assert_never(record)


def known_again(kind: str, data: Mapping[str, Any], told: Story) -> Mapping[str, object]:
    """What is to be put into a kept message of one of these types, or into a kept pop."""
    match kind:
        case "contact.data":
            return {"attached": _attached(told)}
        case "contact.noted":
            return {"note": _note(told, data["note_id"])}
        case "contact.disposed":
            return {"disposed": _disposed(told, data["agent"])}
        case "offer.announced":
            return followed(told)
        case _:
            return {}


def followed(told: Story) -> Followed:
    """What a program has attached as `intent` goes before what the menu made of the caller's keys."""
    ivr, attached = cast("IvrData", told.ivr or NO_IVR), _attached(told)
    said = attached["intent"]["value"] if "intent" in attached else None
    intent = said if isinstance(said, str) else ivr["intent"]
    return {"language": told.language, "intent": intent, "ivr": ivr, "attached": attached}


def _attached(told: Story) -> Mapping[str, AttachedData]:
    return cast("Mapping[str, AttachedData]", told.attached)


def _note(told: Story, note_id: str) -> NoteData | None:
    return next((cast("NoteData", note) for note in told.notes if note.get("id") == note_id), None)


def _disposed(told: Story, agent: str | None) -> DisposedData | None:
    return next((cast("DisposedData", said) for said in told.dispositions if said["agent"] == agent), None)
