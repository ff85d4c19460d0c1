"""
What can happen to the distributor: its only inputs, and what the journal holds.

No event carries a telephone number, a name or keyed text: those stay in a
table per contact that can be erased. Every event is legal in every state;
what comes late, twice or about something unknown is `Ignored` with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from acd.model import (
    AgentId,
    Annotation,
    Channel,
    ContactId,
    Desktop,
    EndedBy,
    Medium,
    OfferEnd,
    OfferId,
    Presence,
    QueueId,
    Routing,
    SkillNeed,
    Target,
)


@dataclass(frozen=True, slots=True)
class ConfigPublished:
    """
    A configuration takes effect. The first one comes before anything else.

    Contacts keep the rules of their queue that held when they joined it, unless
    `move_waiting` says that those who wait take the new ones (place and clock kept).
    """

    routing: Routing
    move_waiting: bool = False


@dataclass(frozen=True, slots=True)
class ContactStarted:
    """A caller reached us for the first time."""

    contact_id: ContactId
    channel: Channel
    entry: str
    """The number that was dialled, as configured in `entry`."""
    medium: Medium = Medium.VOICE


@dataclass(frozen=True, slots=True)
class IvrMoved:
    """The caller is now at this node of the flow (where to resume after a restart)."""

    contact_id: ContactId
    node: str


@dataclass(frozen=True, slots=True)
class ContactClassified:
    """What the rules made of the caller; replaces what they made before. Never a number or a name."""

    contact_id: ContactId
    language: str
    segment: str
    head_start_ms: int
    rules: tuple[str, ...]
    """Ids of the rules that matched, in order."""
    preferred: tuple[AgentId, ...] = ()
    """Whom the contact should get if possible, best first (the last agent, one named by a rule)."""
    needs: tuple[SkillNeed, ...] = ()
    """What rules ask of an agent for this contact, beside what its queue asks; no step relaxes it."""


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    """By the caller, in the menu: outlives every later classification."""

    contact_id: ContactId
    language: str


@dataclass(frozen=True, slots=True)
class MessageLeft:
    """The caller has left a message; where it is, and what it says, is the shell's."""

    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class ContactEnqueued:
    contact_id: ContactId
    queue: QueueId
    is_open: bool = True
    """Whether the queue's opening hours hold at this moment (calendars are the shell's)."""
    estimate_ms: int | None = None
    """Estimated wait of a contact that joins now (estimates are the shell's); None: not known."""


@dataclass(frozen=True, slots=True)
class CallerReturned:
    """
    Who calls is the caller of an earlier contact that gave up waiting, or was promised a call.

    The engine gives the place back when the contact joins the same queue, if the
    queue's rules allow it, and only once; it never says whose number it was. A promise
    is not kept while the customer is on the line, and ends when they take its place.
    """

    contact_id: ContactId
    earlier: ContactId


@dataclass(frozen=True, slots=True)
class ContactEscalated:
    """The agent hands the contact they talk to over to the next tier of its queue."""

    contact_id: ContactId
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class ContactVisited:
    """A waiting caller is at the door again (announcement, key, called in): an exit that is due is taken."""

    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class ContactReturned:
    """The caller is back in the loop after having been with an agent."""

    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class ContactElsewhere:
    """The dialplan has sent the caller to the fallback telephone: do not offer."""

    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class ContactFinished:
    """We said goodbye: the contact ends by our own hand."""

    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class ContactGone:
    """The caller's leg has ended on the switch: nobody is there any more."""

    contact_id: ContactId
    ended_by: EndedBy = EndedBy.CALLER
    result: OfferEnd | None = None
    """Of a customer whom an agent was calling: why nobody was reached."""
    rung: bool = True
    """False: nothing has rung there, as no line was free or the order was given up before."""


@dataclass(frozen=True, slots=True)
class ContactAnnotated:
    """Something was added to what is known of a contact, on the line or over; the shell keeps what."""

    contact_id: ContactId
    what: Annotation
    agent_id: AgentId | None = None
    """Of a note or a disposition: whose it is."""
    item: str = ""
    """Of a note: its id."""


