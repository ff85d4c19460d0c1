"""What the events of a talk carry, as `shapes`: what agents do with the contact that they have."""

from __future__ import annotations

from typing import TypedDict

from acd.model import AgentId, ContactId, Direction, EndedBy, OfferEnd, OfferId, QueueId, TargetKind


class TargetData(TypedDict):
    """Whom an agent asks, or to whom an agent hands a contact over."""

    kind: TargetKind
    name: str | None
    """Of the agent or queue; null for somebody outside."""
    token: str | None
    """Of somebody outside: the same for the same call, and says nothing of the number."""
    number: str | None
    """Of somebody outside, while it is known; never kept with the events."""


class SegmentConnected(TypedDict):
    contact_id: ContactId
    offer_id: OfferId
    agent: AgentId
    queue: QueueId
    """Empty: an outgoing contact without a queue."""
    waited_ms: int
    direction: Direction


class SegmentEnded(TypedDict):
    contact_id: ContactId
    offer_id: OfferId
    agent: AgentId
    ended_by: EndedBy
    talk_ms: int
    """This agent's own, hold included."""
    hold_ms: int


class SegmentHeld(TypedDict):
    contact_id: ContactId
    agent: AgentId


class SegmentRetrieved(TypedDict):
    contact_id: ContactId
    agent: AgentId
    held_ms: int


class SegmentMuted(TypedDict):
    contact_id: ContactId
    agent: AgentId
    muted: bool
    """False: heard again."""


class ConsultStarted(TypedDict):
    contact_id: ContactId
    agent: AgentId
    """Who asks."""
    leg_id: OfferId
    """Of who is asked; of an agent it is the offer's id as well."""
    to: TargetData
    """As found: of a queue, the agent of it who was free."""


class ConsultConnected(TypedDict):
    contact_id: ContactId
    agent: AgentId
    leg_id: OfferId
    with_agent: AgentId | None
    """Null: somebody outside."""


class ConsultEnded(TypedDict):
    contact_id: ContactId
    agent: AgentId
    leg_id: OfferId
    result: OfferEnd
    """`accepted` when they had talked."""
    talk_ms: int


class ContactTransferred(TypedDict):
    contact_id: ContactId
    agent: AgentId
    """Who hands it over."""
    to: TargetData
    attended: bool
    """True: after a talk with who takes it over."""


class ConferenceStarted(TypedDict):
    contact_id: ContactId
    agent: AgentId
    with_agent: AgentId | None
    """Null: somebody outside."""


class ConferenceEnded(TypedDict):
    contact_id: ContactId
    agent: AgentId | None
    """Who is still with the contact; null: nobody of ours."""


class OutsideConnected(TypedDict):
    contact_id: ContactId
    leg_id: OfferId


class OutsideEnded(TypedDict):
    contact_id: ContactId
    leg_id: OfferId
    result: OfferEnd
    """`accepted` when they had talked."""
    talk_ms: int
