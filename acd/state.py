"""What the engine knows at this moment. Plain data: it can be written down and read back."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from acd.model import (
    Activity,
    AgentId,
    AgentRules,
    Channel,
    ContactId,
    Desktop,
    Direction,
    EndedBy,
    Exit,
    ExitKind,
    Medium,
    OfferEnd,
    OfferId,
    OfferKind,
    OfferState,
    Phase,
    Presence,
    QueueId,
    QueueRules,
    Routing,
    SkillNeed,
)
from acd.records import OfferTried, Segment
from acd.routing.groups import Key
from acd.routing.index import Index
from acd.stats.pace import PaceBook

IN_LINE = (Phase.WAITING, Phase.OFFERED)
"""The phases in which a contact has a place in a queue."""


@dataclass(slots=True)
class Promise:
    """To call a customer back, once."""

    token: str
    """Behind which the shell keeps the telephone number."""
    channel: Channel
    """Of the customer's leg as it will be."""
    ring_ms: int
    at_ms: int


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
    medium: Medium = Medium.VOICE
    node: str = ""
    """Node of the flow, where a restarted server resumes."""
    rules: QueueRules | None = None
    """Of the queue, as they held when the contact joined it (or was moved to newer ones)."""
    queued_ms: int | None = None
    """The clock that decides order; kept through failed offers, diversions and escalations."""
    away_ms: int = 0
    """By so much the clock is older than the contact's own: it has the place of an earlier one."""
    handed_ms: int = 0
    """Of the clock, talk with the agents of earlier tiers: it counts for the place, not as wait."""
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
    preferred: tuple[AgentId, ...] = ()
    """Agents whom the contact should get if possible, best first."""
    added_needs: tuple[SkillNeed, ...] = ()
    """What rules ask of an agent for this contact, in every queue and at every step."""
    earlier: ContactId | None = None
    """The contact that gave up waiting and whose place this one may claim, once."""
    placed_back: bool = False
    """Has had a place given back: leaves none behind when giving up again."""
    step: str = ""
    """Id of the queue's step that holds."""
    needs: tuple[SkillNeed, ...] = ()
    """What the step asks of an agent, the caller's language filled in."""
    held: bool = False
    """Nobody but the preferred agents is asked, until the deadline `hold:ID` at the latest."""
    passed_over_ms: int | None = None
    """`joined_ms` of the stay for which it was said that somebody able is kept free for others."""
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
    direction: Direction = Direction.INBOUND
    number: str = ""
    """Of an outgoing contact: token behind which the shell keeps the customer's telephone number."""
    dial_ms: int = 0
    """How long the customer's telephone rings at most."""
    dialled_ms: int | None = None
    """When the customer's telephone was called, so that it is called again once at most."""
    on_hold_ms: int | None = None
    """Since when the agent in the talk has put the contact on hold."""
    talk_hold_ms: int = 0
    """Of this talk, time on hold before now."""
    hold_ms: int = 0
    """Of all talks that are over, time on hold."""
    muted: bool = False
    consult_id: OfferId | None = None
    """Leg of whom the agent in the talk asks, or of who takes part in the conference."""
    conference: bool = False
    connect_ms: int | None = None
    """When contact and agent of this talk were last told to talk again."""
    reconnects: int = 0
    """So often the caller has come home from this talk although nobody had hung up."""
    transfers: int = 0
    transferred_to: QueueId | None = None
    """The queue that an agent has sent the contact to, until it comes there."""
    promise: Promise | None = None
    """To call back; the caller may still be on the line. It ends when the customer is reached, or is not."""
    absent: bool = False
    """Nobody is on the line: the contact waits without a leg until an agent is off the hook for it."""
    called_in: ContactId | None = None
    """The contact by which the customer is calling us meanwhile: not the moment to ring them."""
    rests_until_ms: int | None = None
    """Nobody is asked for an absent contact before the deadline `callback:ID`."""
    sent_from: Phase | None = None
    """Where the contact was when the menu last handed it over, and is again if nobody is reached."""
    sent_result: OfferEnd | None = None
    """Why whom the menu had rung was not reached, until the caller moves on from that node."""
    served: bool = False
    """Talked to somebody outside to whom the menu had handed it over."""
    has_message: bool = False
    """Has left one."""
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
    wrap_extend_ms: int = 0
    """What each extension of this wrap-up adds."""
    wrap_extensions_left: int = 0
    pending: Presence | None = None
    """What the agent wants to be once the contact in hand, wrap-up included, is over; never READY."""
    pending_reason: str = ""
    offer_id: OfferId | None = None
    contact_id: ContactId | None = None
    retired: bool = False
    """No longer in the configuration: leaves as soon as nothing holds it."""


