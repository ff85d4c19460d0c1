from __future__ import annotations

import pytest

from acd.model import OfferEnd
from cti.asterisk.outcomes import LegEnd, classify

pytestmark = pytest.mark.unit

MEASURED = {
    "486 busy": (LegEnd(True, False, 0, 17), OfferEnd.BUSY),
    "486 after ringing": (LegEnd(True, True, 0, 17), OfferEnd.BUSY),
    "603 declined": (LegEnd(True, True, 0, 21), OfferEnd.DECLINED),
    "480 without ringing": (LegEnd(True, False, 0, 19), OfferEnd.NO_REPLY),
    "480 after ringing": (LegEnd(True, True, 0, 19), OfferEnd.NO_ANSWER),
    "404 not found": (LegEnd(True, False, 0, 1), OfferEnd.FAILED),
    "488 no codec in common": (LegEnd(True, False, 0, 58), OfferEnd.FAILED),
    "503 unavailable": (LegEnd(True, False, 0, 34), OfferEnd.FAILED),
    "network out of order": (LegEnd(True, False, 0, 38), OfferEnd.FAILED),
    "rings, nobody answers": (LegEnd(True, True, 3, 19), OfferEnd.NO_ANSWER),
    "nothing comes back": (LegEnd(True, False, 3, 19), OfferEnd.NO_REPLY),
    "no registration, unknown endpoint": (LegEnd(False, False, 0, None), OfferEnd.UNREACHABLE),
}


@pytest.mark.parametrize(("end", "outcome"), MEASURED.values(), ids=MEASURED.keys())
def test_each_measured_end_has_its_name(end: LegEnd, outcome: OfferEnd) -> None:
    """The table that was measured on Asterisk 22, line by line."""
    assert classify(end) is outcome


@pytest.mark.parametrize("cause", [None, 0, 3, 16, 26, 27, 127])
def test_what_is_not_in_the_table_is_a_failure_and_never_the_agents_fault(cause: int | None) -> None:
    """An unknown cause makes nobody "not ready" and nobody "busy"."""
    assert classify(LegEnd(True, True, 0, cause)) is OfferEnd.FAILED


@pytest.mark.parametrize("reason", [None, 0, 1, 3, 4, 5, 8])
def test_a_leg_that_never_talked_is_never_called_accepted(reason: int | None) -> None:
    """Whatever the switch says, the outcome of a failed try is a failure."""
    found = {classify(LegEnd(True, rang, reason, cause)) for cause in range(128) for rang in (True, False)}

    assert OfferEnd.ACCEPTED not in found


def test_the_time_limit_outweighs_the_cause() -> None:
    """After the ring time Asterisk hangs up by itself: its cause says nothing about the agent."""
    assert classify(LegEnd(True, True, 3, 17)) is OfferEnd.NO_ANSWER
