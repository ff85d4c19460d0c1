"""
The router's rules once more, slowly and agent by agent, straight from the state.

Nothing routes by this: `acd.invariants` and the tests hold the index against it.
"""

from __future__ import annotations

from collections.abc import Iterator

from acd.exits import Staff
from acd.model import AgentId, Phase, Presence, QueueId, QueueRules
from acd.routing.bits import slots
from acd.routing.eligible import lacking, unavailable
from acd.routing.groups import Group, Key
from acd.routing.index import Index
from acd.routing.needs import sites_at, spoken
from acd.routing.policies import build
from acd.routing.policies.base import able
from acd.routing.policy import Kind
from acd.routing.rank import longest_idle
from acd.state import Agent, Contact, State


def kind_of(contact: Contact) -> Kind:
    rules = contact.rules
    assert rules is not None
    value = rules.values.get(contact.segment, rules.value)
    sites = sites_at(rules, contact.step)
    return Kind(rules.id, contact.segment, contact.needs, sites, contact.medium, value, rules.target_ms)


def key_of(contact: Contact) -> Key:
    assert contact.queued_ms is not None
    return contact.queued_ms - contact.head_start_ms, contact.id


def wanted(state: State, contact: Contact) -> list[AgentId]:
    """Preferred agents who will do for the contact."""
    preference = contact.rules.preference if contact.rules is not None else None
    if preference is None:
        return []
    needs = spoken(preference.needs, state.language_of(contact), contact.added_needs)
    known = state.routing.agents
    return [
        agent_id
        for agent_id in dict.fromkeys(contact.preferred)
        if agent_id in known
        and known[agent_id].capacity.get(contact.medium, 0) > 0
        and lacking(known[agent_id].skills, needs) is None
    ]


def is_held(state: State, contact: Contact) -> bool:
    """Whether nobody but its preferred agents may be asked for the contact."""
    assert contact.rules is not None and contact.joined_ms is not None
    preference = contact.rules.preference
    if preference is None or state.now_ms >= contact.joined_ms + preference.hold_ms:
        return False
    return any(_signed_in(state, agent_id) for agent_id in wanted(state, contact))


def _signed_in(state: State, agent_id: AgentId) -> bool:
    why = unavailable(state.agents[agent_id], state.now_ms)
    return why not in ("logged out", "left the configuration")


def fits(state: State, agent: Agent, contact: Contact) -> bool:
    """Whether the agent may be asked for the contact, as far as what both can do goes."""
    if agent.id in wanted(state, contact):
        return True
    kind = kind_of(contact)
    return (
        not is_held(state, contact)
        and lacking(agent.rules.skills, kind.needs) is None
        and (not kind.sites or agent.rules.site in kind.sites)
        and agent.rules.capacity.get(kind.medium, 0) > 0
    )


def kept_for(state: State, agent: Agent, contact: Contact) -> QueueId | None:
    """The queue for which this free agent is kept from the contact, if any."""
    limit_ms = state.routing.starve_ms
    if limit_ms is not None and state.now_ms - key_of(contact)[0] > limit_ms:
        return None
    policy = build(state.routing.policy, state.routing)
    for rules in state.routing.queues.values():
        keep = policy.keep_free(kind_of(contact), rules)
        if keep > 0 and able(agent.rules, rules) and _free_for(state, rules) <= keep:
            return rules.id
    return None


def _free_for(state: State, rules: QueueRules) -> int:
    return sum(
        able(agent.rules, rules) and unavailable(agent, state.now_ms) is None
        for agent in state.agents.values()
    )


def staff(state: State, contact: Contact) -> Staff:
    """Who there is for a contact, over all steps of its queue and among those whom it prefers."""
    rules = contact.rules
    assert rules is not None
    language, own = state.language_of(contact), wanted(state, contact)
    said = [(step.needs, step.sites) for step in rules.steps] or [(rules.needs, rules.sites)]
    ways = [(spoken(needs, language, contact.added_needs), sites) for needs, sites in said]
    found = Staff.NEVER
    for agent in state.agents.values():
        could = agent.rules.capacity.get(contact.medium, 0) > 0 and any(
            (not sites or agent.rules.site in sites) and lacking(agent.rules.skills, needs) is None
            for needs, sites in ways
        )
        if not agent.retired and (could or agent.id in own):
            if agent.presence is not Presence.LOGGED_OUT:
                return Staff.HERE
            found = Staff.SIGNED_OUT
    return found