@dataclass(slots=True)
class Offer:
    id: OfferId
    contact_id: ContactId
    agent_id: AgentId
    """Empty: somebody outside."""
    start_ms: int
    state: OfferState = OfferState.DIALLING
    kind: OfferKind = OfferKind.CONTACT
    """What the leg is for now: who takes a contact over was asked before."""
    by: OfferId | None = None
    """The leg of the agent who asks."""
    by_agent: AgentId | None = None
    """Who asks, or has handed the contact over to this agent by name."""
    number: str = ""
    """Of a leg to somebody outside: token behind which the shell keeps the telephone number."""
    up_ms: int = 0
    """When it was picked up, of one that is asked or outside."""


@dataclass(slots=True)
class Former:
    """A queue that has left the configuration, for callers whose menu still leads there."""

    rules: QueueRules
    version: str
    left_ms: int


@dataclass(slots=True)
class Place:
    """The place of a contact that gave up waiting, for the same caller to claim within a time."""

    queue: QueueId
    queued_ms: int
    head_start_ms: int
    left_ms: int
    until_ms: int
    """May be claimed before this moment, at which the deadline `place:ID` forgets it."""


class _Indexed:
    """What is derived from the state stands beside its fields: it is neither compared nor written down."""

    __slots__ = ("index",)

    index: Index

    def derive(self, state: State) -> None:
        """Begin anew from what the fields say."""
        self.index = Index(state)


@dataclass(slots=True)
class State(_Indexed):
    routing: Routing
    now_ms: int = 0
    contacts: dict[ContactId, Contact] = field(default_factory=dict)
    agents: dict[AgentId, Agent] = field(default_factory=dict)
    offers: dict[OfferId, Offer] = field(default_factory=dict)
    lines: dict[QueueId, list[Key]] = field(default_factory=dict)
    """Who waits in each queue, in order, those being offered included."""
    deadlines: dict[str, int] = field(default_factory=dict)
    boots: dict[str, str] = field(default_factory=dict)
    former: dict[QueueId, Former] = field(default_factory=dict)
    places: dict[ContactId, Place] = field(default_factory=dict)
    """Places of contacts that gave up waiting, while they may be claimed."""
    closed: dict[QueueId, None] = field(default_factory=dict)
    """Queues that are closed at this moment, of those from which somebody is to be called back."""
    paces: PaceBook = field(default_factory=PaceBook)
    """How long agents need and callers wait, as learned so far."""

    def __post_init__(self) -> None:
        self.derive(self)

    def note_idle(self, agent: Agent) -> None:
        """Put an agent where its state says; idempotent."""
        self.index.note(agent)

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
        """Take the place that the contact's clock and needs give, and look for an agent; idempotent."""
        queue, key = _place(contact)
        line = self.lines.setdefault(queue, [])
        at = bisect_left(line, key)
        if at == len(line) or line[at] != key:
            line.insert(at, key)
        self.index.join(contact)

    def leave_line(self, contact: Contact) -> None:
        """Give the place up; nothing happens if there is none."""
        if contact.rules is None or contact.queued_ms is None:
            return
        queue, key = _place(contact)
        line = self.lines.get(queue, [])
        at = bisect_left(line, key)
        if at < len(line) and line[at] == key:
            del line[at]
            if not line:
                del self.lines[queue]
        self.index.leave(contact)
        self._settle_hold(contact)

    def _settle_hold(self, contact: Contact) -> None:
        """Who gives the place up is held for nobody and passed over by nobody."""
        if contact.held:
            contact.held = False
            self.deadlines.pop(f"hold:{contact.id}", None)
        if contact.passed_over_ms is not None:
            self.deadlines.pop(f"starve:{contact.id}", None)

    def position(self, contact_id: ContactId) -> int | None:
        """
        1 is next; None for a contact that does not wait.

        Of one who was promised a call and is on the line, or is not to be called now: its place
        among those who wait.
        """
        contact = self.contacts.get(contact_id)
        if contact is None or (contact.phase not in IN_LINE and contact.promise is None):
            return None
        queue, key = _place(contact)
        return bisect_left(self.lines.get(queue, []), key) + 1

    def waiting_since_ms(self, queue: QueueId) -> int | None:
        """
        When the one who has really waited longest was queued.

        A head start counts for nothing here, nor do those whom nobody keeps waiting on the line.
        """
        line = (self.contacts[contact_id] for _, contact_id in self.lines.get(queue, ()))
        clocks = (contact.queued_ms for contact in line if not contact.absent)
        return min((clock for clock in clocks if clock is not None), default=None)


def _place(contact: Contact) -> tuple[QueueId, Key]:
    assert contact.rules is not None and contact.queued_ms is not None, contact.id
    return contact.rules.id, (contact.queued_ms - contact.head_start_ms, contact.id)
