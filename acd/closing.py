"""The end of a contact: everything about it ends, and its final record is written."""

from __future__ import annotations

from acd import consults, places, promises, transfers
from acd import events as ev
from acd.legs import hang_up
from acd.line import leave
from acd.model import Direction, EndedBy, ExitKind, OfferEnd, OfferState, Outcome, Phase, PromiseEnd
from acd.offers import end_talk, stop_bell, withdraw
from acd.phases import end_segment
from acd.records import ContactClosed
from acd.state import IN_LINE, Contact
from acd.turn import Turn

_REJECTED = {
    ExitKind.CLOSED: Outcome.REJECTED_CLOSED,
    ExitKind.FULL: Outcome.REJECTED_FULL,
    ExitKind.NOBODY_SIGNED_IN: Outcome.REJECTED_UNSTAFFED,
    ExitKind.NOBODY_COULD_EVER: Outcome.REJECTED_UNSTAFFED,
    ExitKind.WAITED: Outcome.REJECTED_WAITED,
    ExitKind.LONG_WAIT: Outcome.REJECTED_LONG_WAIT,
}
_NOT_REACHED = {
    OfferEnd.BUSY: Outcome.DIAL_BUSY,
    OfferEnd.NO_ANSWER: Outcome.DIAL_NO_ANSWER,
    OfferEnd.NO_REPLY: Outcome.DIAL_NO_ANSWER,
}


_PROMISED = {
    PromiseEnd.NO_ANSWER: Outcome.CALLBACK_NO_ANSWER,
    PromiseEnd.BUSY: Outcome.CALLBACK_BUSY,
    PromiseEnd.CANCELLED: Outcome.CALLBACK_CANCELLED,
    PromiseEnd.BY_PHONE: Outcome.CALLBACK_BY_PHONE,
}


def close(turn: Turn, contact: Contact, event: ev.ContactGone, promised: PromiseEnd | None = None) -> None:
    """
    The caller's leg has ended: everything about the contact ends with it.

    Args:
        turn: This one.
        contact: Whoever it is; one that waits to be called has no leg.
        event: By whom, and why.
        promised: How a promise to call back that stands ends; None: as the event says.
    """
    _end_legs(turn, contact, event.ended_by)
    # An agent (or we) may have ended the talk before the caller's leg went down.
    ended_by = event.ended_by if contact.ended_by is None else contact.ended_by
    end_segment(turn, contact, ended_by)
    leave(turn, contact)
    inbound = contact.direction is Direction.INBOUND and not contact.absent
    if inbound and contact.phase in IN_LINE and event.ended_by is not EndedBy.SYSTEM:
        places.keep(turn, contact)
    if contact.promise is not None:
        promised = promised or _kept(event)
        promises.end(turn, contact, promised)
    promises.let_go(turn, contact)
    del turn.state.contacts[contact.id]
    turn.remember(_closing_record(turn, contact, ended_by, event, promised))


def _kept(event: ev.ContactGone) -> PromiseEnd:
    """How a promise ended with the call that was to keep it."""
    if event.ended_by is EndedBy.SWITCH:
        return PromiseEnd.LOST
    if event.result is OfferEnd.BUSY:
        return PromiseEnd.BUSY
    silent = event.result in (OfferEnd.NO_ANSWER, OfferEnd.NO_REPLY)
    return PromiseEnd.NO_ANSWER if silent else PromiseEnd.FAILED


def _end_legs(turn: Turn, contact: Contact, ended_by: EndedBy) -> None:
    """The leg that talks to the caller ends by itself; one that does not has to be hung up."""
    if contact.phase in (Phase.OFFERED, Phase.SENT):
        withdraw(turn, contact, OfferEnd.WITHDRAWN if contact.absent else OfferEnd.CALLER_GONE)
    elif contact.phase is Phase.TALKING:
        alone = contact.on_hold_ms is not None or contact.connect_ms is not None or contact.rules is None
        if contact.consult_id is not None:
            consults.end(turn, contact, OfferEnd.CALLER_GONE)
        end_talk(turn, contact, ended_by, leg_is_up=alone)
    elif contact.phase is Phase.OUTSIDE:
        transfers.end_outside(turn, contact)
    elif contact.phase is Phase.DIALLING:
        _end_dialling(turn, contact)


def _end_dialling(turn: Turn, contact: Contact) -> None:
    """The customer was not reached: the agent's own telephone is of no more use."""
    turn.timers.drop(f"dial:{contact.id}")
    if contact.offer_id is None:
        return
    offer = turn.state.offers[contact.offer_id]
    contact.offer_id = None
    if offer.state is OfferState.ACCEPTED:
        hang_up(turn, offer)
    else:
        stop_bell(turn, contact, offer, OfferEnd.CALLER_GONE)


def _closing_record(
    turn: Turn, contact: Contact, ended_by: EndedBy, event: ev.ContactGone, promised: PromiseEnd | None
) -> ContactClosed:
    return ContactClosed(
        contact_id=contact.id,
        channel=contact.channel,
        entry=contact.entry,
        outcome=_outcome(contact, event, promised),
        ended_by=ended_by,
        queue=contact.rules.id if contact.rules is not None else None,
        started_ms=contact.started_ms,
        queued_ms=None if contact.queued_ms is None else contact.queued_ms + contact.away_ms,
        answered_ms=contact.answered_ms,
        ended_ms=turn.now_ms,
        wait_ms=contact.wait_ms,
        ring_ms=contact.ring_ms,
        talk_ms=contact.talk_ms,
        config_version=contact.config_version,
        segments=tuple(contact.segments),
        offers=tuple(contact.offers),
        language=contact.language,
        segment=contact.segment,
        direction=contact.direction,
        hold_ms=contact.hold_ms,
        transfers=contact.transfers,
    )


def _outcome(contact: Contact, event: ev.ContactGone, promised: PromiseEnd | None) -> Outcome:
    if event.ended_by is EndedBy.SWITCH:
        return Outcome.SWITCH_LOST
    if contact.answered_ms is not None:
        return Outcome.ANSWERED
    if promised is not None:
        return _PROMISED.get(promised, Outcome.CALLBACK_FAILED)
    if contact.served:
        return Outcome.COMPLETED_IVR
    if contact.direction is Direction.OUTBOUND:
        reason = event.result
        return Outcome.DIAL_FAILED if reason is None else _NOT_REACHED.get(reason, Outcome.DIAL_FAILED)
    return _alone(contact)


def _alone(contact: Contact) -> Outcome:
    """What became of a caller who has talked to nobody."""
    if contact.has_message and contact.joined_ms is None:  # not who has gone on to a queue, and waited there
        return Outcome.VOICEMAIL
    ours = contact.ended_by is EndedBy.SYSTEM
    if contact.exit_kind is not None and (ours or not contact.wait_ms):
        return _REJECTED[contact.exit_kind]
    if contact.joined_ms is None and (ours or not contact.wait_ms):  # in the menu, or from there elsewhere
        return Outcome.COMPLETED_IVR if ours else Outcome.ABANDONED_IVR
    assert contact.rules is not None
    short = contact.wait_ms < contact.rules.short_abandon_ms
    return Outcome.SHORT_ABANDON if short else Outcome.ABANDONED_QUEUE
