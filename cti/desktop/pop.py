"""What an agent's screen is told before the bell: who calls, why it is this agent, and what was before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from acd.records import OfferAnnounced
from cti.desktop import parts, shapes
from cti.desktop.known import Story
from cti.desktop.shapes import Candidate, Customer, Pop
from cti.desktop.shapes_known import DisposedData, HandedData
from cti.desktop.wire_known import followed

NUMBER_CONFIDENCE = 0.9
"""Of a customer known by the number that the network presents, which can be forged."""


def announced(record: OfferAnnounced, known: Mapping[str, object], story: Story) -> shapes.OfferAnnounced:
    """`known` of the customer, as `Enrich` tells it."""
    why = record.explanation
    return {
        "contact_id": record.contact_id,
        "offer_id": record.offer_id,
        "agent": record.agent_id,
        "queue": record.queue,
        "kind": record.kind,
        "promised_ms": record.promised_ms,
        "by": record.by,
        "pop": pop(known),
        "why_you": {
            "queue": why.queue,
            "matched": why.matched,
            "waited_ms": why.waited_ms,
            "rank": why.rank,
            "step": why.step,
            "policy": why.policy,
            "terms": dict(why.terms),
            "rules": why.rules,
        },
        "customer": customer(known),
        "earlier": earlier(story),
        **followed(story),
    }


def earlier(story: Story) -> shapes.Earlier:
    return {
        "segments": [parts.segment(part) for part in story.segments],
        "notes": [cast("shapes.NoteData", note) for note in story.notes],
        "handed": [cast("HandedData", handed) for handed in story.handed],
        "dispositions": [cast("DisposedData", said) for said in story.dispositions],
    }


def customer(known: Mapping[str, object]) -> Customer:
    return cast("Customer", known)


def pop(known: Mapping[str, object]) -> Pop:
    """What the desktop is to open: the record if we know whose it is, a search if there is a number."""
    found = customer(known)
    number, ref = found.get("number"), found.get("ref")
    return {
        "target": "record" if ref else "search" if number else "none",
        "record": {"type": "customer", "ref": ref, "name": found.get("name", "")} if ref else None,
        "candidates": candidates(known),
        "prefill": {"number": number} if number else {},
    }


def candidates(known: Mapping[str, object]) -> list[Candidate]:
    """Who it may be: for now the one customer whose record has the number."""
    found = customer(known)
    id_, ref = found.get("id"), found.get("ref")
    if not id_ or not ref:
        return []
    return [
        {
            "type": "customer",
            "id": id_,
            "ref": ref,
            "name": found.get("name", ""),
            "confidence": NUMBER_CONFIDENCE,
            "why": "number",
        }
    ]
