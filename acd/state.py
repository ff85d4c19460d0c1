"""What the engine knows at this moment. Plain data: it can be written down and read back."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from acd.model import (
    Activity,
    AgentId,
    AgentRules,
    Channel,
    ContactId,
    EndedBy,
    OfferId,
    OfferState,
    Phase,
    Presence,
    QueueId,
    QueueRules,
    Routing,
)
from acd.records import OfferTried, Segment


@dataclass(slots=True)
class Contact:
    """One customer interaction. Times are engine time, UTC milliseconds."""

    id: ContactId
    channel: Channel
    entry: str
    config_version: str
    started_ms: int
    phase_since_ms: int
    phase: Phase = Phase.IVR
    node: str = ""
    """Node of the flow, where a restarted server resumes."""
    rules: QueueRules | None = None
    """Of the queue, as last published while the contact waited in it."""
    queued_ms: int | None = None
    """The clock that decides order; kept through failed offers."""
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


@dataclass(slots=True)
class Agent:
    id: AgentId
    rules: AgentRules
    since_ms: int
    presence: Presence = Presence.LOGGED_OUT
    activity: Activity = Activity.IDLE
    reason: str = ""
    reachable: bool = False
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


Key = tuple[int, ContactId]
"""Place in a queue: when it was entered, then the contact's id."""


@dataclass(slots=True)
class State:
    routing: Routing
    now_ms: int = 0
    contacts: dict[ContactId, Contact] = field(default_factory=dict)
    agents: dict[AgentId, Agent] = field(default_factory=dict)
    offers: dict[OfferId, Offer] = field(default_factory=dict)
    lines: dict[QueueId, list[Key]] = field(default_factory=dict)
    """Who waits in each queue, in order, those being offered included."""
    deadlines: dict[str, int] = field(default_factory=dict)
    boots: dict[str, str] = field(default_factory=dict)

    def join_line(self, contact: Contact) -> None:
        """Take the place that the contact's clock gives; idempotent."""
        queue, key = _place(contact)
        line = self.lines.setdefault(queue, [])
        at = bisect_left(line, key)
        if at == len(line) or line[at] != key:
            insort(line, key)

    def leave_line(self, contact: Contact) -> None:
        """Give the place up; nothing happens if there is none."""
        if contact.rules is None or contact.queued_ms is None:
            return
        queue, key = _place(contact)
        line = self.lines.get(queue, [])
        at = bisect_left(line, key)
        if at < len(line) and line[at] == key:
            del line[at]

    def position(self, contact_id: ContactId) -> int | None:
        """1 is next; None for a contact that does not wait."""
        contact = self.contacts.get(contact_id)
        if contact is None or contact.phase not in (Phase.WAITING, Phase.OFFERED):
            return None
        queue, key = _place(contact)
        return bisect_left(self.lines[queue], key) + 1


def _place(contact: Contact) -> tuple[QueueId, Key]:
    assert contact.rules is not None and contact.queued_ms is not None, contact.id
    return contact.rules.id, (contact.queued_ms, contact.id)
