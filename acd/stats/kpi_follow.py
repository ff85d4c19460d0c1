"""From records to stories: follows contacts and agents until what they did can be told."""

from __future__ import annotations

from dataclasses import dataclass, field

from acd import records as rec
from acd.model import Activity, AgentId, ContactId, Direction, ExitTo, OfferEnd, Phase, Presence, QueueId
from acd.records import Segment
from acd.state import IN_LINE, Contact
from acd.stats.kpi_counts import Count
from acd.stats.kpi_story import Diverted, Handed, Story, Wrapped


@dataclass(frozen=True, slots=True)
class Span:
    """An agent in one state for a while."""

    agent_id: AgentId
    count: Count
    """The AGENT_..._MS that the time goes to."""
    start_ms: int
    end_ms: int


Told = Story | Span

_BUSY = {
    Activity.TALKING: Count.AGENT_TALK_MS,
    Activity.WRAP_UP: Count.AGENT_WRAP_MS,
    Activity.OFFERED: Count.AGENT_OFFERED_MS,
}
_FREE = {Presence.READY: Count.AGENT_IDLE_MS, Presence.NOT_READY: Count.AGENT_AWAY_MS}


def agent_count(presence: Presence, activity: Activity) -> Count | None:
    """Where an agent's time goes: to what is done, else to what was chosen; None when signed out."""
    return _BUSY.get(activity) or _FREE.get(presence)


class AgentTimes:
    """Follows agents from state to state."""

    def __init__(self) -> None:
        self._since: dict[AgentId, tuple[Count, int]] = {}

    def note(self, agent_id: AgentId, presence: Presence, activity: Activity, at_ms: int) -> list[Span]:
        """An agent is in this state from now on; the span that has ended by it, if there is one."""
        before = self._since.get(agent_id)
        count = agent_count(presence, activity)
        if before is not None and before[0] is count:
            return []
        if count is None:
            self._since.pop(agent_id, None)
        else:
            self._since[agent_id] = (count, at_ms)
        return [] if before is None else [Span(agent_id, *before, at_ms)]

    def open(self, now_ms: int) -> list[Span]:
        """The spans that go on, up to this moment."""
        return [Span(agent_id, *since, now_ms) for agent_id, since in self._since.items()]


@dataclass(slots=True)
class _Open:
    """A contact that is not told yet: it has not ended, or a wrap-up after it has not."""

    id: ContactId
    started_ms: int
    entry: str = ""
    segment: str = ""
    queue: QueueId | None = None
    waits_since_ms: int | None = None
    promised_since_ms: int | None = None
    talks: tuple[AgentId, int] | None = None
    parts: list[Segment] = field(default_factory=list)
    diverted: list[Diverted] = field(default_factory=list)
    wraps: list[Wrapped] = field(default_factory=list)
    wrapping: list[AgentId] = field(default_factory=list)
    closed: rec.ContactClosed | None = None
    escalated: bool = False
    outgoing: bool = False
    dialled_by: AgentId | None = None
    handed: list[Handed] = field(default_factory=list)
    asked: AgentId | None = None
    """Who was asked last."""

    def stop_waiting(self, at_ms: int) -> None:
        if self.waits_since_ms is not None:
            self.parts.append(Segment("waiting", self.waits_since_ms, at_ms, self.queue))
            self.waits_since_ms = None

    def stop_promise(self, at_ms: int) -> None:
        if self.promised_since_ms is not None:
            self.parts.append(Segment("promised", self.promised_since_ms, at_ms, self.queue))
            self.promised_since_ms = None

    def stop_talking(self, record: rec.SegmentEnded) -> None:
        if self.talks is not None:
            agent_id, since_ms = self.talks
            self.parts.append(
                Segment(
                    "talking",
                    since_ms,
                    record.at_ms,
                    self.queue,
                    agent_id,
                    ended_by=record.ended_by,
                    hold_ms=record.hold_ms,
                )
            )
            self.talks = None

    def stop_asking(self, record: rec.ConsultEnded) -> None:
        if record.result is OfferEnd.ACCEPTED:
            since_ms = record.at_ms - record.talk_ms
            self.parts.append(Segment("consult", since_ms, record.at_ms, self.queue, self.asked))


class Follower:
    """
    A fold: say every record, in order; get back what can be told for good.

    It may begin in the middle: of contacts whose beginning was not seen, the end tells all
    but the exits that were taken before.
    """

    def __init__(self) -> None:
        self._contacts: dict[ContactId, _Open] = {}
        self._agents = AgentTimes()

    def feed(self, record: rec.Record) -> list[Told]:
        """What has become final by this record: contacts that are wholly over, states that agents left."""
        if isinstance(record, rec.AgentStateChanged):
            return [*self._agents.note(record.agent_id, record.presence, record.activity, record.at_ms)]
        if isinstance(record, rec.ContactOpened):
            self._contacts[record.contact_id] = _Open(
                record.contact_id,
                record.at_ms,
                record.entry,
                outgoing=record.direction is Direction.OUTBOUND,
            )
            return []
        contact = self._contact(record)
        if contact is None:
            return []
        _note(contact, record)
        if contact.closed is None or contact.wrapping:
            return []
        self._contacts.pop(contact.id, None)
        return [_told(contact, contact.closed)]

    def open(self, now_ms: int) -> list[Told]:
        """Everything that is not final, as it stands at this moment."""
        stories: list[Told] = [_so_far(contact, now_ms) for contact in self._contacts.values()]
        return [*stories, *self._agents.open(now_ms)]

    def _contact(self, record: rec.Record) -> _Open | None:
        """The contact that a record is about, begun here if it is one of those that can tell of a stay."""
        contact_id = getattr(record, "contact_id", None)
        known = None if contact_id is None else self._contacts.get(contact_id)
        if known is None and isinstance(record, _TELLING):
            since_ms = record.started_ms if isinstance(record, rec.ContactClosed) else record.at_ms
            known = self._contacts[record.contact_id] = _Open(record.contact_id, since_ms)
        return known


