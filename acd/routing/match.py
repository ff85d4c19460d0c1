"""
Bring together who waits and who is free, at the end of every turn.

What has changed in the turn is looked at and nothing else: a newcomer looks for an agent, an agent
who has become free for a contact, whoever was passed over for agents kept free looks again. Where
everything may have changed (a configuration, `turn.rematch`) all free agents choose. Nobody else can
have become possible, so nobody is stranded; `acd.invariants` counts that by hand.
"""

from __future__ import annotations

from acd.commands import OfferContact
from acd.legs import LOST_AFTER_MS, next_offer_id
from acd.model import Activity, AgentId, ContactId, OfferKind, Phase
from acd.records import ContactHeldBack, OfferAnnounced
from acd.routing.bits import union
from acd.routing.choose import Choice, Kept, agent_for, contact_for
from acd.routing.explain import explain, unexplained
from acd.routing.groups import Stand
from acd.routing.index import Index
from acd.state import Contact, Offer
from acd.turn import Turn


def match(turn: Turn) -> None:
    """Make every offer that can be made now."""
    index = turn.state.index
    index.catch_up()
    agents = turn.state.agents
    for agent_id in turn.touched:
        agent = agents.get(agent_id)
        if agent is not None:
            index.roll.note(agent)
    rescan = index.rescan or turn.rematch
    index.rescan = turn.rematch = False
    if index.roll.came_or_went:
        _review_holds(turn, index)
    newcomers = _take_in(turn, index) if index.newcomers else []
    if len(newcomers) == 1:
        _seek_agent(turn, index, newcomers[0])
    if rescan or len(newcomers) > 1:
        index.roll.freed.clear()
        _rescan(turn, index)
        index.stirred |= index.passed_over
    elif index.roll.freed:
        _freed(turn, index)
        index.stirred |= index.passed_over
    while index.stirred:
        _look_again(turn, index)


def _review_holds(turn: Turn, index: Index) -> None:
    """Whom a contact prefers has signed in or out: it may be held, or not be any more."""
    went, index.roll.came_or_went = index.roll.came_or_went, {}
    for agent_id in went:
        for key in list(index.own.get(agent_id, ())):
            contact = turn.state.contacts[key[1]]
            if _held(turn, index, contact, index.stands[key[1]].own) != contact.held:
                index.join(contact)


def _held(turn: Turn, index: Index, contact: Contact, own: tuple[AgentId, ...]) -> bool:
    """Whether nobody but the preferred agents is asked: for a time, and while one of them is there."""
    rules = contact.rules
    if not own or rules is None or rules.preference is None or contact.joined_ms is None:
        return False
    if turn.now_ms >= contact.joined_ms + rules.preference.hold_ms:
        return False
    here, slot = index.roll.here, index.crowd.slot
    return any(here >> slot[agent_id] & 1 for agent_id in own)


def _take_in(turn: Turn, index: Index) -> list[Stand]:
    """Give newcomers their stand, in the order in which they came."""
    stands = []
    for contact_id in list(index.newcomers):
        contact = turn.state.contacts.get(contact_id)
        if contact is not None and contact.phase is Phase.WAITING:
            stands.append(_stand(turn, index, contact))
    index.newcomers.clear()
    return stands


def _stand(turn: Turn, index: Index, contact: Contact) -> Stand:
    own = index.preferred(contact) if contact.preferred else ()
    held = bool(own) and _held(turn, index, contact, own)
    if held:
        assert contact.rules is not None and contact.rules.preference is not None
        assert contact.joined_ms is not None
        turn.timers.set(f"hold:{contact.id}", contact.joined_ms + contact.rules.preference.hold_ms)
    elif contact.held:
        turn.timers.drop(f"hold:{contact.id}")
    contact.held = held
    return index.stand(contact, own, held=held)


def _seek_agent(turn: Turn, index: Index, stand: Stand) -> None:
    choice = agent_for(index, stand, turn.now_ms, second=turn.explains)
    if isinstance(choice, Choice):
        offer(turn, index, choice)
    elif choice is not None:
        _pass_over(turn, index, choice)


