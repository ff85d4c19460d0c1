from __future__ import annotations

import pytest

from acd.model import SKILL_OF_LANGUAGE, SkillId, SkillNeed
from acd.routing.needs import needs_at, next_step_ms, pools, spoken, step_at
from tests.unit.acd.desk import SALES, queue, with_steps

pytestmark = pytest.mark.unit

RULES = with_steps(
    queue("ventas", (SALES, 7)),
    ("fuerte", 0, ((SALES, 8), (SKILL_OF_LANGUAGE, 6))),
    ("normal", 25_000, ((SALES, 5),)),
    ("amplio", 60_000, ()),
)


@pytest.mark.parametrize(
    ("waited_ms", "step", "following_ms"),
    [
        (0, "fuerte", 25_000),
        (24_999, "fuerte", 25_000),
        (25_000, "normal", 60_000),
        (59_999, "normal", 60_000),
        (60_000, "amplio", None),
        (3_600_000, "amplio", None),
    ],
)
def test_the_last_step_that_has_begun_holds(waited_ms: int, step: str, following_ms: int | None) -> None:
    """A step begins at its mark and holds until the next one; the last holds for ever."""
    found = step_at(RULES, waited_ms)

    assert found is not None and found.id == step
    assert next_step_ms(RULES, waited_ms) == following_ms
    assert needs_at(RULES, waited_ms, "es") == spoken(found.needs, "es")


def test_a_queue_without_steps_asks_for_the_same_all_the_time() -> None:
    """Its own needs hold from the door to the end."""
    rules = queue("ventas", (SALES, 7))

    assert (step_at(rules, 9_000_000), next_step_ms(rules, 0)) == (None, None)
    assert needs_at(rules, 9_000_000, "es") == (SkillNeed(SALES, 7),)
    assert pools(rules, "es") == ((SkillNeed(SALES, 7),),)


def test_the_callers_own_language_is_a_skill_by_its_name() -> None:
    """`lang(language)` asks for `lang.es` of whoever serves one who speaks Spanish, level kept."""
    assert needs_at(RULES, 0, "es") == (SkillNeed(SALES, 8), SkillNeed(SkillId("lang.es"), 6))
    assert needs_at(RULES, 0, "en")[1] == SkillNeed(SkillId("lang.en"), 6)


def test_the_pools_are_what_each_step_asks_for() -> None:
    """From the narrowest to the widest, in the caller's language."""
    assert pools(RULES, "en") == tuple(needs_at(RULES, at_ms, "en") for at_ms in (0, 25_000, 60_000))
