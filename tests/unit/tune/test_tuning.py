"""Tuning finds better weights or says that it did not, repeatably, and publishes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from acd.model import AgentId, PolicyRules, QueueId
from acd.routing.policies import build
from acd.sim import centre
from centralita.simulate.choice import read_weights
from centralita.tune import budget, weights
from centralita.tune.budget import REPORT_UNTIL, Plan, Watch, by_evaluations, by_time
from centralita.tune.command import Options, tune_case
from centralita.tune.errors import TuneError
from centralita.tune.features import Family, by_type
from centralita.tune.history import Handled, factors_of, past_of
from centralita.tune.objective import Figures, limits, worth
from centralita.tune.own_centre import names, own_centre
from centralita.tune.report import band, compare, table
from centralita.tune.search import Point, Search
from centralita.tune.trial import Bench, Ground, Trial, measure, run, seeds
from centralita.tune.tuning import Tuning, plain_rules
from centralita.waits.seen import Contact
from tests.unit.tune.toys import case as toy_case
from tests.unit.tune.toys import n_design
from tests.unit.waits.centres import busy_toy, toy

pytestmark = pytest.mark.unit


def work(days: int = 2, evaluations: int = 26, steps: int = 2) -> Plan:
    return Plan(days, evaluations, evaluations, 1, steps, steps)


def tuned(seed: int = 1, plan: Plan | None = None) -> tuple[Ground, Tuning]:
    ground = n_design()
    family = Family(ground.system, by_type(ground.system))
    return ground, Tuning(Bench(ground, None, 1), family, plan or work(), seed=seed)


def test_the_search_climbs_a_hill_that_it_cannot_see() -> None:
    """A smooth hill in six dimensions: from far away it comes within a tenth of the top."""
    search = Search((3.0,) * 6, (1.0,) * 6, seed=1)

    def height(points: list[Point]) -> list[float]:
        return [-sum((at + 1) * value**2 for at, value in enumerate(point)) for point in points]

    for _ in range(60):
        search.generation(lambda points: height(list(points)))
    assert max(abs(value) for value in search.centre) < 0.1


def test_tuning_is_better_than_the_plain_rules_on_days_that_it_never_saw() -> None:
    """On fresh days the weights score points above priority and level, which is far more than noise."""
    ground, tuning = tuned()
    found = tuning.run()
    fresh = seeds("test", 9, 6)
    best = measure(ground, Trial(found.rules, fresh, engine=True))
    plain = [measure(ground, Trial(rules, fresh, engine=True)) for rules in plain_rules(ground)]
    assert best.score > max(one.score for one in plain) + 1


def test_without_time_for_a_search_the_best_start_comes_back() -> None:
    """A plan of no evaluations gives a classical start, and says that nothing was searched."""
    ground, tuning = tuned(plan=work(3, 0, 3))
    found = tuning.run()
    starts = Family(ground.system, by_type(ground.system)).starts()
    family = Family(ground.system, by_type(ground.system))
    assert not found.searched
    assert found.rules == family.rules(starts[found.start])


def test_the_same_seed_finds_the_same_weights() -> None:
    """Two runs with one seed and plan agree in every number; another seed sees other days."""
    plan = work(1, 24, 1)
    (_, one), (_, again), (_, other) = tuned(3, plan), tuned(3, plan), tuned(4, plan)
    first = one.run()
    assert first == again.run()
    assert first.limits != other.run().limits


class Ticking:
    """A clock that goes on by so many seconds with each look."""

    def __init__(self, step_s: float) -> None:
        self.now_s, self._step_s = 0.0, step_s

    def __call__(self) -> float:
        self.now_s += self._step_s
        return self.now_s


def test_a_search_that_runs_out_of_time_says_so() -> None:
    """Each step takes a quarter of a minute and there is one minute: the search is cut, and it says so."""
    ground = n_design()
    family = Family(ground.system, by_type(ground.system))
    watch = Watch(1.0, Ticking(15.0))
    found = Tuning(Bench(ground, None, 1), family, work(1, 500), seed=1, watch=watch).run()
    assert found.cut_short
    assert 0 < found.evaluations < 100
    assert found.wanted == 500


def steps_within(watch: Watch, until: float) -> int:
    """How many steps are made when each asks for another; a hundred at most."""
    return next((step for step in range(1, 100) if not watch.another(until)), 100)


def test_a_phase_ends_before_a_step_would_run_over() -> None:
    """Steps of ten seconds in a minute: six fit into all of it, three into half of it; no hurry, no end."""
    assert steps_within(Watch(1.0, Ticking(10.0)), 1.0) == 6
    assert steps_within(Watch(1.0, Ticking(10.0)), 0.5) == 3
    assert steps_within(Watch(None, Ticking(1e6)), 0.1) == 100


def test_a_slow_report_ends_with_the_time() -> None:
    """Two batches at least, although the time was over before; the days that were simulated are told."""
    ground, _ = tuned()
    watch = Watch(0.1, Ticking(60.0))
    found = compare(Bench(ground, None, 1), {"fair": PolicyRules("fair")}, work(steps=9), seed=1, watch=watch)
    assert REPORT_UNTIL < 1
    assert found.days == 2
    assert found.calls > 0


def test_counted_trials_find_the_same_weights_however_slow_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two whole commands with `evaluations` (of shorter trials than usual) write the same file."""
    monkeypatch.setattr(budget, "TRIAL_CALLS", 120)
    monkeypatch.setattr(budget, "STEP_CALLS", 60)
    cases = tmp_path / "casos.json"
    cases.write_text(json.dumps({"cases": [toy_case()]}), encoding="utf-8")
    written = []
    for name in ("una.json", "otra.json"):
        options = Options(tmp_path / name, evaluations=12, seed=3, cores=1)
        told: list[str] = []
        tune_case(cases, None, options, told.append)
        written.append((tmp_path / name).read_bytes())
        assert "12 trials" in told[0]
    assert written[0] == written[1]


