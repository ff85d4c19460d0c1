"""
From a snapshot of the switch to ordinary events.

What the engine believes and what the switch holds are compared; every
difference becomes an event like any other, so that correction has no code path
of its own. What was ordered and is not so is ordered again. Legs that talk to somebody are never
ended, known to us or not, but for one that is none of those who talk to its contact.
"""

from __future__ import annotations

from collections.abc import Iterator

from acd import events as ev
from acd.commands import Command, Confer, Connect, EndLeg, Park
from acd.model import ContactId, EndedBy, OfferEnd, OfferId, OfferState, Phase
from acd.outgoing import call_customer
from acd.records import Corrected
from acd.state import Contact, Offer, State
from acd.turn import Turn

RESCUED_AFTER_MS = 20_000
"""A leg on hold that has heard nothing of the server for so long calls the caller back by itself."""

_Legs = dict[OfferId, ev.LegSeen]
_WITH_SOMEBODY = (Phase.TALKING, Phase.OUTSIDE)


def differences(state: State, snapshot: ev.SwitchSnapshot) -> Iterator[tuple[ev.Event, str]]:
    """Events that bring the engine in line with the switch, each with what was found."""
    yield from _callers(state, snapshot)
    legs = {leg.offer_id: leg for leg in snapshot.legs}
    home_ms = {caller.contact_id: caller.home_ms for caller in snapshot.callers}
    for offer in sorted(state.offers.values(), key=lambda o: o.id):
        found = _offer(offer, legs.get(offer.id), home_ms.get(offer.contact_id))
        if found is not None:
            yield found
    bridged = {caller.contact_id for caller in snapshot.callers if caller.bridged}
    for contact in sorted(state.contacts.values(), key=lambda c: c.id):
        if contact.on_hold_ms is not None and contact.agent_id is not None:
            why = _off_hold(state, contact, legs, is_bridged=contact.id in bridged)
            if why is not None:
                yield ev.RetrieveAsked(contact.id, contact.agent_id), why
    reachable = set(snapshot.reachable)
    for agent_id in sorted(state.agents):
        if state.agents[agent_id].reachable != (agent_id in reachable):
            word = "registered" if agent_id in reachable else "gone"
            yield ev.PhoneReachable(agent_id, agent_id in reachable), f"phone {word}"
    in_use = set(snapshot.in_use)
    for agent_id in sorted(state.agents):
        if state.agents[agent_id].in_use != (agent_id in in_use):
            word = "on a call of its own" if agent_id in in_use else "off its own call"
            yield ev.PhoneInUse(agent_id, agent_id in in_use), f"phone {word}"


def orphans(state: State, snapshot: ev.SwitchSnapshot) -> Iterator[OfferId]:
    """Legs of ours that nobody waits for and that talk to nobody, or to one who is to talk to the contact."""
    for leg in snapshot.legs:
        if leg.offer_id not in state.offers and (not leg.bridged or _in_the_way(state, leg.offer_id)):
            yield leg.offer_id


def _in_the_way(state: State, offer_id: OfferId) -> bool:
    """Hung up by us, as we know who talks to its contact; without that, nobody takes a talk from anybody."""
    contact = state.contacts.get(ContactId(offer_id.rpartition("-o")[0]))
    if contact is None or contact.phase not in _WITH_SOMEBODY or contact.offer_id is None:
        return False
    return state.offers[contact.offer_id].state is OfferState.ACCEPTED


def _off_hold(state: State, contact: Contact, legs: _Legs, *, is_bridged: bool) -> str | None:
    """
    Why an agent who has the contact on hold is to talk to it again.

    The one who asks and the one who is asked are both there and do not talk; or nobody was there
    to take the contact back, and the leg has called it into the talk by itself.
    """
    assert contact.offer_id is not None and contact.on_hold_ms is not None
    main, asked = legs.get(contact.offer_id), None
    if contact.consult_id is not None and state.offers[contact.consult_id].state is OfferState.ACCEPTED:
        asked = legs.get(contact.consult_id)
        if main is not None and asked is not None and not (main.bridged and asked.bridged):
            return "asks somebody, and they do not talk"
    held_ms = state.now_ms - contact.on_hold_ms
    if asked is None and main is not None and main.bridged and is_bridged and held_ms >= RESCUED_AFTER_MS:
        return "talks again: nobody was there to take it back"
    return None


def mend(turn: Turn, snapshot: ev.SwitchSnapshot) -> None:
    """Order again what is not as it was ordered: the command was lost. Each does no harm if it was not."""
    legs = {leg.offer_id: leg for leg in snapshot.legs}
    callers = {caller.contact_id: caller for caller in snapshot.callers}
    for contact in sorted(turn.state.contacts.values(), key=lambda c: c.id):
        if contact.channel.switch != snapshot.switch:
            continue
        wanted = _wanted(turn.state, contact, legs, callers.get(contact.id))
        if wanted is not None:
            _order(turn, contact.id, *wanted)
        if contact.id not in callers:
            _call_again(turn, contact, snapshot, legs)
    for offer in sorted(turn.state.offers.values(), key=lambda o: o.id):  # last: who stays is taken first
        if offer.state is OfferState.ENDING and offer.id in legs:
            _order(turn, offer.id, EndLeg(offer.id), "leg is still there")


