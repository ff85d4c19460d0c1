"""What happens to offers: the actions named in `acd.states.OFFER_TABLE`."""

from __future__ import annotations

from typing import Any

from acd import events as ev
from acd.agents import free, lose_phone
from acd.commands import EndLeg, WithdrawOffer
from acd.line import leave
from acd.model import Activity, EndedBy, NoAnswer, OfferEnd, OfferState, Phase, Presence, QueueRules
from acd.phases import end_segment
from acd.records import (
    OfferEnded,
    OfferRang,
    OfferTried,
    Segment,
    SegmentConnected,
    SegmentEnded,
    WrapStarted,
)
from acd.state import Agent, Contact, Offer
from acd.turn import Turn

WITHDRAWN_FOR_MS = 5_000
"""How long a withdrawn offer waits for the switch to say how it ended."""


def ring(turn: Turn, offer: Offer, event: ev.OfferRinging) -> None:
    offer.state = OfferState.RINGING
    turn.remember(OfferRang(offer.id, offer.contact_id, offer.agent_id, turn.now_ms))


def accept(turn: Turn, offer: Offer, event: ev.OfferAccepted) -> None:
    """The agent has picked up and hears the contact: talk, unless nobody is there to talk to."""
    contact = turn.state.contacts.get(offer.contact_id)
    if contact is None or contact.phase not in (Phase.WAITING, Phase.OFFERED, Phase.FALLBACK):
        offer.state = OfferState.WITHDRAWN
        turn.timers.set(f"offer:{offer.id}", turn.now_ms + WITHDRAWN_FOR_MS)
        turn.order(EndLeg(offer.id))
        return
    if contact.offer_id not in (None, offer.id):
        withdraw(turn, contact, OfferEnd.WITHDRAWN)
    if offer.state is not OfferState.WITHDRAWN:
        record_offer_end(turn, offer, OfferEnd.ACCEPTED)
        stop_offering(turn, contact, offer, OfferEnd.ACCEPTED)
    turn.timers.drop(f"offer:{offer.id}")
    offer.state = OfferState.ACCEPTED
    _connect(turn, contact, offer)


def withdraw(turn: Turn, contact: Contact, why: OfferEnd) -> None:
    """
    Stop ringing. The agent stays reserved until the switch says how it ended.

    Screens hear of it at once (`OfferEnded`), so that the pop goes with the bell.
    """
    assert contact.offer_id is not None
    offer = turn.state.offers[contact.offer_id]
    offer.state = OfferState.WITHDRAWN
    turn.timers.set(f"offer:{offer.id}", turn.now_ms + WITHDRAWN_FOR_MS)
    record_offer_end(turn, offer, why)
    stop_offering(turn, contact, offer, why)
    turn.order(WithdrawOffer(offer.id, why))


def _connect(turn: Turn, contact: Contact, offer: Offer) -> None:
    assert contact.rules is not None and contact.queued_ms is not None
    agent = turn.state.agents[offer.agent_id]
    waited_ms = turn.now_ms - contact.queued_ms - contact.away_ms - contact.handed_ms
    end_segment(turn, contact)
    leave(turn, contact)
    contact.phase, contact.phase_since_ms = Phase.TALKING, turn.now_ms
    contact.offer_id, contact.agent_id = offer.id, agent.id
    contact.answered_ms = contact.answered_ms or turn.now_ms
    turn.set_activity(agent, Activity.TALKING)
    turn.remember(SegmentConnected(contact.id, agent.id, offer.id, contact.rules.id, waited_ms, turn.now_ms))


def fail(turn: Turn, offer: Offer, event: ev.OfferFailed) -> None:
    """The try is over: the contact is free for the next agent, with place and clock kept."""
    withdrawn = offer.state is OfferState.WITHDRAWN
    contact = turn.state.contacts.get(offer.contact_id)
    if not withdrawn:
        record_offer_end(turn, offer, event.result)
        if contact is not None:
            stop_offering(turn, contact, offer, event.result)
    drop(turn, offer)
    if not withdrawn:
        _consequence(turn, offer, event.result)


