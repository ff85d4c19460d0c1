"""
What a desktop or a CRM hears of each record of the engine, and in which words.

`envelope` is what goes round every message, `catalogue` and `shapes` are the
types of what is in it, `wire_contact`, `wire_callback`, `wire_offer` and `wire_talk` the
words of each family. Names and fields of a version are only ever added to.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from acd.model import ContactId
from acd.records import (
    AgentStateChanged,
    ConfigApplied,
    ContactClosed,
    Corrected,
    Ignored,
    Record,
    Started,
    WrapEnded,
    WrapExtended,
    WrapStarted,
)
from cti.desktop import shapes
from cti.desktop.envelope import Data, Message, decode, encode, event
from cti.desktop.known import Enrich, OutsideNumber, Tell, no_number, nothing_yet
from cti.desktop.pop import candidates, earlier, pop
from cti.desktop.wire_callback import CallbackRecord, callback
from cti.desktop.wire_contact import ContactRecord, contact
from cti.desktop.wire_known import AddedRecord, added, known_again
from cti.desktop.wire_offer import OfferRecord, offer
from cti.desktop.wire_talk import TalkRecord, talk


def to_message(
    record: Record, seq: int, enrich: Enrich, story: Tell = nothing_yet, outside: OutsideNumber = no_number
) -> Message | None:
    """The message for a record; None for what is nobody's business outside."""
    if isinstance(record, Ignored):
        return None
    if isinstance(record, OfferRecord):
        kind, data = offer(record, enrich, story)
    elif isinstance(record, ContactRecord):
        kind, data = contact(record, enrich)
    elif isinstance(record, TalkRecord):
        kind, data = talk(record, outside)
    elif isinstance(record, CallbackRecord):
        kind, data = callback(record, enrich, outside)
    elif isinstance(record, AddedRecord):
        kind, data = added(record, enrich, story)
    else:
        kind, data = _other(record)
    return event(seq, happened_ms(record), kind, data)


def bare(record: Record, seq: int) -> Message | None:
    """As `to_message`, without anything that tells who somebody is: what may be kept."""
    return to_message(record, seq, lambda _contact_id: {})


def told_again(
    line: bytes, enrich: Enrich, story: Tell = nothing_yet, outside: OutsideNumber = no_number
) -> bytes:
    """A kept message of a type in `PERSONAL`, with what is known now of whoever it is about."""
    message = decode(line)
    data = dict(message.data)
    contact_id = ContactId(data["contact_id"])
    if "customer" in data:
        data["customer"] = known = enrich(contact_id)
        if "candidates" in data:
            data["candidates"] = candidates(known)
        if "pop" in data:
            data["pop"] = pop(known)
            data["earlier"] = earlier(story(contact_id))
        data |= known_again(message.type, data, story(contact_id))
    elif data["to"]["token"] is not None:
        data["to"] = {**data["to"], "number": outside(data["to"]["token"])}
    return encode(msgspec.structs.replace(message, data=data))


def happened_ms(record: Record) -> int:
    return record.ended_ms if isinstance(record, ContactClosed) else record.at_ms


_WrapRecord = WrapStarted | WrapExtended | WrapEnded
_OtherRecord = _WrapRecord | AgentStateChanged | Corrected | ConfigApplied | Started


def _other(record: _OtherRecord) -> tuple[str, Data]:
    match record:
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
