"""
What an estimate of the wait looks at: the centre as a contact joins a queue, as numbers.

One function for the running server and the simulator. It sees no further than the
queue's own line and those lines whose agents could serve the queue, too; an agent
shared with other queues counts by the share of them (`History.overlap`).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from acd.model import ContactId, QueueId
from acd.state import Contact, State
from acd.stats.wait_classic import naive_ms
from acd.stats.wait_history import History, Past
from acd.stats.wait_level import blocks, level_ms, nothing_before

DAY_MS = 86_400_000
PER_MS_LEAST = 1e-7
"""Completions that are assumed where nobody works, so that quotients stay finite."""
LOOKED_AT = 200
"""Contacts of one line whose languages are told apart."""
LAST = ContactId("~")
"""Behind every other of the same clock."""
LONGEST_MS = 7_200_000.0
"""Quotients are cut off here: two hours."""

NAMES = (
    "ahead",
    "own",
    "root_own",
    "ahead_shared",
    "behind_shared",
    "worth_more",
    "worth_less",
    "work_ahead_ms",
    "work_all_ms",
    "work_times_load_ms",
    "work_rest_ms",
    "level_ahead_ms",
    "level_all_ms",
    "level_at_once_ms",
    "open",
    "open_pace_ms",
    "naive_ms",
    "hol_ms",
    "hol_shared_ms",
    "les_ms",
    "average_ms",
    "able",
    "able_at_once",
    "free",
    "busy_per_able",
    "load",
    "load_own",
    "handle_ms",
    "pace_ms",
    "waited_ms",
    "day_sin",
    "day_cos",
)
"""
Of the numbers, in order.

`work_..._ms`: milliseconds until the agents who are able will have done the work that
waits, the skill-aware Markov value; `load`: work that arrives for them, of late, per
agent; `worth_more`: contacts in shared lines that the policy values higher than this one.
"""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a contact stands in a queue, or would stand."""

    queue: QueueId
    order_ms: int
    """Its clock less its head start."""
    language: str
    segment: str = ""
    contact_id: ContactId | None = None
    """Of one who stands there already, and is not counted; None for one who is still to come."""
    waited_ms: int = 0
    """In this queue."""


def joining(state: State, queue: QueueId, now_ms: int, contact: Contact | None = None) -> Stand:
    """The place that a contact would get now; that of a caller of whom nothing is known if none is given."""
    if contact is None:
        return Stand(queue, now_ms, state.routing.language)
    sent_on = contact.joined_ms is None and contact.queued_ms is not None
    clock_ms = contact.queued_ms if sent_on and contact.queued_ms is not None else now_ms
    return Stand(queue, clock_ms - contact.head_start_ms, state.language_of(contact), contact.segment)


def standing(state: State, contact: Contact, now_ms: int) -> Stand | None:
    """The place of a contact that waits; None for one that does not."""
    if contact.rules is None or contact.queued_ms is None or contact.joined_ms is None:
        return None
    return Stand(
        contact.rules.id,
        contact.queued_ms - contact.head_start_ms,
        state.language_of(contact),
        contact.segment,
        contact.id,
        now_ms - contact.joined_ms,
    )


def features(state: State, place: Stand, now_ms: int, history: History) -> tuple[float, ...]:
    """
    The numbers of `NAMES`; NaN for what is not known, which a model takes as the mean.

    Args:
        state: The engine's; only its lines and configuration are looked at.
        place: Of the contact.
        now_ms: Engine time.
        history: That has been fed every record so far.
    """
    past = history.of(place.queue)
    able_first, able = history.able(place.queue, place.language)
    working = able & history.working
    count, free = working.bit_count(), (working & history.free).bit_count()
    ahead, own = _own(state, place, history)
    shared = _shared(state, place, now_ms, history)
    per_ms = max(PER_MS_LEAST, _per_ms(history, able))
    own_ms = past.handle_ms
    work_ms = min(LONGEST_MS, ((ahead + 1) * own_ms + shared.work_ahead_ms) / max(1, count))
    all_ms = min(LONGEST_MS, ((own + 1) * own_ms + shared.work_all_ms) / max(1, count))
    own_load = past.rate(now_ms) * own_ms / max(1, count)
    load = min(3.0, own_load + shared.load_ms / max(1, count))
    more_load = min(0.9, shared.more_ms / max(1, count))
    before = blocks(working, shared.before)
    level_ahead = min(LONGEST_MS, level_ms(before, (ahead + 1) * own_ms) or LONGEST_MS)
    opened = nothing_before(before)
    level_all = min(LONGEST_MS, level_ms(blocks(working, shared.whole), (own + 1) * own_ms) or LONGEST_MS)
    at_once = blocks(working & able_first, shared.before)
    level_at_once = min(LONGEST_MS, level_ms(at_once, (ahead + 1) * own_ms) or LONGEST_MS)
    hol_ms = past.hol_ms(now_ms, place.contact_id)
    angle = 2 * math.pi * (now_ms % DAY_MS) / DAY_MS
    naive = naive_ms(ahead, own_ms, count)
    return (
        float(ahead),
        float(own),
        math.sqrt(own),
        shared.ahead,
        shared.behind,
        shared.worth_more,
        shared.worth_less,
        work_ms,
        all_ms,
        work_ms * load,
        min(LONGEST_MS, work_ms / (1 - more_load)),
        level_ahead,
        level_all,
        level_at_once,
        float(opened),
        own_ms / (opened + 0.5),
        LONGEST_MS if naive is None else min(LONGEST_MS, naive),
        0.0 if hol_ms is None else float(hol_ms),
        shared.hol_ms,
        math.nan if past.last_ms is None else past.last_ms,
        math.nan if past.average_ms is None else past.average_ms,
        float(count),
        float((able_first & working).bit_count()),
        float(free),
        (count - free) / max(1, count),
        load,
        min(3.0, own_load),
        own_ms,
        min(LONGEST_MS, 1 / per_ms),
        float(place.waited_ms),
        math.sin(angle),
        math.cos(angle),
    )


