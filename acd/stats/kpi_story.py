"""The story of one contact, as far as figures need it, and the stays in queues that it tells of."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from acd.model import AgentId, ContactId, EndedBy, ExitTo, Outcome, QueueId
from acd.records import Segment

OUTBOUND = "outbound"
"""The intent of who was called by an agent."""


@dataclass(frozen=True, slots=True)
class Diverted:
    """An exit that was taken."""

    queue: QueueId
    to: ExitTo
    at_ms: int


@dataclass(frozen=True, slots=True)
class Handed:
    """An agent has handed the contact over: to an agent, a queue or somebody outside."""

    agent_id: AgentId
    at_ms: int
    attended: bool = False
    """After a talk with who took it over."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """After-contact work that has ended."""

    agent_id: AgentId
    end_ms: int
    wrap_ms: int


@dataclass(frozen=True, slots=True)
class Story:
    """One contact, ended or as it stands at a moment. Times are UTC milliseconds."""

    contact_id: ContactId
    entry: str
    started_ms: int
    ended_ms: int | None = None
    """None: it has not ended."""
    outcome: Outcome | None = None
    queue: QueueId | None = None
    """The last one."""
    segment: str = ""
    """Of the customer, as the rules saw it."""
    parts: tuple[Segment, ...] = ()
    """Its stretches; of one that has not ended the last reaches to the moment of the reading."""
    diverted: tuple[Diverted, ...] = ()
    wraps: tuple[Wrapped, ...] = ()
    talking: bool = False
    """The last part is a talk that goes on."""
    escalated: bool = False
    """An agent handed it over to the next tier."""
    outgoing: bool = False
    """An agent wanted to call the customer."""
    dialled_by: AgentId | None = None
    """Whose call it was once the customer's telephone rang; None: it never did, or nobody called out."""
    handed: tuple[Handed, ...] = ()


class StayEnd(enum.Enum):
    ANSWERED = enum.auto()
    ABANDONED = enum.auto()
    REJECTED = enum.auto()
    FLOWED_OUT = enum.auto()
    PROMISED = enum.auto()
    LOST = enum.auto()
    STILL = enum.auto()


@dataclass(frozen=True, slots=True)
class Stay:
    """One pass through one queue, from coming to its door to whatever ended it."""

    queue: QueueId
    began_ms: int
    ended_ms: int
    end: StayEnd
    agent_id: AgentId | None = None
    """Who answered."""
    after_talk: bool = False
    """The contact came from an agent, not from the menu or an exit."""

    @property
    def wait_ms(self) -> int:
        return self.ended_ms - self.began_ms


_DIVERTED_TO = {
    ExitTo.QUEUE: StayEnd.FLOWED_OUT,
    ExitTo.FLOW: StayEnd.FLOWED_OUT,
    ExitTo.HANG_UP: StayEnd.REJECTED,
}
_HUNG_UP = (Outcome.ABANDONED_QUEUE, Outcome.SHORT_ABANDON)


class _Walk:
    """The stays found so far, and the one that is going on."""

    def __init__(self, story: Story) -> None:
        self.stays: list[Stay] = []
        self._story = story
        self._open: tuple[QueueId, int] | None = None
        self._talked = False
        self._promised: bool | None = None
        """Promised a call that has not come about; None: never was."""
        self._last_talk: Segment | None = None

    def come(self, queue: QueueId, at_ms: int) -> None:
        """In line: for the first time, or again after the fallback telephone."""
        if self._open is not None and self._open[0] != queue:
            self.leave(StayEnd.FLOWED_OUT, at_ms)
        if self._open is None:
            self._open = (queue, at_ms)

    def talk(self, part: Segment, queue: QueueId) -> None:
        """
        An agent answers, in the very moment of coming too.

        Who is handed over from one agent to another without waiting is answered only once, and
        a customer whom an agent has called, back or not, is not answered at all.
        """
        last, self._last_talk = self._last_talk, part
        called, self._promised = bool(self._story.outgoing or self._promised), self._promised and False
        if self._open is None and (called or self._is_handed(last, part)):
            self._talked = True
            return
        self.come(queue, part.start_ms)
        self.leave(StayEnd.ANSWERED, part.start_ms, part.agent_id)

    def promise(self, queue: QueueId, at_ms: int) -> None:
        """The caller has hung up and will be called; once, however the stretch is cut."""
        if self._promised is None and not self._story.outgoing:
            self.come(queue, at_ms)
            self.leave(StayEnd.PROMISED, at_ms)
        self._promised = True

    def _is_handed(self, last: Segment | None, part: Segment) -> bool:
        if last is None or last.queue != part.queue:
            return False
        # After a restart the end of the talk before may have been found out only later.
        between = any(
            one.attended and last.start_ms <= one.at_ms <= part.start_ms for one in self._story.handed
        )
        return between or part.start_ms <= last.end_ms

    def leave(self, end: StayEnd, at_ms: int, agent_id: AgentId | None = None) -> None:
        assert self._open is not None
        queue, began_ms = self._open
        self.stays.append(Stay(queue, began_ms, max(at_ms, began_ms), end, agent_id, self._talked))
        self._open, self._talked = None, end is StayEnd.ANSWERED

    @property
    def waits(self) -> bool:
        return self._open is not None


