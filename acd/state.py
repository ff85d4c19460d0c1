"""What the engine knows at this moment. Plain data: it can be written down and read back."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import Any

from acd.model import (
    Activity,
    AgentId,
    AgentRules,
    Channel,
    ContactId,
    Desktop,
    EndedBy,
    Exit,
    ExitKind,
    OfferId,
    OfferState,
    Phase,
    Presence,
    QueueId,
    QueueRules,
    Routing,
    SkillNeed,
)
from acd.records import OfferTried, Segment

IN_LINE = (Phase.WAITING, Phase.OFFERED)
"""The phases in which a contact has a place in a queue."""


@dataclass(slots=True)
class Contact:
    """One customer interaction. Times are engine time, UTC milliseconds."""

    id: ContactId
    channel: Channel
    entry: str
    config_version: str
    """Of the rules by which the contact is routed: its queue's, until then those of its arrival."""
    started_ms: int
    phase_since_ms: int
    phase: Phase = Phase.IVR
    node: str = ""
    """Node of the flow, where a restarted server resumes."""
    rules: QueueRules | None = None
    """Of the queue, as they held when the contact joined it (or was moved to newer ones)."""
    queued_ms: int | None = None
    """The clock that decides order; kept through failed offers and through diversions to other queues."""
    joined_ms: int | None = None
    """Since when the contact is in this queue: the clock of steps and exits. None in the menu."""
    language: str = ""
    """Empty: not known."""
    language_chosen: bool = False
    """By the caller: no rule changes it any more."""
    segment: str = ""
    head_start_ms: int = 0
    sorted_by: tuple[str, ...] = ()
    """Ids of the classification rules that matched."""
    step: str = ""
    """Id of the queue's step that holds."""
    needs: tuple[SkillNeed, ...] = ()
    """What the step asks of an agent, the caller's language filled in."""
    exit: Exit | None = None
    """The way out that was taken and is still to be walked: by the shell, with the contact in the menu."""
    exit_kind: ExitKind | None = None
    kept: list[str] = field(default_factory=list)
    """Exits of this queue that are not taken again."""
    say_now: tuple[str, ...] = ()
    """Prompts of an exit after which the contact waits on, for the visit at which it was taken."""
    called_ms: int | None = None
    """When the contact was called to the door for an exit."""
    diversions: int = 0
    """Exits taken since the contact last waited: more than a few are a circle."""
    answered_ms: int | None = None
    offer_id: OfferId | None = None
    agent_id: AgentId | None = None
    tries: int = 0
    wait_ms: int = 0
    ring_ms: int = 0
    talk_ms: int = 0
    ended_by: EndedBy | None = None
    """Who ended the talk, or SYSTEM once we have said goodbye."""
    segments: list[Segment] = field(default_factory=list)
    offers: list[OfferTried] = field(default_factory=list)

    def left_behind(self, queue: QueueId) -> bool:
        """Whether the fallback telephone took the contact out of this queue: its place is still its own."""
        same = self.rules is not None and self.rules.id == queue
        return same and self.phase is Phase.FALLBACK and self.joined_ms is not None


@dataclass(slots=True)
class Agent:
    id: AgentId
    rules: AgentRules
    since_ms: int
    presence: Presence = Presence.LOGGED_OUT
    activity: Activity = Activity.IDLE
    reason: str = ""
    reachable: bool = False
    in_use: bool = False
    """The phone has a call that is none of ours."""
    desktop: Desktop = Desktop.NONE
    idle_since_ms: int = 0
    resting_until_ms: int | None = None
    wrap_since_ms: int = 0
    wrap_until_ms: int | None = None
    offer_id: OfferId | None = None
    contact_id: ContactId | None = None
    retired: bool = False
    """No longer in the configuration: leaves as soon as nothing holds it."""


@dataclass(slots=True)
class Offer:
    id: OfferId
    contact_id: ContactId
    agent_id: AgentId
    start_ms: int
    state: OfferState = OfferState.DIALLING


@dataclass(slots=True)
class Former:
    """A queue that has left the configuration, for callers whose menu still leads there."""

    rules: QueueRules
    version: str
    left_ms: int


Key = tuple[int, ContactId]
"""Place among those who wait: when the contact was queued less its head start, then its id."""


