"""
Who could serve whom, kept up at every change, so that a decision looks at few and scans nobody.

Derived from the state and never written down: made anew from it after a restart or with a new
configuration. `roll` holds agents by what they do, `crowd` by what they can, `groups` the contacts
that wait by what they need. A contact that is held for its preferred agents stands in their own
rows only, and joins its group when the hold ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from acd.model import AgentId, ContactId, Medium, Phase, QueueId, QueueRules
from acd.routing.bits import slots, union
from acd.routing.crowd import Crowd
from acd.routing.eligible import lacking
from acd.routing.groups import STALE, Group, Guard, Key, Row, Stand, Tier
from acd.routing.needs import Needs, sites_at, spoken
from acd.routing.policies import build
from acd.routing.policy import Factor, Kind
from acd.routing.roll import Roll
from acd.stats.pace import Learned, Told

if TYPE_CHECKING:  # the state keeps its index
    from acd.state import Agent, Contact, State

GROUPS_MAX = 20_000
"""Kinds of contact that are remembered; beyond, those nobody is waiting in are forgotten."""

_Asks = tuple[QueueId, str, str, Medium, Needs]
_Short = tuple[str, str, str, str, str, Medium, Needs]


class Index:
    """Of one state. Contacts and agents are handed in after they have changed."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.stands: dict[ContactId, Stand] = {}
        self.newcomers: dict[ContactId, None] = {}
        """Who waits and has not been given a stand yet."""
        self.stirred: dict[ContactId, None] = {}
        """Who was passed over and may not be any more, or has come to the head behind one who was."""
        self.passed_over: dict[ContactId, None] = {}
        """Who waits although somebody able is free, because those are kept free."""
        self.rescan = False
        """Everything may have changed."""
        self._build()
        for contact in state.contacts.values():
            if contact.phase is Phase.WAITING and contact.rules is not None:
                self.stand(contact, self.preferred(contact), held=contact.held)
        self._find_passed_over()
        self.roll.freed.clear()
        self.roll.came_or_went.clear()

    def _build(self) -> None:
        state = self._state
        self.routing = state.routing
        self.crowd = Crowd(state.routing)
        self.roll = Roll(self.crowd.ids, state.agents.values())
        self.paces = Learned(state.paces, state.routing)
        self.policy = build(state.routing.policy, state.routing)
        self.groups: dict[Kind, Group] = {}
        self.own: dict[AgentId, Row] = {}
        """Those who prefer an agent who will do for them, by agent."""
        self._short: dict[_Short, Group] = {}
        self._could: dict[_Asks, tuple[QueueRules, int]] = {}
        self.live: dict[Group, None] = {}
        """The groups in which somebody stands."""
        self._of_queue: dict[QueueId, list[Group]] = {}
        self._facing: list[dict[Group, Factor]] = [{} for _ in self.crowd.ids]
        self._waiting: dict[QueueId, int] = {}

    def catch_up(self) -> None:
        """Begin anew if the configuration is another: everybody who waits is a newcomer then."""
        if self._state.routing is self.routing:
            return
        waiting = [contact_id for contact_id in self.stands if contact_id in self._state.contacts]
        self.newcomers = dict.fromkeys([*waiting, *self.newcomers])
        self.stands, self.stirred, self.passed_over = {}, {}, {}
        self._build()
        self.rescan = True

    # Agents

    def note(self, agent: Agent) -> None:
        """Put an agent where its state says; idempotent."""
        self.catch_up()
        self.roll.note(agent)

    def forget(self, agent: Agent) -> None:
        self.roll.forget(agent)

    # Contacts

    def join(self, contact: Contact) -> None:
        """One who waits wants a stand: given at the end of the turn."""
        self.catch_up()
        self._give_up_stand(contact)
        if contact.phase is Phase.WAITING:
            self.newcomers[contact.id] = None

    def leave(self, contact: Contact) -> None:
        """Nothing happens if there is no stand."""
        self.catch_up()
        self.newcomers.pop(contact.id, None)
        self._give_up_stand(contact)

    def stand(self, contact: Contact, own: tuple[AgentId, ...], *, held: bool) -> Stand:
        """Give one who waits its place: in its group, or only with its preferred agents while it is held."""
        assert contact.queued_ms is not None
        group = self._group_of(contact)
        stand = Stand((contact.queued_ms - contact.head_start_ms, contact.id), group, own, held=held)
        self.stands[contact.id] = stand
        if not held:
            if group.head is None:
                self.live[group] = None
            group.add(stand.key)
        for agent_id in own:
            self.own.setdefault(agent_id, Row()).add(stand.key)
        queue = group.kind.queue
        self._waiting[queue] = self._waiting.get(queue, 0) + 1
        return stand

    def _give_up_stand(self, contact: Contact) -> None:
        stand = self.stands.pop(contact.id, None)
        if stand is None:
            return
        group = stand.group
        self._waiting[group.kind.queue] -= 1
        if not stand.held:
            group.remove(stand.key)
            if group.head is None:
                del self.live[group]
        for agent_id in stand.own:
            self.own[agent_id].remove(stand.key)
        self.stirred.pop(contact.id, None)
        if contact.id in self.passed_over:
            del self.passed_over[contact.id]
            if group.head is not None:  # who comes next was not looked at behind this one
                self.stirred[group.head[1]] = None

    def preferred(self, contact: Contact) -> tuple[AgentId, ...]:
        """Preferred agents who will do for the contact, whatever they do at present; each once."""
        rules = contact.rules
        if rules is None or rules.preference is None or not contact.preferred:
            return ()
        needs = rules.preference.needs
        if needs or contact.added_needs:
            needs = spoken(needs, self._state.language_of(contact), contact.added_needs)
        return tuple(
            dict.fromkeys(
                agent_id for agent_id in contact.preferred if self.will_do(agent_id, needs, contact.medium)
            )
        )

    def will_do(self, agent_id: AgentId, needs: Needs, medium: Medium) -> bool:
        """Whether an agent of the configuration meets the needs and takes the medium."""
        rules = self.routing.agents.get(agent_id)
        if rules is None:
            return False
        return rules.capacity.get(medium, 0) > 0 and lacking(rules.skills, needs) is None

    def could_serve(self, contact: Contact) -> int:
        """Who of the configuration could serve one who waits, at any step, or is preferred and will do."""
        rules = contact.rules
        assert rules is not None
        language = self._state.language_of(contact)
        key = rules.id, contact.config_version, language, contact.medium, contact.added_needs
        known = self._could.get(key)
        if known is None or known[0] is not rules:
            said = [(step.needs, step.sites) for step in rules.steps] or [(rules.needs, rules.sites)]
            able = union(
                self.crowd.able(spoken(needs, language, contact.added_needs), sites) for needs, sites in said
            )
            known = self._could[key] = rules, able & self.crowd.takes(contact.medium)
        could = known[1]
        if contact.preferred:
            bits = self.roll.bits
            for agent_id in self.preferred(contact):
                could |= bits[self.crowd.slot[agent_id]]
        return could

    def _group_of(self, contact: Contact) -> Group:
        rules = contact.rules
        assert rules is not None
        language = self._state.language_of(contact)
        # By the names that make up a kind: the kind itself is slow to compare.
        short = (
            rules.id,
            contact.config_version,
            contact.segment,
            contact.step,
            language,
            contact.medium,
            contact.added_needs,
        )
        group = self._short.get(short)
        if group is not None and group.kind.needs == contact.needs:
            return group
        value = rules.values.get(contact.segment, rules.value)
        sites = sites_at(rules, contact.step)
        kind = Kind(rules.id, contact.segment, contact.needs, sites, contact.medium, value, rules.target_ms)
        group = self._short[short] = self.group(kind)
        return group

    def group(self, kind: Kind) -> Group:
        """The group of this kind, which is made if there is none."""
        group = self.groups.get(kind)
        if group is None:
            if len(self.groups) >= GROUPS_MAX:
                self._forget_empty()
            able, unable = self.crowd.sorted_out(kind.needs, kind.sites, kind.medium)
            falls = self.policy.falls_after_ms(kind)
            group = Group(kind, able, unable, list(self._guards(kind)), falls)
            self.groups[kind] = group
            self._of_queue.setdefault(kind.queue, []).append(group)
            factor, rules, paces = self.policy.factor, self.crowd.rules, self.paces
            for slot in slots(able):
                self._facing[slot][group] = factor(kind, rules[slot], paces)
        return group

    def _guards(self, kind: Kind) -> Iterator[Guard]:
        for queue, rules in self.routing.queues.items():
            keep = self.policy.keep_free(kind, rules)
            if keep > 0:
                yield Guard(queue, self.crowd.for_queue(rules), keep)

    def _forget_empty(self) -> None:
        self.groups = {kind: group for kind, group in self.groups.items() if group in self.live}
        self._short.clear()
        for queue, groups in self._of_queue.items():
            self._of_queue[queue] = [group for group in groups if group in self.live]
        for slot, facing in enumerate(self._facing):
            self._facing[slot] = {group: factor for group, factor in facing.items() if group in self.live}

    # What decisions ask for

    def kept(self, group: Group, key: Key, now_ms: int) -> int:
        """Agents who are kept free from a contact of this group; none from one who would starve."""
        if not group.guards or key[0] < self.starved_before_ms(now_ms):
            return 0
        kept, free = 0, self.roll.free
        for guard in group.guards:
            if (free & guard.mask).bit_count() <= guard.keep:
                kept |= guard.mask
        return kept

    def starved_before_ms(self, now_ms: int) -> float:
        """Whoever was queued before this moment goes first, by age."""
        limit_ms = self.routing.starve_ms
        return float("-inf") if limit_ms is None else now_ms - limit_ms

    def tiers(self, group: Group) -> list[Tier]:
        """Who costs the same, cheapest first."""
        if group.tiers is None:
            group.tiers = self._priced(group)
        return group.tiers

    def _priced(self, group: Group) -> list[Tier]:
        members = tuple(slots(group.able))
        if self.policy.flat:
            return [Tier(0.0, members, group.able)]
        by_price: dict[float, list[int]] = {}
        price, kind, rules, paces = self.policy.price, group.kind, self.crowd.rules, self.paces
        for slot in members:
            by_price.setdefault(price(kind, rules[slot], paces), []).append(slot)
        return [self._tier(cost, tuple(by_price[cost])) for cost in sorted(by_price)]

    def _tier(self, price: float, members: tuple[int, ...]) -> Tier:
        return Tier(price, members, sum(map(self.roll.bits.__getitem__, members)))

    def facing(self, slot: int) -> dict[Group, Factor]:
        """The groups that an agent is able for, each with the policy's factor, or with `STALE` for it."""
        return self._facing[slot]

    def factor(self, slot: int, group: Group) -> Factor:
        """Of an agent and a group, for which the agent may have been found able by other needs."""
        facing = self._facing[slot]
        known = facing.get(group, STALE)
        if known is STALE:
            known = self.policy.factor(group.kind, self.crowd.rules[slot], self.paces)
            if group in facing:
                facing[group] = known
        return known

    def weight(self, group: Group) -> Factor:
        """Of a group, by the policy."""
        if group.weight is STALE:
            group.weight = self.policy.weight(group.kind, self.paces)
        return group.weight

    def told(self, told: Told) -> None:
        """A pace is told anew: what was reckoned from it is reckoned again, for one agent or the queue."""
        self.paces.changed(told)
        if not self.policy.learns:
            return
        slot = None if told.agent is None else self.crowd.slot.get(told.agent)
        if told.agent is not None and slot is None:
            return
        facing = self._facing
        for group in self._of_queue.get(told.queue, ()):
            if told.is_patience:
                group.weight = STALE
                continue
            for one in slots(group.able) if slot is None else (slot,):
                if group in facing[one]:
                    facing[one][group] = STALE
            if group.tiers is None:
                continue
            if slot is None:
                group.tiers = None
            elif group in facing[slot]:
                self._reprice(group, slot)

    def _reprice(self, group: Group, slot: int) -> None:
        assert group.tiers is not None
        cost = self.policy.price(group.kind, self.crowd.rules[slot], self.paces)
        by_price = {tier.price: tier for tier in group.tiers}
        known = by_price.get(cost)
        if known is not None and slot in known.has:
            return
        for tier in group.tiers:
            if slot in tier.has:
                left = tuple(one for one in tier.members if one != slot)
                by_price[tier.price] = self._tier(tier.price, left)
        before = () if known is None else known.members
        by_price[cost] = self._tier(cost, (*before, slot))
        group.tiers = [by_price[price] for price in sorted(by_price) if by_price[price].members]

    def _find_passed_over(self) -> None:
        """After a restart: nobody who could be matched was left, so whoever could be is kept from it."""
        for stand in self.stands.values():
            able = stand.group.able if stand.is_first else 0
            for agent_id in stand.own:
                able |= 1 << self.crowd.slot[agent_id]
            if able & self.roll.free:
                self.passed_over[stand.key[1]] = None

    # What policies count (acd.routing.policy.View)

    def waiting(self, queue: QueueId) -> int:
        return self._waiting.get(queue, 0)

    def waiting_in_all(self) -> int:
        return len(self.stands)

    def free(self, kind: Kind) -> int:
        return (self.group(kind).able & self.roll.free).bit_count()