def stays_of(story: Story) -> tuple[Stay, ...]:
    """
    The contact's passes through queues, in order.

    A wait, a fallback telephone and a further wait in the same queue are one stay. What
    neither an agent nor an exit ended is abandoned, unless the switch lost the call.
    """
    walk = _Walk(story)
    for mark in _marks(story):
        if isinstance(mark, Diverted):
            walk.come(mark.queue, mark.at_ms)
            walk.leave(_DIVERTED_TO[mark.to], mark.at_ms)
        elif mark.kind == "talking":
            if mark.queue is not None or story.outgoing:
                walk.talk(mark, mark.queue or QueueId(""))
        elif mark.kind == "promised" and mark.queue is not None:
            walk.promise(mark.queue, mark.start_ms)
        elif mark.queue is not None:
            walk.come(mark.queue, mark.start_ms)
    _finish(walk, story)
    return tuple(walk.stays)


def _finish(walk: _Walk, story: Story) -> None:
    if story.ended_ms is None:
        if walk.waits:
            walk.leave(StayEnd.STILL, story.parts[-1].end_ms)
        return
    never_waited = not any(part.kind == "waiting" for part in story.parts)
    if not walk.waits and never_waited and story.outcome in _HUNG_UP and story.queue is not None:
        # Gone in the very millisecond of coming: no stretch of waiting tells of it.
        walk.come(story.queue, story.ended_ms)
    if walk.waits:
        lost = story.outcome is Outcome.SWITCH_LOST
        walk.leave(StayEnd.LOST if lost else StayEnd.ABANDONED, story.ended_ms)


def _marks(story: Story) -> Iterator[Diverted | Segment]:
    """What tells of queues, by time; at one moment an exit goes before a wait, a wait before a talk."""
    found: list[tuple[int, int, int, Diverted | Segment]] = []
    for n, way in enumerate(story.diverted):
        if way.to is not ExitTo.KEEP_WAITING:
            found.append((way.at_ms, 0, n, way))
    for n, part in enumerate(story.parts):
        if part.kind in ("waiting", "promised", "talking"):
            found.append((part.start_ms, 2 if part.kind == "talking" else 1, n, part))
    found.sort(key=lambda mark: mark[:3])
    return (mark[3] for mark in found)


@dataclass(frozen=True, slots=True)
class Talk:
    """A talk with an agent that has ended, with the after-contact work that belongs to it."""

    agent_id: AgentId
    queue: str
    """Empty: none, as of a customer whom an agent has called."""
    start_ms: int
    talk_ms: int
    """Hold included."""
    ended_by: EndedBy | None
    wrap_ms: int = 0
    hold_ms: int = 0
    handed: Handed | None = None
    """The agent ended it by handing the contact over."""


def talks_of(story: Story) -> tuple[Talk, ...]:
    """The contact's finished talks; wrap-ups and hand-overs go with the last talk of their agent before."""
    parts = [part for part in story.parts if _is_talk(story, part)]
    if story.talking:
        parts = parts[:-1]
    wraps = [0] * len(parts)
    for wrap in story.wraps:
        since_ms = wrap.end_ms - wrap.wrap_ms
        own = [
            n for n, part in enumerate(parts) if part.agent_id == wrap.agent_id and part.end_ms <= since_ms
        ]
        if own:
            wraps[own[-1]] += wrap.wrap_ms
    handed: dict[int, Handed] = {}
    for one in story.handed:
        own = [
            n for n, part in enumerate(parts) if part.agent_id == one.agent_id and part.start_ms <= one.at_ms
        ]
        if own:
            handed[own[-1]] = one
    return tuple(_talk(part, wraps[n], handed.get(n)) for n, part in enumerate(parts))


def _is_talk(story: Story, part: Segment) -> bool:
    return part.kind == "talking" and part.agent_id is not None and bool(part.queue or story.outgoing)


def _talk(part: Segment, wrap_ms: int, handed: Handed | None) -> Talk:
    assert part.agent_id is not None
    return Talk(
        part.agent_id,
        part.queue or "",
        part.start_ms,
        part.end_ms - part.start_ms,
        part.ended_by,
        wrap_ms,
        part.hold_ms,
        handed,
    )


@dataclass(frozen=True, slots=True)
class Consult:
    """A consultation in which there was talk."""

    asked_by: AgentId
    agent_id: AgentId | None
    """Who was asked; None: somebody outside."""
    queue: str
    start_ms: int
    talk_ms: int


def consults_of(story: Story) -> tuple[Consult, ...]:
    """The consultations of its talks that are over; who asks has the contact at that moment."""
    talks = [part for part in story.parts if _is_talk(story, part)]
    found = []
    for part in story.parts:
        own = [talk for talk in talks if talk.start_ms <= part.start_ms <= talk.end_ms]
        if part.kind == "consult" and own:
            by, lasted_ms = own[-1], part.end_ms - part.start_ms
            assert by.agent_id is not None
            found.append(Consult(by.agent_id, part.agent_id, by.queue or "", part.start_ms, lasted_ms))
    return tuple(found)


def promised_of(story: Story) -> tuple[Segment, Segment | None] | None:
    """The stretch in which the contact waited to be called, and the talk that kept the promise."""
    waits = [part for part in story.parts if part.kind == "promised"]
    if not waits:
        return None
    kept = [part for part in story.parts if part.kind == "talking" and part.start_ms >= waits[-1].end_ms]
    return waits[0], kept[0] if kept else None


def intent_of(story: Story) -> str:
    """
    What the caller chose: the number dialled and the first queue that the menu led to, "900/ventas".

    A customer whom an agent called has chosen nothing: "outbound".
    """
    if story.outgoing:
        return OUTBOUND
    first = min(
        [(way.at_ms, 0, str(way.queue)) for way in story.diverted]
        + [(part.start_ms, 1, str(part.queue)) for part in story.parts if part.queue],
        default=None,
    )
    if first is not None:
        return f"{story.entry}/{first[2]}"
    return f"{story.entry}/{story.queue}" if story.queue else story.entry
