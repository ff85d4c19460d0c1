"""What happens to offers: the actions named in `acd.states.OFFER_TABLE`."""

from __future__ import annotations

from typing import Any

from acd import events as ev
from acd.agents import free, lose_phone
from acd.commands import CallIn, WithdrawOffer
from acd.legs import ENDING_FOR_MS, NO_QUEUE, NO_RULES, NOBODY, drop, hang_up
from acd.line import leave
from acd.model import (
    Activity,
    EndedBy,
    NoAnswer,
    OfferEnd,
    OfferKind,
    OfferState,
    Phase,
    Presence,
    QueueRules,
)
from acd.phases import end_segment, enter
from acd.records import (
    OfferEnded,
    OfferRang,
    OfferTried,
    Segment,
    SegmentConnected,
    SegmentEnded,
    SendingFailed,
    WrapStarted,
)
from acd.state import Agent, Contact, Offer
from acd.turn import Turn

_MAY_BE_TAKEN = (Phase.WAITING, Phase.OFFERED, Phase.SENT, Phase.FALLBACK)


def ring(turn: Turn, offer: Offer, event: ev.OfferRinging) -> None:
    """The bell rings. Of somebody outside it is nobody's screen that has to know."""
    offer.state = OfferState.RINGING
    if offer.agent_id != NOBODY:
        turn.remember(OfferRang(offer.id, offer.contact_id, offer.agent_id, turn.now_ms))


def accept(turn: Turn, offer: Offer, event: ev.OfferAccepted) -> None:
    """The agent has picked up and hears the contact: talk, unless nobody is there to talk to."""
    contact = turn.state.contacts.get(offer.contact_id)
    if contact is None or contact.absent or contact.phase not in _MAY_BE_TAKEN:
        hang_up(turn, offer)
        return
    if contact.offer_id not in (None, offer.id):
        withdraw(turn, contact, OfferEnd.WITHDRAWN)
    # Before the bell or the wait began nobody picked up, whatever the switch's clock says.
    began_ms = _within(turn, max(offer.start_ms, contact.phase_since_ms), event.at_ms)
    picked_up(turn, contact, offer, began_ms)
    begin_talk(turn, contact, offer, began_ms)


def picked_up(turn: Turn, contact: Contact, offer: Offer, at_ms: int | None = None) -> None:
    """The leg is up and wanted (None: since now). One that was withdrawn has been written down already."""
    at_ms = turn.now_ms if at_ms is None else at_ms
    if offer.state is not OfferState.WITHDRAWN and offer.agent_id != NOBODY:
        record_offer_end(turn, offer, OfferEnd.ACCEPTED, at_ms)
        stop_offering(turn, contact, offer, OfferEnd.ACCEPTED, at_ms)
    turn.timers.drop(f"offer:{offer.id}")
    offer.state, offer.up_ms = OfferState.ACCEPTED, at_ms


def withdraw(turn: Turn, contact: Contact, why: OfferEnd) -> None:
    """
    Stop ringing. The agent stays reserved until the switch says how it ended.

    Screens hear of it at once (`OfferEnded`), so that the pop goes with the bell.
    """
    assert contact.offer_id is not None
    stop_bell(turn, contact, turn.state.offers[contact.offer_id], why)


def stop_bell(turn: Turn, contact: Contact, offer: Offer, why: OfferEnd) -> None:
    """The same for any leg of a contact that is dialled or rings."""
    offer.state = OfferState.WITHDRAWN
    turn.timers.set(f"offer:{offer.id}", turn.now_ms + ENDING_FOR_MS)
    if offer.agent_id != NOBODY:
        record_offer_end(turn, offer, why)
        stop_offering(turn, contact, offer, why)
    turn.order(WithdrawOffer(offer.id, why))


