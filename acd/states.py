"""
The state tables, as data: (state, event) -> what the engine does.

A pair that is not here changes nothing and is remembered as `Ignored`. The
actions are the names of the functions in `acd.contacts` and `acd.offers`.
"""

from __future__ import annotations

from collections.abc import Mapping

from acd import events as ev
from acd.model import OfferState, Phase

_LIVE = tuple(phase for phase in Phase if phase is not Phase.CLOSED)

CONTACT_TABLE: Mapping[tuple[Phase, type[ev.Event]], str] = {
    (Phase.IVR, ev.IvrMoved): "move",
    (Phase.IVR, ev.ContactEnqueued): "enqueue",
    (Phase.IVR, ev.ContactFinished): "finish",
    (Phase.IVR, ev.ContactElsewhere): "go_elsewhere",
    (Phase.WAITING, ev.ContactVisited): "visit",
    (Phase.WAITING, ev.ContactElsewhere): "go_elsewhere",
    # An exit is never taken while a bell rings for the contact: OFFERED has no "visit".
    (Phase.OFFERED, ev.ContactElsewhere): "go_elsewhere",
    (Phase.TALKING, ev.ContactReturned): "come_back",
    (Phase.TALKING, ev.ContactEscalated): "escalate",
    (Phase.AFTER, ev.ContactEnqueued): "enqueue",
    (Phase.AFTER, ev.ContactFinished): "finish",
    (Phase.FALLBACK, ev.IvrMoved): "move",
    (Phase.FALLBACK, ev.ContactEnqueued): "enqueue",
    (Phase.FALLBACK, ev.ContactFinished): "finish",
    # What is known of a caller may change, and a caller may hang up, wherever they are.
    **{(phase, ev.ContactClassified): "classify" for phase in _LIVE},
    **{(phase, ev.LanguageChosen): "choose_language" for phase in _LIVE},
    **{(phase, ev.CallerReturned): "claim_place" for phase in _LIVE},
    **{(phase, ev.ContactGone): "close" for phase in _LIVE},
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
