"""Reading what somebody wants reported: strictly, naming the parameter that is wrong and how to mend it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from acd.stats.kpi_book import By, Key, Shape
from acd.stats.kpi_counts import Count, QueueGoals
from acd.stats.kpi_figures import DEFINITIONS
from acd.stats.kpi_names import has_list
from centralita.kpis.intervals import INTERVALS_MAX, TooManyIntervalsError, bounds, local_day, midnight_ms
from centralita.web import params
from centralita.web.kpis_ports import Question
from centralita.web.problems import ProblemError

KEYS = ("from", "to", "by", "interval", "queue", "zone", "target", "short")
DAYS_MAX = 400
INTERVALS_MS = {"15m": 900_000, "30m": 1_800_000, "60m": 3_600_000, "1h": 3_600_000, "1d": 86_400_000}

LISTED = {count.value: count for count in Count if has_list(count)} | {
    id_: definition.lists for id_, definition in DEFINITIONS.items() if definition.lists is not None
}
_DURATION = re.compile(r"([0-9]{1,5})(ms|s|m)")
_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000}


class Clock(Protocol):
    """What a question is read by: see `KpisPort`."""

    def now_ms(self) -> int: ...

    def zone(self) -> ZoneInfo: ...

    def goals(self) -> QueueGoals: ...


def asked(values: Mapping[str, str], kpis: Clock) -> Question:
    """
    What is to be read.

    Raises:
        ProblemError: 400, with the parameter that is wrong.
    """
    zone = params.optional(values, "zone", _zone) or kpis.zone()
    now_ms = kpis.now_ms()
    from_ms = _moment("from", values["from"], zone) if "from" in values else _today_ms(now_ms, zone)
    to_ms = _moment("to", values["to"], zone) if "to" in values else max(now_ms, from_ms + 1)
    _check_range(from_ms, to_ms)
    by = By(params.one_of([by.value for by in By])("by", values.get("by", By.QUEUE.value)))
    every_ms = _interval(values, by)
    try:
        marks = bounds(from_ms, to_ms, every_ms, zone)
    except TooManyIntervalsError as error:
        raise _bad(
            "interval",
            f"Son más de {INTERVALS_MAX} intervalos: pida menos días o intervalos más largos.",
            f"These are more than {INTERVALS_MAX} intervals: ask for fewer days or longer intervals.",
        ) from error
    queue = params.optional(values, "queue", params.text)
    return Question(Shape(by, marks, queue), zone.key, _goals(values, kpis.goals()))


def count_of(values: Mapping[str, str]) -> Count:
    """The count whose contacts are wanted: named itself, or by the figure above it."""
    return LISTED[params.one_of(tuple(LISTED))("figure", values.get("figure", ""))]


def key_of(values: Mapping[str, str], by: By) -> Key | None:
    """The row whose contacts are wanted; an empty name is that of what belongs to none."""
    if "key" not in values:
        return None
    if by is By.INTERVAL:
        return params.milliseconds("key", values["key"])
    return params.text("key", values["key"]) if values["key"] else ""


def _goals(values: Mapping[str, str], live: QueueGoals) -> QueueGoals:
    return replace(
        live,
        target_ms=params.optional(values, "target", _duration),
        short_ms=params.optional(values, "short", _duration),
    )


def _interval(values: Mapping[str, str], by: By) -> int | None:
    if by is By.INTERVAL:
        return INTERVALS_MS[params.one_of(tuple(INTERVALS_MS))("interval", values.get("interval", "30m"))]
    if "interval" in values:
        raise _bad(
            "interval",
            "«interval» solo vale con by=interval: añádalo, o quite «interval».",
            "'interval' goes with by=interval only: add it, or leave 'interval' out.",
        )
    return None


def _check_range(from_ms: int, to_ms: int) -> None:
    if from_ms >= to_ms:
        raise _bad(
            "to",
            "«to» debe ser posterior a «from»: cámbielos.",
            "'to' must be later than 'from': change them.",
        )
    if to_ms - from_ms > DAYS_MAX * 86_400_000:
        raise _bad(
            "from",
            f"Un informe abarca como mucho {DAYS_MAX} días: acerque «from» a «to».",
            f"A report covers at most {DAYS_MAX} days: bring 'from' nearer to 'to'.",
        )


def _today_ms(now_ms: int, zone: ZoneInfo) -> int:
    return midnight_ms(local_day(now_ms, zone), zone)


def _moment(key: str, value: str, zone: ZoneInfo) -> int:
    """UTC milliseconds, or a date or time as ISO 8601 writes it: local unless it names its offset."""
    if value.isascii() and value.isdigit():
        return params.milliseconds(key, value)
    # A blank is the plus sign of an offset that was not written as %2B.
    text = re.sub(r" (\d\d:\d\d)$", r"+\1", value)
    try:
        found = dt.datetime.fromisoformat(text)
        local = found if found.tzinfo is not None else found.replace(tzinfo=zone)
        moment_ms = int(local.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise _no_moment(key) from error
    if moment_ms < 0:
        raise _no_moment(key)
    return moment_ms


def _no_moment(key: str) -> ProblemError:
    return _bad(
        key,
        f"«{key}» debe ser una fecha u hora, p. ej. 2026-11-22 o 2026-11-22T09:30, o milisegundos UTC.",
        f"'{key}' must be a date or time, e.g. 2026-11-22 or 2026-11-22T09:30, or UTC milliseconds.",
    )


def _zone(key: str, value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _bad(
            key,
            f"«{key}» debe ser una zona horaria, p. ej. Europe/Madrid.",
            f"'{key}' must be a time zone, e.g. Europe/Madrid.",
        ) from error


def _duration(key: str, value: str) -> int:
    found = _DURATION.fullmatch(value)
    if found is None:
        raise _bad(
            key,
            f"«{key}» debe ser un tiempo con su unidad, p. ej. 20s o 3m.",
            f"'{key}' must be a time with its unit, e.g. 20s or 3m.",
        )
    return int(found[1]) * _UNITS_MS[found[2]]


def _bad(key: str, es: str, en: str) -> ProblemError:
    return ProblemError(400, "bad_request", es, en, key=key)
