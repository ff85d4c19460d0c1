"""
How long agents need and how long callers wait for them, learned from the engine's own records.

For each queue q three means stand above each other, and the finer leans on the coarser
until it has seen enough (shrinkage towards the mean above, Efron and Morris 1975):

    queue           m(q)    = (sum + Q * 240 s) / (n + Q)
    proficiency l   f(q,l)  = (ratios + L * prior(l)) / (n + L),   prior(l) = 1 + 0.15 * (10 - l)
    agent a         t(q,a)  = (sum + A * m(q) * f(q,l)) / (n + A)

A ratio is one handle time by m(q) as it was told then. Patience is exponential: time waited
by all, by the number who gave up, (sum + P * 180 s) / (gave up + P).

What is told to policies does not follow each contact: a mean is told anew when it has moved by
more than 5 % and a minute has passed, so that what was reckoned from it holds for a while.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from acd.model import AgentId, ContactId, Direction, Outcome, QueueId, Routing
from acd.records import ContactClosed, Record, SegmentConnected, SegmentEnded, WrapEnded
from acd.routing.needs import main_skill

HANDLE_MS, PATIENCE_MS = 240_000.0, 180_000.0
"""What is believed of a queue of which nothing is known."""
QUEUE_WEIGHT, LEVEL_WEIGHT, AGENT_WEIGHT, PATIENCE_WEIGHT = 5.0, 60.0, 400.0, 5.0
"""As how many contacts the mean above counts."""
LEVEL_STEP = 0.15
"""How much longer a contact is believed to take for each point of proficiency below 10."""
TELL_SHARE, TELL_EVERY_MS = 0.05, 60_000

_GAVE_UP = (Outcome.ABANDONED_QUEUE, Outcome.SHORT_ABANDON)


@dataclass(slots=True)
class Mean:
    """A sum of so many, and what was last told of it."""

    count: float = 0.0
    total: float = 0.0
    told: float | None = None
    """None: nothing yet; the mean above is told instead."""
    told_ms: int = 0

    def add(self, value: float) -> None:
        self.count += 1.0
        self.total += value

    def towards(self, above: float, weight: float) -> float:
        return (self.total + weight * above) / (self.count + weight)

    def tell(self, now: float, told: float, now_ms: int) -> bool:
        """Tell this value if it is far enough from what is told, and the last time long enough ago."""
        fresh = self.told is None or now_ms - self.told_ms >= TELL_EVERY_MS
        if not fresh or abs(now - told) <= TELL_SHARE * told:
            return False
        self.told, self.told_ms = now, now_ms
        return True


@dataclass(slots=True)
class QueuePace:
    handled: Mean = field(default_factory=Mean)
    patience: Mean = field(default_factory=Mean)
    levels: dict[int, Mean] = field(default_factory=dict)
    """By proficiency, of ratios to the queue's mean."""
    agents: dict[AgentId, Mean] = field(default_factory=dict)

    @property
    def handle_ms(self) -> float:
        return HANDLE_MS if self.handled.told is None else self.handled.told

    @property
    def patience_ms(self) -> float:
        return PATIENCE_MS if self.patience.told is None else self.patience.told

    def factor(self, level: int) -> float:
        mean = self.levels.get(level)
        return prior(level) if mean is None or mean.told is None else mean.told

    def agent_ms(self, agent: AgentId, level: int) -> float:
        mean = self.agents.get(agent)
        if mean is None or mean.told is None:
            return self.handle_ms * self.factor(level)
        return mean.told


@dataclass(slots=True)
class InHand:
    """What an agent is at: found again at the end of the wrap-up."""

    queue: QueueId
    contact_id: ContactId
    talk_ms: int = 0


@dataclass(slots=True)
class PaceBook:
    """All that was learned. Plain data, part of the engine's state."""

    queues: dict[QueueId, QueuePace] = field(default_factory=dict)
    in_hand: dict[AgentId, InHand] = field(default_factory=dict)


class Told(NamedTuple):
    """A pace that is told anew: of one agent, or (None) of the whole queue."""

    queue: QueueId
    agent: AgentId | None = None
    is_patience: bool = False
    """How long callers wait; otherwise how long agents need."""


def prior(level: int) -> float:
    """What is believed of a proficiency (0 to 10) before anything is known, as a share of the mean."""
    return 1.0 + LEVEL_STEP * (10 - level)


def afresh(book: PaceBook) -> PaceBook:
    """What was learned, for an engine whose clock begins anew and who has nothing in hand."""
    return PaceBook({queue: _again(pace) for queue, pace in book.queues.items()})


def _again(pace: QueuePace) -> QueuePace:
    return QueuePace(
        replace(pace.handled, told_ms=0),
        replace(pace.patience, told_ms=0),
        {level: replace(mean, told_ms=0) for level, mean in pace.levels.items()},
        {agent: replace(mean, told_ms=0) for agent, mean in pace.agents.items()},
    )