@dataclass(frozen=True, slots=True)
class HoldAsked:
    """The agent puts the contact in hand on hold: it hears music, the agent a soft tone."""

    contact_id: ContactId
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class RetrieveAsked:
    """The agent talks to the held contact again; a consultation under way ends."""

    contact_id: ContactId
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class MuteAsked:
    """Nobody hears the agent, or everybody does again. It ends with the talk."""

    contact_id: ContactId
    agent_id: AgentId
    muted: bool


@dataclass(frozen=True, slots=True)
class ConsultAsked:
    """The agent wants to ask somebody; the contact goes on hold. A queue gives whoever of it is free now."""

    contact_id: ContactId
    agent_id: AgentId
    to: Target


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """
    The agent hands the contact over without asking first (blind).

    Refused when the target could not take it now (agent not free, queue closed, full or
    unstaffed), unless `anyway`: then the contact takes the way out of that queue.
    """

    contact_id: ContactId
    agent_id: AgentId
    to: Target
    is_open: bool = True
    """Of a queue, see `ContactEnqueued`."""
    estimate_ms: int | None = None
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class TransferCompleted:
    """The agent leaves the contact to whom they are asking (attended), who has picked up."""

    contact_id: ContactId
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class ConferenceAsked:
    """The contact, the agent and whom the agent is asking talk together from now on."""

    contact_id: ContactId
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class HangUpAsked:
    """The agent's leg is to be hung up, as if the agent had put the receiver down."""

    contact_id: ContactId
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class AnswerAsked:
    """The agent's phone is to pick up what rings there (the shell knows whether it can)."""

    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class ContactDialled:
    """An agent wants to call a customer: first the agent's phone rings, then the customer's."""

    contact_id: ContactId
    agent_id: AgentId
    channel: Channel
    """The customer's leg as it will be: its uniqueid is given by us."""
    number: str
    """Token behind which the shell keeps the telephone number."""
    queue: QueueId | None = None
    """Whose rules hold for wrap-up and transfers; None: no wrap-up, and no queue to come back to."""
    ring_ms: int = 45_000


@dataclass(frozen=True, slots=True)
class ContactReached:
    """The customer whom an agent was calling has picked up and hears the agent."""

    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class CallbackPromised:
    """
    A caller is to be called back: keeps place and clock, and waits on without a leg after hanging up.

    Refused when the queue turns newcomers away: closed, full, or with nobody who could ever serve.
    """

    contact_id: ContactId
    queue: QueueId
    token: str
    """Behind which the shell keeps the telephone number, for as long as the promise stands."""
    channel: Channel
    """The customer's leg as it will be: its uniqueid is given by us."""
    is_open: bool = True
    """Of the queue, see `ContactEnqueued`."""
    ring_ms: int = 45_000


@dataclass(frozen=True, slots=True)
class CallbackAsked:
    """Somebody who is not on the line wants to be called: by a program, or from a web page."""

    contact_id: ContactId
    queue: QueueId
    token: str
    """As of `CallbackPromised`."""
    channel: Channel
    entry: str = ""
    """By which way it was asked for."""
    is_open: bool = True
    ring_ms: int = 45_000
    rest_ms: int = 0
    """So long no agent is asked: until the rules have sorted the contact."""


@dataclass(frozen=True, slots=True)
class CallbackCancelled:
    """The call is not wanted any more. Too late once the customer's telephone is being rung."""

    contact_id: ContactId
    by: EndedBy = EndedBy.SYSTEM


@dataclass(frozen=True, slots=True)
class QueueHours:
    """A queue has opened or closed: whoever was promised a call is called only while it is open."""

    queue: QueueId
    is_open: bool


@dataclass(frozen=True, slots=True)
class ContactSent:
    """The menu hands the caller over: to an agent by name who is free now, or to somebody outside."""

    contact_id: ContactId
    to: Target
    ring_ms: int = 20_000


@dataclass(frozen=True, slots=True)
class OfferRinging:
    """The agent's bell rings."""

    offer_id: OfferId