def is_first(state: State, contact: Contact) -> bool:
    """Whether nobody of the same kind comes before the contact, or it is held for its own agents."""
    if contact.held:
        return True
    return not any(
        other.phase is Phase.WAITING
        and not other.held
        and kind_of(other) == kind_of(contact)
        and key_of(other) < key_of(contact)
        for other in state.contacts.values()
    )


def differences(state: State) -> Iterator[str]:
    """Where the index says otherwise than the state, one line each."""
    yield from _agents(state)
    yield from _contacts(state)
    yield from _tiers(state)


def _agents(state: State) -> Iterator[str]:
    roll = state.index.roll
    for agent in state.agents.values():
        bit = 1 << roll.slot[agent.id] if agent.id in roll.slot else 0
        why = unavailable(agent, state.now_ms)
        if bool(roll.free & bit) != (why is None):
            yield f"the index takes {agent.id} for {'free' if roll.free & bit else 'busy'}: {why or 'free'}"
    free = sorted(longest_idle(a) for a in state.agents.values() if unavailable(a, state.now_ms) is None)
    order = [(since_ms, agent_id) for since_ms, agent_id, _ in roll.order]
    if free != order:
        yield f"{[who for _, who in free]} are free but {[who for _, who in order]} are looked at"


def _contacts(state: State) -> Iterator[str]:
    index = state.index
    waiting = {c.id: c for c in state.contacts.values() if c.phase is Phase.WAITING}
    if waiting.keys() != index.stands.keys():
        yield f"{sorted(waiting)} wait but {sorted(index.stands)} have a stand"
        return
    grouped = {key[1]: group.kind for group in index.groups.values() for key in group}
    own = {(agent, key[1]) for agent, row in index.own.items() for key in row}
    for contact in waiting.values():
        if contact.held != is_held(state, contact):
            yield f"{contact.id} is {'' if contact.held else 'not '}held for its preferred agents"
        if grouped.get(contact.id) != (None if contact.held else kind_of(contact)):
            yield f"{contact.id} stands with those of another kind"
        if index.stands[contact.id].key != key_of(contact):
            yield f"{contact.id} stands in another place than its clock says"
        rows = {agent_id for agent_id, contact_id in own if contact_id == contact.id}
        if rows != set(wanted(state, contact)):
            yield f"{contact.id} is not in the rows of its preferred agents"
    if sum(index.waiting(queue) for queue in {kind_of(c).queue for c in waiting.values()}) != len(waiting):
        yield "those who wait are counted wrong"


def _tiers(state: State) -> Iterator[str]:
    index = state.index
    for group in index.groups.values():
        able_ids = {
            agent_id
            for agent_id, rules in state.routing.agents.items()
            if lacking(rules.skills, group.kind.needs) is None
            and (not group.kind.sites or rules.site in group.kind.sites)
            and rules.capacity.get(group.kind.medium, 0) > 0
        }
        if {index.crowd.ids[slot] for slot in slots(group.able)} != able_ids:
            yield f"others than {sorted(able_ids)} pass for able for {group.kind.queue}"
        if (group in index.live) != bool(len(group)):
            yield f"somebody stands for {group.kind.queue} and is not looked at, or nobody does and is"
        for tier in group.tiers or ():
            if list(slots(tier.mask)) != sorted(tier.members) or tier.has != set(tier.members):
                yield f"others pass for the price {tier.price} of {group.kind.queue} than those who cost it"
            for slot in tier.members:
                rules = index.crowd.rules[slot]
                price = index.policy.price(group.kind, rules, index.paces)
                if not index.policy.flat and price != tier.price:
                    yield f"{rules.id} has another price for {group.kind.queue} than {tier.price}"
        yield from _factors(index, group)


def _factors(index: Index, group: Group) -> Iterator[str]:
    if index.weight(group) != index.policy.weight(group.kind, index.paces):
        yield f"those of {group.kind.queue} are ranked by an old patience"
    for slot, rules in enumerate(index.crowd.rules):
        able = bool(group.able >> slot & 1)
        if (group in index.facing(slot)) != able:
            yield f"{rules.id} does not look at those of {group.kind.queue}, or without need"
        if able and index.factor(slot, group) != index.policy.factor(group.kind, rules, index.paces):
            yield f"{rules.id} ranks those of {group.kind.queue} by an old pace"
