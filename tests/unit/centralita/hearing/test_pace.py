"""20 ms, and then the next: no drift, no burst."""

from __future__ import annotations

import pytest

from centralita.hearing.pace import CATCH_UP_FRAMES, FRAME_S, Pace

pytestmark = pytest.mark.unit


def test_a_clock_that_is_always_a_little_late_does_not_drift() -> None:
    """7 ms late at every tick: after ten seconds 500 frames have been sent, not one less."""
    pace, sent, now_s = Pace(100.0), 0, 100.0
    while now_s < 110.0:
        sent += pace.due(now_s)
        now_s = pace.next_s + 0.007
    assert sent == 500
    assert pace.slipped_s == 0


def test_nothing_is_due_before_its_time() -> None:
    """The first frame at once, the second 20 ms later."""
    pace = Pace(5.0)
    assert [pace.due(5.0), pace.due(5.0), pace.due(5.019), pace.due(5.02)] == [1, 0, 0, 1]


def test_a_short_delay_is_made_up_for() -> None:
    """60 ms late: the three frames missed and the one that is due, then the old schedule."""
    pace = Pace(0.0)
    pace.due(0.0)
    assert pace.due(0.08) == 4
    assert pace.next_s == pytest.approx(0.1)


@pytest.mark.parametrize("frozen_s", [0.5, 3.0, 3600.0])
def test_a_long_delay_is_a_pause_and_not_a_burst(frozen_s: float) -> None:
    """However long this server stood still, a handful of frames at most comes at once."""
    pace = Pace(0.0)
    pace.due(0.0)
    assert pace.due(frozen_s) == CATCH_UP_FRAMES + 1
    assert pace.next_s == pytest.approx(frozen_s + FRAME_S)
    assert pace.slipped_s == pytest.approx(frozen_s - FRAME_S - CATCH_UP_FRAMES * FRAME_S)
