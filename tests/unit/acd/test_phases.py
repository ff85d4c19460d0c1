from __future__ import annotations

import pytest

from acd.model import Channel, EndedBy, Phase, QueueId
from acd.phases import end_segment, enter
from acd.records import Segment
from acd.state import Contact, State
from acd.timers import Timers
from acd.turn import Turn
from tests.unit.acd.desk import C1, queue, routing

pytestmark = pytest.mark.unit


def at(now_ms: int) -> Turn:
    state = State(routing())
    return Turn(state, Timers(state.deadlines), now_ms)


def contact(phase: Phase) -> Contact:
    made = Contact(C1, Channel("a", "1"), "900", "v1", 0, 100, phase)
    made.rules = queue("ventas")
    return made


@pytest.mark.parametrize(
    ("phase", "kind", "queue_id", "wait_ms"),
    [
        (Phase.IVR, "ivr", None, 0),
        (Phase.WAITING, "waiting", QueueId("ventas"), 400),
        (Phase.OFFERED, "waiting", QueueId("ventas"), 400),
        (Phase.AFTER, "after", None, 0),
        (Phase.FALLBACK, "fallback", None, 0),
    ],
)
def test_a_stretch_is_named_by_its_phase_and_only_waiting_counts_as_wait(
    phase: Phase, kind: str, queue_id: QueueId | None, wait_ms: int
) -> None:
    """Ringing is part of the wait; the queue stands with the stretches that were spent in one."""
    seen = contact(phase)
    end_segment(at(500), seen, EndedBy.CALLER)

    assert seen.segments == [Segment(kind, 100, 500, queue_id, ended_by=EndedBy.CALLER)]
    assert seen.wait_ms == wait_ms


@pytest.mark.parametrize(("phase", "now_ms"), [(Phase.TALKING, 500), (Phase.WAITING, 100)])
def test_talks_are_closed_elsewhere_and_nothing_is_no_stretch(phase: Phase, now_ms: int) -> None:
    """A talk needs to know its agent; a stretch without length would only be noise in the record."""
    seen = contact(phase)
    end_segment(at(now_ms), seen)

    assert (seen.segments, seen.wait_ms) == ([], 0)


def test_a_new_phase_begins_now() -> None:
    """Stretches follow one another without a gap."""
    seen = contact(Phase.IVR)
    enter(at(500), seen, Phase.WAITING)

    assert (seen.phase, seen.phase_since_ms) == (Phase.WAITING, 500)
