"""A story taken apart: what each of its pieces counts for, and for which queue, agent and moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from acd.model import AgentId, EndedBy, Outcome, QueueId
from acd.stats.kpi_counts import Count, Goal, Goals
from acd.stats.kpi_story import Stay, StayEnd, Story, Talk, intent_of, stays_of, talks_of

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
    whole to the interval in which it began, to its last queue and its last agent.
    """
    intent = intent_of(story)
    stays, talks = stays_of(story), talks_of(story)
    answered = False
    for stay in stays:
        first = stay.end is StayEnd.ANSWERED and not answered
        answered = answered or first
        counts = _stay_counts(stay, goals(stay.queue), story.started_ms if first else None)
        wait_ms = stay.wait_ms if stay.end is StayEnd.ANSWERED else None
        yield Piece(stay.began_ms, stay.queue, stay.agent_id or "", story.segment, intent, counts, wait_ms)
    for talk in talks:
        yield Piece(talk.start_ms, talk.queue, talk.agent_id, story.segment, intent, _talk_counts(talk))
    queue, agent = whose(story, talks)
    counts = _contact_counts(story, stays, talks)
    yield Piece(story.started_ms, queue, agent, story.segment, intent, counts)


def whose(story: Story, talks: tuple[Talk, ...]) -> tuple[QueueId | str, AgentId | str]:
    """The queue and the agent that the contact as a whole belongs to."""
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


def _talk_counts(talk: Talk) -> Mapping[Count, int]:
    return {
        Count.TALKS: 1,
        Count.TALK_MS: talk.talk_ms,
        Count.WRAP_MS: talk.wrap_ms,
        Count.CUT_SHORT: int(cut_short(talk)),
    }


def _contact_counts(story: Story, stays: tuple[Stay, ...], talks: tuple[Talk, ...]) -> Mapping[Count, int]:
    if story.ended_ms is None:
        return {Count.CONTACTS: 1, Count.OPEN: 1}
    if not talks:
        return {Count.CONTACTS: 1, Count.SELF_SERVED: int(story.outcome is Outcome.COMPLETED_IVR)}
    return {
        Count.CONTACTS: 1,
        Count.HANDLED: 1,
        Count.HANDLE_MS: sum(talk.talk_ms + talk.wrap_ms for talk in talks),
        Count.TRANSFERRED: int(len({talk.agent_id for talk in talks}) > 1),
        Count.ESCALATED: int(story.escalated or _escalated(stays)),
    }


def _escalated(stays: tuple[Stay, ...]) -> bool:
    return any(later.after_talk and later.queue != earlier.queue for earlier, later in pairwise(stays))
