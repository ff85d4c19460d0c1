"""
Who came again, and how long a matter took: contacts of one customer seen together.

A customer is an opaque key that the shell hands in; there is no number here. A
contact of an unknown customer counts for none of these figures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from acd.model import ContactId
from acd.stats.kpi_counts import Count
from acd.stats.kpi_pieces import Piece, cut_short, whose
from acd.stats.kpi_story import Story, intent_of, talks_of

RETURN_WITHIN_MS = 7 * 86_400_000
"""A customer who comes again within this, for the same intent, was not served at once."""


class Visit(NamedTuple):
    """A contact of a known customer, ended or not."""

    customer: str
    started_ms: int
    contact_id: ContactId
    ended_ms: int | None
    intent: str
    handled: bool
    cut_short: bool
    """The agent ended the last talk in its first seconds."""
    queue: str
    agent: str
    segment: str


def visit_of(story: Story, customer: str) -> Visit:
    talks = talks_of(story)
    queue, agent = whose(story, talks)
    short = bool(talks) and cut_short(talks[-1])
    return Visit(
        customer,
        story.started_ms,
        story.contact_id,
        story.ended_ms,
        intent_of(story),
        bool(talks) and story.ended_ms is not None,
        short,
        queue,
        agent,
        story.segment,
    )


def return_pieces(
    visits: Iterable[Visit], now_ms: int, within_ms: int = RETURN_WITHIN_MS
) -> Iterator[tuple[ContactId, Piece]]:
    """
    What contacts count for once it is known whether their customers came again.

    Args:
        visits: All of these customers in the time that is read, and `within_ms` before and beyond.
        now_ms: A contact that ended less than `within_ms` before this counts for nothing yet.
        within_ms: The days within which a return tells that the matter was not settled.

    Yields:
        The contact and its piece, which lies where the contact as a whole lies.
    """
    of: dict[str, list[Visit]] = defaultdict(list)
    for visit in sorted(visits, key=lambda visit: visit[:3]):
        of[visit.customer].append(visit)
    for theirs in of.values():
        yield from _one_customer(theirs, now_ms, within_ms)


def _one_customer(visits: list[Visit], now_ms: int, within_ms: int) -> Iterator[tuple[ContactId, Piece]]:
    for n, visit in enumerate(visits):
        if visit.ended_ms is None or visit.ended_ms + within_ms > now_ms:
            continue
        again, same = _came_again(visits, n, visit.ended_ms + within_ms)
        counts = {}
        if visit.handled:
            counts = {Count.RETURN_DUE: 1, Count.RETURNED: int(same), Count.RESOLVED: int(not same)}
            counts[Count.RESOLUTION_MS] = 0 if same else visit.ended_ms - _began_ms(visits, n, within_ms)
        if visit.cut_short:
            counts |= {Count.CUT_SHORT_DUE: 1, Count.CUT_SHORT_RETURNED: int(again)}
        if counts:
            yield (
                visit.contact_id,
                Piece(visit.started_ms, visit.queue, visit.agent, visit.segment, visit.intent, counts),
            )


def _came_again(visits: list[Visit], n: int, until_ms: int) -> tuple[bool, bool]:
    """Whether the n-th visit is followed by another one by then, and by one for the same intent."""
    again = False
    for later in islice(visits, n + 1, None):
        if later.started_ms > until_ms:
            break
        again = True
        if later.intent == visits[n].intent:
            return True, True
    return again, False


def _began_ms(visits: list[Visit], n: int, within_ms: int) -> int:
    """When the matter of the n-th visit came up: the first contact for it in the days before."""
    began_ms = since_ms = visits[n].started_ms
    for earlier in islice(reversed(visits), len(visits) - n, None):
        if earlier.started_ms < since_ms - within_ms:
            break
        if earlier.intent == visits[n].intent:
            began_ms = earlier.started_ms
    return began_ms
