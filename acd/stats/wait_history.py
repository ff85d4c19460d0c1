"""
What estimates of waits need to know of the past: a fold over records.

It holds, by queue, the waits of those who were served, handle times and the rate
of arrivals, and, one bit for each agent, who works and who is free. It is never
written down: after a restart `resume` takes what the engine's state knows, and the
rest is learned again from what happens.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from acd import records as rec
from acd.model import (
    SKILL_OF_LANGUAGE,
    Activity,
    AgentId,
    ContactId,
    Direction,
    ExitTo,
    Presence,
    QueueId,
    QueueRules,
    Routing,
)
from acd.routing.eligible import lacking
from acd.routing.needs import spoken
from acd.state import IN_LINE, State
from acd.stats.wait_classic import moving_average

RATE_OVER_MS = 900_000
"""Arrivals are counted with weights that fall to 1/e in this time."""
HANDLE_WEIGHT = 1 / 64
"""Of the newest handle time in the running mean, once there are as many."""
HANDLE_GUESS_MS = 240_000.0
"""Talk of a queue of which nothing was ever handled."""

_WORKING = (Activity.OFFERED, Activity.TALKING, Activity.WRAP_UP)


@dataclass(slots=True)
class Past:
    """Of one queue. Times in milliseconds; None as long as nothing has happened."""

    average_ms: float | None = None
    """app_queue's announced hold time: three quarters old, one quarter new."""
    last_ms: float | None = None
    """Wait of the one who was served last."""
    talk_ms: float = HANDLE_GUESS_MS
    talks: int = 0
    wrap_ms: float = 0.0
    wraps: int = 0
    waiting: dict[ContactId, int] = field(default_factory=dict)
    """Contacts in the queue, with when they came."""
    serving: int = 0
    """Agents whose last talk was of this queue, one bit each."""
    arrivals: float = 0.0
    """Weighted by age, as of `arrivals_at_ms`."""
    arrivals_at_ms: int = 0

    @property
    def handle_ms(self) -> float:
        return self.talk_ms + self.wrap_ms

    def hol_ms(self, now_ms: int, but: ContactId | None = None) -> int | None:
        """How long the one at the head has been in the queue; `but` is not looked at. None: nobody waits."""
        for contact_id, since_ms in self.waiting.items():
            if contact_id != but:
                return now_ms - since_ms
        return None

    def rate(self, now_ms: int) -> float:
        """Arrivals per millisecond, of late."""
        faded = math.exp((self.arrivals_at_ms - now_ms) / RATE_OVER_MS)
        return self.arrivals * faded / RATE_OVER_MS

    def arrived(self, at_ms: int) -> None:
        faded = math.exp((self.arrivals_at_ms - at_ms) / RATE_OVER_MS)
        self.arrivals, self.arrivals_at_ms = self.arrivals * faded + 1, at_ms

    def served(self, waited_ms: int) -> None:
        self.average_ms = moving_average(self.average_ms, waited_ms)
        self.last_ms = float(waited_ms)

    def talked(self, talk_ms: int) -> None:
        self.talks += 1
        self.talk_ms += (talk_ms - self.talk_ms) * max(HANDLE_WEIGHT, 1 / self.talks)

    def wrapped(self, wrap_ms: int) -> None:
        self.wraps += 1
        self.wrap_ms += (wrap_ms - self.wrap_ms) * max(HANDLE_WEIGHT, 1 / self.wraps)