def begin_talk(turn: Turn, contact: Contact, offer: Offer, began_ms: int | None = None) -> None:
    """Contact and agent talk, since then; None is now."""
    began_ms = turn.now_ms if began_ms is None else began_ms
    agent = turn.state.agents[offer.agent_id]
    clock_ms = contact.queued_ms
    waited_ms = 0 if clock_ms is None else began_ms - clock_ms - contact.away_ms - contact.handed_ms
    if contact.promise is not None:  # on the line; the rest was no wait
        waited_ms = contact.wait_ms
    end_segment(turn, contact, at_ms=began_ms)
    leave(turn, contact)
    contact.phase, contact.phase_since_ms = Phase.TALKING, began_ms
    contact.offer_id, contact.agent_id = offer.id, agent.id
    contact.answered_ms = contact.answered_ms or began_ms
    contact.ended_by = None
    contact.connect_ms, contact.reconnects = None, 0
    offer.kind = OfferKind.CONTACT
    turn.set_activity(agent, Activity.TALKING)
    queue = NO_QUEUE if contact.rules is None else contact.rules.id
    turn.remember(
        SegmentConnected(contact.id, agent.id, offer.id, queue, waited_ms, turn.now_ms, contact.direction)
    )


def fail(turn: Turn, offer: Offer, event: ev.OfferFailed) -> None:
    """The try is over: the contact is free for the next agent, with place and clock kept."""
    contact = turn.state.contacts.get(offer.contact_id)
    record_offer_end(turn, offer, event.result)
    if contact is not None:
        stop_offering(turn, contact, offer, event.result)
        if contact.phase is Phase.SENT:
            back_to_the_menu(turn, contact, event.result)
        if offer.by_agent is not None:  # has heard nothing but music, and is in the queue as anybody now
            turn.order(CallIn(contact.id))
    drop(turn, offer)
    consequence(turn, offer, event.result)


def back_to_the_menu(turn: Turn, contact: Contact, result: OfferEnd) -> None:
    """Nobody was reached to whom the menu had handed the contact over: it is where it was."""
    end_segment(turn, contact)
    contact.offer_id, contact.sent_result = None, result
    enter(turn, contact, contact.sent_from or Phase.IVR)
    turn.remember(SendingFailed(contact.id, result, turn.now_ms))


def forget(turn: Turn, offer: Offer, event: object) -> None:
    """The end of a leg that we had withdrawn or hung up: as wanted."""
    drop(turn, offer)


def end_talk(
    turn: Turn, contact: Contact, ended_by: EndedBy, at_ms: int | None = None, *, leg_is_up: bool = False
) -> None:
    """
    Talk is over: the agent wraps up, the caller is on the way home.

    Args:
        turn: This one.
        contact: In a talk; nobody is asked, or in conference, any more.
        ended_by: Whose doing it was.
        at_ms: When, if it was found out only now; None is now.
        leg_is_up: The agent's leg is to be hung up.
    """
    assert contact.offer_id is not None
    offer = turn.state.offers.pop(contact.offer_id)
    agent = turn.state.agents[offer.agent_id]
    ended_ms = _within(turn, contact.phase_since_ms, at_ms)
    talk_ms = ended_ms - contact.phase_since_ms
    hold_ms = _end_hold(contact, ended_ms, talk_ms)
    queue = None if contact.rules is None else contact.rules.id
    contact.segments.append(
        Segment("talking", contact.phase_since_ms, ended_ms, queue, agent.id, offer.id, ended_by, hold_ms)
    )
    contact.talk_ms += talk_ms
    contact.phase, contact.phase_since_ms = Phase.AFTER, ended_ms
    contact.offer_id = contact.agent_id = None
    contact.ended_by, contact.muted = ended_by, False
    turn.remember(SegmentEnded(contact.id, agent.id, offer.id, ended_by, talk_ms, ended_ms, hold_ms))
    if leg_is_up:
        hang_up(turn, offer)
    if contact.rules is not None:
        offer.agent_id = NOBODY  # the agent goes on without it, and it is remembered until it is gone
        _wrap_up(turn, agent, contact, contact.rules, ended_ms)
    elif not leg_is_up:  # else free as soon as the telephone is: no wrap-up bridges the moment
        agent.idle_since_ms = turn.now_ms
        free(turn, agent)


def _end_hold(contact: Contact, ended_ms: int, talk_ms: int) -> int:
    """Time on hold of a talk that ends, milliseconds."""
    hold_ms = contact.talk_hold_ms
    if contact.on_hold_ms is not None:
        hold_ms += max(0, ended_ms - contact.on_hold_ms)
    hold_ms = min(hold_ms, talk_ms)
    contact.hold_ms += hold_ms
    contact.on_hold_ms, contact.talk_hold_ms = None, 0
    return hold_ms