def learn(book: PaceBook, records: Iterable[Record], levels: Learned, now_ms: int) -> list[Told]:
    """
    Take in what has happened; returns what is told anew.

    Args:
        book: Is changed.
        records: Of one turn, in order.
        levels: Proficiency of agents in the main skill of a queue; hears what is told anew.
        now_ms: Of the turn.
    """
    told: list[Told] = []
    for record in records:
        kind = type(record)
        if kind is SegmentConnected:
            assert isinstance(record, SegmentConnected)
            if record.direction is Direction.OUTBOUND:  # its own kind of work: says nothing of callers
                book.in_hand.pop(record.agent_id, None)
            else:
                book.in_hand[record.agent_id] = InHand(record.queue, record.contact_id)
        elif kind is SegmentEnded:
            assert isinstance(record, SegmentEnded)
            hand = book.in_hand.get(record.agent_id)
            if hand is not None:
                hand.talk_ms = record.talk_ms
        elif kind is WrapEnded:
            assert isinstance(record, WrapEnded)
            hand = book.in_hand.pop(record.agent_id, None)
            if hand is not None:
                took_ms = hand.talk_ms + record.wrap_ms
                told += _handled(book, hand.queue, record.agent_id, took_ms, levels, now_ms)
        elif kind is ContactClosed:
            assert isinstance(record, ContactClosed)
            told += _waited(book, record, now_ms)
    return told


def _handled(
    book: PaceBook, queue: QueueId, agent: AgentId, took_ms: int, levels: Learned, now_ms: int
) -> list[Told]:
    pace = book.queues.setdefault(queue, QueuePace())
    level = levels.level(agent, queue)
    at_level = pace.levels.setdefault(level, Mean())
    own = pace.agents.setdefault(agent, Mean())
    pace.handled.add(took_ms)
    at_level.add(took_ms / pace.handle_ms)
    own.add(took_ms)
    mean_ms = pace.handled.towards(HANDLE_MS, QUEUE_WEIGHT)
    whole = pace.handled.tell(mean_ms, pace.handle_ms, now_ms)
    factor = at_level.towards(prior(level), LEVEL_WEIGHT)
    whole = at_level.tell(factor, pace.factor(level), now_ms) or whole
    own_ms = own.towards(pace.handle_ms * pace.factor(level), AGENT_WEIGHT)
    own_new = own.tell(own_ms, pace.agent_ms(agent, level), now_ms)
    if whole:
        return [Told(queue)]
    return [Told(queue, agent)] if own_new else []


def _waited(book: PaceBook, record: ContactClosed, now_ms: int) -> list[Told]:
    if record.queue is None or not record.wait_ms or record.direction is Direction.OUTBOUND:
        return []
    pace = book.queues.setdefault(record.queue, QueuePace())
    patience = pace.patience
    patience.total += record.wait_ms
    patience.count += record.outcome in _GAVE_UP
    mean_ms = patience.towards(PATIENCE_MS, PATIENCE_WEIGHT)
    is_new = patience.tell(mean_ms, pace.patience_ms, now_ms)
    return [Told(record.queue, is_patience=True)] if is_new else []


class Learned:
    """
    What is told to policies (`acd.routing.policy.Paces`), under one configuration.

    Args:
        book: What was learned; looked at anew after `changed`.
        routing: Says how proficient agents are.
    """

    def __init__(self, book: PaceBook, routing: Routing) -> None:
        self._book = book
        self._agents = routing.agents
        self._main = {queue: main_skill(rules) for queue, rules in routing.queues.items()}
        self._told: dict[QueueId, dict[AgentId, float]] = {}
        self._mean: dict[QueueId, float] = {}
        self._patience: dict[QueueId, float] = {}

    def level(self, agent: AgentId, queue: QueueId) -> int:
        """Proficiency in the main skill of the queue, 0 to 10; 10 if it has none or is not there any more."""
        skill = self._main.get(queue)
        rules = self._agents.get(agent)
        return 10 if skill is None else 0 if rules is None else rules.skills.get(skill, 0)

    def changed(self, told: Told) -> None:
        """Forget what was reckoned from a pace that is told anew."""
        if told.is_patience:
            self._patience.pop(told.queue, None)
            return
        if told.agent is None:
            self._mean.pop(told.queue, None)
            self._told.pop(told.queue, None)
        elif told.queue in self._told:
            self._told[told.queue].pop(told.agent, None)

    def handle_ms(self, agent: AgentId, queue: QueueId) -> float:
        known = self._told.get(queue)
        if known is None:
            known = self._told[queue] = {}
        told = known.get(agent)
        if told is None:
            told = known[agent] = self._pace(queue).agent_ms(agent, self.level(agent, queue))
        return told

    def queue_handle_ms(self, queue: QueueId) -> float:
        known = self._mean.get(queue)
        if known is None:
            known = self._mean[queue] = self._pace(queue).handle_ms
        return known

    def patience_ms(self, queue: QueueId) -> float:
        known = self._patience.get(queue)
        if known is None:
            known = self._patience[queue] = self._pace(queue).patience_ms
        return known

    def _pace(self, queue: QueueId) -> QueuePace:
        return self._book.queues.get(queue, _NOTHING_YET)


_NOTHING_YET = QueuePace()