class History:
    """
    Args:
        routing: Whose queues and agents records speak of.
        handle_ms: What is known of handle times beforehand, wrap-up included; by queue.
    """

    def __init__(self, routing: Routing, handle_ms: Mapping[QueueId, float] | None = None) -> None:
        self._handle_ms = dict(handle_ms or {})
        self._past: dict[QueueId, Past] = {}
        self._place: dict[ContactId, QueueId] = {}
        self._talk: dict[AgentId, QueueId] = {}
        """The queue of an agent's last talk: its wrap-up belongs there, too."""
        self.use(routing)

    def use(self, routing: Routing) -> None:
        """Take another configuration: agents get other bits, what is known of queues stays."""
        self.routing = routing
        self.bit = {agent: 1 << place for place, agent in enumerate(sorted(routing.agents))}
        self.working = self.free = 0
        self._able: dict[tuple[QueueId, str], tuple[int, int]] = {}
        self._overlap: dict[tuple[QueueId, str, QueueId, str], float] = {}
        self._by_language: dict[QueueId, bool] = {}
        self._doing: dict[AgentId, rec.AgentStateChanged] = getattr(self, "_doing", {})
        for seen in self._doing.values():
            self._agent(seen)
        for past in self._past.values():
            past.serving = 0
        for agent_id, queue in self._talk.items():
            self.of(queue).serving |= self.bit.get(agent_id, 0)

    def resume(self, state: State) -> None:
        """Take over what the engine's state knows: who works, who waits."""
        if self.routing is not state.routing:
            self.use(state.routing)
        for agent in state.agents.values():
            self._file(agent.id, agent.presence, agent.activity, can=agent.reachable and not agent.in_use)
        for contact in state.contacts.values():
            if contact.phase in IN_LINE and contact.rules is not None and contact.joined_ms is not None:
                self._join(contact.id, contact.rules.id, contact.joined_ms)

    def of(self, queue: QueueId) -> Past:
        found = self._past.get(queue)
        if found is None:
            rules = self.routing.queues.get(queue)
            wrap_ms = float(rules.wrap_ms) if rules is not None else 0.0
            given_ms = self._handle_ms.get(queue)
            talk_ms = HANDLE_GUESS_MS if given_ms is None else max(1.0, given_ms - wrap_ms)
            found = self._past[queue] = Past(talk_ms=talk_ms, wrap_ms=wrap_ms)
        return found

    def queues(self) -> Mapping[QueueId, Past]:
        """Those of which something is known."""
        return self._past

    def able(self, queue: QueueId, language: str) -> tuple[int, int]:
        """Agents who could serve a caller of this language: at once, and at any step. Cached."""
        key = (queue, language)
        found = self._able.get(key)
        if found is None:
            rules = self.routing.queues.get(queue)
            found = self._able[key] = (0, 0) if rules is None else self._look_up(rules, language)
        return found

    def by_language(self, queue: QueueId) -> bool:
        """Whether the queue asks for the caller's own language, so that others need other agents. Cached."""
        found = self._by_language.get(queue)
        if found is None:
            rules = self.routing.queues.get(queue)
            steps = () if rules is None else (rules.needs, *(step.needs for step in rules.steps))
            found = any(need.skill == SKILL_OF_LANGUAGE for needs in steps for need in needs)
            self._by_language[queue] = found
        return found

    def overlap(self, queue: QueueId, language: str, other: QueueId, other_language: str) -> float:
        """Share of the agents at work for another kind of caller who could serve this one, 0 to 1. Cached."""
        key = (queue, language, other, other_language)
        found = self._overlap.get(key)
        if found is None:
            theirs = self.able(other, other_language)[1] & self.working
            both = theirs & self.able(queue, language)[1]
            found = self._overlap[key] = both.bit_count() / theirs.bit_count() if theirs else 0.0
        return found

    def serving(self, queue: QueueId) -> int:
        """Agents who are at work on contacts of this queue, wrap-up included."""
        return self.of(queue).serving & self.working & ~self.free

    def feed(self, record: rec.Record) -> None:
        """Take one record, in the engine's order."""
        match record:
            case rec.ContactQueued():
                self._join(record.contact_id, record.queue, record.at_ms)
                self.of(record.queue).arrived(record.at_ms)
            case rec.SegmentConnected():
                self._connected(record)
            case rec.SegmentEnded():
                queue = self._talk.get(record.agent_id)
                if queue is not None:
                    self.of(queue).talked(record.talk_ms)
            case rec.WrapEnded():
                queue = self._talk.get(record.agent_id)
                if queue is not None:
                    self.of(queue).wrapped(record.wrap_ms)
            case rec.ContactDiverted() if record.to is not ExitTo.KEEP_WAITING:
                self._leave(record.contact_id)
            case rec.ContactClosed():
                self._leave(record.contact_id)
            case rec.AgentStateChanged():
                self._doing[record.agent_id] = record
                self._agent(record)
            case _:
                pass

    def joined_ms(self, contact_id: ContactId) -> int | None:
        """When a contact that waits came to its queue; None for one that does not."""
        queue = self._place.get(contact_id)
        return None if queue is None else self.of(queue).waiting.get(contact_id)

    def queue_of(self, contact_id: ContactId) -> QueueId | None:
        return self._place.get(contact_id)

    def _join(self, contact_id: ContactId, queue: QueueId, at_ms: int) -> None:
        if self._place.get(contact_id) != queue:  # else: back from the fallback telephone, place kept
            self._leave(contact_id)
            self._place[contact_id] = queue
            self.of(queue).waiting[contact_id] = at_ms

    def _leave(self, contact_id: ContactId) -> int | None:
        queue = self._place.pop(contact_id, None)
        return None if queue is None else self.of(queue).waiting.pop(contact_id, None)

    def _connected(self, record: rec.SegmentConnected) -> None:
        if record.direction is Direction.OUTBOUND:  # of another kind than what callers wait for
            self._leave(record.contact_id)
            self._serves_nobody(record.agent_id)
            return
        self._now_serves(record.agent_id, record.queue)
        joined_ms = self._leave(record.contact_id)
        if joined_ms is not None:
            self.of(record.queue).served(record.at_ms - joined_ms)

    def _serves_nobody(self, agent_id: AgentId) -> None:
        before = self._talk.pop(agent_id, None)
        if before is not None:
            self.of(before).serving &= ~self.bit.get(agent_id, 0)

    def _now_serves(self, agent_id: AgentId, queue: QueueId) -> None:
        self._serves_nobody(agent_id)
        self.of(queue).serving |= self.bit.get(agent_id, 0)
        self._talk[agent_id] = queue

    def _agent(self, seen: rec.AgentStateChanged) -> None:
        self._file(seen.agent_id, seen.presence, seen.activity, can=seen.reachable and not seen.in_use)

    def _file(self, agent_id: AgentId, presence: Presence, activity: Activity, *, can: bool) -> None:
        bit = self.bit.get(agent_id, 0)
        ready = presence is Presence.READY and can
        before = self.working
        self.working = before | bit if ready or activity in _WORKING else before & ~bit
        if self.working != before:
            self._overlap.clear()
        self.free = self.free | bit if ready and activity is Activity.IDLE else self.free & ~bit

    def _look_up(self, rules: QueueRules, language: str) -> tuple[int, int]:
        ways = [(spoken(step.needs, language), step.sites) for step in rules.steps]
        ways = ways or [(spoken(rules.needs, language), rules.sites)]
        at_once = at_any = 0
        for agent, known in self.routing.agents.items():
            fits = [
                (not sites or known.site in sites) and lacking(known.skills, needs) is None
                for needs, sites in ways
            ]
            if fits[0]:
                at_once |= self.bit[agent]
            if any(fits):
                at_any |= self.bit[agent]
        return at_once, at_any
