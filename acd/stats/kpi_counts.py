"""
What is counted: whole numbers that add up, from which every figure is computed on read.

A `Tally` of any part of a day (an interval, a queue, an agent) plus the
tallies of the other parts is the tally of the day, number by number.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from acd.model import QueueId


class Count(enum.StrEnum):
    """
    The primitives. Times are milliseconds.

    A *stay* is one pass of a contact through one queue; a contact that overflows has several, and
    one whom an agent transfers and who waits again has another. An outgoing contact is none that
    was offered: it has stays only from when an agent has sent it to a queue.
    """

    OFFERED = "offered"
    """
    Stays that began. ANSWERED + ABANDONED + REJECTED + FLOWED_OUT + PROMISED + LOST + STILL is always
    OFFERED.
    """
    ANSWERED = "answered"
    ANSWERED_IN_TIME = "answered_in_time"
    """Of those answered, with a wait of at most the queue's target."""
    ABANDONED = "abandoned"
    """All of them, short ones included."""
    ABANDONED_SHORT = "abandoned_short"
    """Hung up having waited less than the queue's short-abandon time."""
    ABANDONED_IN_TIME = "abandoned_in_time"
    """Hung up having waited at most the queue's target."""
    REJECTED = "rejected"
    """Sent away by the centre: an exit of the queue that hangs up."""
    FLOWED_OUT = "flowed_out"
    """Went on to another queue or to a flow."""
    PROMISED = "promised"
    """Callers who hung up as they will be called back: neither answered nor abandoned, nor a wait."""
    LOST = "lost"
    """The telephone switch lost the call while it waited."""
    STILL = "still"
    """Waiting at the moment of the reading."""
    WAIT_ANSWERED_MS = "wait_answered_ms"
    """From coming to the queue to the agent's voice."""
    WAIT_ABANDONED_MS = "wait_abandoned_ms"
    FIRST_ANSWERED = "first_answered"
    """Stays that ended with the first agent of their contact."""
    WAIT_FROM_START_MS = "wait_from_start_ms"
    """Of those, from the beginning of the contact (menu included) to the agent's voice."""

    TALKS = "talks"
    """Talk segments that have ended, but for those of outgoing contacts before their first stay."""
    TALK_MS = "talk_ms"
    """Of these, without hold."""
    HOLD_MS = "hold_ms"
    WRAP_MS = "wrap_ms"
    """Of the talk segments; a wrap-up belongs to the talk before it."""
    CUT_SHORT = "cut_short"
    """Talk segments of less than 15 s that the agent ended."""
    HANDED_OVER = "handed_over"
    """Talks, outgoing ones too, that the agent ended by handing the contact over."""
    HANDED_ATTENDED = "handed_attended"
    """Of those, after a talk with who took the contact over."""
    CONSULTS = "consults"
    """Consultations with talk that agents had about a contact, by who asked."""
    CONSULT_MS = "consult_ms"
    """Talk of these: part of the asking agent's hold."""
    CONSULTED = "consulted"
    """The same consultations by the agent who was asked; somebody outside is nobody's."""

    CALLBACKS = "callbacks"
    """
    Contacts that have ended and were promised a call, by phone or otherwise, but for promises taken
    back and customers who called again before.
    """
    CALLED_BACK = "called_back"
    """Of those, the customer talked to an agent."""
    CALLBACK_WAIT_MS = "callback_wait_ms"
    """Of those, from hanging up, or asking, to the agent's voice."""
    DIALLED = "dialled"
    """Outgoing contacts that have ended and in which the customer's telephone was called."""
    REACHED = "reached"
    """Of those, the customer talked to an agent."""
    OUT_TALKS = "out_talks"
    """Talk segments of outgoing contacts before their first stay."""
    OUT_TALK_MS = "out_talk_ms"
    """Of these, without hold."""
    OUT_HOLD_MS = "out_hold_ms"
    OUT_WRAP_MS = "out_wrap_ms"

    CONTACTS = "contacts"
    """Outgoing ones are none of these, nor of what follows up to the time of agents."""
    OPEN = "open"
    """Contacts that have not ended at the moment of the reading."""
    HANDLED = "handled"
    """Contacts that have ended and had an agent."""
    HANDLE_MS = "handle_ms"
    """Their talk + hold + wrap-up, all segments together."""
    TRANSFERRED = "transferred"
    """Handled contacts that had more than one agent."""
    ESCALATED = "escalated"
    """Handled contacts that an agent handed over to the next tier, or that went on to another queue."""
    SELF_SERVED = "self_served"
    """Contacts completed by the menu or a script, without an agent."""
    MESSAGES = "messages"
    """Contacts that left a message instead of talking to an agent."""

    RETURN_DUE = "return_due"
    """Handled contacts of a known customer, long enough ago to say whether the customer came again."""
    RETURNED = "returned"
    """Of those, followed by another contact of the same customer for the same intent in time."""
    RESOLVED = "resolved"
    """Of those, not followed by one: the matter counts as settled."""
    RESOLUTION_MS = "resolution_ms"
    """
    Of the settled matters, to the end of the last contact from the start of the first one for
    the same intent in the days before it.
    """
    CUT_SHORT_DUE = "cut_short_due"
    """Contacts whose last talk the agent cut short, of a known customer, long enough ago."""
    CUT_SHORT_RETURNED = "cut_short_returned"
    """Of those, followed by another contact of the same customer, whatever the intent."""

    AGENT_TALK_MS = "agent_talk_ms"
    """
    Time of agents, by their state, cut at the bounds of what is read. Hold, consultations on either
    side and calling a customer are talk.
    """
    AGENT_WRAP_MS = "agent_wrap_ms"
    AGENT_OFFERED_MS = "agent_offered_ms"
    """A contact is offered: the phone is called, or rings."""
    AGENT_IDLE_MS = "agent_idle_ms"
    """Ready and doing nothing."""
    AGENT_AWAY_MS = "agent_away_ms"
    """Signed in, not ready, doing nothing."""


