"""Is a queue open, and until when? Asked by every screen, so an answer is kept until it changes."""

from __future__ import annotations

from dataclasses import dataclass

from acd.model import QueueId
from config import schema
from config.calendars import Calendar, Calendars


@dataclass(frozen=True, slots=True)
class Opening:
    """What the opening hours of a queue say at a moment."""

    is_open: bool
    until_ms: int | None = None
    """When that changes, UTC ms; None for not within a year."""


class Openings:
    """
    The opening hours of all queues of one configuration.

    Until `warm` has run nothing is known: the first holidays take half a second,
    which nobody who asks has.
    """

    def __init__(self, centre: schema.Centre, calendars: Calendars) -> None:
        queues = {QueueId(name): queue.hours for name, queue in centre.queues.items()}
        self._hours = {queue: name for queue, name in queues.items() if name is not None}
        found = {name: calendars.of(name) for name in self._hours.values()}
        self._calendars = {name: calendar for name, calendar in found.items() if calendar is not None}
        self._known: dict[str, Opening] = {}

    def warm(self, now_ms: int) -> None:
        """For a thread of its own, once."""
        self._known = {name: _ask(calendar, now_ms) for name, calendar in self._calendars.items()}

    def of(self, queue: QueueId, now_ms: int) -> Opening | None:
        """None for a queue without hours, or when nothing is known yet."""
        name = self._hours.get(queue)
        known = self._known.get(name) if name is not None else None
        if name is None or known is None:
            return None
        if known.until_ms is not None and now_ms >= known.until_ms:
            known = self._known[name] = _ask(self._calendars[name], now_ms)
        return known


def _ask(calendar: Calendar, now_ms: int) -> Opening:
    return Opening(calendar.is_open(now_ms), calendar.next_change_ms(now_ms))
