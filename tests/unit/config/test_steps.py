from __future__ import annotations

import pytest

from config.queues import Queue
from config.steps import Asked, asked, preferred

pytestmark = pytest.mark.unit


def queue(*steps: dict[str, object]) -> Queue:
    return Queue.model_validate(
        {"need": ["ventas >= 5/10", "ventas >= 4/10", "lang(language) >= 6/10"], "steps": list(steps)}
    )


def found(*steps: dict[str, object]) -> list[tuple[str, int, dict[str, int]]]:
    return [(one.step, one.from_ms, dict(one.needs)) for one in asked(queue(*steps))]


def test_without_steps_the_needs_of_the_queue_hold_from_the_start() -> None:
    """Of two needs of one skill the higher."""
    assert found() == [("", 0, {"ventas": 5, "lang(language)": 6})]


def test_until_the_first_step_the_needs_of_the_queue_hold() -> None:
    """A step that begins later does not leave the time before it empty."""
    assert found({"id": "a", "from": "9s"})[0] == ("", 0, {"ventas": 5, "lang(language)": 6})
    assert [one[0] for one in found({"id": "a", "from": "0s"})] == ["a"]


def test_a_step_inherits_nothing_from_the_one_before() -> None:
    """More is asked for by `need`, less by `relax`, each time from the needs of the queue."""
    assert found(
        {"id": "a", "from": "0s", "need": ["ventas >= 8/10", "bajas >= 2/10"]},
        {"id": "b", "from": "20s", "relax": {"ventas": 3}},
        {"id": "c", "from": "40s", "relax": {"lang(language)": "2/10"}},
    ) == [
        ("a", 0, {"ventas": 8, "lang(language)": 6, "bajas": 2}),
        ("b", 20_000, {"ventas": 3, "lang(language)": 6}),
        ("c", 40_000, {"ventas": 5, "lang(language)": 2}),
    ]


def test_the_step_of_preferred_agents_is_none_for_the_others() -> None:
    """It says for how long, and what a preferred agent must know; of others the next steps ask."""
    own: dict[str, object] = {
        "id": "own", "from": "0s", "prefer": "prefer", "hold_for": "15s", "relax": {"ventas": 2},
    }  # fmt: skip

    assert [one[0] for one in found(own, {"id": "a", "from": "0s"})] == ["a"]
    assert found(own) == [("", 0, {"ventas": 5, "lang(language)": 6})]
    assert preferred(queue(own)) == (15_000, Asked("own", 0, {"ventas": 2, "lang(language)": 6}))
    assert preferred(queue()) is None


def test_a_step_has_the_sites_of_the_queue_or_its_own() -> None:
    """Nothing is inherited from the step before; `any` is all of them, written as none."""
    one = Queue.model_validate(
        {
            "sites": ["b", "a"],
            "steps": [
                {"id": "x", "from": "5s"},
                {"id": "y", "from": "9s", "sites": "any"},
                {"id": "z", "from": "12s", "sites": ["c"]},
            ],
        }
    )

    assert [step.sites for step in asked(one)] == [("a", "b"), ("a", "b"), (), ("c",)]


def test_relax_never_raises_and_zero_drops() -> None:
    """A level above the need changes nothing; 0 asks for nothing of that skill."""
    assert found({"id": "a", "from": "0s", "relax": {"ventas": 9, "lang(language)": 0}}) == [
        ("a", 0, {"ventas": 5})
    ]