STAY_ENDS = (
    Count.ANSWERED,
    Count.ABANDONED,
    Count.REJECTED,
    Count.FLOWED_OUT,
    Count.PROMISED,
    Count.LOST,
    Count.STILL,
)
"""Every stay is in exactly one of these: they add up to OFFERED."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a queue is measured by."""

    target_ms: int = 20_000
    """Answer target T, > 0: a wait of exactly T is in time."""
    short_ms: int = 5_000
    """Who hangs up having waited less is a short abandon; 0: nobody is."""


Goals = Callable[[QueueId], Goal]


@dataclass(frozen=True, slots=True)
class QueueGoals:
    """Goals as data, to be sent to where it is counted. A queue that is not named has the default."""

    own: Mapping[QueueId, Goal] = field(default_factory=dict)
    target_ms: int | None = None
    """Of every queue, instead of its own; None: its own."""
    short_ms: int | None = None
    """The same."""

    def __call__(self, queue: QueueId) -> Goal:
        own = self.own.get(queue, _DEFAULT)
        if self.target_ms is None and self.short_ms is None:
            return own
        return Goal(
            own.target_ms if self.target_ms is None else self.target_ms,
            own.short_ms if self.short_ms is None else self.short_ms,
        )


_DEFAULT = Goal()


@dataclass(slots=True)
class Tally:
    """Counts and the waits of those answered; two of them add up."""

    counts: dict[Count, int] = field(default_factory=dict)
    waits: dict[int, int] = field(default_factory=dict)
    """Wait of an answered stay, milliseconds -> how many had it: percentiles of it are exact."""

    def __getitem__(self, count: Count) -> int:
        return self.counts.get(count, 0)

    def add(self, counts: Mapping[Count, int], wait_ms: int | None = None) -> None:
        for name, amount in counts.items():
            self.counts[name] = self.counts.get(name, 0) + amount
        if wait_ms is not None:
            self.waits[wait_ms] = self.waits.get(wait_ms, 0) + 1

    def increase(self, count: Count, amount: int) -> None:
        """`add` of a single count."""
        self.counts[count] = self.counts.get(count, 0) + amount

    def merge(self, other: Tally) -> None:
        """Add another part of the same whole."""
        self.add(other.counts)
        for wait_ms, amount in other.waits.items():
            self.waits[wait_ms] = self.waits.get(wait_ms, 0) + amount

    def wait_percentile_ms(self, percent: int) -> int | None:
        """
        The wait that so many percent of the answered did not exceed; None if nobody was answered.

        Exact, by nearest rank: the smallest wait such that at least `percent` % (1 to 100)
        of all waits are not longer.
        """
        total = sum(self.waits.values())
        rank = -(-total * percent // 100)
        for wait_ms in sorted(self.waits):
            rank -= self.waits[wait_ms]
            if rank <= 0:
                return wait_ms
        return None

    def whole(self) -> Tally:
        """A copy without the counts that are zero."""
        return Tally({name: amount for name, amount in self.counts.items() if amount}, dict(self.waits))
