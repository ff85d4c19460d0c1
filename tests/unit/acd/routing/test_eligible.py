from __future__ import annotations

from dataclasses import replace

import pytest

from acd.model import Activity, Desktop, Presence, SkillNeed
from acd.routing.eligible import lacking, unavailable
from acd.state import Agent
from tests.unit.acd.desk import ANA, SALES, SUPPORT, agent, queue

pytestmark = pytest.mark.unit

READY = Agent(ANA, agent("ana", {SALES: 5}), since_ms=0, presence=Presence.READY, reachable=True)


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (READY, None),
        (replace(READY, presence=Presence.LOGGED_OUT), "logged out"),
        (replace(READY, presence=Presence.NOT_READY), "not ready"),
        (replace(READY, presence=Presence.NOT_READY, reason="comida"), "not ready (comida)"),
        (replace(READY, activity=Activity.TALKING), "talking"),
        (replace(READY, activity=Activity.WRAP_UP), "wrap_up"),
        (replace(READY, reachable=False), "no phone registered"),
        (replace(READY, in_use=True, reason="x"), "on a call of their own"),
        (replace(READY, desktop=Desktop.GONE), "desktop gone"),
        (replace(READY, desktop=Desktop.CONNECTED), None),
        (replace(READY, resting_until_ms=101, reason="busy"), "resting (busy)"),
        (replace(READY, resting_until_ms=101), "resting"),
        (replace(READY, resting_until_ms=100, reason="busy"), None),
        (replace(READY, retired=True), "left the configuration"),
    ],
)
def test_whoever_can_take_nothing_has_a_reason_in_words(seen: Agent, reason: str | None) -> None:
    """Supervisors read these words: each state of an agent has its own. A rest ends at its moment."""
    assert unavailable(seen, 100) == reason


def test_a_choice_comes_before_a_circumstance() -> None:
    """Logged out and without a phone: the reason given is the one that the agent can change first."""
    away = replace(READY, presence=Presence.LOGGED_OUT, reachable=False, activity=Activity.WRAP_UP)

    assert unavailable(away, 0) == "logged out"


NEEDS = queue("q", (SALES, 5), (SUPPORT, 1)).needs


@pytest.mark.parametrize(("level", "missing"), [(4, NEEDS[0]), (5, None), (9, None)])
def test_a_need_is_met_at_its_level(level: int, missing: SkillNeed | None) -> None:
    """Higher is better and equal is enough."""
    assert lacking({SALES: level}, NEEDS[:1]) == missing


def test_a_skill_that_is_not_there_counts_as_zero_and_the_first_gap_is_named() -> None:
    """All needs must be met; the first that is not is told."""
    assert lacking({SALES: 5}, NEEDS) == NEEDS[1]
    assert lacking({}, NEEDS) == NEEDS[0]


def test_a_contact_without_needs_takes_anybody() -> None:
    """No needs, no refusal."""
    assert lacking({}, ()) is None
