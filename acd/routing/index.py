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

from acd.model import AgentId, ContactId, Medium, Phase, QueueId
from acd.routing.bits import slots
from acd.routing.crowd import Crowd
from acd.routing.eligible import lacking
from acd.routing.groups import Group, Guard, Key, Row, Stand
from acd.routing.needs import Needs, sites_at, spoken
from acd.routing.policies import build
from acd.routing.policy import Kind
from acd.routing.roll import Roll
from acd.stats.pace import Learned, Told

if TYPE_CHECKING:  # the state keeps its index
    from acd.state import Agent, Contact, State

GROUPS_MAX = 20_000
"""Kinds of contact that are remembered; beyond, those nobody is waiting in are forgotten."""

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
        self.groups_of: list[list[Group]] = [[] for _ in self.crowd.ids]
        """By slot, the groups that the agent is able for."""
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
            for slot in slots(able):
                self.groups_of[slot].append(group)
        return group

    def _guards(self, kind: Kind) -> Iterator[Guard]:
        for queue, rules in self.routing.queues.items():
            keep = self.policy.keep_free(kind, rules)
            if keep > 0:
                yield Guard(queue, self.crowd.for_queue(rules), keep)

    def _forget_empty(self) -> None:
        self.groups = {kind: group for kind, group in self.groups.items() if len(group)}
        self._short.clear()
        for slot, groups in enumerate(self.groups_of):
            self.groups_of[slot] = [group for group in groups if len(group)]

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

    def tiers(self, group: Group) -> list[tuple[float, int]]:
        """Price and who costs it, cheapest first."""
        if group.tiers is None:
            group.tiers = self._priced(group)
        return group.tiers

    def _priced(self, group: Group) -> list[tuple[float, int]]:
        if self.policy.flat:
            return [(0.0, group.able)]
        masks: dict[float, int] = {}
        price, kind, rules, paces = self.policy.price, group.kind, self.crowd.rules, self.paces
        for slot in slots(group.able):
            cost = price(kind, rules[slot], paces)
            masks[cost] = masks.get(cost, 0) | 1 << slot
        return sorted(masks.items())

    def told(self, told: Told) -> None:
        """A pace is told anew: what was reckoned from it is reckoned again, for one agent or the queue."""
        self.paces.changed(told)
        if not self.policy.learns or self.policy.flat:
            return
        queue, agent_id = told
        slot = None if agent_id is None else self.crowd.slot.get(agent_id)
        for group in self.groups.values():
            if group.kind.queue == queue and group.tiers is not None:
                if slot is None:
                    group.tiers = None
                elif group.able >> slot & 1:
                    self._reprice(group, slot)

    def _reprice(self, group: Group, slot: int) -> None:
        assert group.tiers is not None
        bit = 1 << slot
        cost = self.policy.price(group.kind, self.crowd.rules[slot], self.paces)
        masks = {price: mask & ~bit for price, mask in group.tiers}
        masks[cost] = masks.get(cost, 0) | bit
        group.tiers = sorted((price, mask) for price, mask in masks.items() if mask)

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
