"""Stories of contacts, written by hand: minutes and seconds of one morning."""

from __future__ import annotations

from acd.model import AgentId, ContactId, EndedBy, ExitTo, Outcome, QueueId
from acd.records import Segment
from acd.stats.kpi import Kpis
from acd.stats.kpi_book import Book, By, Shape
from acd.stats.kpi_counts import Goal, Tally
from acd.stats.kpi_story import Diverted, Story, Wrapped

T0 = 1_000_000
"""The beginning of the morning."""
S = 1_000
END = T0 + 3_600 * S
VENTAS, SOPORTE = QueueId("ventas"), QueueId("soporte")
ANA, BETO = AgentId("ana"), AgentId("beto")


def waiting(start_s: int, end_s: int, queue: QueueId = VENTAS) -> Segment:
    return Segment("waiting", T0 + start_s * S, T0 + end_s * S, queue)


def talking(
    start_s: int,
    end_s: int,
    agent: AgentId = ANA,
    queue: QueueId = VENTAS,
    ended_by: EndedBy = EndedBy.CALLER,
) -> Segment:
    return Segment("talking", T0 + start_s * S, T0 + end_s * S, queue, agent, None, ended_by)


def wrapped(end_s: int, wrap_s: int, agent: AgentId = ANA) -> Wrapped:
    return Wrapped(agent, T0 + end_s * S, wrap_s * S)


def exit_taken(at_s: int, to: ExitTo, queue: QueueId = VENTAS) -> Diverted:
    return Diverted(queue, to, T0 + at_s * S)


def contact(
    name: str,
    *parts: Segment | Diverted | Wrapped,
    start_s: int = 0,
    end_s: int | None = None,
    outcome: Outcome = Outcome.ANSWERED,
    queue: QueueId | None = VENTAS,
    segment: str = "",
) -> Story:
    """A contact that has ended: with its last part, unless `end_s` says otherwise."""
    segments = tuple(part for part in parts if isinstance(part, Segment))
    ended_ms = segments[-1].end_ms if end_s is None else T0 + end_s * S
    return Story(
        ContactId(name),
        "900",
        T0 + start_s * S,
        ended_ms,
        outcome,
        queue,
        segment,
        segments,
        tuple(part for part in parts if isinstance(part, Diverted)),
        tuple(part for part in parts if isinstance(part, Wrapped)),
    )


def answered(name: str, wait_s: int, *, start_s: int = 0, talk_s: int = 60, agent: AgentId = ANA) -> Story:
    at_s = start_s + wait_s
    return contact(name, waiting(start_s, at_s), talking(at_s, at_s + talk_s, agent), start_s=start_s)


def abandoned(name: str, wait_s: int, *, start_s: int = 0) -> Story:
    return contact(name, waiting(start_s, start_s + wait_s), start_s=start_s, outcome=Outcome.ABANDONED_QUEUE)


def rejected(name: str, at_s: int = 0) -> Story:
    return contact(
        name, exit_taken(at_s, ExitTo.HANG_UP), start_s=at_s, end_s=at_s + 5, outcome=Outcome.REJECTED_FULL
    )


def goal(_queue: QueueId) -> Goal:
    """80/20, short abandons below 5 s."""
    return Goal(20_000, 5_000)


def book(*stories: Story, by: By = By.QUEUE, bounds: tuple[int, ...] = (T0, END)) -> Book:
    kpis = Kpis(Shape(by, bounds), goal)
    kpis.tell(stories)
    return kpis.read(END)


def tally(*stories: Story) -> Tally:
    return book(*stories).total()
