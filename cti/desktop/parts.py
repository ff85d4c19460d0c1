"""Parts that several events have in common, in the words of the contract."""

from __future__ import annotations

from acd.model import Channel, Target, TargetKind
from acd.records import OfferTried, Segment
from cti.desktop.known import OutsideNumber
from cti.desktop.shapes import ChannelData, SegmentData, TriedData
from cti.desktop.shapes_talk import TargetData


def channel(found: Channel) -> ChannelData:
    return {"switch": found.switch, "uniqueid": found.uniqueid}


def segment(part: Segment) -> SegmentData:
    return {
        "kind": part.kind,
        "start_ms": part.start_ms,
        "end_ms": part.end_ms,
        "queue": part.queue,
        "agent": part.agent_id,
        "offer_id": part.offer_id,
        "ended_by": part.ended_by,
        "hold_ms": part.hold_ms,
    }


def tried(offer: OfferTried) -> TriedData:
    return {
        "offer_id": offer.offer_id,
        "agent": offer.agent_id,
        "start_ms": offer.start_ms,
        "end_ms": offer.end_ms,
        "result": offer.result,
    }


def target(to: Target, outside: OutsideNumber) -> TargetData:
    """Of somebody outside the token, and the number as long as it is known."""
    if to.kind is TargetKind.OUTSIDE:
        return {"kind": to.kind, "name": None, "token": to.name, "number": outside(to.name)}
    return {"kind": to.kind, "name": to.name, "token": None, "number": None}