def leg_gone(turn: Turn, offer: Offer, event: ev.LegGone | ev.OfferFailed) -> None:
    """The agent's leg has ended after it was up (or was withdrawn): talk over, if there was one."""
    contact = turn.state.contacts.get(offer.contact_id)
    if contact is not None and contact.phase is Phase.TALKING and contact.offer_id == offer.id:
        at_ms = event.at_ms if isinstance(event, ev.LegGone) else None
        end_talk(turn, contact, EndedBy.AGENT, at_ms)
    else:
        drop(turn, offer)


def end_talk(turn: Turn, contact: Contact, ended_by: EndedBy, at_ms: int | None = None) -> None:
    """
    Talk is over: the agent wraps up, the caller is on the way home.

    Args:
        turn: This one.
        contact: In a talk.
        ended_by: Whose doing it was.
        at_ms: When, if it was found out only now; None is now.
    """
    assert contact.offer_id is not None and contact.rules is not None
    offer = turn.state.offers.pop(contact.offer_id)
    agent = turn.state.agents[offer.agent_id]
    ended_ms = turn.now_ms if at_ms is None else max(contact.phase_since_ms, min(at_ms, turn.now_ms))
    talk_ms = ended_ms - contact.phase_since_ms
    contact.segments.append(
        Segment("talking", contact.phase_since_ms, ended_ms, contact.rules.id, agent.id, offer.id, ended_by)
    )
    contact.talk_ms += talk_ms
    contact.phase, contact.phase_since_ms = Phase.AFTER, ended_ms
    contact.offer_id = contact.agent_id = None
    contact.ended_by = ended_by
    turn.remember(SegmentEnded(contact.id, agent.id, offer.id, ended_by, talk_ms, ended_ms))
    _wrap_up(turn, agent, contact, ended_ms)


def _wrap_up(turn: Turn, agent: Agent, contact: Contact, since_ms: int) -> None:
    assert contact.rules is not None
    agent.offer_id = None
    agent.wrap_since_ms = since_ms
    # A deadline never lies in the past, even if the talk ended long before we knew.
    agent.wrap_until_ms = max(since_ms + contact.rules.wrap_ms, turn.now_ms)
    agent.wrap_extend_ms = contact.rules.wrap_extend_ms
    agent.wrap_extensions_left = contact.rules.wrap_extensions_max
    turn.set_activity(agent, Activity.WRAP_UP)
    turn.timers.set(f"wrap:{agent.id}", agent.wrap_until_ms)
    turn.remember(WrapStarted(agent.id, contact.id, agent.wrap_until_ms, turn.now_ms))


def record_offer_end(turn: Turn, offer: Offer, result: OfferEnd) -> None:
    turn.remember(
        OfferEnded(
            offer.id, offer.contact_id, offer.agent_id, result, turn.now_ms - offer.start_ms, turn.now_ms
        )
    )


def stop_offering(turn: Turn, contact: Contact, offer: Offer, result: OfferEnd) -> None:
    """Write the try into the contact's record; unless accepted, the contact waits on as before."""
    contact.offers.append(OfferTried(offer.id, offer.agent_id, offer.start_ms, turn.now_ms, result))
    contact.ring_ms += turn.now_ms - offer.start_ms
    contact.offer_id = None
    if result is not OfferEnd.ACCEPTED and contact.phase is Phase.OFFERED:
        contact.phase = Phase.WAITING
        turn.seek(contact)
        turn.look_at(contact)


def drop(turn: Turn, offer: Offer) -> None:
    """Forget an offer that is over and free its agent."""
    turn.timers.drop(f"offer:{offer.id}")
    turn.state.offers.pop(offer.id, None)
    agent = turn.state.agents.get(offer.agent_id)
    if agent is not None and agent.offer_id == offer.id:
        free(turn, agent)


def _consequence(turn: Turn, offer: Offer, result: OfferEnd) -> None:
    """What a failed try means for its agent. Never a log-out: a reason that can be seen and undone."""
    agent = turn.state.agents.get(offer.agent_id)
    contact = turn.state.contacts.get(offer.contact_id)
    if agent is None or contact is None or contact.rules is None:
        return
    rules = contact.rules
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


ACTIONS: dict[str, Any] = {"ring": ring, "accept": accept, "fail": fail, "leg_gone": leg_gone}
