from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from math import isnan

import pytest

from acd.model import ExitTo, QueueId
from acd.sim.system import Ringing
from acd.stats.wait_features import NAMES, features, standing
from acd.stats.wait_history import History
from acd.stats.wait_watch import Example
from centralita.waits import world
from centralita.waits.demand import BUSY_SHARE, TALK_MS, by_default
from centralita.waits.fit import TooFewError
from centralita.waits.train import DAYS, plan, train
from centralita.waits.world import Day, examples
from tests.unit.waits.centres import SOPORTE, VENTAS, busy_toy, gives_up_after, rules, toy

pytestmark = pytest.mark.unit


def joined(seen: Sequence[Example]) -> list[Example]:
    """Those who found nobody free, and of whom the moving average had something to say."""
    return [ex for ex in seen if not ex.is_waiting and not ex.found_free and ex.average_ms is not None]


def test_a_small_centre_trained_in_seconds_beats_the_moving_average_on_days_it_has_not_seen() -> None:
    """Error below four fifths of app_queue's, little bias, the interval about as wide as it says."""
    model = train(toy(), busy_toy(), seed=1, calls=8_000)
    tried = joined([ex for day in range(2) for ex in examples(toy(), busy_toy(), Day(day), seed=99)])
    ours = [model.predict(ex.queue, ex.features) for ex in tried]
    misses = [est.mean_ms - ex.wait_ms for est, ex in zip(ours, tried, strict=True)]
    others = [(ex.average_ms or 0) - ex.wait_ms for ex in tried]
    inside = sum(est.low_ms <= ex.wait_ms <= est.high_ms for est, ex in zip(ours, tried, strict=True))

    assert len(tried) > 600
    assert sum(miss**2 for miss in misses) < 0.8**2 * sum(miss**2 for miss in others)
    assert abs(sum(misses)) / len(tried) < 8_000
    assert 0.72 < inside / len(tried) < 0.88


def test_the_same_seed_gives_the_same_model() -> None:
    """Another one gives another, and both say where they come from."""
    first, again, other = (train(toy(), busy_toy(), seed=seed, calls=3_000) for seed in (5, 5, 6))

    assert first == again
    assert first.joining != other.joining
    assert (first.seed, first.config_version, first.from_history) == (5, "toy", False)


def test_where_nobody_waits_there_is_nothing_to_learn() -> None:
    """Five agents and a call an hour."""
    with pytest.raises(TooFewError):
        train(toy(), busy_toy(per_hour=1.0), seed=1, calls=1_000)


def test_the_bell_is_what_one_waits_who_finds_an_agent_free() -> None:
    """One second and three on average."""
    model = train(toy(), busy_toy(), seed=1, calls=4_000, ringing=Ringing())

    assert 3_000 < model.at_once.mean_ms < 5_500
    assert model.at_once.low_ms < model.at_once.mean_ms < model.at_once.high_ms


def test_an_example_is_what_the_running_server_would_have_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features of a simulated call equal those read from the engine's state by a history of its own."""
    twin = History(toy(), world.handle_guess(toy(), busy_toy()))
    checked = 0

    class Twin(world.CentreRouter):
        def _remember(self, record: object) -> None:
            nonlocal checked
            state = self.engine.state
            if type(record).__name__ == "ContactQueued":
                contact = state.contacts[record.contact_id]  # type: ignore[attr-defined]
                place = standing(state, contact, state.now_ms)
                assert place is not None
                seen[record.contact_id] = features(state, place, state.now_ms, twin)  # type: ignore[attr-defined]
            super()._remember(record)  # type: ignore[arg-type]
            twin.feed(record)  # type: ignore[arg-type]

    seen: dict[str, tuple[float, ...]] = {}
    monkeypatch.setattr(world, "CentreRouter", Twin)
    for ex in examples(toy(), busy_toy(), Day(1, hours=3, warmup_ms=0), seed=3):
        if not ex.is_waiting:
            assert any(_same(ex.features, row) for row in seen.values())
            checked += 1

    assert checked > 50


def _same(left: Sequence[float], right: Sequence[float]) -> bool:
    return all(a == b or (isnan(a) and isnan(b)) for a, b in zip(left, right, strict=True))


def test_whoever_takes_an_exit_is_no_example() -> None:
    """Nobody who is sent away after a minute was ever served later than that."""
    queues = {queue: rules(queue, waited=gives_up_after(60_000)) for queue in (VENTAS, SOPORTE)}
    short = dataclasses.replace(toy(), queues=queues)
    waits = [ex.wait_ms for ex in examples(short, busy_toy(60), Day(0), seed=1) if not ex.is_waiting]

    assert len(waits) > 300
    assert max(waits) <= 60_000


def test_contacts_sent_on_to_another_queue_are_examples_there() -> None:
    """The exit is walked as the server walks it."""
    exits = ((20_000, dataclasses.replace(gives_up_after(1)[0][1], to=ExitTo.QUEUE, name="soporte")),)
    queues = {VENTAS: rules("ventas", waited=exits), SOPORTE: rules("soporte")}
    sent_on = dataclasses.replace(toy(), queues=queues)
    only_ventas = dataclasses.replace(busy_toy(60), streams=busy_toy(60).streams[:1])
    seen = examples(sent_on, only_ventas, Day(0), seed=1)

    assert {ex.queue for ex in seen} == {VENTAS, SOPORTE}


def test_by_default_agents_are_as_busy_as_people_stand() -> None:
    """Calls by who could take them; told how many, as many as told."""
    demand = by_default(toy())
    handle_ms = TALK_MS + 10_000

    assert {stream.queue for stream in demand.streams} == {VENTAS, SOPORTE}
    assert demand.per_hour * handle_ms / 3_600_000 == pytest.approx(BUSY_SHARE * 5)
    assert by_default(toy(), 77.0).per_hour == pytest.approx(77.0)


def test_days_are_whole_where_the_hour_matters() -> None:
    """Else as long as needed; a centre that nobody calls has none."""
    even, profiled = busy_toy(), busy_toy()
    hours = tuple(float(hour) for hour in range(24))
    profiled = dataclasses.replace(
        profiled, streams=tuple(dataclasses.replace(s, per_hour=hours) for s in profiled.streams)
    )

    assert len(plan(even, 1_000)) >= DAYS
    assert {day.hours for day in plan(profiled, 1_000)} == {24}
    assert len({(day.load, day.staff) for day in plan(even, 1_000)}) > 3
    assert plan(busy_toy(0.0), 1_000) == []


def test_examples_are_complete() -> None:
    """A number for each feature; the rest of a wait is seen, too."""
    seen = examples(toy(), busy_toy(), Day(0, hours=8), seed=2)

    assert all(len(ex.features) == len(NAMES) for ex in seen)
    assert all(ex.wait_ms >= 0 for ex in seen)
    assert any(ex.is_waiting and ex.features[NAMES.index("waited_ms")] > 10_000 for ex in seen)
    assert QueueId("ventas") in {ex.queue for ex in seen}
