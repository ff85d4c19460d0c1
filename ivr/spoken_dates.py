"""
Dates as people say them, in Spanish and English, relative to a given day. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from ivr.spoken_numbers import value

_YEARS = range(1900, 2200)
_DAYS_MAX = 3_660


class Span(NamedTuple):
    """What the words from `start` to `end` mean."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Calendar:
    """How a language speaks of days; words are folded."""

    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    days: Mapping[tuple[str, ...], int]
    """From today on."""
    ordinals: Mapping[str, int]
    fillers: frozenset[str]
    """Between day, month and year."""
    ago: tuple[str, ...]
    """Before ("hace") or behind ("ago") a number of days."""
    within: tuple[str, ...]
    day_words: frozenset[str]
    week_words: frozenset[str]
    last: frozenset[str]
    """Beside a weekday: the one that is over."""


def _numbered(names: str, start: int = 1) -> dict[str, int]:
    return {name: number for number, name in enumerate(names.split(), start)}


_ES = _Calendar(
    months=_numbered(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    )
    | {"setiembre": 9},
    weekdays=_numbered("lunes martes miercoles jueves viernes sabado domingo", 0),
    days={("pasado", "mañana"): 2, ("hoy",): 0, ("mañana",): 1, ("anteayer",): -2, ("ayer",): -1},
    ordinals={"primero": 1},
    fillers=frozenset({"de", "del", "año"}),
    ago=("hace",),
    within=("dentro", "en"),
    day_words=frozenset({"dia", "dias"}),
    week_words=frozenset({"semana", "semanas"}),
    last=frozenset({"pasado"}),
)
_EN = _Calendar(
    months=_numbered("january february march april may june july august september october november december"),
    weekdays=_numbered("monday tuesday wednesday thursday friday saturday sunday", 0),
    days={("day", "after", "tomorrow"): 2, ("today",): 0, ("tomorrow",): 1, ("yesterday",): -1},
    ordinals=_numbered(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
        " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
    )
    | {"thirtieth": 30},
    fillers=frozenset({"of", "the"}),
    ago=("ago",),
    within=("in", "within"),
    day_words=frozenset({"day", "days"}),
    week_words=frozenset({"week", "weeks"}),
    last=frozenset({"last"}),
)
_CALENDARS = {"es": _ES, "en": _EN}

_FIGURES = re.compile(r"\b([0-9]{1,2})[/.-]([0-9]{1,2})(?:[/.-]([0-9]{2}|[0-9]{4}))?\b")
_ISO = re.compile(r"\b([0-9]{4})-([0-9]{2})-([0-9]{2})\b")


def written_date(text: str, today: date, *, day_first: bool) -> tuple[str, str]:
    """A date in figures, and the text without it."""
    for pattern in (_ISO, _FIGURES):
        found = pattern.search(text)
        if found is None:
            continue
        if pattern is _ISO:
            day = _day(int(found[1]), int(found[2]), int(found[3]))
        else:
            first, second = int(found[1]), int(found[2])
            month, number = (second, first) if day_first else (first, second)
            day = _in_year(found[3], month, number, today)
        if day is not None:
            return day.isoformat(), f"{text[: found.start()]} | {text[found.end() :]}"
    return "", text


def _in_year(year: str | None, month: int, number: int, today: date) -> date | None:
    if year is None:
        return _nearest(month, number, today)
    return _day(int(year) + (2000 if len(year) == 2 else 0), month, number)


def dates(words: Sequence[str], language: str, today: date) -> Iterator[Span]:
    """The first date in these folded words, ISO 8601; without a year the one nearest to today."""
    calendar = _CALENDARS.get(language)
    if calendar is None:
        return
    for find in (_calendar_days, _counted_days, _named_days, _weekdays):
        for day, start, end in find(words, language, calendar, today):
            yield Span(day.isoformat(), start, end)
            return


_Found = Iterator[tuple[date, int, int]]


def _calendar_days(words: Sequence[str], language: str, calendar: _Calendar, today: date) -> _Found:
    """Such as "tres de marzo de 2026", "march third", "the third of march"."""
    for place, word in enumerate(words):
        month = calendar.months.get(word)
        if month is None:
            continue
        before = _day_before(words, place, language, calendar)
        after = _day_after(words, place, language, calendar)
        for number, start, end in (each for each in (before, after) if each is not None):
            year, stop = _year_behind(words, end, language, calendar)
            day = _nearest(month, number, today) if year is None else _day(year, month, number)
            if day is not None:
                yield day, start, stop


