"""The books of a centre, kept from its records alone: whatever happens, they have to add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from acd.model import Activity, AgentId, ContactId, OfferKind, Outcome, PromiseEnd, Routing
from acd.records import (
    AgentStateChanged,
    CallbackAgreed,
    CallbackEnded,
    CallbackWaits,
    ConferenceEnded,
    ConferenceStarted,
    ConsultEnded,
    ConsultStarted,
    ContactClosed,
    ContactHeld,
    ContactOpened,
    ContactRetrieved,
    CustomerCalled,
    OfferAnnounced,
    Record,
    SegmentConnected,
    SegmentEnded,
    WrapEnded,
    WrapStarted,
)
from acd.state import Agent, State

FATES = {
    Outcome.ANSWERED: "answered",
    Outcome.ABANDONED_IVR: "abandoned",
    Outcome.ABANDONED_QUEUE: "abandoned",
    Outcome.SHORT_ABANDON: "abandoned",
    Outcome.COMPLETED_IVR: "served",
    Outcome.VOICEMAIL: "served",
    Outcome.REJECTED_CLOSED: "rejected",
    Outcome.REJECTED_FULL: "rejected",
    Outcome.REJECTED_UNSTAFFED: "rejected",
    Outcome.REJECTED_LONG_WAIT: "rejected",
    Outcome.REJECTED_WAITED: "rejected",
    Outcome.DIAL_BUSY: "not reached",
    Outcome.DIAL_FAILED: "not reached",
    Outcome.DIAL_NO_ANSWER: "not reached",
    Outcome.CALLBACK_BUSY: "not reached",
    Outcome.CALLBACK_FAILED: "not reached",
    Outcome.CALLBACK_NO_ANSWER: "not reached",
    Outcome.CALLBACK_CANCELLED: "cancelled",
    Outcome.CALLBACK_BY_PHONE: "came by phone",
    Outcome.SWITCH_LOST: "lost",
}
_CONTROL: dict[type, tuple[str, bool]] = {
    ContactHeld: ("hold", True),
    ContactRetrieved: ("hold", False),
    ConsultStarted: ("consult", True),
    ConsultEnded: ("consult", False),
    ConferenceStarted: ("conference", True),
    ConferenceEnded: ("conference", False),
}
OVER_A_TALK = ("consult", "conference")
"""Stretches that lie over a talk instead of following one another."""
"""What a report makes of every outcome: one that is missing here would be counted nowhere."""


_RUNG = (
    PromiseEnd.REACHED,
    PromiseEnd.BUSY,
    PromiseEnd.NO_ANSWER,
    PromiseEnd.FAILED,
    PromiseEnd.LOST,
)


def _was_chosen(record: OfferAnnounced) -> bool:
    """By the distributor, not by a person or the menu."""
    by_name = record.by is not None or record.explanation.rank.startswith("named by")
    return record.kind in (OfferKind.CONTACT, OfferKind.CALLBACK) and not by_name


class Books:
    """Follows the records and notes whatever contradicts what came before."""

    def __init__(self) -> None:
        self.opened_last: list[ContactId] = []
        """By the last records taken."""
        self._rosters: dict[str, list[AgentId]] = {}
        self._opened = 0
        self._fates: Counter[str] = Counter()
        self._live: dict[ContactId, Counter[str]] = {}
        """Contacts that are open, with how many of each kind of record there were."""
        self._talks: dict[AgentId, ContactId] = {}
        self._wraps: dict[AgentId, ContactId] = {}
        self._looks: dict[AgentId, AgentStateChanged] = {}
        self._open: dict[ContactId, set[str]] = {}
        """What goes on in a talk."""
        self._promises: dict[ContactId, int] = {}
        """Promises that stand, with how often their customer was rung."""
        self._wrong: list[str] = []

    def publish(self, routing: Routing) -> None:
        """Note whom the bits of an explanation stand for."""
        self._rosters[routing.version] = sorted(routing.agents)

    def take(self, records: Iterable[Record]) -> None:
        self.opened_last = []
        for record in records:
            self._wrong += self._contact(record)
            self._wrong += self._work(record)
            self._wrong += self._control(record)
            self._wrong += self._promised(record)
            if isinstance(record, OfferAnnounced) and _was_chosen(record):
                self._wrong += self._explanation(record)

    def problems(self, state: State) -> list[str]:
        """All that does not add up so far, also with the state as it is now."""
        return [*self._wrong, *self._balance(state), *self._agents(state)]

    def _contact(self, record: Record) -> Iterator[str]:
        match record:
            case ContactOpened(contact_id):
                if contact_id in self._live:
                    yield f"{contact_id} is opened twice"
                self._opened += 1
                self._live[contact_id] = Counter()
                self.opened_last.append(contact_id)
            case OfferAnnounced() | SegmentConnected() | SegmentEnded():
                if record.contact_id not in self._live:
                    yield f"{type(record).__name__} of {record.contact_id}, which is not open"
                else:
                    self._live[record.contact_id][type(record).__name__] += 1
                if isinstance(record, SegmentConnected) and record.waited_ms < 0:
                    yield f"{record.contact_id} waited for less than nothing"
            case ContactClosed(contact_id):
                seen = self._live.pop(contact_id, None)
                if seen is None:
                    yield f"{contact_id} is closed twice, or before it came"
                else:
                    yield from _final(record, seen)
                self._fates[FATES[record.outcome]] += 1

    def _work(self, record: Record) -> Iterator[str]:
        """Talk, then wrap-up, then the next: never two at a time, none without an end."""
        match record:
            case SegmentConnected():
                if record.agent_id in self._talks or record.agent_id in self._wraps:
                    yield f"{record.agent_id} begins a talk in the middle of something"
                self._talks[record.agent_id] = record.contact_id
            case SegmentEnded():
                if self._talks.pop(record.agent_id, None) != record.contact_id:
                    yield f"{record.agent_id} ends a talk that did not begin"
            case WrapStarted():
                self._wraps[record.agent_id] = record.contact_id
            case WrapEnded():
                if self._wraps.pop(record.agent_id, None) != record.contact_id or record.wrap_ms < 0:
                    yield f"{record.agent_id} ends a wrap-up that did not begin"
            case AgentStateChanged():
                before = self._looks.get(record.agent_id)
                if before is not None and before.at_ms > record.at_ms:
                    yield f"{record.agent_id} changes before the change before"
                self._looks[record.agent_id] = record
                if record.reason == "left the configuration" and record.activity is Activity.IDLE:
                    del self._looks[record.agent_id]  # the last word: whoever returns begins anew

    def _control(self, record: Record) -> Iterator[str]:
        """Hold, consultation and conference begin and end in turn, and none outlives its contact."""
        what, begins = _CONTROL.get(type(record), ("", False))
        if what:
            open_now = self._open.setdefault(record.contact_id, set())  # type: ignore[union-attr]
            if begins == (what in open_now):
                yield f"{record} does not follow from what was before"
            (open_now.add if begins else open_now.discard)(what)
        if isinstance(record, SegmentEnded):
            left = self._open.pop(record.contact_id, set()) - {"hold"}
            if left:
                yield f"{record.contact_id}: {sorted(left)} go on without an agent"
        if isinstance(record, ContactClosed) and self._open.pop(record.contact_id, set()):
            yield f"{record.contact_id} ends in the middle of something"

    def _promised(self, record: Record) -> Iterator[str]:
        """A promise is made once and ends once; its customer is rung at most once, and only by it."""
        match record:
            case CallbackAgreed(contact_id):
                if contact_id in self._promises:
                    yield f"{contact_id} is promised a call twice at a time"
                self._promises[contact_id] = 0
            case CustomerCalled(contact_id) if contact_id in self._promises:
                self._promises[contact_id] += 1
                if self._promises[contact_id] > 1:
                    yield f"{contact_id} is rung {self._promises[contact_id]} times for one promise"
            case CallbackWaits(contact_id):  # for the first time, or as nothing has rung
                self._promises[contact_id] = 0
            case CallbackEnded(contact_id):
                rung = self._promises.pop(contact_id, None)
                if rung is None:
                    yield f"{contact_id}: a promise ends that was not made"
                elif (rung == 0) == (record.end in _RUNG):
                    yield f"{contact_id}: {record.end}, rung {rung} times"
            case ContactClosed(contact_id):
                if contact_id in self._promises:
                    yield f"{contact_id} is closed and its promise stands"
            case _:
                pass

    def _explanation(self, record: OfferAnnounced) -> Iterator[str]:
        """Everybody but the chosen one has exactly one reason; who is next is one of them."""
        why = record.explanation
        roster = self._rosters[why.roster]
        seen = 1 << roster.index(record.agent_id)
        for reason, mask in why.not_chosen.items():
            if not mask or seen & mask:
                yield f"{record.offer_id}: somebody is told twice, or nobody is told, {reason!r}"
            seen |= mask
        if seen != (1 << len(roster)) - 1:
            yield f"{record.offer_id}: somebody is not told why"
        if why.runner_up == record.agent_id or why.runner_up not in (None, *roster):
            yield f"{record.offer_id}: {why.runner_up} cannot be next"

    def _balance(self, state: State) -> Iterator[str]:
        closed = sum(self._fates.values())
        if self._live.keys() != state.contacts.keys() or self._opened != closed + len(self._live):
            yield f"{self._opened} opened, {dict(self._fates)} closed, {sorted(state.contacts)} here"

    def _agents(self, state: State) -> Iterator[str]:
        """The last state told of each agent is the one that holds: the states told tile the time."""
        for agent_id, told in self._looks.items():
            agent = state.agents.get(agent_id)
            if agent is None:
                yield f"{agent_id} has left and nobody was told"
            elif told != _look(agent, told.at_ms):
                yield f"{agent_id} was last told as {told}"


def _look(agent: Agent, at_ms: int) -> AgentStateChanged:
    return AgentStateChanged(
        agent.id,
        agent.presence,
        agent.activity,
        agent.reason,
        agent.reachable,
        agent.resting_until_ms,
        at_ms,
        agent.in_use,
        agent.desktop,
        agent.pending,
        agent.pending_reason,
    )


def _final(record: ContactClosed, seen: Counter[str]) -> Iterator[str]:
    """The segments tile the contact's life, and its sums and its outcome are those of its parts."""
    who = record.contact_id
    parts = [part for part in record.segments if part.kind not in OVER_A_TALK]
    for part in record.segments:
        if not record.started_ms <= part.start_ms <= part.end_ms <= record.ended_ms:
            yield f"{who}: {part.kind} outside its life"
    if record.hold_ms != sum(part.hold_ms for part in parts) or record.hold_ms > record.talk_ms:
        yield f"{who}: on hold for {record.hold_ms} ms is not what its talks say"
    edges = [record.started_ms, *(ms for s in parts for ms in (s.start_ms, s.end_ms)), record.ended_ms]
    if edges != sorted(edges):
        yield f"{who}: segments overlap"
    if edges[0::2] != edges[1::2]:
        yield f"{who}: segments leave time out"
    for kind, told_ms in (("waiting", record.wait_ms), ("talking", record.talk_ms)):
        if told_ms != sum(s.end_ms - s.start_ms for s in parts if s.kind == kind):
            yield f"{who}: {kind} for {told_ms} ms is not what its segments say"
    talks = sum(s.kind == "talking" for s in parts)
    if not talks == seen["SegmentConnected"] == seen["SegmentEnded"]:
        yield f"{who}: {talks} talks, but {dict(seen)}"
    if seen["OfferAnnounced"] != len(record.offers):
        yield f"{who}: {len(record.offers)} offers tried, but {dict(seen)}"
    if record.outcome is not Outcome.SWITCH_LOST and (record.outcome is Outcome.ANSWERED) != (talks > 0):
        yield f"{who}: {record.outcome} with {talks} talks"
    if record.queued_ms is not None and not record.started_ms <= record.queued_ms <= record.ended_ms:
        yield f"{who}: queued at {record.queued_ms}, outside its life"