def test_the_lean_router_chooses_as_the_engine_does() -> None:
    """With numbers that need no learned handle times, both choose the same agent at the same moment."""
    ground = n_design()
    family = Family(ground.system, by_type(ground.system))
    numbers = {
        "g0": 0.5, "stale_floor": 0.3, "speed_power": 0.0, "price.handle": 0.0,
        "weight.vip": 1.2, "weight.resto": 1.0, "scarcity.vip": 0.15, "keep_free.vip": 1.0,
    }  # fmt: skip
    rules = family.rules(family.point(numbers))
    assert rules.numbers["keep_free.vip"] == 1
    for one in (rules, *plain_rules(ground)):
        lean, engine = (run(ground, Trial(one, ("x/1", "x/2"), how)) for how in (False, True))
        assert [list(tally.waits_answered) for tally in lean.tallies] == [
            list(tally.waits_answered) for tally in engine.tallies
        ]
        assert lean.busy_ms == engine.busy_ms


def test_every_start_is_legal() -> None:
    """The policy takes the numbers of each start, and a point and its numbers are the same thing."""
    ground = n_design()
    family = Family(ground.system, by_type(ground.system))
    for point in family.starts().values():
        rules = family.rules(point)
        build(rules, centre.routing(ground.system, rules))
        assert family.rules(family.point(rules.numbers)) == rules


def figures(**changed: float) -> Figures:
    plain = Figures(80.0, 84.0, 4.0, 9.0, 60.0, 120.0, 3.0, (80.0, 90.0), (500, 500))
    return replace(plain, **changed)  # type: ignore[arg-type]


def test_guards_take_points_off_only_beyond_their_limits() -> None:
    """Ten seconds of p95 beyond 1.1 times first come, first served cost five points; within it nothing."""
    kept = limits(figures(), figures())
    assert worth(figures(p95_s=66.0, spread=5.0), kept) == 80.0
    assert worth(figures(p95_s=76.0), kept) == pytest.approx(75.0)
    assert worth(figures(spread=9.0), kept) == pytest.approx(78.0)
    assert worth(replace(figures(), by_type=(70.0, 90.0)), kept) == pytest.approx(79.0)


def test_the_tail_costs_as_much_as_the_p95() -> None:
    """Ten seconds of p99 beyond 1.5 times first come, first served cost five points; within it nothing."""
    kept = limits(figures(), figures())
    assert worth(figures(p99_s=180.0), kept) == 80.0
    assert worth(figures(p99_s=190.0), kept) == pytest.approx(75.0)


