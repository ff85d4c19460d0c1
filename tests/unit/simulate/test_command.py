"""`centralita simulate` from the file to the answer, on textbook systems whose answers are known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from acd.sim.closed_form import ErlangA, ErlangC, FiniteRoom
from centralita.cli import app
from centralita.simulate import jobs
from centralita.simulate.cases import load
from tests.unit.sim.chain import NDesign
from tests.unit.simulate.test_cases import OURS, changed

pytestmark = pytest.mark.unit


def simulate(*options: str) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    result = CliRunner().invoke(app, ["simulate", *options])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "CALLS_WANTED", 0)


def test_what_our_cases_expect_is_what_theory_says() -> None:
    """The numbers in the file are those of the formulas and of the solved chain."""
    expected = {case.name: case.expected for case in load(OURS)}
    patient, leaving = ErlangC(0.1, 60, 8), ErlangA(rate=0.2, service_s=60, agents=12, patience_s=90)
    room, chain = FiniteRoom(0.1, 60, 7, 3), NDesign((0.05, 0.04), (3, 3), 1 / 60, 1 / 90).figures()
    theory = {
        "M/M/8, load 6": {"a.p_wait": patient.p_wait, "a.mean_wait_all": patient.mean_wait_s},
        "M/M/12+M, load 12": {"a.p_abandon": leaving.p_abandon, "a.sl_offered": leaving.answered_within(20)},
        "M/M/7/3, load 6": {"a.p_block": room.p_block, "g.occupancy": room.occupancy},
        "N design, own type first": chain,
    }

    for name, figures in theory.items():
        for figure, value in figures.items():
            assert expected[name][figure].value == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize(
    "name",
    [
        "M/M/8, load 6",
        "M/M/12+M, load 12",
        "M/M/7/3, load 6",
        "N design, own type first",
        "Erlang B, 5 lines",
    ],
)
def test_the_engine_in_simulated_time_does_what_theory_says(name: str) -> None:
    """Every figure within its tolerance, exit code 0."""
    code, out, _ = simulate("--cases", str(OURS), "--only", name, "--workers", "1")

    assert code == 0, out
    assert f"ok    {name}" in out
    assert "FAIL" not in out


def test_a_figure_outside_its_tolerance_is_told_and_fails(tmp_path: Path) -> None:
    """With an agent less, the printed figures no longer hold: exit code 1, each figure judged by itself."""
    path = changed(tmp_path, "M/M/8, load 6", groups__0__agents=7)
    code, out, _ = simulate("--cases", str(path), "--only", "M/M/8", "--workers", "1")

    assert code == 1
    assert "FAIL  M/M/8, load 6" in out
    assert out.count("FAIL") == 5


def test_what_cannot_be_run_is_listed_as_skipped() -> None:
    """A case that only describes a table, and a goal without a policy."""
    code, out, _ = simulate("--cases", str(OURS), "--only", "only told about")

    assert code == 0
    assert "omitido / skipped  only told about" in out
    assert "12 volunteers" in out


def test_workers_make_no_difference() -> None:
    """One process and two give the same numbers to the last digit."""
    one, two = (
        simulate(
            "--cases", str(OURS), "--only", "day of two", "--policy", "fair", "--json", "--workers", count
        )
        for count in "12"
    )

    assert one == two
    assert json.loads(one[1])[0]["calls"] > 1_000


def test_seeds_make_a_difference() -> None:
    """Another seed, other calls; the same seed, the same."""
    runs = [
        simulate(
            "--cases", str(OURS), "--only", "day of two", "--policy", "fair", "--seed", seed, "--workers", "1"
        )
        for seed in "112"
    ]

    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_a_policy_in_place_of_the_rule_gives_figures_by_type_and_the_score() -> None:
    """Types and all, agents' occupancy, J; the case's expectations are not judged."""
    code, out, _ = simulate(
        "--cases", str(OURS), "--only", "day of two", "--policy", "smart", "--json", "--workers", "1"
    )
    (found,) = json.loads(out)

    assert code == 0
    assert [row["name"] for row in found["rows"]] == ["0", "1", "all"]
    assert found["rows"][2]["offered"] == found["calls"]
    weighted = [2.0, 1.0]
    gained = sum(
        w * row["offered"] * (row["sl_offered"] - row["p_abandon"])
        for w, row in zip(weighted, found["rows"], strict=False)
    )
    offered = sum(w * row["offered"] for w, row in zip(weighted, found["rows"], strict=False))
    assert found["score"] == pytest.approx(100 * gained / offered)


def test_a_goal_is_reached_or_not(tmp_path: Path) -> None:
    """J of the scenario against the goal's aim decides the exit code."""
    whole = json.loads(OURS.read_text())
    (goal,) = (case for case in whole["cases"] if case["kind"] == "goal")
    goal["expected"]["weighted_sl_minus_weighted_abandon"] = {"min": 10.0, "aim": 101.0}
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(whole))
    options = "--only", "goal/day", "--policy", "fair", "--workers", "1"

    code, out, _ = simulate("--cases", str(OURS), *options)
    assert (code, "meta / aim 20.00" in out) == (0, True)
    code, out, _ = simulate("--cases", str(path), *options)
    assert (code, "mín. / min 10.00  FAIL" in out) == (1, True)


def test_a_file_or_name_that_will_not_do_is_told_on_stderr(tmp_path: Path) -> None:
    """Exit code 2: the command was not used rightly."""
    assert simulate("--cases", str(tmp_path / "none.json"))[0] == 2
    code, out, err = simulate("--cases", str(OURS), "--only", "nothing like it")

    assert (code, out) == (2, "")
    assert "--only" in err
