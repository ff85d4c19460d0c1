from __future__ import annotations

import subprocess
import sys
import timeit
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.calendars import Calendar, Calendars, public_holidays
from config.loader import example, load
from config.schema import Holidays, Hours

pytestmark = pytest.mark.unit

MADRID = ZoneInfo("Europe/Madrid")
WEEK = {"mon-fri": ["09:00-14:00", "16:00-19:00"], "sat": ["10:00-14:00"]}
HOURS = Hours(week=WEEK, holidays=Holidays(country="ES", region="MD"))


def ms(text: str, zone: ZoneInfo = MADRID, *, fold: int = 0) -> int:
    """The moment at which the clock on the wall shows this."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp() * 1000)


def utc(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def calendar(
    week: dict[str, list[str]] = WEEK,
    *,
    region: str | None = None,
    days: dict[str, list[str]] | None = None,
    zone: str = "Europe/Madrid",
    country: str | None = "ES",
) -> Calendar:
    holidays = None if country is None else Holidays(country=country, region=region)
    return Calendar(Hours(zone=zone, week=week, holidays=holidays, days=days or {}))


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23T08:59:59.999", False),
        ("2026-11-23T09:00", True),
        ("2026-11-23T13:59:59.999", True),
        ("2026-11-23T14:00", False),
        ("2026-11-23T16:00", True),
        ("2026-11-23T19:00", False),
        ("2026-11-28T12:00", True),
        ("2026-11-28T17:00", False),
        ("2026-11-29T12:00", False),
    ],
)
def test_the_week_holds_to_the_millisecond(at: str, is_open: bool) -> None:
    """Monday with a break, a short Saturday, a closed Sunday: from the opening on, before the closing."""
    assert calendar().is_open(ms(at)) is is_open


@pytest.mark.parametrize(
    ("day", "region", "is_open"),
    [
        ("2026-12-25", None, False),
        ("2026-12-08", None, False),
        ("2026-05-02", "MD", False),
        ("2026-05-02", "CT", True),
        ("2026-09-11", "CT", False),
        ("2026-09-11", "MD", True),
        ("2026-09-11", None, True),
        ("2026-12-28", None, True),
    ],
)
def test_holidays_close_where_they_are_kept(day: str, region: str | None, is_open: bool) -> None:
    """Christmas everywhere; 2 May in Madrid and 11 September in Catalonia, and only there."""
    assert calendar(region=region).is_open(ms(f"{day}T12:00")) is is_open


def test_a_day_of_its_own_goes_before_the_holiday_and_before_the_week() -> None:
    """Open on the morning of Christmas, closed on an ordinary Monday; the days beside are as ever."""
    own = calendar(days={"2026-12-25": ["09:00-11:00"], "2026-11-23": []})

    assert [own.is_open(ms(f"2026-12-25T{at}")) for at in ("08:59", "09:00", "11:00")] == [False, True, False]
    assert [own.is_open(ms(f"2026-11-{day}T12:00")) for day in (23, 24)] == [False, True]


def test_a_range_of_days_may_go_round_the_end_of_the_week() -> None:
    """`sat-mon` is Saturday, Sunday and Monday."""
    weekend = calendar({"sat-mon": ["10:00-12:00"]}, country=None)
    week = [date(2026, 11, 23) + timedelta(days=n) for n in range(7)]

    assert [weekend.is_open(ms(f"{day}T11:00")) for day in week] == [True, *[False] * 4, True, True]


def test_24_hours_are_the_whole_day_and_midnight_is_no_gap() -> None:
    """00:00-24:00 on every day never closes; on one day it opens and closes at midnight."""
    always = calendar({"mon-sun": ["00:00-24:00"]}, country=None)
    tuesday = calendar({"tue": ["00:00-24:00"]}, country=None)

    assert always.next_change_ms(ms("2026-11-23T12:00")) is None
    assert tuesday.next_change_ms(ms("2026-11-23T12:00")) == ms("2026-11-24T00:00")
    assert tuesday.is_open(ms("2026-11-24T23:59:59.999"))
    assert tuesday.next_change_ms(ms("2026-11-24T00:00")) == ms("2026-11-25T00:00")


def test_several_hours_a_day_in_any_order_overlapping_or_touching() -> None:
    """What is written as four pieces is the two stretches that it means."""
    pieces = calendar(
        {"mon": ["16:00-19:00", "08:00-10:00", "09:00-12:00", "12:00-13:00"]}, days={}, country=None
    )
    changes = [ms("2026-11-23T00:00")]
    for _ in range(4):
        following = pieces.next_change_ms(changes[-1])
        assert following is not None
        changes.append(following)

    assert changes[1:] == [ms(f"2026-11-23T{at}") for at in ("08:00", "13:00", "16:00", "19:00")]


def test_the_next_change_passes_over_nights_weekends_and_holidays() -> None:
    """From the evening of Thursday, 24 December, to Monday: Christmas and a closed weekend lie between."""
    christmas = calendar({"mon-fri": ["09:00-19:00"]})

    assert christmas.next_change_ms(ms("2026-12-24T12:00")) == ms("2026-12-24T19:00")
    assert christmas.next_change_ms(ms("2026-12-24T19:00")) == ms("2026-12-28T09:00")


def test_hours_that_never_hold_never_change() -> None:
    """An empty week is closed for good, and asking ends."""
    never = calendar({"mon": []}, country=None)

    assert not never.is_open(ms("2026-11-23T12:00"))
    assert never.next_change_ms(ms("2026-11-23T12:00")) is None


def test_when_the_clock_goes_forward_the_door_follows_the_wall() -> None:
    """29 March 2026 in Madrid: 02:00 to 03:00 does not exist; before and after, the wall clock counts."""
    sunday = calendar({"sun": ["00:00-02:30", "05:00-06:00"]}, country=None)

    assert sunday.next_change_ms(utc("2026-03-28T23:00")) == utc("2026-03-29T01:00")
    assert [sunday.is_open(utc(f"2026-03-29T{at}")) for at in ("00:59", "01:00", "03:00", "04:00")] == [
        True,
        False,
        True,
        False,
    ]


def test_an_opening_that_the_clock_leaves_out_is_the_moment_of_the_leap() -> None:
    """Open from 02:30 on a day that has no 02:30: from 03:00; hours all within the gap are none."""
    sunday = calendar({"sun": ["02:30-08:00"]}, country=None)
    gone = calendar({"sun": ["02:15-02:45"]}, country=None)

    assert sunday.next_change_ms(utc("2026-03-28T23:00")) == utc("2026-03-29T01:00")
    assert gone.next_change_ms(utc("2026-03-28T23:00")) == ms("2026-04-05T02:15")


def test_an_hour_that_comes_twice_opens_the_first_time_and_closes_the_second() -> None:
    """25 October 2026 in Madrid: 02:00 to 03:00 comes twice; nobody is sent away for an hour in between."""
    sunday = calendar({"sun": ["02:30-08:00"]}, country=None)
    night = calendar({"sun": ["00:00-02:30"]}, country=None)

    assert sunday.next_change_ms(ms("2026-10-25T00:00")) == ms("2026-10-25T02:30", fold=0)
    assert sunday.next_change_ms(ms("2026-10-25T02:30")) == ms("2026-10-25T08:00")
    assert night.next_change_ms(ms("2026-10-25T00:00")) == ms("2026-10-25T02:30", fold=1)


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Atlantic/Canary", "America/Havana", "Asia/Beirut"])
def test_a_whole_year_minute_by_minute_is_what_the_wall_says(zone: str) -> None:
    """Outside the two odd hours of the year, every change of time included, wherever in the day it falls."""
    hours = calendar({"mon-sun": ["00:00-00:30", "07:15-23:45"]}, country=None, zone=zone)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    wrong = []
    while at.year == 2026:
        wall = at.astimezone(ZoneInfo(zone))
        minutes = wall.hour * 60 + wall.minute
        wanted = minutes < 30 or 7 * 60 + 15 <= minutes < 23 * 60 + 45
        twice = wall.utcoffset() != wall.replace(fold=1 - wall.fold).utcoffset()
        if hours.is_open(round(at.timestamp() * 1000)) != wanted and not twice:
            wrong.append(wall)
        at += timedelta(minutes=15)

    assert wrong == []


def test_the_zone_decides_not_the_machine() -> None:
    """When Madrid opens at nine it is eight in the Canaries."""
    madrid, canaries = calendar(), calendar(zone="Atlantic/Canary")
    nine = ms("2026-11-23T09:00")

    assert (madrid.is_open(nine), canaries.is_open(nine)) == (True, False)
    assert canaries.is_open(nine + 3_600_000)


def test_a_country_without_known_holidays_is_open_by_the_week() -> None:
    """What is not known closes no door."""
    for region, country in (("XX", "ES"), (None, "ZZ")):
        assert calendar(region=region, country=country).is_open(ms("2026-12-25T12:00"))
        assert public_holidays(country, region, 2026) == frozenset()


def test_hours_that_nobody_configured_hold_always() -> None:
    """A name that the configuration does not have turns nobody away; one that it has is asked as of now."""
    now = [ms("2026-11-23T12:00")]
    centre = load(example()).config.model_copy(update={"hours": {"oficina": HOURS}})
    asked = Calendars(centre, lambda: now[0])
    asked.warm()

    assert (asked.is_open("oficina"), asked.is_open("otro")) == (True, True)
    now[0] = ms("2026-11-23T15:00")
    assert (asked.is_open("oficina"), asked.is_open("otro")) == (False, True)


def test_asking_again_costs_less_than_ten_microseconds() -> None:
    """Once a day has been worked out; a thousand moments of it, the best of five tries."""
    hours = calendar(region="MD")
    noon = ms("2026-11-23T12:00")
    moments = [noon + n * 3_600_000 for n in (-9, -2, 0, 3, 5, 9)]
    took_s = min(timeit.repeat(lambda: [hours.is_open(at) for at in moments], number=200, repeat=5))

    assert took_s / (200 * len(moments)) < 10e-6


def test_the_package_of_holidays_is_not_loaded_before_it_is_needed() -> None:
    """Its import takes a second, which a server without holidays does not spend."""
    asked = "import sys, config.calendars; print('holidays' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "False"