def _wrap_up(turn: Turn, agent: Agent, contact: Contact, rules: QueueRules, since_ms: int) -> None:
    agent.offer_id = None
    agent.wrap_since_ms = since_ms
    # A deadline never lies in the past, even if the talk ended long before we knew.
    agent.wrap_until_ms = max(since_ms + rules.wrap_ms, turn.now_ms)
    agent.wrap_extend_ms = rules.wrap_extend_ms
    agent.wrap_extensions_left = rules.wrap_extensions_max
    turn.set_activity(agent, Activity.WRAP_UP)
    turn.timers.set(f"wrap:{agent.id}", agent.wrap_until_ms)
    turn.remember(WrapStarted(agent.id, contact.id, agent.wrap_until_ms, turn.now_ms))


def record_offer_end(turn: Turn, offer: Offer, result: OfferEnd, at_ms: int | None = None) -> None:
    lasted_ms = _within(turn, offer.start_ms, at_ms) - offer.start_ms
    turn.remember(OfferEnded(offer.id, offer.contact_id, offer.agent_id, result, lasted_ms, turn.now_ms))


def stop_offering(
    turn: Turn, contact: Contact, offer: Offer, result: OfferEnd, at_ms: int | None = None
) -> None:
    """Write the try into the contact's record; unless accepted, one that was offered waits on as before."""
    ended_ms = _within(turn, offer.start_ms, at_ms)
    contact.offers.append(OfferTried(offer.id, offer.agent_id, offer.start_ms, ended_ms, result, offer.kind))
    if offer.kind not in (OfferKind.CONTACT, OfferKind.CALLBACK):
        return
    contact.ring_ms += ended_ms - offer.start_ms
    contact.offer_id = None
    if result is not OfferEnd.ACCEPTED and contact.phase is Phase.OFFERED:
        contact.phase = Phase.WAITING
        turn.seek(contact)
        turn.look_at(contact)


def _within(turn: Turn, since_ms: int, at_ms: int | None) -> int:
    """What the switch noted, kept between the beginning and now, as its clock may be another; None is now."""
    return turn.now_ms if at_ms is None else max(since_ms, min(at_ms, turn.now_ms))


def consequence(turn: Turn, offer: Offer, result: OfferEnd) -> None:
    """What a failed try means for its agent. Never a log-out: a reason that can be seen and undone."""
    agent = turn.state.agents.get(offer.agent_id)
    contact = turn.state.contacts.get(offer.contact_id)
    if agent is None or contact is None:
        return
    rules = contact.rules or NO_RULES
    if result is OfferEnd.UNREACHABLE:
        lose_phone(turn, agent)
    elif agent.presence is not Presence.READY:
        pass  # gone to lunch, or home, while it rang: that choice stands
    elif result is OfferEnd.NO_ANSWER and rules.no_answer is NoAnswer.NOT_READY:
        turn.set_presence(agent, Presence.NOT_READY, rules.no_answer_reason)
    elif result is OfferEnd.NO_ANSWER and rules.no_answer is NoAnswer.READY:
        turn.stand_last(agent)  # ready as before, behind those who did not let it ring
    elif rest_ms := _rest_ms(rules, result):
        turn.touch(agent)
        agent.resting_until_ms, agent.reason = turn.now_ms + rest_ms, result.value
        turn.timers.set(f"rest:{agent.id}", agent.resting_until_ms)


def _rest_ms(rules: QueueRules, result: OfferEnd) -> int:
    """How long an agent is left alone after an offer that ended so, milliseconds; 0 for not at all."""
    return {
        OfferEnd.NO_ANSWER: rules.no_answer_rest_ms,
        OfferEnd.BUSY: rules.busy_rest_ms,
        OfferEnd.DECLINED: rules.decline_rest_ms,
        OfferEnd.FAILED: rules.failed_rest_ms,
        OfferEnd.NO_REPLY: rules.failed_rest_ms,
    }.get(result, 0)


ACTIONS: dict[str, Any] = {"ring": ring, "accept": accept, "fail": fail, "forget": forget}