@dataclass(slots=True)
class State:
    routing: Routing
    now_ms: int = 0
    contacts: dict[ContactId, Contact] = field(default_factory=dict)
    agents: dict[AgentId, Agent] = field(default_factory=dict)
    offers: dict[OfferId, Offer] = field(default_factory=dict)
    lines: dict[QueueId, list[Key]] = field(default_factory=dict)
    """Who waits in each queue, in order, those being offered included."""
    groups: dict[str, list[Key]] = field(default_factory=dict)
    """The same contacts by what they need, whichever their queue: one look at a head tells for all behind."""
    idle: dict[AgentId, int] = field(default_factory=dict)
    """Agents who are ready and do nothing, with since when they stand in `idle_order`."""
    idle_order: list[tuple[int, AgentId]] = field(default_factory=list)
    """The same agents, idle longest first: the only ones worth a look when somebody waits."""
    deadlines: dict[str, int] = field(default_factory=dict)
    boots: dict[str, str] = field(default_factory=dict)
    former: dict[QueueId, Former] = field(default_factory=dict)

    def note_idle(self, agent: Agent) -> None:
        """Put an agent where its state says; idempotent."""
        filed_ms = self.idle.pop(agent.id, None)
        if filed_ms is not None:
            del self.idle_order[bisect_left(self.idle_order, (filed_ms, agent.id))]
        if agent.presence is Presence.READY and agent.activity is Activity.IDLE:
            self.idle[agent.id] = agent.idle_since_ms
            insort(self.idle_order, (agent.idle_since_ms, agent.id))

    def language_of(self, contact: Contact) -> str:
        return contact.language or self.routing.language

    def rules_for(self, contact: Contact, queue: QueueId) -> tuple[QueueRules, str] | None:
        """
        The rules by which a contact joins a queue, and their version.

        A contact that the fallback telephone took out of it keeps its rules. One that was
        here before a queue left the configuration may still join it, as its menu may lead
        nowhere else.
        """
        if contact.left_behind(queue):
            assert contact.rules is not None
            return contact.rules, contact.config_version
        if queue in self.routing.queues:
            return self.routing.queues[queue], self.routing.version
        former = self.former.get(queue)
        if former is not None and contact.started_ms <= former.left_ms:
            return former.rules, former.version
        return None

    def join_line(self, contact: Contact) -> None:
        """Take the place that the contact's clock and needs give; idempotent."""
        queue, key = _place(contact)
        for line in (
            self.lines.setdefault(queue, []),
            self.groups.setdefault(signature(contact.needs), []),
        ):
            at = bisect_left(line, key)
            if at == len(line) or line[at] != key:
                line.insert(at, key)

    def leave_line(self, contact: Contact) -> None:
        """Give the place up; nothing happens if there is none."""
        if contact.rules is None or contact.queued_ms is None:
            return
        queue, key = _place(contact)
        _remove(self.lines, queue, key)
        _remove(self.groups, signature(contact.needs), key)

    def position(self, contact_id: ContactId) -> int | None:
        """1 is next; None for a contact that does not wait."""
        contact = self.contacts.get(contact_id)
        if contact is None or contact.phase not in IN_LINE:
            return None
        queue, key = _place(contact)
        return bisect_left(self.lines[queue], key) + 1

    def waiting_since_ms(self, queue: QueueId) -> int | None:
        """When the one who has really waited longest was queued (a head start counts for nothing here)."""
        clocks = (self.contacts[contact_id].queued_ms for _, contact_id in self.lines.get(queue, ()))
        return min((clock for clock in clocks if clock is not None), default=None)


def signature(needs: tuple[SkillNeed, ...]) -> str:
    """The same text for the same needs, e.g. "lang.es>=5 ventas>=5"."""
    return " ".join(sorted(f"{need.skill}>={need.at_least}" for need in needs))


def _place(contact: Contact) -> tuple[QueueId, Key]:
    assert contact.rules is not None and contact.queued_ms is not None, contact.id
    return contact.rules.id, (contact.queued_ms - contact.head_start_ms, contact.id)


def _remove(lines: dict[Any, list[Key]], name: str, key: Key) -> None:
    line = lines.get(name, [])
    at = bisect_left(line, key)
    if at < len(line) and line[at] == key:
        del line[at]
        if not line:
            del lines[name]