_TELLING = (rec.ContactQueued, rec.ContactDiverted, rec.SegmentConnected, rec.ContactClosed)


def _note(contact: _Open, record: rec.Record) -> None:
    match record:
        case rec.ContactSorted():
            contact.segment = record.segment
        case rec.ContactQueued():
            contact.stop_waiting(record.at_ms)
            contact.queue, contact.waits_since_ms = record.queue, record.at_ms
        case rec.ContactDiverted():
            contact.diverted.append(Diverted(record.queue, record.to, record.at_ms))
            if record.to is not ExitTo.KEEP_WAITING:
                contact.stop_waiting(record.at_ms)
                contact.queue = record.queue
        case rec.CallbackWaits():
            contact.stop_waiting(record.at_ms)
            contact.queue, contact.promised_since_ms = record.queue, record.at_ms
        case rec.SegmentConnected():
            contact.stop_waiting(record.at_ms)
            contact.queue, contact.talks = record.queue or None, (record.agent_id, record.at_ms)
            contact.outgoing = record.direction is Direction.OUTBOUND
        case rec.SegmentEnded():
            contact.stop_talking(record)
        case rec.ContactClosed():
            contact.closed = record
        case _:
            _note_agents(contact, record)


def _note_agents(contact: _Open, record: rec.Record) -> None:
    """What agents do besides talking."""
    match record:
        case rec.WrapStarted():
            contact.wrapping.append(record.agent_id)
        case rec.WrapEnded():
            if record.agent_id in contact.wrapping:
                contact.wrapping.remove(record.agent_id)
            contact.wraps.append(Wrapped(record.agent_id, record.at_ms, record.wrap_ms))
        case rec.ContactEscalatedTo():
            contact.escalated = True
            contact.handed.append(Handed(record.agent_id, record.at_ms))
        case rec.ContactTransferred():
            contact.handed.append(Handed(record.agent_id, record.at_ms, record.attended))
        case rec.CustomerCalled():
            contact.stop_promise(record.at_ms)
            contact.dialled_by = record.agent_id
        case rec.ConsultConnected():
            contact.asked = record.with_agent
        case rec.ConsultEnded():
            contact.stop_asking(record)
        case _:
            pass


def _told(contact: _Open, closed: rec.ContactClosed) -> Story:
    return Story(
        closed.contact_id,
        closed.entry,
        closed.started_ms,
        closed.ended_ms,
        closed.outcome,
        closed.queue,
        closed.segment,
        closed.segments,
        tuple(contact.diverted),
        tuple(contact.wraps),
        escalated=contact.escalated,
        outgoing=closed.direction is Direction.OUTBOUND,
        dialled_by=contact.dialled_by,
        handed=tuple(contact.handed),
    )


def _so_far(contact: _Open, now_ms: int) -> Story:
    if contact.closed is not None:
        return _told(contact, contact.closed)
    parts = list(contact.parts)
    if contact.waits_since_ms is not None:
        parts.append(Segment("waiting", contact.waits_since_ms, now_ms, contact.queue))
    if contact.promised_since_ms is not None:
        parts.append(Segment("promised", contact.promised_since_ms, now_ms, contact.queue))
    if contact.talks is not None:
        agent_id, since_ms = contact.talks
        parts.append(Segment("talking", since_ms, now_ms, contact.queue, agent_id))
    return Story(
        contact.id,
        contact.entry,
        contact.started_ms,
        queue=contact.queue,
        segment=contact.segment,
        parts=tuple(parts),
        diverted=tuple(contact.diverted),
        wraps=tuple(contact.wraps),
        talking=contact.talks is not None,
        escalated=contact.escalated,
        outgoing=contact.outgoing,
        dialled_by=contact.dialled_by,
        handed=tuple(contact.handed),
    )


def story_now(contact: Contact, now_ms: int) -> Story:
    """
    The story so far of a contact that is here, from the engine's state at this moment.

    The state does not know which exits it has taken, who has handed it over and how long wrap-ups
    after it took.
    """
    talking = contact.phase is Phase.TALKING
    parts = list(contact.segments)
    queue = contact.rules.id if contact.rules is not None else None
    if talking:
        parts.append(Segment("talking", contact.phase_since_ms, now_ms, queue, contact.agent_id))
    elif contact.absent:
        parts.append(Segment("promised", contact.phase_since_ms, now_ms, queue))
    elif queue is not None and contact.phase in IN_LINE:
        parts.append(Segment("waiting", contact.phase_since_ms, now_ms, queue))
    return Story(
        contact.id,
        contact.entry,
        contact.started_ms,
        queue=queue,
        segment=contact.segment,
        parts=tuple(parts),
        talking=talking,
        outgoing=contact.direction is Direction.OUTBOUND,
    )
