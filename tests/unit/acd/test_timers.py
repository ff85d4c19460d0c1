from __future__ import annotations

import pytest

from acd.timers import Timers

pytestmark = pytest.mark.unit


def fired(timers: Timers, now_ms: int) -> list[tuple[int, str]]:
    """Everything that is due at this moment, in the order in which it fires."""
    due = []
    while (one := timers.pop_due(now_ms)) is not None:
        due.append(one)
    return due


def test_deadlines_fire_in_order_of_time_and_then_of_name() -> None:
    """Two deadlines at the same moment fire in the same order on every machine."""
    timers = Timers({})
    for name, at_ms in (("wrap:b", 20), ("offer:z", 10), ("rest:a", 20)):
        timers.set(name, at_ms)

    assert fired(timers, 20) == [(10, "offer:z"), (20, "rest:a"), (20, "wrap:b")]


def test_nothing_fires_before_its_time() -> None:
    """A deadline is due at its moment, not a millisecond before."""
    timers = Timers({"wrap:ana": 100})

    assert timers.pop_due(99) is None
    assert timers.pop_due(100) == (100, "wrap:ana")


@pytest.mark.parametrize("moved_to", [5, 50])
def test_a_moved_deadline_fires_once_at_its_new_time(moved_to: int) -> None:
    """Moved forward or back: the former entry is stale and says nothing."""
    timers = Timers({})
    timers.set("offer:o1", 20)
    timers.set("offer:o1", moved_to)

    assert timers.next_ms() == moved_to
    assert fired(timers, 100) == [(moved_to, "offer:o1")]


def test_a_dropped_deadline_never_fires_and_is_not_waited_for() -> None:
    """The loop is not woken for what was dropped; dropping twice or the unknown is harmless."""
    timers = Timers({})
    timers.set("offer:o1", 10)
    timers.set("wrap:ana", 30)
    timers.drop("offer:o1")
    timers.drop("offer:o1")
    timers.drop("never:set")

    assert timers.next_ms() == 30
    assert fired(timers, 100) == [(30, "wrap:ana")]
    assert timers.next_ms() is None


def test_set_again_to_the_same_moment_fires_once() -> None:
    """Dropped and set anew for the same moment: two entries, one deadline."""
    timers = Timers({})
    timers.set("rest:ana", 10)
    timers.drop("rest:ana")
    timers.set("rest:ana", 10)

    assert fired(timers, 10) == [(10, "rest:ana")]


def test_deadlines_survive_in_the_state_alone() -> None:
    """The names are the truth: from a read-back state the same deadlines fire at the same times."""
    deadlines: dict[str, int] = {}
    before = Timers(deadlines)
    before.set("wrap:ana", 30)
    before.set("wrap:ana", 40)
    before.set("offer:o1", 20)
    before.set("rest:beto", 10)
    before.drop("rest:beto")

    after = Timers(dict(deadlines))

    assert deadlines == {"wrap:ana": 40, "offer:o1": 20}
    assert fired(after, 100) == [(20, "offer:o1"), (40, "wrap:ana")]