def _freed(turn: Turn, index: Index) -> None:
    """Whoever has become free chooses, the longest idle first."""
    slots = index.roll.slot
    order = sorted(index.roll.filed(slots[agent_id]) for agent_id in index.roll.freed)
    index.roll.freed.clear()
    for _, _, slot in order:
        _seek_contact(turn, index, slot)


def _rescan(turn: Turn, index: Index) -> None:
    """All free agents for whom anybody may be waiting choose, the longest idle first."""
    if not index.stands or not index.roll.free:
        return
    wanted = union(group.able for group in index.live)
    wanted |= union(1 << index.crowd.slot[agent_id] for agent_id, row in index.own.items() if len(row))
    for _, _, slot in index.roll.order[:]:
        if wanted >> slot & 1:
            _seek_contact(turn, index, slot)


def _seek_contact(turn: Turn, index: Index, slot: int) -> None:
    if slot >= len(index.crowd.ids) or not index.roll.free >> slot & 1:
        return
    choice, kept = contact_for(index, slot, turn.now_ms)
    for one in kept:
        _pass_over(turn, index, one)
    if choice is not None:
        offer(turn, index, choice)


def _look_again(turn: Turn, index: Index) -> None:
    """Those who were kept from somebody who is free, the oldest first."""
    stirred = sorted(index.stands[contact_id].key for contact_id in index.stirred)
    index.stirred.clear()
    for key in stirred:
        stand = index.stands.get(key[1])
        if stand is not None:
            _seek_agent(turn, index, stand)


def _pass_over(turn: Turn, index: Index, kept: Kept) -> None:
    """Remember, once for each stay in a queue, that a contact waits although somebody able is free."""
    key = kept.stand.key
    contact = turn.state.contacts[key[1]]
    index.passed_over[contact.id] = None
    starves_ms, deadline = index.routing.starve_ms, f"starve:{contact.id}"
    if starves_ms is not None and deadline not in turn.state.deadlines:
        turn.timers.set(deadline, key[0] + starves_ms + 1)
    if contact.passed_over_ms != contact.joined_ms:
        contact.passed_over_ms = contact.joined_ms
        reason = f"kept free for {kept.queue}"
        turn.remember(ContactHeldBack(contact.id, kept.stand.group.kind.queue, reason, turn.now_ms))


def look_again(turn: Turn, contact_id: str) -> None:
    """A hold may be over, or one who was passed over has waited beyond all bounds."""
    contact = turn.state.contacts.get(ContactId(contact_id))
    if contact is not None:
        turn.state.index.join(contact)


def offer(turn: Turn, index: Index, choice: Choice) -> None:
    """Reserve both sides in one step, then ask the switch to ring."""
    contact = turn.state.contacts[choice.stand.key[1]]
    agent = turn.state.agents[index.crowd.ids[choice.slot]]
    rules = contact.rules
    assert rules is not None
    offer_id = next_offer_id(turn, contact)
    reason = (
        explain(index, contact, choice, turn.now_ms)
        if turn.explains
        else unexplained(index, contact, turn.now_ms)
    )
    kind = OfferKind.CALLBACK if contact.absent else OfferKind.CONTACT
    turn.state.offers[offer_id] = Offer(offer_id, contact.id, agent.id, turn.now_ms, kind=kind)
    index.leave(contact)
    if contact.held:
        contact.held = False
        turn.timers.drop(f"hold:{contact.id}")
    contact.phase, contact.offer_id = Phase.OFFERED, offer_id
    contact.say_now, contact.called_ms = (), None
    turn.set_activity(agent, Activity.OFFERED)
    agent.offer_id, agent.contact_id = offer_id, contact.id
    turn.timers.set(f"offer:{offer_id}", turn.now_ms + rules.ring_ms + LOST_AFTER_MS)
    promised_ms = None if contact.promise is None else contact.promise.at_ms
    turn.remember(
        OfferAnnounced(offer_id, contact.id, agent.id, rules.id, reason, turn.now_ms, kind, None, promised_ms)
    )
    turn.order(OfferContact(offer_id, contact.id, agent.id, rules.ring_ms, agent.rules.auto_answer, kind))