def _order(turn: Turn, subject: str, command: Command, found: str) -> None:
    if command not in turn.commands:
        turn.remember(Corrected(subject, found, turn.now_ms))
        turn.order(command)


def _wanted(
    state: State, contact: Contact, legs: _Legs, caller: ev.CallerSeen | None
) -> tuple[Command, str] | None:
    """What a contact that is with somebody, by our lights, lacks on the switch."""
    if contact.phase not in _WITH_SOMEBODY or contact.offer_id is None or caller is None:
        return None
    main = legs.get(contact.offer_id)
    if main is None or state.offers[main.offer_id].state is not OfferState.ACCEPTED:
        return None
    talks = main.bridged and caller.bridged is not False
    if contact.conference:
        assert contact.consult_id is not None
        third = legs.get(contact.consult_id)
        if third is not None and not (talks and third.bridged):
            return Confer(contact.id, (main.offer_id, third.offer_id)), "not all in the conference"
    elif contact.on_hold_ms is not None:
        asked = None if contact.consult_id is None else state.offers[contact.consult_id]
        if main.bridged and (asked is None or asked.state is not OfferState.ACCEPTED):
            return Park(main.offer_id, contact.id), "on hold, and talks"
    elif not talks:
        return Connect(contact.id, main.offer_id), "in a talk, and does not talk"
    return None


def _call_again(turn: Turn, contact: Contact, snapshot: ev.SwitchSnapshot, legs: _Legs) -> None:
    """
    The customer was to be called before the list was asked for, and the switch has not been told to.

    The order itself marks the agent's leg when the switch takes it, so that nobody is rung twice:
    who has been called and is not there any more is not called again.
    """
    if contact.phase is not Phase.DIALLING or contact.offer_id is None:
        return
    offer, leg = turn.state.offers[contact.offer_id], legs.get(contact.offer_id)
    called_ms = contact.dialled_ms
    if leg is None or leg.called or called_ms is None or called_ms >= snapshot.since_ms:
        return
    if offer.state is OfferState.ACCEPTED:
        turn.remember(Corrected(contact.id, "customer not called: again", turn.now_ms))
        call_customer(turn, contact, offer)


def _callers(state: State, snapshot: ev.SwitchSnapshot) -> Iterator[tuple[ev.Event, str]]:
    legs = {leg.offer_id: leg for leg in snapshot.legs}
    restarted = state.boots.get(snapshot.switch, snapshot.boot) != snapshot.boot
    present = {caller.contact_id: caller for caller in snapshot.callers}
    for contact in sorted(state.contacts.values(), key=lambda c: c.id):
        if contact.channel.switch != snapshot.switch or contact.started_ms >= snapshot.since_ms:
            continue
        if contact.absent:  # has no leg that could be lost
            continue
        seen = present.get(contact.id)
        if seen is None and not restarted and _not_there_yet(contact, snapshot, legs):
            continue
        if seen is None and restarted:
            yield ev.ContactGone(contact.id, EndedBy.SWITCH), "lost: the switch restarted"
        elif seen is None:
            yield ev.ContactGone(contact.id, EndedBy.CALLER), "left while nobody watched"
        elif seen.elsewhere and contact.phase in (Phase.IVR, Phase.WAITING, Phase.OFFERED):
            yield ev.ContactElsewhere(contact.id), "with the fallback telephone"


def _not_there_yet(contact: Contact, snapshot: ev.SwitchSnapshot, legs: _Legs) -> bool:
    """A customer who has not been called yet, as the agent's leg tells; without it nobody can be."""
    if contact.phase is not Phase.DIALLING or contact.offer_id is None:
        return False
    if contact.dialled_ms is None or contact.dialled_ms >= snapshot.since_ms:
        return True
    leg = legs.get(contact.offer_id)
    return leg is None or not leg.called


def _offer(offer: Offer, leg: ev.LegSeen | None, home_ms: int | None) -> tuple[ev.Event, str] | None:
    if offer.state is OfferState.ACCEPTED:
        gone = ev.LegGone(offer.id, home_ms)
        return (gone, "agent's leg ended while nobody watched") if leg is None else None
    if leg is None:
        return ev.OfferFailed(offer.id, OfferEnd.LOST), "leg not on the switch"
    if offer.state is OfferState.ENDING:
        return None
    if leg.up:
        return ev.OfferAccepted(offer.id, leg.up_ms), "answered while nobody watched"
    return None
