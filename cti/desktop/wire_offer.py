"""Events of offers: from the pop to how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from acd.model import OfferEnd
from acd.records import OfferAnnounced, OfferEnded, OfferRang
from cti.desktop import pop, shapes
from cti.desktop.envelope import Data
from cti.desktop.known import Enrich, Tell

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

OfferRecord = OfferAnnounced | OfferRang | OfferEnded


def offer(record: OfferRecord, enrich: Enrich, story: Tell) -> tuple[str, Data]:
    """Type and data."""
    match record:
        case OfferAnnounced(contact_id=contact_id):
            return "offer.announced", pop.announced(record, enrich(contact_id), story(contact_id))
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