def _day_before(
    words: Sequence[str], place: int, language: str, calendar: _Calendar
) -> tuple[int, int, int] | None:
    """The number before a month, over at most one filler, and where both begin and end."""
    end = place - 1 if place and words[place - 1] in calendar.fillers else place
    for start in range(max(0, end - 3), end):
        number = _ordinal(words[start:end], language, calendar)
        if number is not None:
            return number, start, place + 1
    return None


def _day_after(
    words: Sequence[str], place: int, language: str, calendar: _Calendar
) -> tuple[int, int, int] | None:
    if language != "en":
        return None
    start = place + 1 + (place + 1 < len(words) and words[place + 1] in calendar.fillers)
    for end in range(min(len(words), start + 2), start, -1):
        number = _ordinal(words[start:end], language, calendar)
        if number is not None:
            return number, place, end
    return None


def _ordinal(words: Sequence[str], language: str, calendar: _Calendar) -> int | None:
    """A day of the month, if these words are nothing else."""
    if not words:
        return None
    figure = re.fullmatch(r"([0-9]{1,2})(?:st|nd|rd|th)?", words[0])
    if len(words) == 1 and figure is not None:
        return int(figure[1])
    last = calendar.ordinals.get(words[-1])
    if last is not None and len(words) == 1:
        return last
    tens = value(words[:1], language)
    if last is not None and len(words) == 2 and tens is not None and last < 10:
        return tens[0] + last
    counted = value(words, language)
    return counted[0] if counted is not None and counted[1] == len(words) else None


def _year_behind(
    words: Sequence[str], place: int, language: str, calendar: _Calendar
) -> tuple[int | None, int]:
    """The year that follows, and where it ends; in English also "twenty twenty-six"."""
    start = place
    while start < len(words) and words[start] in calendar.fillers:
        start += 1
    counted = value(words[start:], language)
    if counted is None:
        return None, place
    number, end = counted[0], start + counted[1]
    if number in _YEARS:
        return number, end
    rest = value(words[end:], language)
    if language == "en" and number in {19, 20} and rest is not None and 10 <= rest[0] <= 99:
        return number * 100 + rest[0], end + rest[1]
    return None, place


def _counted_days(words: Sequence[str], language: str, calendar: _Calendar, today: date) -> _Found:
    """Such as "dentro de tres días", "hace dos semanas", "three days ago"."""
    units = {**dict.fromkeys(calendar.day_words, 1), **dict.fromkeys(calendar.week_words, 7)}
    for start in range(len(words)):
        counted = value(words[start:], language)
        if counted is None or start + counted[1] >= len(words):
            continue
        end = start + counted[1]
        days = counted[0] * units.get(words[end], 0)
        if not 0 < days <= _DAYS_MAX:
            continue
        before = start - 1 - (start > 0 and words[start - 1] == "de")
        led_by = words[before] if before >= 0 else ""
        if led_by in calendar.within:
            yield today + timedelta(days), before, end + 1
        elif language == "es" and led_by in calendar.ago:
            yield today - timedelta(days), before, end + 1
        elif language == "en" and end + 1 < len(words) and words[end + 1] in calendar.ago:
            yield today - timedelta(days), start, end + 2


def _named_days(words: Sequence[str], _language: str, calendar: _Calendar, today: date) -> _Found:
    """Such as "pasado mañana", "hoy"; not "por la mañana"."""
    for names, days in calendar.days.items():
        for start in range(len(words) - len(names) + 1):
            behind_article = start > 0 and words[start - 1] == "la" and names == ("mañana",)
            if tuple(words[start : start + len(names)]) == names and not behind_article:
                yield today + timedelta(days), start, start + len(names)


def _weekdays(words: Sequence[str], _language: str, calendar: _Calendar, today: date) -> _Found:
    """Such as "el viernes", "next friday": the coming one, never today; "el viernes pasado": the last."""
    for place, word in enumerate(words):
        weekday = calendar.weekdays.get(word)
        if weekday is None:
            continue
        around = (*words[max(0, place - 1) : place], *words[place + 1 : place + 2])
        ahead = (weekday - today.weekday() - 1) % 7 + 1
        days = ahead if not calendar.last.intersection(around) else ahead - 7 or -7
        yield today + timedelta(days), place, place + 1


def _nearest(month: int, number: int, today: date) -> date | None:
    """The day of this name that is nearest to today, before or after."""
    days = [_day(today.year + offset, month, number) for offset in (-1, 0, 1)]
    known = [day for day in days if day is not None]
    return min(known, key=lambda day: (abs((day - today).days), -day.toordinal()), default=None)


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None
