"""Events of callbacks, and of callers whom the menu hands over."""

from __future__ import annotations

from typing import assert_never

from acd.records import CallbackAgreed, CallbackEnded, CallbackWaits, ContactSentTo, SendingFailed
from cti.desktop import parts
from cti.desktop import shapes_callback as shapes
from cti.desktop.envelope import Data
from cti.desktop.known import Enrich, OutsideNumber
from cti.desktop.pop import customer

CallbackRecord = CallbackAgreed | CallbackWaits | CallbackEnded | ContactSentTo | SendingFailed


def callback(record: CallbackRecord, enrich: Enrich, outside: OutsideNumber) -> tuple[str, Data]:
    """Type and data."""
    contact_id = record.contact_id
    match record:
        case CallbackAgreed(queue=queue, position=position):
            return "callback.promised", shapes.CallbackPromised(
                contact_id=contact_id, queue=queue, position=position, customer=customer(enrich(contact_id))
            )
        case CallbackWaits():
            return "callback.waiting", shapes.CallbackWaiting(
                contact_id=contact_id,
                queue=record.queue,
                position=record.position,
                promised_ms=record.promised_ms,
                customer=customer(enrich(contact_id)),
            )
        case CallbackEnded():
            return "callback.ended", shapes.CallbackEnded(
                contact_id=contact_id, queue=record.queue, end=record.end, promised_ms=record.promised_ms
            )
        case ContactSentTo(to=to):
            return "contact.sent", shapes.ContactSent(contact_id=contact_id, to=parts.target(to, outside))
        case SendingFailed(result=result):
            return "contact.sent_back", shapes.ContactSentBack(contact_id=contact_id, result=result)
        case _:
            assert_never(record)
