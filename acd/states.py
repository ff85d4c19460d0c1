"""
The state tables, as data: (state, event) -> what the engine does.

A pair that is not here changes nothing and is remembered as `Ignored`. The
actions are the names of the functions in `acd.contacts` and `acd.offers`.
"""

from __future__ import annotations

from collections.abc import Mapping

from acd import events as ev
from acd.model import OfferState, Phase

CONTACT_TABLE: Mapping[tuple[Phase, type[ev.Event]], str] = {
    (Phase.IVR, ev.IvrMoved): "move",
    (Phase.IVR, ev.ContactEnqueued): "enqueue",
    (Phase.IVR, ev.ContactFinished): "finish",
    (Phase.IVR, ev.ContactElsewhere): "go_elsewhere",
    (Phase.IVR, ev.ContactGone): "close",
    (Phase.WAITING, ev.ContactElsewhere): "go_elsewhere",
    (Phase.WAITING, ev.ContactGone): "close",
    (Phase.OFFERED, ev.ContactElsewhere): "go_elsewhere",
    (Phase.OFFERED, ev.ContactGone): "close",
    (Phase.TALKING, ev.ContactReturned): "come_back",
    (Phase.TALKING, ev.ContactGone): "close",
    (Phase.AFTER, ev.ContactEnqueued): "enqueue",
    (Phase.AFTER, ev.ContactFinished): "finish",
    (Phase.AFTER, ev.ContactGone): "close",
    (Phase.FALLBACK, ev.IvrMoved): "move",
    (Phase.FALLBACK, ev.ContactEnqueued): "enqueue",
    (Phase.FALLBACK, ev.ContactFinished): "finish",
    (Phase.FALLBACK, ev.ContactGone): "close",
}

OFFER_TABLE: Mapping[tuple[OfferState, type[ev.Event]], str] = {
    (OfferState.DIALLING, ev.OfferRinging): "ring",
    (OfferState.DIALLING, ev.OfferAccepted): "accept",
    (OfferState.DIALLING, ev.OfferFailed): "fail",
    (OfferState.RINGING, ev.OfferAccepted): "accept",
    (OfferState.RINGING, ev.OfferFailed): "fail",
    # Somebody has picked up a phone: that wins over a withdrawal under way.
    (OfferState.WITHDRAWN, ev.OfferAccepted): "accept",
    (OfferState.WITHDRAWN, ev.OfferFailed): "fail",
    (OfferState.WITHDRAWN, ev.LegGone): "leg_gone",
    (OfferState.ACCEPTED, ev.LegGone): "leg_gone",
    (OfferState.ACCEPTED, ev.OfferFailed): "leg_gone",
}