@dataclass(frozen=True, slots=True)
class OfferAccepted:
    """The agent has picked up. Wins over a withdrawal that it crosses."""

    offer_id: OfferId
    at_ms: int | None = None
    """When, if it was found out only now; None is now."""


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """The try is over without talk; `result` is never ACCEPTED."""

    offer_id: OfferId
    result: OfferEnd


@dataclass(frozen=True, slots=True)
class LegGone:
    """The agent's leg has ended after it was accepted."""

    offer_id: OfferId
    at_ms: int | None = None
    """When it ended, if that was found out later; None is now."""


@dataclass(frozen=True, slots=True)
class PresenceSet:
    """The agent (or a supervisor) chose."""

    agent_id: AgentId
    presence: Presence
    reason: str = ""
    after_contact: bool = False
    """Not at once but when the contact in hand, wrap-up included, is over; at once for who has none."""


@dataclass(frozen=True, slots=True)
class WrapUpDone:
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class WrapUpExtended:
    """The agent needs more time, as the queue's rules allow."""

    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class PhoneReachable:
    """The agent's phone registered, or is gone. A veto, never the agent's choice."""

    agent_id: AgentId
    reachable: bool


@dataclass(frozen=True, slots=True)
class PhoneInUse:
    """The agent's phone has a call that is none of ours, or has it no more. A veto."""

    agent_id: AgentId
    in_use: bool


@dataclass(frozen=True, slots=True)
class DesktopChanged:
    """The agent's screen connected, was lost (after its grace), or said goodbye (NONE)."""

    agent_id: AgentId
    desktop: Desktop


@dataclass(frozen=True, slots=True)
class CallerSeen:
    """One caller leg in a snapshot."""

    contact_id: ContactId
    channel: Channel
    elsewhere: bool = False
    """Talks to the fallback telephone."""
    home_ms: int | None = None
    """Since when the caller is back from an agent and nobody has taken notice."""
    bridged: bool | None = None
    """Talks to somebody at this moment; None: not told."""


@dataclass(frozen=True, slots=True)
class LegSeen:
    """One agent leg in a snapshot."""

    offer_id: OfferId
    up: bool
    """Answered. False while it is dialled or rings."""
    bridged: bool = False
    called: bool = False
    """The switch has taken the order to ring the customer of this leg."""
    up_ms: int | None = None
    """Since when it talks to whom it was rung for; None: not told."""


@dataclass(frozen=True, slots=True)
class SwitchSnapshot:
    """All that one switch holds for us, taken at every (re)connect."""

    switch: str
    boot: str
    """Changes when the switch restarts: it has then lost every call it had."""
    since_ms: int
    """Engine time at which the list was asked for: who came later need not be in it."""
    callers: tuple[CallerSeen, ...]
    legs: tuple[LegSeen, ...]
    reachable: tuple[AgentId, ...]
    in_use: tuple[AgentId, ...] = ()
    """Agents whose phone has a call that is none of ours."""


@dataclass(frozen=True, slots=True)
class EngineStarted:
    """The server (re)started on this journal."""

    engine_version: str
    skew_ms: int = 0
    """How far the wall clock stands behind the journal's last entry, else 0."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """A deadline was due and nothing else happened."""


Event = (
    ConfigPublished
    | ContactStarted
    | IvrMoved
    | ContactClassified
    | LanguageChosen
    | MessageLeft
    | ContactEnqueued
    | CallerReturned
    | ContactEscalated
    | ContactVisited
    | ContactReturned
    | ContactElsewhere
    | ContactFinished
    | ContactGone
    | ContactAnnotated
    | HoldAsked
    | RetrieveAsked
    | MuteAsked
    | ConsultAsked
    | TransferAsked
    | TransferCompleted
    | ConferenceAsked
    | HangUpAsked
    | AnswerAsked
    | ContactDialled
    | ContactReached
    | CallbackPromised
    | CallbackAsked
    | CallbackCancelled
    | QueueHours
    | ContactSent
    | OfferRinging
    | OfferAccepted
    | OfferFailed
    | LegGone
    | PresenceSet
    | WrapUpDone
    | WrapUpExtended
    | PhoneReachable
    | PhoneInUse
    | DesktopChanged
    | SwitchSnapshot
    | EngineStarted
    | TimePassed
)
