"""
How times are written: durations, hours of the day, dates, weekdays, zones.

As in `config.words`, each type knows what an administrator is told who writes it
differently, and how an editor's JSON Schema describes it.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from config.problems import did_you_mean
from config.words import DURATION, OneOrMore, as_text, one_or_more, wrong

DURATION_MAX_MS = 24 * 3_600_000
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_FIGURE_AND_UNIT = re.compile(r"([0-9]{1,6})(ms|s|m|h)")
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_SPANISH_DAYS = dict(zip(("lun", "mar", "mie", "jue", "vie", "sab", "dom"), WEEKDAYS, strict=True))


def duration_ms(value: Any) -> int:
    """`20s` in milliseconds."""
    found = _FIGURE_AND_UNIT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise wrong("duration", "duración sin unidad o no válida", "not a time with a unit", "20s, 3m, 500ms")
    ms = int(found[1]) * _UNITS_MS[found[2]]
    if ms > DURATION_MAX_MS:
        raise wrong("duration", "duración de más de 24 h", "longer than 24 h", "<= 24h")
    return ms


def written(ms: int) -> str:
    """A duration as people write it: in the largest unit that holds it without a fraction."""
    for unit, size in reversed(_UNITS_MS.items()):
        if ms % size == 0 and (ms or unit == "s"):
            return f"{ms // size}{unit}"
    return f"{ms}ms"


def between(low_ms: int, high_ms: int = DURATION_MAX_MS) -> AfterValidator:
    """A duration within these limits, both included."""

    def check(ms: int) -> int:
        if ms < low_ms:
            raise wrong("duration", f"como mínimo {written(low_ms)}", f"at least {written(low_ms)}")
        if ms > high_ms:
            raise wrong("duration", f"como máximo {written(high_ms)}", f"at most {written(high_ms)}")
        return ms

    return AfterValidator(check)


Duration = Annotated[int, BeforeValidator(duration_ms), as_text(DURATION, "20s", "3m", "500ms")]
"""Milliseconds here, `20s` in the file."""

PositiveDuration = Annotated[Duration, between(1)]


def minutes_of_day(text: str) -> tuple[int, int]:
    """
    Beginning and end of `09:00-14:00`, in minutes since midnight of the clock on the wall.

    Raises:
        ValueError: Not two times of one day in this order.
    """
    if not re.fullmatch(rf"{_CLOCK}-({_CLOCK}|24:00)", text):
        raise ValueError(text)
    begin, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in text.split("-"))
    if begin >= end:
        raise ValueError(text)
    return begin, end


def _hours_text(value: Any) -> str:
    try:
        minutes_of_day(value if isinstance(value, str) else "")
    except ValueError:
        if isinstance(value, str) and re.fullmatch(rf"{_CLOCK}-{_CLOCK}", value):
            raise wrong(
                "hours",
                "acaba antes de empezar; pasada la medianoche, escriba dos tramos, uno en cada día",
                "ends before it begins; over midnight write two, one on each day",
                "22:00-24:00, 00:00-06:00",
            ) from None
        raise wrong(
            "hours",
            "no es un horario de 00:00 a 24:00",
            "not a time of day from 00:00 to 24:00",
            "09:00-14:00",
        ) from None
    return str(value)


def _day(value: Any) -> str:
    try:
        day = dt.date.fromisoformat(value if isinstance(value, str) else "").isoformat()
    except ValueError:
        day = ""
    # Other ways of ISO 8601 (20261224, 2026-W52-4) are read by the library, but not by people.
    if not day or day != value:
        raise wrong("date", "esa fecha no existe", "there is no such date", '"2026-12-24"')
    return day


def weekday_numbers(text: str) -> tuple[int, ...]:
    """
    The days of `mon-fri`, Monday is 0; `sat-mon` goes round the end of the week.

    Raises:
        ValueError: Not a weekday, nor two of them.
    """
    first, _, last = text.partition("-")
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return tuple((begin + ahead) % 7 for ahead in range((end - begin) % 7 + 1))


def _weekdays(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    try:
        weekday_numbers(text)
    except ValueError:
        plain = text.lower().replace("é", "e").replace("á", "a")
        fix = "-".join(_SPANISH_DAYS.get(part[:3], "") for part in plain.split("-"))
        raise wrong(
            "weekday",
            f"un día de la semana o un tramo de días: {', '.join(WEEKDAYS)}",
            "a weekday or a range of them",
            fix if fix.strip("-") else "mon-fri",
        ) from None
    return text


HoursText = Annotated[
    list[Annotated[str, BeforeValidator(_hours_text)]],
    OneOrMore,
    one_or_more(rf"{_CLOCK}-({_CLOCK}|24:00)"),
]
"""`09:00-14:00`, one or several; `24:00` is the end of the day; an empty list is closed all day."""

Day = Annotated[str, BeforeValidator(_day), as_text("[0-9]{4}-[0-9]{2}-[0-9]{2}", "2026-12-24")]
Weekdays = Annotated[
    str, BeforeValidator(_weekdays), as_text(rf"({'|'.join(WEEKDAYS)})(-({'|'.join(WEEKDAYS)}))?", "mon-fri")
]


def _zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        near = did_you_mean(name, {zone for zone in known if "/" in zone})
        raise wrong("zone", "zona horaria desconocida", "unknown time zone", fix=near) from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]
"""Of the tz database: `Europe/Madrid`."""
