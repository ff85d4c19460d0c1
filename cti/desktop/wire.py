"""
What a desktop or a CRM hears of each record of the engine, and in which words.

`envelope` is what goes round every message, `catalogue` and `shapes` are the
types of what is in it. Names and fields of a version are only ever added to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never, cast

import msgspec

from acd.model import ContactId, OfferEnd
from acd.records import (
    AgentStateChanged,
    ConfigApplied,
    ContactClosed,
    ContactDiverted,
    ContactEscalatedTo,
    ContactHeldBack,
    ContactOpened,
    ContactQueued,
    ContactSorted,
    Corrected,
    Ignored,
    OfferAnnounced,
    OfferEnded,
    OfferRang,
    OfferTried,
    PlaceGivenBack,
    Record,
    Segment,
    SegmentConnected,
    SegmentEnded,
    Started,
    WrapEnded,
    WrapExtended,
    WrapStarted,
)
from cti.desktop import shapes
from cti.desktop.envelope import Data, Message, decode, encode, event
from cti.desktop.shapes import Candidate, Customer, Pop, SegmentData, TriedData

NUMBER_CONFIDENCE = 0.9
"""Of a customer known by the number that the network presents, which can be forged."""

Enrich = Callable[[ContactId], Mapping[str, object]]
"""What is known at this moment of the customer behind a contact; must not wait."""


@dataclass(frozen=True, slots=True)
class Story:
    """What has happened to a contact so far, for the agent who is offered it."""

    segments: Sequence[Segment] = ()
    notes: Sequence[Mapping[str, object]] = ()
    """What earlier agents wrote of it: `agent`, `text`, `at_ms`."""


Tell = Callable[[ContactId], Story]
"""As of this moment; must not wait."""


def nothing_yet(_contact_id: ContactId) -> Story:
    """For one of whom nothing is known."""
    return Story()


OFFER_TYPES: Mapping[OfferEnd, str] = {
    OfferEnd.ACCEPTED: "offer.accepted",
    OfferEnd.DECLINED: "offer.rejected",
    OfferEnd.NO_ANSWER: "offer.no_answer",
    OfferEnd.BUSY: "offer.busy",
    OfferEnd.UNREACHABLE: "offer.unreachable",
    OfferEnd.NO_REPLY: "offer.unreachable",
    OfferEnd.FAILED: "offer.failed",
    OfferEnd.LOST: "offer.failed",
    OfferEnd.CALLER_GONE: "offer.withdrawn",
    OfferEnd.WITHDRAWN: "offer.withdrawn",
}
"""`data.result` keeps the exact end, so that LOST, NO_REPLY and CALLER_GONE stay visible."""


def to_message(record: Record, seq: int, enrich: Enrich, story: Tell = nothing_yet) -> Message | None:
    """The message for a record; None for what is nobody's business outside."""
    if isinstance(record, Ignored):
        return None
    if isinstance(record, _OfferRecord):
        kind, data = _offer(record, enrich, story)
    elif isinstance(record, _ContactRecord):
        kind, data = _contact(record, enrich)
    else:
        kind, data = _other(record)
    return event(seq, happened_ms(record), kind, data)


def bare(record: Record, seq: int) -> Message | None:
    """As `to_message`, without anything that tells who somebody is: what may be kept."""
    return to_message(record, seq, lambda _contact_id: {})


def told_again(line: bytes, enrich: Enrich, story: Tell = nothing_yet) -> bytes:
    """A kept message of a type in `PERSONAL`, with what is known now of whoever it is about."""
    message = decode(line)
    data = dict(message.data)
    contact_id = ContactId(data["contact_id"])
    customer = enrich(contact_id)
    data["customer"] = customer
    if "candidates" in data:
        data["candidates"] = _candidates(customer)
    if "pop" in data:
        data["pop"] = _pop(customer)
        data["earlier"] = _earlier(story(contact_id))
    return encode(msgspec.structs.replace(message, data=data))


def happened_ms(record: Record) -> int:
    return record.ended_ms if isinstance(record, ContactClosed) else record.at_ms


_OfferRecord = OfferAnnounced | OfferRang | OfferEnded
_ContactRecord = (
    ContactOpened
    | ContactQueued
    | ContactSorted
    | ContactDiverted
    | ContactEscalatedTo
    | ContactHeldBack
    | PlaceGivenBack
    | ContactClosed
)
_WrapRecord = WrapStarted | WrapExtended | WrapEnded
_OtherRecord = (
    SegmentConnected | SegmentEnded | _WrapRecord | AgentStateChanged | Corrected | ConfigApplied | Started
)


def _offer(record: _OfferRecord, enrich: Enrich, story: Tell) -> tuple[str, Data]:
    match record:
        case OfferAnnounced():
            return "offer.announced", _announced(record, enrich(record.contact_id), story(record.contact_id))
        case OfferRang():
            return "offer.ringing", shapes.OfferRinging(
                contact_id=record.contact_id, offer_id=record.offer_id, agent=record.agent_id
            )
        case OfferEnded():
            return OFFER_TYPES[record.result], shapes.OfferOver(
                contact_id=record.contact_id,
                offer_id=record.offer_id,
                agent=record.agent_id,
                result=record.result,
                lasted_ms=record.lasted_ms,
            )
        case _:
            assert_never(record)


def _announced(record: OfferAnnounced, customer: Mapping[str, object], story: Story) -> shapes.OfferAnnounced:
    why = record.explanation
    return {
        "contact_id": record.contact_id,
        "offer_id": record.offer_id,
        "agent": record.agent_id,
        "queue": record.queue,
        "pop": _pop(customer),
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
        "customer": _customer(customer),
        "earlier": _earlier(story),
    }


