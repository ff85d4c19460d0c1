"""Can the opening hours be understood in one way only, and do the holidays exist?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from config.findings import Findings
from config.problems import KeyPath, did_you_mean
from config.schema import Centre, Holidays, Hours
from config.times import WEEKDAYS, minutes_of_day, weekday_numbers


def check_hours(centre: Centre, found: Findings) -> None:
    """Add what is wrong with opening hours."""
    for name, hours in centre.hours.items():
        path = ("hours", name)
        _check_week(found, (*path, "week"), hours)
        for key, texts in (("week", hours.week), ("days", hours.days)):
            for day, spans in texts.items():
                _check_overlap(found, (*path, key, day), spans)
        if hours.holidays is not None:
            _check_holidays(found, (*path, "holidays"), hours.holidays)


def _check_week(found: Findings, path: KeyPath, hours: Hours) -> None:
    first: dict[int, str] = {}
    for days in hours.week:
        for number in weekday_numbers(days):
            if number in first:
                day, before = WEEKDAYS[number], first[number]
                es, en = f"{day} ya está en «{before}»", f'{day} is in "{before}" already'
                fix = ("cada día una sola vez", "each day only once")
                found.error("day-twice", (*path, days), es, en, fix, at_key=True)
                break
            first[number] = days


def _check_overlap(found: Findings, path: KeyPath, spans: list[str]) -> None:
    for (one, _), (other, index) in pairwise(sorted((minutes_of_day(s), i) for i, s in enumerate(spans))):
        if other[0] < one[1]:
            place = (*path, index) if len(spans) > 1 else path
            found.error("hours-overlap", place, "se solapa con otro tramo", "overlaps with another one")


def _check_holidays(found: Findings, path: KeyPath, wanted: Holidays) -> None:
    # The library is large: it is loaded only where holidays are asked for.
    import holidays  # noqa: PLC0415

    try:
        regions: Sequence[str] = holidays.country_holidays(wanted.country).subdivisions
    except NotImplementedError:
        es, en = f"no hay festivos de «{wanted.country}»", f'no holidays are known of "{wanted.country}"'
        fix = ("un código de dos letras, p. ej. ES", "a code of two letters, e.g. ES")
        found.error("unknown-country", (*path, "country"), es, en, fix)
        return
    if wanted.region is not None and wanted.region not in regions:
        es = f"{wanted.country} no tiene una región «{wanted.region}»"
        en = f'{wanted.country} has no region "{wanted.region}"'
        found.error("unknown-region", (*path, "region"), es, en, did_you_mean(wanted.region, regions))
