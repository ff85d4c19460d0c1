"""Events of a talk, and of what agents do with the contact they have: hold, ask, hand over, confer."""

from __future__ import annotations

from typing import assert_never

from acd.records import (
    AgentMuted,
    ConferenceEnded,
    ConferenceStarted,
    ConsultConnected,
    ConsultEnded,
    ConsultStarted,
    ContactHeld,
    ContactRetrieved,
    ContactTransferred,
    OutsideConnected,
    OutsideEnded,
    SegmentConnected,
    SegmentEnded,
)
from cti.desktop import parts
from cti.desktop import shapes_talk as shapes
from cti.desktop.envelope import Data
from cti.desktop.known import OutsideNumber

_SegmentRecord = SegmentConnected | SegmentEnded | ContactHeld | ContactRetrieved | AgentMuted
_ConsultRecord = ConsultStarted | ConsultConnected | ConsultEnded
_OthersRecord = ContactTransferred | ConferenceStarted | ConferenceEnded | OutsideConnected | OutsideEnded
TalkRecord = _SegmentRecord | _ConsultRecord | _OthersRecord


def talk(record: TalkRecord, outside: OutsideNumber) -> tuple[str, Data]:
    """Type and data."""
    if isinstance(record, _SegmentRecord):
        return _segment(record)
    if isinstance(record, _ConsultRecord):
        return _consult(record, outside)
    return _others(record, outside)


def _segment(record: _SegmentRecord) -> tuple[str, Data]:
    contact_id, agent = record.contact_id, record.agent_id
    match record:
        case SegmentConnected():
            return "segment.connected", shapes.SegmentConnected(
                contact_id=contact_id,
                offer_id=record.offer_id,
                agent=agent,
                queue=record.queue,
                waited_ms=record.waited_ms,
                direction=record.direction,
            )
        case SegmentEnded():
            return "segment.ended", shapes.SegmentEnded(
                contact_id=contact_id,
                offer_id=record.offer_id,
                agent=agent,
                ended_by=record.ended_by,
                talk_ms=record.talk_ms,
                hold_ms=record.hold_ms,
            )
        case ContactHeld():
            return "segment.held", shapes.SegmentHeld(contact_id=contact_id, agent=agent)
        case ContactRetrieved(held_ms=held_ms):
            return "segment.retrieved", shapes.SegmentRetrieved(
                contact_id=contact_id, agent=agent, held_ms=held_ms
            )
        case AgentMuted(muted=muted):
            return "segment.muted", shapes.SegmentMuted(contact_id=contact_id, agent=agent, muted=muted)
        case _:
            assert_never(record)


def _consult(record: _ConsultRecord, outside: OutsideNumber) -> tuple[str, Data]:
    match record:
        case ConsultStarted():
            return "consult.started", shapes.ConsultStarted(
                contact_id=record.contact_id,
                agent=record.agent_id,
                leg_id=record.leg_id,
                to=parts.target(record.to, outside),
            )
        case ConsultConnected():
            return "consult.connected", shapes.ConsultConnected(
                contact_id=record.contact_id,
                agent=record.agent_id,
                leg_id=record.leg_id,
                with_agent=record.with_agent,
            )
        case ConsultEnded():
            return "consult.ended", shapes.ConsultEnded(
                contact_id=record.contact_id,
                agent=record.agent_id,
                leg_id=record.leg_id,
                result=record.result,
                talk_ms=record.talk_ms,
            )
        case _:
            assert_never(record)


def _others(record: _OthersRecord, outside: OutsideNumber) -> tuple[str, Data]:
    contact_id = record.contact_id
    match record:
        case ContactTransferred():
            return "contact.transferred", shapes.ContactTransferred(
                contact_id=contact_id,
                agent=record.agent_id,
                to=parts.target(record.to, outside),
                attended=record.attended,
            )
        case ConferenceStarted():
            return "conference.started", shapes.ConferenceStarted(
                contact_id=contact_id, agent=record.agent_id, with_agent=record.with_agent
            )
        case ConferenceEnded():
            return "conference.ended", shapes.ConferenceEnded(contact_id=contact_id, agent=record.agent_id)
        case OutsideConnected():
            return "outside.connected", shapes.OutsideConnected(contact_id=contact_id, leg_id=record.leg_id)
        case OutsideEnded():
            return "outside.ended", shapes.OutsideEnded(
                contact_id=contact_id,
                leg_id=record.leg_id,
                result=record.result,
                talk_ms=record.talk_ms,
            )
        case _:
            assert_never(record)
