"""Bounds of intervals that begin at local midnight, on the nights of the change of clocks too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

INTERVALS_MAX = 5_000


class TooManyIntervalsError(ValueError):
    """More than a report shows."""


def bounds(from_ms: int, to_ms: int, every_ms: int | None, zone: ZoneInfo) -> tuple[int, ...]:
    """
    The bounds of a report.

    Args:
        from_ms: Beginning, UTC milliseconds.
        to_ms: End, > from_ms.
        every_ms: Length of the intervals, counted anew from each local midnight; the last one
            of a day ends at midnight. None: one interval.
        zone: Whose midnight.

    Returns:
        Ascending, `from_ms` first and `to_ms` last.

    Raises:
        TooManyIntervalsError: More than INTERVALS_MAX.
    """
    if every_ms is None:
        return (from_ms, to_ms)
    found = [from_ms]
    for at_ms in _marks(from_ms, every_ms, zone):
        if at_ms >= to_ms:
            break
        if at_ms > from_ms:
            found.append(at_ms)
        if len(found) > INTERVALS_MAX:
            raise TooManyIntervalsError
    return (*found, to_ms)


def midnight_ms(day: dt.date, zone: ZoneInfo) -> int:
    """The first moment of a local day, UTC milliseconds."""
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def local_day(at_ms: int, zone: ZoneInfo) -> dt.date:
    return dt.datetime.fromtimestamp(at_ms / 1000, zone).date()


def _marks(from_ms: int, every_ms: int, zone: ZoneInfo) -> Iterator[int]:
    day = local_day(from_ms, zone)
    while True:
        next_day = day + dt.timedelta(days=1)
        yield from range(midnight_ms(day, zone), midnight_ms(next_day, zone), every_ms)
        day = next_day
