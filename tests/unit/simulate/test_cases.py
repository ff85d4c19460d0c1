"""The format of the cases: what is read, and what is told about a file that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from acd.model import PolicyRules
from acd.sim.laws import Law, exponential, fixed
from acd.sim.system import Retry, Skill
from centralita.simulate.cases import Case, Rule, load, only, scenario
from centralita.simulate.choice import choose, own_rule
from centralita.simulate.reading import CasesError

pytestmark = pytest.mark.unit

OURS = Path(__file__).parents[2] / "data" / "cases.json"


def changed(tmp_path: Path, name: str, **system: Any) -> Path:
    """Our own file with something else in the system of one case; places like `types__0__awt`."""
    whole = json.loads(OURS.read_text())
    (case,) = (case for case in whole["cases"] if case["name"] == name)
    for place, value in system.items():
        at: Any = case["system"]
        *way, last = place.split("__")
        for key in way:
            at = at[int(key) if key.isdigit() else key]
        at[last] = value
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(whole))
    return path


def case_of(path: Path, name: str) -> Case:
    return only(load(path), name)[0]


def test_a_day_is_read_whole() -> None:
    """Periods, laws, retries, segments, weights, levels, factors, shifts, wrap-up, busy days."""
    case = case_of(OURS, "day of two periods")
    system = case.system
    assert system is not None
    first, second = system.types

    assert (case.days, case.day_ms, case.rule) == (
        8,
        3_600_000,
        Rule("level_then_longest_idle", "priority_then_fcfs"),
    )
    assert (first.rates, first.weight, first.segment, first.awt_ms) == ((0.05, 0.02), 2.0, "0", 20_000)
    assert first.service == (Law("lognormal", 120_000, 1.2),)
    assert first.patience[0].name == "uniform"
    assert first.retry == Retry(0.3, exponential(120_000), 2)
    assert (second.service, second.patience) == ((fixed(90_000),), ())
    assert system.agents[5].skills == {1: Skill(0, 1.0), 0: Skill(1, 1.2)}
    assert system.agents[5].shifts == ((0, 3_600_000),)
    assert (len(system.agents), system.wrap, system.busyness_shape) == (9, exponential(10_000), 30.0)


def test_groups_are_agents_of_one_kind() -> None:
    """A group of three is three agents; waiting places are of the whole centre."""
    system = case_of(OURS, "N design, own type first").system
    room = case_of(OURS, "M/M/7/3, load 6").system
    assert system is not None
    assert room is not None

    assert [agent.id for agent in system.agents if agent.group == "g2"] == ["g2-0000", "g2-0001", "g2-0002"]
    assert room.places == 3


def test_agents_may_differ_by_period(tmp_path: Path) -> None:
    """`agents_per_period` is the staff plan of a group; laws may be given by period of arrival."""
    groups = [{"id": "g", "agents_per_period": [2, 5], "skills": [{"type": "a", "level": 0}]}]
    types = [
        {
            "id": "a",
            "arrival_rate_per_period": [0.1, 0.2],
            "service_mean_by_arrival_period": [60, 90],
            "service_dist": "exponential",
            "patience_mean_by_arrival_period": [30, 40],
        }
    ]
    path = changed(tmp_path, "M/M/8, load 6", groups=groups, types=types, period_s=600)
    system = case_of(path, "M/M/8, load 6").system
    assert system is not None

    assert (len(system.agents), system.staff) == (5, {"g": (2, 5)})
    assert system.types[0].service == (exponential(60_000), exponential(90_000))
    assert system.types[0].patience == (exponential(30_000), exponential(40_000))


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("types__0__service__dist", "weibull", "types[0].service"),
        ("types__0__service__mean", -3, "types[0].service.mean"),
        ("types__0__awt", "20s", "types[0].awt"),
        ("groups__0__agents", 0, "groups[0].agents"),
        ("groups__0__skills__0__type", "z", "groups[0].skills[0].type"),
        ("groups__0__skills__0__level", 11, "groups[0].skills[0].level"),
        ("types__0__arrival_rate", None, "types[0]"),
        ("groups", [], "system"),
        ("types", {}, "types"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, place: str, value: object, told: str) -> None:
    """File, case and place, in both languages."""
    path = changed(tmp_path, "M/M/8, load 6", **{place: value})

    with pytest.raises(CasesError) as caught:
        load(path)

    text = str(caught.value)
    assert text.startswith(f"{path}: cases[0] (M/M/8, load 6)")
    assert told in text
    assert " / " in text


def test_a_file_that_is_no_json_is_told_with_line_and_column(tmp_path: Path) -> None:
    """And one that is not there by its name."""
    broken = tmp_path / "broken.json"
    broken.write_text('{"cases": [\n  oops\n]}')

    with pytest.raises(CasesError, match=r"broken.json:2:3"):
        load(broken)
    with pytest.raises(CasesError, match=r"absent.json"):
        load(tmp_path / "absent.json")


def test_a_name_that_is_not_there_brings_names_that_are_like_it() -> None:
    """`only` takes a whole name or a beginning; else it suggests."""
    cases = load(OURS)

    assert [case.name for case in only(cases, "m/m/")] == [
        "M/M/8, load 6",
        "M/M/12+M, load 12",
        "M/M/7/3, load 6",
    ]
    with pytest.raises(CasesError, match="day of two periods"):
        only(cases, "day of too periods")


def test_a_goal_finds_its_scenario() -> None:
    """By the first word of its name; if there is none, that is told."""
    cases = load(OURS)
    (goal,) = only(cases, "goal/day")

    assert scenario(cases, goal).name == "day of two periods"
    with pytest.raises(CasesError, match="day_of_two"):
        scenario(cases[:3], goal)


def test_a_rule_of_the_format_becomes_a_policy() -> None:
    """Words as they are; priorities and true handle-time factors as numbers."""
    policy = own_rule(case_of(OURS, "day of two periods"))

    assert (policy.name, dict(policy.words)) == (
        "rule",
        {"agents": "level_then_longest_idle", "calls": "priority_then_fcfs"},
    )
    assert policy.numbers["priority.1"] == 1.0
    assert policy.numbers["factor.a0005.0"] == 1.2


@pytest.mark.parametrize(
    ("name", "agents", "calls"),
    [
        ("longest_idle", "longest_idle", "fcfs"),
        ("queue_ratio", "longest_idle", "queue_ratio"),
        ("least_flexible+generalised_c_mu", "least_flexible", "generalised_c_mu"),
        ("best_skill_first", "level_then_longest_idle", "agent_level_then_fcfs"),
    ],
)
def test_rules_can_be_asked_for_by_name(name: str, agents: str, calls: str) -> None:
    """A word of the vocabulary, two joined by +, or a complete rule as case names have it."""
    choice = choose(name, None)
    assert choice is not None

    assert choice(case_of(OURS, "M/M/8, load 6")).words == {"agents": agents, "calls": calls}


def test_a_policy_that_is_not_known_brings_names_that_are_like_it() -> None:
    """With how to join two words."""
    with pytest.raises(CasesError, match="longest_idle"):
        choose("longest_idel", None)


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_weights_are_read_as_tune_writes_them(tmp_path: Path, suffix: str) -> None:
    """Policy, numbers and words; JSON and YAML."""
    path = tmp_path / f"weights{suffix}"
    path.write_text(json.dumps({"policy": "tuned", "numbers": {"exponent": 1.5}, "words": {}, "seed": 3}))
    choice = choose("tuned", path)
    assert choice is not None

    assert choice(case_of(OURS, "M/M/8, load 6")) == PolicyRules("tuned", numbers={"exponent": 1.5})
    with pytest.raises(CasesError, match="tuned"):
        choose("fair", path)


def test_weights_that_the_policy_does_not_have_are_refused(tmp_path: Path) -> None:
    """With what it has."""
    path = tmp_path / "weights.json"
    path.write_text(json.dumps({"policy": "tuned", "numbers": {"magic": 1.5}}))
    choice = choose(None, path)
    assert choice is not None

    with pytest.raises(CasesError, match="magic"):
        choice(case_of(OURS, "M/M/8, load 6"))
