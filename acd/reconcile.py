"""
From a snapshot of the switch to ordinary events.

What the engine believes and what the switch holds are compared; every
difference becomes an event like any other, so that correction has no code path
of its own. Legs that talk to somebody are never ended, known to us or not.
"""

from __future__ import annotations

from collections.abc import Iterator

from acd import events as ev
from acd.model import EndedBy, OfferEnd, OfferId, OfferState, Phase
from acd.state import Offer, State


def differences(state: State, snapshot: ev.SwitchSnapshot) -> Iterator[tuple[ev.Event, str]]:
    """Events that bring the engine in line with the switch, each with what was found."""
    yield from _callers(state, snapshot)
    legs = {leg.offer_id: leg for leg in snapshot.legs}
    home_ms = {caller.contact_id: caller.home_ms for caller in snapshot.callers}
    for offer in sorted(state.offers.values(), key=lambda o: o.id):
        found = _offer(offer, legs.get(offer.id), home_ms.get(offer.contact_id))
        if found is not None:
            yield found
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
    """Legs of ours that nobody waits for and that talk to nobody."""
    for leg in snapshot.legs:
        if leg.offer_id not in state.offers and not leg.bridged:
            yield leg.offer_id


def _callers(state: State, snapshot: ev.SwitchSnapshot) -> Iterator[tuple[ev.Event, str]]:
    restarted = state.boots.get(snapshot.switch, snapshot.boot) != snapshot.boot
    present = {caller.contact_id: caller for caller in snapshot.callers}
    for contact in sorted(state.contacts.values(), key=lambda c: c.id):
        if contact.channel.switch != snapshot.switch or contact.started_ms >= snapshot.since_ms:
            continue
        seen = present.get(contact.id)
        if seen is None and restarted:
            yield ev.ContactGone(contact.id, EndedBy.SWITCH), "lost: the switch restarted"
        elif seen is None:
            yield ev.ContactGone(contact.id, EndedBy.CALLER), "left while nobody watched"
        elif seen.elsewhere and contact.phase in (Phase.IVR, Phase.WAITING, Phase.OFFERED):
            yield ev.ContactElsewhere(contact.id), "with the fallback telephone"


def _offer(offer: Offer, leg: ev.LegSeen | None, home_ms: int | None) -> tuple[ev.Event, str] | None:
    if offer.state is OfferState.ACCEPTED:
        gone = ev.LegGone(offer.id, home_ms)
        return (gone, "agent's leg ended while nobody watched") if leg is None else None
    if leg is None:
        return ev.OfferFailed(offer.id, OfferEnd.LOST), "leg not on the switch"
    if leg.up:
        return ev.OfferAccepted(offer.id), "answered while nobody watched"
    return None
