"""
The state tables, as data: (state, event) -> what the engine does.

A pair that is not here changes nothing and is remembered as `Ignored`. The
actions are the names of functions: see `acd.actions`.
"""

from __future__ import annotations

from collections.abc import Mapping

from acd import events as ev
from acd.model import OfferKind, OfferState, Phase

_LIVE = tuple(phase for phase in Phase if phase is not Phase.CLOSED)

CONTACT_TABLE: Mapping[tuple[Phase, type[ev.Event]], str] = {
    (Phase.IVR, ev.IvrMoved): "move",
    (Phase.IVR, ev.ContactEnqueued): "enqueue",
    (Phase.IVR, ev.ContactFinished): "finish",
    (Phase.IVR, ev.ContactElsewhere): "go_elsewhere",
    (Phase.IVR, ev.CallbackPromised): "promise",
    (Phase.AFTER, ev.CallbackPromised): "promise",
    (Phase.IVR, ev.ContactSent): "send",
    (Phase.AFTER, ev.ContactSent): "send",
    (Phase.SENT, ev.ContactElsewhere): "go_elsewhere",
    (Phase.SENT, ev.HangUpAsked): "hang_up",
    (Phase.WAITING, ev.ContactVisited): "visit",
    (Phase.WAITING, ev.ContactElsewhere): "go_elsewhere",
    # An exit is never taken while a bell rings for the contact: OFFERED has no "visit".
    (Phase.OFFERED, ev.ContactElsewhere): "go_elsewhere",
    (Phase.TALKING, ev.ContactReturned): "come_home",
    (Phase.TALKING, ev.ContactEscalated): "escalate",
    (Phase.TALKING, ev.HoldAsked): "hold",
    (Phase.TALKING, ev.RetrieveAsked): "retrieve",
    (Phase.TALKING, ev.MuteAsked): "mute",
    (Phase.TALKING, ev.ConsultAsked): "consult",
    (Phase.TALKING, ev.TransferAsked): "transfer",
    (Phase.TALKING, ev.TransferCompleted): "complete",
    (Phase.TALKING, ev.ConferenceAsked): "confer",
    (Phase.TALKING, ev.HangUpAsked): "hang_up",
    # Who is offered the contact, or calls it, hangs up as well: declined, or given up.
    (Phase.OFFERED, ev.HangUpAsked): "hang_up",
    (Phase.DIALLING, ev.HangUpAsked): "hang_up",
    (Phase.DIALLING, ev.ContactReached): "reach",
    (Phase.AFTER, ev.ContactEnqueued): "enqueue",
    (Phase.AFTER, ev.ContactFinished): "finish",
    (Phase.FALLBACK, ev.IvrMoved): "move",
    (Phase.FALLBACK, ev.ContactEnqueued): "enqueue",
    (Phase.FALLBACK, ev.ContactFinished): "finish",
    # What is known of a caller may change, and a caller may hang up, wherever they are.
    **{(phase, ev.ContactClassified): "classify" for phase in _LIVE},
    **{(phase, ev.LanguageChosen): "choose_language" for phase in _LIVE},
    **{(phase, ev.MessageLeft): "keep_message" for phase in _LIVE},
    **{(phase, ev.CallerReturned): "claim_place" for phase in _LIVE},
    **{(phase, ev.CallbackCancelled): "cancel" for phase in _LIVE},
    **{(phase, ev.ContactGone): "leave" for phase in _LIVE},
}

OFFER_TABLE: Mapping[tuple[OfferState, type[ev.Event]], str] = {
    (OfferState.DIALLING, ev.OfferRinging): "ring",
    (OfferState.DIALLING, ev.OfferAccepted): "accept",
    (OfferState.DIALLING, ev.OfferFailed): "fail",
    (OfferState.RINGING, ev.OfferAccepted): "accept",
    (OfferState.RINGING, ev.OfferFailed): "fail",
    # Somebody has picked up a phone: that wins over a withdrawal under way.
    (OfferState.WITHDRAWN, ev.OfferAccepted): "accept",
    (OfferState.WITHDRAWN, ev.OfferFailed): "forget",
    (OfferState.WITHDRAWN, ev.LegGone): "forget",
    (OfferState.ACCEPTED, ev.LegGone): "leg_gone",
    (OfferState.ACCEPTED, ev.OfferFailed): "leg_gone",
    (OfferState.ENDING, ev.LegGone): "forget",
    (OfferState.ENDING, ev.OfferFailed): "forget",
}

BY_KIND: Mapping[tuple[OfferKind, str], str] = {
    (OfferKind.CONSULT, "accept"): "consult_answered",
    (OfferKind.CONSULT, "fail"): "consult_failed",
    (OfferKind.CONSULT, "leg_gone"): "consult_left",
    (OfferKind.OUTSIDE, "accept"): "outside_answered",
    (OfferKind.OUTSIDE, "fail"): "outside_failed",
    (OfferKind.OUTSIDE, "leg_gone"): "outside_left",
    (OfferKind.DIAL, "accept"): "off_the_hook",
    (OfferKind.DIAL, "fail"): "own_phone_failed",
    (OfferKind.DIAL, "leg_gone"): "own_phone_hung_up",
    # Declined or not answered, a callback is like any other contact: `fail`.
    (OfferKind.CALLBACK, "accept"): "callback_taken",
    (OfferKind.CALLBACK, "leg_gone"): "own_phone_hung_up",
}
"""What stands in place of an action for a leg that is no agent's talk with a contact."""