def _earlier(story: Story) -> shapes.Earlier:
    return {
        "segments": [_segment(part) for part in story.segments],
        "notes": [cast("shapes.NoteData", note) for note in story.notes],
    }


def _customer(known: Mapping[str, object]) -> Customer:
    return cast("Customer", known)


def _pop(known: Mapping[str, object]) -> Pop:
    """What the desktop is to open: the record if we know whose it is, a search if there is a number."""
    customer = _customer(known)
    number, ref = customer.get("number"), customer.get("ref")
    return {
        "target": "record" if ref else "search" if number else "none",
        "record": {"type": "customer", "ref": ref, "name": customer.get("name", "")} if ref else None,
        "candidates": _candidates(known),
        "prefill": {"number": number} if number else {},
    }


def _candidates(known: Mapping[str, object]) -> list[Candidate]:
    """Who it may be: for now the one customer whose record has the number."""
    customer = _customer(known)
    found, ref = customer.get("id"), customer.get("ref")
    if not found or not ref:
        return []
    return [
        {
            "type": "customer",
            "id": found,
            "ref": ref,
            "name": customer.get("name", ""),
            "confidence": NUMBER_CONFIDENCE,
            "why": "number",
        }
    ]


def _contact(record: _ContactRecord, enrich: Enrich) -> tuple[str, Data]:
    match record:
        case ContactOpened(contact_id=contact_id, entry=entry):
            return "contact.started", shapes.ContactStarted(
                contact_id=contact_id,
                entry=entry,
                channel={"switch": record.channel.switch, "uniqueid": record.channel.uniqueid},
                medium=record.medium,
                customer=_customer(enrich(contact_id)),
            )
        case ContactQueued(contact_id=contact_id, queue=queue, position=position):
            return "contact.queued", shapes.ContactQueued(
                contact_id=contact_id,
                queue=queue,
                position=position,
                customer=_customer(enrich(contact_id)),
            )
        case ContactSorted():
            return "contact.identified", _identified(record, enrich(record.contact_id))
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
        case ContactClosed():
            return "contact.closed", _closed(record)
        case _:
            assert_never(record)


def _other(record: _OtherRecord) -> tuple[str, Data]:
    match record:
        case SegmentConnected():
            return "segment.connected", shapes.SegmentConnected(
                contact_id=record.contact_id,
                offer_id=record.offer_id,
                agent=record.agent_id,
                queue=record.queue,
                waited_ms=record.waited_ms,
            )
        case SegmentEnded():
            return "segment.ended", shapes.SegmentEnded(
                contact_id=record.contact_id,
                offer_id=record.offer_id,
                agent=record.agent_id,
                ended_by=record.ended_by,
                talk_ms=record.talk_ms,
            )
        case WrapStarted() | WrapExtended() | WrapEnded():
            return _wrap(record)
        case AgentStateChanged():
            return "agent.state", _agent_state(record)
        case Corrected(subject=subject, what=what):
            return "state.corrected", shapes.StateCorrected(subject=subject, what=what)
        case ConfigApplied(version=version):
            return "config.applied", shapes.ConfigApplied(version=version)
        case Started(engine_version=engine_version, skew_ms=skew_ms, contacts=contacts):
            return "server.started", shapes.ServerStarted(
                engine_version=engine_version, skew_ms=skew_ms, contacts=contacts
            )
        case _:
            assert_never(record)


def _wrap(record: _WrapRecord) -> tuple[str, Data]:
    agent, contact_id = record.agent_id, record.contact_id
    match record:
        case WrapStarted(until_ms=until_ms):
            return "wrap.started", shapes.WrapUntil(agent=agent, contact_id=contact_id, until_ms=until_ms)
        case WrapExtended(until_ms=until_ms):
            return "wrap.extended", shapes.WrapUntil(agent=agent, contact_id=contact_id, until_ms=until_ms)
        case WrapEnded(wrap_ms=wrap_ms):
            return "wrap.ended", shapes.WrapEnded(agent=agent, contact_id=contact_id, wrap_ms=wrap_ms)
        case _:
            assert_never(record)


def _identified(record: ContactSorted, customer: Mapping[str, object]) -> shapes.ContactIdentified:
    return {
        "contact_id": record.contact_id,
        "customer": _customer(customer),
        "candidates": _candidates(customer),
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


def _agent_state(record: AgentStateChanged) -> shapes.AgentState:
    return {
        "agent": record.agent_id,
        "presence": record.presence,
        "activity": record.activity,
        "reason": record.reason,
        "reachable": record.reachable,
        "in_use": record.in_use,
        "desktop": record.desktop,
        "resting_until_ms": record.resting_until_ms,
        "pending": record.pending,
        "pending_reason": record.pending_reason,
        "since_ms": record.at_ms,
    }


def _closed(record: ContactClosed) -> shapes.ContactClosed:
    return {
        "contact_id": record.contact_id,
        "channel": {"switch": record.channel.switch, "uniqueid": record.channel.uniqueid},
        "entry": record.entry,
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
        "config_version": record.config_version,
        "language": record.language,
        "segment": record.segment,
        "segments": [_segment(part) for part in record.segments],
        "offers": [_tried(tried) for tried in record.offers],
    }


def _segment(part: Segment) -> SegmentData:
    return {
        "kind": part.kind,
        "start_ms": part.start_ms,
        "end_ms": part.end_ms,
        "queue": part.queue,
        "agent": part.agent_id,
        "offer_id": part.offer_id,
        "ended_by": part.ended_by,
    }


def _tried(tried: OfferTried) -> TriedData:
    return {
        "offer_id": tried.offer_id,
        "agent": tried.agent_id,
        "start_ms": tried.start_ms,
        "end_ms": tried.end_ms,
        "result": tried.result,
    }
