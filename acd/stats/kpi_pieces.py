"""A story taken apart: what each of its pieces counts for, and for which queue, agent and moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from acd.model import AgentId, EndedBy, Outcome, QueueId
from acd.stats.kpi_counts import Count, Goal, Goals
from acd.stats.kpi_story import (
    Stay,
    StayEnd,
    Story,
    Talk,
    consults_of,
    intent_of,
    promised_of,
    stays_of,
    talks_of,
)

_NO_LONGER_WANTED = (Outcome.CALLBACK_CANCELLED, Outcome.CALLBACK_BY_PHONE)
CUT_SHORT_MS = 15_000
"""An agent who ends a talk sooner than this has cut it short."""


class Piece(NamedTuple):
    """Something that is counted once, whichever way the day is divided."""

    at_ms: int
    """The moment that decides the interval."""
    queue: str
    """Empty: none."""
    agent: str
    """Empty: nobody."""
    segment: str
    intent: str
    counts: Mapping[Count, int]
    wait_ms: int | None = None
    """Of an answered stay."""


def pieces_of(story: Story, goals: Goals) -> Iterator[Piece]:
    """
    Everything that a story counts for.

    A stay belongs to the interval in which it began, to its queue and to the agent who
    answered; a talk with its wrap-up to the interval in which it began; the contact as a
    whole to the interval in which it began, to its last queue and its last agent. A consultation
    belongs to the interval in which it began, to the queue of the contact and to either agent.
    """
    intent = intent_of(story)
    stays, talks = stays_of(story), talks_of(story)
    answered = False
    for stay in stays:
        first = stay.end is StayEnd.ANSWERED and not answered and not story.outgoing
        answered = answered or first
        counts = _stay_counts(stay, goals(stay.queue), story.started_ms if first else None)
        wait_ms = stay.wait_ms if stay.end is StayEnd.ANSWERED else None
        yield Piece(stay.began_ms, stay.queue, stay.agent_id or "", story.segment, intent, counts, wait_ms)
    first_stay_ms = stays[0].began_ms if stays else None
    for talk in talks:
        outgoing = story.outgoing and (first_stay_ms is None or talk.start_ms < first_stay_ms)
        counts = _talk_counts(talk, outgoing=outgoing)
        yield Piece(talk.start_ms, talk.queue, talk.agent_id, story.segment, intent, counts)
    yield from _consult_pieces(story, intent)
    queue, agent = whose(story, talks)
    counts = _outgoing_counts(story, talks) if story.outgoing else _contact_counts(story, stays, talks)
    counts = {**counts, **_promise_counts(story)}
    if counts:
        yield Piece(story.started_ms, queue, agent, story.segment, intent, counts)


def whose(story: Story, talks: tuple[Talk, ...]) -> tuple[QueueId | str, AgentId | str]:
    """
    The queue and the agent that the contact as a whole belongs to.

    An outgoing one belongs to who called, whoever took it over.
    """
    if story.outgoing:
        return story.queue or "", story.dialled_by or ""
    return story.queue or "", talks[-1].agent_id if talks else ""


def _stay_counts(stay: Stay, goal: Goal, started_ms: int | None) -> Mapping[Count, int]:
    counts = {Count.OFFERED: 1, Count[stay.end.name]: 1}
    in_time = stay.wait_ms <= goal.target_ms
    if stay.end is StayEnd.ANSWERED:
        counts[Count.ANSWERED_IN_TIME] = int(in_time)
        counts[Count.WAIT_ANSWERED_MS] = stay.wait_ms
        if started_ms is not None:
            counts[Count.FIRST_ANSWERED] = 1
            counts[Count.WAIT_FROM_START_MS] = stay.ended_ms - started_ms
    elif stay.end is StayEnd.ABANDONED:
        counts[Count.ABANDONED_IN_TIME] = int(in_time)
        counts[Count.ABANDONED_SHORT] = int(stay.wait_ms < goal.short_ms)
        counts[Count.WAIT_ABANDONED_MS] = stay.wait_ms
    return counts


def cut_short(talk: Talk) -> bool:
    return talk.ended_by is EndedBy.AGENT and talk.talk_ms < CUT_SHORT_MS


def _talk_counts(talk: Talk, *, outgoing: bool) -> Mapping[Count, int]:
    handed = {
        Count.HANDED_OVER: int(talk.handed is not None),
        Count.HANDED_ATTENDED: int(talk.handed is not None and talk.handed.attended),
    }
    if outgoing:
        return handed | {
            Count.OUT_TALKS: 1,
            Count.OUT_TALK_MS: talk.talk_ms - talk.hold_ms,
            Count.OUT_HOLD_MS: talk.hold_ms,
            Count.OUT_WRAP_MS: talk.wrap_ms,
        }
    return handed | {
        Count.TALKS: 1,
        Count.TALK_MS: talk.talk_ms - talk.hold_ms,
        Count.HOLD_MS: talk.hold_ms,
        Count.WRAP_MS: talk.wrap_ms,
        Count.CUT_SHORT: int(cut_short(talk)),
    }


def _consult_pieces(story: Story, intent: str) -> Iterator[Piece]:
    for one in consults_of(story):
        asked = {Count.CONSULTS: 1, Count.CONSULT_MS: one.talk_ms}
        yield Piece(one.start_ms, one.queue, one.asked_by, story.segment, intent, asked)
        if one.agent_id is not None:
            yield Piece(one.start_ms, one.queue, one.agent_id, story.segment, intent, {Count.CONSULTED: 1})


def _outgoing_counts(story: Story, talks: tuple[Talk, ...]) -> Mapping[Count, int]:
    if story.ended_ms is None or story.dialled_by is None:
        return {}
    return {Count.DIALLED: 1, Count.REACHED: int(bool(talks))}


def _promise_counts(story: Story) -> Mapping[Count, int]:
    promised = promised_of(story)
    if story.ended_ms is None or promised is None or story.outcome in _NO_LONGER_WANTED:
        return {}
    waits, kept = promised
    if kept is None:
        return {Count.CALLBACKS: 1}
    waited_ms = kept.start_ms - waits.start_ms
    return {Count.CALLBACKS: 1, Count.CALLED_BACK: 1, Count.CALLBACK_WAIT_MS: waited_ms}


def _contact_counts(story: Story, stays: tuple[Stay, ...], talks: tuple[Talk, ...]) -> Mapping[Count, int]:
    if story.ended_ms is None:
        return {Count.CONTACTS: 1, Count.OPEN: 1}
    if not talks:
        return {
            Count.CONTACTS: 1,
            Count.SELF_SERVED: int(story.outcome is Outcome.COMPLETED_IVR),
            Count.MESSAGES: int(story.outcome is Outcome.VOICEMAIL),
        }
    return {
        Count.CONTACTS: 1,
        Count.HANDLED: 1,
        Count.HANDLE_MS: sum(talk.talk_ms + talk.wrap_ms for talk in talks),
        Count.TRANSFERRED: int(len({talk.agent_id for talk in talks}) > 1),
        Count.ESCALATED: int(story.escalated or _escalated(stays)),
    }


def _escalated(stays: tuple[Stay, ...]) -> bool:
    return any(later.after_talk and later.queue != earlier.queue for earlier, later in pairwise(stays))
