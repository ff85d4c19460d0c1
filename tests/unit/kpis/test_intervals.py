from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from centralita.kpis.intervals import TooManyIntervalsError, bounds, midnight_ms

pytestmark = pytest.mark.unit

MADRID = ZoneInfo("Europe/Madrid")
HOUR_MS = 3_600_000


def at(text: str) -> int:
    """Local time in Madrid."""
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=MADRID).timestamp() * 1000)


def test_intervals_begin_at_local_midnight() -> None:
    """Half hours of a morning that is read from 09:10: the first and the last are shorter."""
    found = bounds(at("2026-11-24T09:10"), at("2026-11-24T10:20"), HOUR_MS // 2, MADRID)

    assert found == tuple(at(f"2026-11-24T{time}") for time in ("09:10", "09:30", "10:00", "10:20"))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-24", 24)])
def test_the_nights_of_the_change_of_clocks(day: str, hours: int) -> None:
    """23 or 25 hours of one hour each, and the next day begins at its own midnight again."""
    first = dt.date.fromisoformat(day)
    from_ms, to_ms = midnight_ms(first, MADRID), midnight_ms(first + dt.timedelta(days=1), MADRID)
    found = bounds(from_ms, to_ms, HOUR_MS, MADRID)

    assert len(found) == hours + 1
    assert {after - before for before, after in pairwise(found)} == {HOUR_MS}


def test_days_are_days_whatever_their_length() -> None:
    """One row a day over the change of clocks."""
    found = bounds(at("2026-10-24T00:00"), at("2026-10-27T00:00"), 24 * HOUR_MS, MADRID)

    assert at("2026-10-25T00:00") in found and at("2026-10-26T00:00") in found


def test_without_intervals_there_is_one() -> None:
    """From the beginning to the end."""
    assert bounds(5, 9, None, MADRID) == (5, 9)


def test_there_is_a_limit() -> None:
    """A year in quarters of an hour is not a report."""
    with pytest.raises(TooManyIntervalsError):
        bounds(at("2026-01-01T00:00"), at("2026-12-31T00:00"), HOUR_MS // 4, MADRID)
