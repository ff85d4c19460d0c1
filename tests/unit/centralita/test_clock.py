from __future__ import annotations

import time

import pytest

from centralita.clock import Clock, wall_clock_ms

pytestmark = pytest.mark.unit


def test_engine_time_starts_as_the_time_of_day() -> None:
    """Records are near UTC: nobody has to convert them."""
    before = wall_clock_ms()
    clock = Clock()

    assert before - 1 <= clock.now_ms() <= wall_clock_ms() + 1
    assert clock.skew_ms == 0


def test_a_clock_behind_the_journal_starts_after_it_and_says_how_far() -> None:
    """A wall clock that was set back is a fact for the record, never a reason not to start."""
    last_ms = wall_clock_ms() + 60_000
    clock = Clock(last_ms)

    assert clock.now_ms() >= last_ms + 1
    assert 59_000 < clock.skew_ms <= 60_001


def test_a_journal_in_the_past_changes_nothing() -> None:
    """The usual start: time goes on from now."""
    assert Clock(1_000).skew_ms == 0


def test_a_step_of_the_wall_clock_moves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set back an hour while calls wait: durations are measured by the monotonic clock."""
    clock = Clock()
    before = clock.now_ms()
    monkeypatch.setattr(time, "time_ns", lambda: 0)

    assert wall_clock_ms() == 0
    assert before <= clock.now_ms() < before + 5_000


def test_time_is_whole_milliseconds_that_never_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a millisecond more is the same moment; the next one is one later."""
    now = [time.monotonic_ns() // 1_000_000 * 1_000_000]
    monkeypatch.setattr(time, "monotonic_ns", lambda: now[0])
    clock = Clock()
    seen = []
    for _ in range(4):
        seen.append(clock.now_ms())
        now[0] += 500_000

    assert [ms - seen[0] for ms in seen] == [0, 0, 1, 1]
    assert all(isinstance(ms, int) for ms in seen)
