"""What the events of callbacks carry, and of callers whom the menu hands over, as `shapes`."""

from __future__ import annotations

from typing import TypedDict

from acd.model import ContactId, OfferEnd, PromiseEnd, QueueId
from cti.desktop.shapes import Customer
from cti.desktop.shapes_talk import TargetData


class CallbackPromised(TypedDict):
    contact_id: ContactId
    queue: QueueId
    position: int
    """1 is next."""
    customer: Customer


class CallbackWaiting(TypedDict):
    contact_id: ContactId
    queue: QueueId
    position: int
    promised_ms: int
    """UTC."""
    customer: Customer


class CallbackEnded(TypedDict):
    contact_id: ContactId
    queue: QueueId
    end: PromiseEnd
    promised_ms: int


class ContactSent(TypedDict):
    contact_id: ContactId
    to: TargetData


class ContactSentBack(TypedDict):
    contact_id: ContactId
    result: OfferEnd
    """Why nobody was reached."""