def test_more_time_means_more_days_and_never_less_search() -> None:
    """Ten times the minutes: at least as many days a trial and as many trials; a fast machine likewise."""
    short, long, fast = by_time(1_000, 1, 40_000), by_time(1_000, 10, 40_000), by_time(1_000, 1, 400_000)
    for more in (long, fast):
        assert more.days >= short.days
        assert more.evaluations >= short.evaluations
        assert more.days * more.evaluations > 5 * short.days * short.evaluations
    assert by_evaluations(1_000, 50).evaluations_most == 50


def test_weights_are_read_back_by_simulate(tmp_path: Path) -> None:
    """What is written is what `simulate --weights` reads, with before and after beside it."""
    ground, tuning = tuned(plan=work(1, 0))
    found = tuning.run()
    policies = {"smart": PolicyRules("smart"), "tuned": found.rules}
    lines = compare(Bench(ground, None, 1), policies, work(steps=4), seed=1).lines
    file = tmp_path / "pesos.json"
    weights.write(file, weights.content(found, config="x", seed=1, before=lines[0], after=lines[-1]))
    assert read_weights(file) == found.rules
    told = json.loads(file.read_text(encoding="utf-8"))
    assert told["before"]["policy"] == "smart"
    assert told["after"]["J"]["mean"] == pytest.approx(lines[1].kpis["J"].mean, abs=0.001)
    assert "smart" in table(lines)


def test_a_file_of_the_live_configuration_is_refused(tmp_path: Path) -> None:
    """Also by another spelling of its path; a new file beside it will do."""
    live = tmp_path / "centro.yaml"
    live.write_text("schema: acd/1\n", encoding="utf-8")
    with pytest.raises(TuneError, match="configuración en uso"):
        weights.refuse_live(tmp_path / "x" / ".." / "centro.yaml", (live,))
    weights.refuse_live(tmp_path / "borrador.yaml", (live,))


def test_bands_tell_noise_from_gain() -> None:
    """Ten batches of 1 to 10: mean 5.5, half width t x s / sqrt(10)."""
    found = band([float(number) for number in range(1, 11)])
    assert found.mean == 5.5
    assert found.half == pytest.approx(2.262 * 3.02765 / 10**0.5, rel=1e-4)


def contacts(days: int, a_day: int) -> list[Contact]:
    day_ms = 86_400_000
    return [
        Contact(QueueId("ventas"), "es", "", day * day_ms + at * 60_000, 10_000, 120_000, at % 10 > 0)
        for day in range(days)
        for at in range(a_day)
    ]


def test_too_little_history_says_how_much_there_is_and_how_much_is_needed() -> None:
    """Three days of 100 contacts: both figures stand in the refusal."""
    with pytest.raises(TuneError, match=r"300 contactos en 3 días.*1000 contactos en 5 días"):
        past_of(toy(), contacts(3, 100), [], [], 28)


def test_an_agent_of_few_talks_is_believed_to_be_as_quick_as_the_rest() -> None:
    """Twice the mean in two talks means little, in two thousand nearly all of it."""
    queue = QueueId("ventas")
    talks = [Handled(AgentId("rest"), queue, 0, 100_000)] * 5_000
    few = factors_of([*talks, *[Handled(AgentId("slow"), queue, 0, 200_000)] * 2])[queue]
    many = factors_of([*talks, *[Handled(AgentId("slow"), queue, 0, 200_000)] * 2_000])[queue]
    assert few[AgentId("slow")] < 1.06
    assert many[AgentId("slow")] / many[AgentId("rest")] > 1.9


def test_a_centre_is_tuned_under_its_own_configuration() -> None:
    """Streams become types, the policy's numbers carry the queue's own names, and the engine runs them."""
    system, own = own_centre(toy(), busy_toy(40.0))
    family = Family(system, names(own.streams))
    ground = Ground(system, 4 * 3_600_000, own=own)
    rules = family.rules(family.starts()["c mu"])
    assert {"weight.ventas", "scarcity.soporte"} <= set(rules.numbers)
    assert build(rules, own.under(rules)).name == "tuned"
    lean, engine = (measure(ground, Trial(rules, ("x/1", "x/2"), how)) for how in (False, True))
    assert lean.offered == engine.offered
    assert lean.score == pytest.approx(engine.score, abs=6)