def _own(state: State, place: Stand, history: History) -> tuple[int, int]:
    """Those of the same queue and language: before the place, and all."""
    parts = _parts(state, place.queue, place, history)
    return next((ahead, length) for language, ahead, length in parts if language == place.language)


@dataclass(slots=True)
class _Shared:
    """Sums over the lines of other queues, each weighted by the agents it shares with ours."""

    ahead: float = 0.0
    behind: float = 0.0
    worth_more: float = 0.0
    worth_less: float = 0.0
    work_ahead_ms: float = 0.0
    work_all_ms: float = 0.0
    hol_ms: float = 0.0
    load_ms: float = 0.0
    more_ms: float = 0.0
    before: list[tuple[int, float]] = field(default_factory=list)
    whole: list[tuple[int, float]] = field(default_factory=list)

    def add(self, overlap: float, ahead: int, length: int, handle_ms: float, mask: int) -> None:
        """A line, or the part of it that speaks one language, not empty. `mask`: its agents at work."""
        self.ahead += overlap * ahead
        self.behind += overlap * (length - ahead)
        self.work_ahead_ms += overlap * ahead * handle_ms
        self.work_all_ms += overlap * length * handle_ms
        each_ms = handle_ms / mask.bit_count()
        if ahead:
            self.before.append((mask, ahead * each_ms))
        self.whole.append((mask, length * each_ms))


def _shared(state: State, place: Stand, now_ms: int, history: History) -> _Shared:
    found = _Shared()
    worth = _worth(state, place.queue, place.segment)
    for other, past in history.queues().items():
        theirs = _worth(state, other, "")
        for language, ahead, length in _parts(state, other, place, history):
            mine = other == place.queue and language == place.language
            overlap = history.overlap(place.queue, place.language, other, language)
            if mine or not overlap:
                continue
            if length:
                mask = history.able(other, language)[1] & history.working
                found.add(overlap, ahead, length, past.handle_ms, mask)
                found.worth_more += overlap * length if theirs > worth else 0.0
                found.worth_less += overlap * length if theirs < worth else 0.0
        if other == place.queue:
            continue
        overlap = history.overlap(place.queue, place.language, other, state.routing.language)
        arriving = overlap * past.rate(now_ms) * past.handle_ms
        found.load_ms += arriving
        found.more_ms += arriving if theirs > worth else 0.0
        found.hol_ms = max(found.hol_ms, _hol_ms(past, now_ms) * overlap)
    return found


def _parts(state: State, queue: QueueId, place: Stand, history: History) -> Iterable[tuple[str, int, int]]:
    """
    By language: who of a line stands before the place, and all; the contact itself is not counted.

    Languages are told apart only where they matter, among the first `LOOKED_AT` of the line.
    """
    home = state.routing.language
    if not history.by_language(queue):
        language = place.language if queue == place.queue else home
        return ((language, *_in_line(state, queue, place)),)
    key = (place.order_ms, place.contact_id or LAST)
    ahead: dict[str, int] = {}
    behind: dict[str, int] = {}
    for seen in state.lines.get(queue, ())[:LOOKED_AT]:
        contact = state.contacts.get(seen[1])
        if contact is None or seen[1] == place.contact_id:
            continue
        counts = ahead if seen < key else behind
        language = contact.language or home
        counts[language] = counts.get(language, 0) + 1
    return [
        (language, ahead.get(language, 0), ahead.get(language, 0) + behind.get(language, 0))
        for language in sorted({*ahead, *behind, place.language})
    ]


def _hol_ms(past: Past, now_ms: int) -> int:
    return past.hol_ms(now_ms) or 0


def _in_line(state: State, queue: QueueId, place: Stand) -> tuple[int, int]:
    """Contacts of the queue that stand before the place, and all; the contact itself is not counted."""
    line = state.lines.get(queue)
    if not line:
        return 0, 0
    ahead = bisect_left(line, (place.order_ms, place.contact_id or LAST))
    mine = place.contact_id is not None and queue == place.queue
    return ahead, len(line) - (1 if mine else 0)


def _worth(state: State, queue: QueueId, segment: str) -> float:
    rules = state.routing.queues.get(queue)
    if rules is None:
        return 1.0
    return rules.values.get(segment, rules.value)


def _per_ms(history: History, able: int) -> float:
    """Completions per millisecond of the agents who are able, by what they are doing now."""
    return sum(
        (able & history.serving(queue)).bit_count() / past.handle_ms
        for queue, past in history.queues().items()
        if past.serving
    )
