"""
Opening hours as a question that costs nothing: is it open at this moment?

A day of its own goes before a holiday, a holiday before the week. Hours are
what the clock on the wall says in their zone, so on the nights of the change of
time they are an hour shorter or longer, as the door is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import structlog

from config import schema
from config.times import minutes_of_day, weekday_numbers

_log = structlog.get_logger("calendars")

HORIZON_MS = 400 * 24 * 3_600_000
"""How far ahead a change is looked for: a whole year, and some."""
_DAYS_KNOWN_MAX = 1_000

Span = tuple[int, int]
"""Open from, to (exclusive): UTC milliseconds."""
Stretch = tuple[int, int, bool]
"""From, to (exclusive): UTC milliseconds; and whether it is open all the time or closed all the time."""


class Calendar:
    """
    The opening hours of one name in the configuration.

    Args:
        hours: As configured. A country or region whose holidays are not known
            has none: that is said in the log, and the week goes on.
    """

    def __init__(self, hours: schema.Hours) -> None:
        self._zone = ZoneInfo(hours.zone)
        self._week = _week(hours.week)
        self._days = {date.fromisoformat(day): _minutes(texts) for day, texts in hours.days.items()}
        self._holidays = hours.holidays
        self._days_known: dict[date, tuple[Stretch, ...]] = {}
        self._last: Stretch = (0, 0, False)
        """The one that was asked for last."""

    def is_open(self, at_ms: int) -> bool:
        """Whether the hours hold at this moment, UTC milliseconds."""
        begin_ms, end_ms, is_open = self._last
        if not begin_ms <= at_ms < end_ms:
            self._last = self._stretch(at_ms)
            is_open = self._last[2]
        return is_open

    def next_change_ms(self, at_ms: int) -> int | None:
        """
        When the answer becomes another one, UTC milliseconds, after `at_ms`.

        None if it stays the same for more than a year.
        """
        _, end_ms, is_open = self._stretch(at_ms)
        limit_ms = end_ms + HORIZON_MS
        while end_ms < limit_ms:
            _, following_ms, then_open = self._stretch(end_ms)
            if then_open != is_open:
                return end_ms
            end_ms = following_ms
        return None

    def _stretch(self, at_ms: int) -> Stretch:
        day = self._local_date(at_ms)
        stretches = self._days_known.get(day)
        if stretches is None:
            if len(self._days_known) >= _DAYS_KNOWN_MAX:
                self._days_known.clear()
            stretches = self._days_known[day] = tuple(self._stretches(day))
        return next(stretch for stretch in stretches if at_ms < stretch[1])

    def _stretches(self, day: date) -> Iterator[Stretch]:
        """The local day from midnight to midnight, in pieces that are all open or all closed."""
        begin_ms, midnight_ms = self._at(day, 0), self._at(day, 24 * 60)
        for open_ms, close_ms in _joined(self._open_parts(day, midnight_ms)):
            if begin_ms < open_ms:
                yield begin_ms, open_ms, False
            yield open_ms, close_ms, True
            begin_ms = close_ms
        if begin_ms < midnight_ms:
            yield begin_ms, midnight_ms, False

    def _open_parts(self, day: date, midnight_ms: int) -> Iterator[Span]:
        for begin, end in self._minutes_of(day):
            yield self._at(day, begin), min(self._at(day, end, is_end=True), midnight_ms)

    def _minutes_of(self, day: date) -> tuple[tuple[int, int], ...]:
        special = self._days.get(day)
        if special is not None:
            return special
        if self._holidays is not None:
            country, region = self._holidays.country, self._holidays.region
            if day in public_holidays(country, region, day.year):
                return ()
        return self._week[day.weekday()]

    def _local_date(self, at_ms: int) -> date:
        return datetime.fromtimestamp(at_ms / 1000, self._zone).date()

    def _at(self, day: date, minutes: int, *, is_end: bool = False) -> int:
        """
        UTC milliseconds of a time of day.

        An hour that comes twice begins the first time and ends the second;
        one that the clock leaves out is the moment at which it is put forward.
        """
        days, minutes = divmod(minutes, 24 * 60)
        wall = datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60))
        early = wall.replace(tzinfo=self._zone, fold=0)
        late = wall.replace(tzinfo=self._zone, fold=1)
        if early.utcoffset() == late.utcoffset():
            return _ms(early)
        if late.astimezone(UTC) < early.astimezone(UTC):
            return _leap(_ms(late), _ms(early), self._zone)
        return _ms(late if is_end else early)


class Calendars:
    """
    The opening hours of one configuration, as callers' visits ask for them.

    Args:
        centre: The configuration.
        now_ms: The wall clock, UTC milliseconds.
    """

    def __init__(self, centre: schema.Centre, now_ms: Callable[[], int]) -> None:
        self._calendars = {name: Calendar(hours) for name, hours in centre.hours.items()}
        self._now_ms = now_ms

    def is_open(self, name: str) -> bool:
        """
        Whether the hours of this name hold now.

        Those that are not in the configuration hold always: no caller is turned away by a mistake.
        """
        calendar = self.of(name)
        return calendar is None or calendar.is_open(self._now_ms())

    def of(self, name: str) -> Calendar | None:
        """The calendar of this name; None if it is not in the configuration."""
        return self._calendars.get(name)

    def warm(self) -> None:
        """Ask everything once, in a thread: the first holidays take half a second, which is no caller's."""
        for name in self._calendars:
            self.is_open(name)


@lru_cache(maxsize=256)
def public_holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    """
    The holidays of one year; empty, with a line in the log, where none are known.

    Source: package `holidays`. Its import takes a second, hence here, at the first need.
    """
    from holidays import country_holidays  # noqa: PLC0415

    try:
        return frozenset(country_holidays(country, subdiv=region, years=year))
    except NotImplementedError as unknown:
        _log.error("holidays.unknown", country=country, region=region, why=str(unknown))
        return frozenset()


def _week(texts: Mapping[str, list[str]]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """By weekday, Monday first; a day that is not named is closed."""
    days = {
        number: _minutes(spans) for weekdays, spans in texts.items() for number in weekday_numbers(weekdays)
    }
    return tuple(days.get(number, ()) for number in range(7))


def _minutes(texts: list[str]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(minutes_of_day(text) for text in texts))


def _joined(spans: Iterator[Span]) -> Iterator[Span]:
    """In order, overlapping and touching ones as one; what the change of time leaves empty is dropped."""
    held: Span | None = None
    for begin_ms, end_ms in spans:
        if begin_ms >= end_ms:
            continue
        if held is not None and begin_ms <= held[1]:
            held = held[0], max(held[1], end_ms)
            continue
        if held is not None:
            yield held
        held = begin_ms, end_ms
    if held is not None:
        yield held


def _leap(before_ms: int, after_ms: int, zone: ZoneInfo) -> int:
    """The moment between the two at which the zone's clock is put forward."""
    offset = datetime.fromtimestamp(before_ms / 1000, zone).utcoffset()
    while after_ms - before_ms > 1:
        middle_ms = (before_ms + after_ms) // 2
        if datetime.fromtimestamp(middle_ms / 1000, zone).utcoffset() == offset:
            before_ms = middle_ms
        else:
            after_ms = middle_ms
    return after_ms


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
