"""The functions behind the names in `acd.states`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acd import callbacks, conference, consults, contacts, hold, offers, outgoing, sending, talk, transfers

OF_CONTACTS: Mapping[str, Any] = {
    **contacts.ACTIONS,
    **hold.ACTIONS,
    **talk.ACTIONS,
    **consults.ACTIONS,
    **transfers.ACTIONS,
    **conference.ACTIONS,
    **outgoing.ACTIONS,
    **callbacks.ACTIONS,
    **sending.ACTIONS,
}
OF_OFFERS: Mapping[str, Any] = {
    **offers.ACTIONS,
    **talk.OFFER_ACTIONS,
    **consults.OFFER_ACTIONS,
    **transfers.OFFER_ACTIONS,
    **outgoing.OFFER_ACTIONS,
    **callbacks.OFFER_ACTIONS,
}
