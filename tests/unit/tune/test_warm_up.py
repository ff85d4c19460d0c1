"""Who learns begins a simulated day with what other days taught, as in a live centre."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acd.model import AgentId, PolicyRules, QueueId
from acd.routing.needs import main_skill
from acd.sim import centre
from acd.stats.pace import Learned, afresh
from centralita.simulate.command import simulate
from centralita.tune.trial import Trial, pieces, run, warmed
from tests.unit.tune.toys import case as toy_case
from tests.unit.tune.toys import n_design

pytestmark = pytest.mark.unit

SMART = PolicyRules("smart")


def test_days_of_warm_up_teach_handle_times() -> None:
    """After ten days of 120 s talks nobody believes in the 240 s of one who has seen nothing."""
    ground = warmed(n_design(), seed=1)
    assert ground.paces is not None
    routing = centre.routing(ground.system, SMART)
    told = Learned(ground.paces, routing)
    queue = QueueId(ground.system.types[1].id)
    assert main_skill(routing.queues[queue]) is not None
    assert told.queue_handle_ms(queue) == pytest.approx(120_000, rel=0.1)
    assert told.handle_ms(AgentId("g0"), queue) == pytest.approx(120_000, rel=0.2)


def test_a_day_leaves_the_lessons_as_they_were() -> None:
    """The same day measured twice with one book gives the same calls: no engine writes into it."""
    ground = warmed(n_design(), seed=1)
    assert ground.paces is not None
    before = afresh(ground.paces)
    first, again = (run(ground, Trial(SMART, ("x/1",), engine=True)) for _ in range(2))
    assert [list(one.waits_answered) for one in first.tallies] == [
        list(one.waits_answered) for one in again.tallies
    ]
    assert afresh(ground.paces) == before


def test_days_of_warm_up_are_never_measured() -> None:
    """Their seeds are their own; a stationary ground has a warm-up anyway and gets none."""
    ground = n_design()
    assert all(name.startswith("warm-up/7/") for name in centre.warm_up(ground.system, ground.until_ms, 7))
    assert warmed(pieces(ground.system, 600_000), 1).paces is None


def test_simulate_says_on_how_many_days_a_policy_has_learned(tmp_path: Path) -> None:
    """`smart` tells days and seed, in text and as JSON; `fair` learns nothing and says nothing."""
    cases = tmp_path / "casos.json"
    cases.write_text(json.dumps({"cases": [toy_case()]}), encoding="utf-8")
    said: dict[str, list[str]] = {"smart": [], "fair": []}
    for policy, lines in said.items():
        simulate(cases, lines.append, policy=policy, workers=1)
    assert 'learned on 10 days before, seed "warm-up/1"' in "\n".join(said["smart"])
    assert "learned" not in "\n".join(said["fair"])
    plain: list[str] = []
    simulate(cases, plain.append, policy="smart", workers=1, as_json_text=True)
    assert len(json.loads(plain[0])[0]["warm_up"]) == 10
