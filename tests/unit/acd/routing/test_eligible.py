from __future__ import annotations

from dataclasses import replace

import pytest

from acd.model import SKILL_OF_LANGUAGE, Activity, Channel, Desktop, Presence, SkillId
from acd.routing.eligible import could_serve, unavailable, unfit
from acd.state import Agent, Contact
from tests.unit.acd.desk import ANA, C1, SALES, SUPPORT, agent, queue, with_steps

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


def needing(*needs: tuple[SkillId, int]) -> Contact:
    """A contact whose step asks for this."""
    return Contact(C1, Channel("a", "1"), "900", "v1", 0, 0, needs=queue("q", *needs).needs)


@pytest.mark.parametrize(("level", "reason"), [(4, "ventas 4 < 5"), (5, None), (9, None)])
def test_a_need_is_met_at_its_level(level: int, reason: str | None) -> None:
    """Higher is better and equal is enough."""
    assert unfit(replace(READY, rules=agent("ana", {SALES: level})), needing((SALES, 5))) == reason


def test_a_skill_that_is_not_there_counts_as_zero_and_the_first_gap_is_named() -> None:
    """All needs must be met; the first that is not says how far off it is."""
    contact = needing((SALES, 5), (SUPPORT, 1))

    assert unfit(READY, contact) == "soporte 0 < 1"
    assert unfit(replace(READY, rules=agent("ana")), contact) == "ventas 0 < 5"


def test_a_contact_without_needs_takes_anybody() -> None:
    """No needs, no refusal."""
    assert unfit(READY, needing()) is None


@pytest.mark.parametrize(("language", "could"), [("es", True), ("en", False)])
def test_who_meets_any_step_could_serve_sooner_or_later(language: str, could: bool) -> None:
    """The widest step counts, in the caller's own language."""
    rules = with_steps(
        queue("ventas"),
        ("fuerte", 0, ((SALES, 9), (SKILL_OF_LANGUAGE, 5))),
        ("normal", 25_000, ((SALES, 5), (SKILL_OF_LANGUAGE, 5))),
    )
    ana = replace(READY, rules=agent("ana", {SALES: 5, SkillId("lang.es"): 5}))

    assert could_serve(ana, rules, language) is could
