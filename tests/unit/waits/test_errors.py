from __future__ import annotations

import pytest

from acd.model import ContactId
from acd.stats.wait import Estimate
from acd.stats.wait_error import AT_LEAST, LAST, Errors, Foreseen, trustworthy
from tests.unit.waits.centres import SOPORTE, VENTAS

pytestmark = pytest.mark.unit


def told(mean_ms: int, *, average_ms: float = 50_000, free: bool = False) -> Foreseen:
    ours = Estimate(mean_ms, mean_ms // 2, mean_ms * 2)
    return Foreseen(VENTAS, ours, average_ms, average_ms, free)


def after(errors: Errors, foreseen: Foreseen, waited_ms: int, count: int = AT_LEAST) -> None:
    for number in range(count):
        contact_id = ContactId(f"c{number}")
        errors.foresee(contact_id, foreseen)
        errors.came_true(contact_id, waited_ms)


def test_errors_are_told_beside_those_of_the_others_on_the_same_calls() -> None:
    """Bias and rmse of ours and of the moving average, and the share inside the interval."""
    errors = Errors()
    after(errors, told(40_000), 30_000)
    report = errors.report(VENTAS)

    assert report is not None
    assert (report.ours.calls, report.ours.bias_ms, report.ours.rmse_ms) == (AT_LEAST, 10_000, 10_000)
    assert (report.average.bias_ms, report.last.rmse_ms) == (20_000, 20_000)
    assert report.inside == 1.0
    assert errors.report() == report
    assert errors.reports() == {VENTAS: report}


def test_a_few_calls_prove_nothing() -> None:
    """Below the least number there is no report; an unknown queue has none either."""
    errors = Errors()
    after(errors, told(40_000), 30_000, AT_LEAST - 1)

    assert errors.report(VENTAS) is None
    assert errors.report(SOPORTE) is None


def test_who_hangs_up_or_finds_somebody_free_is_no_proof() -> None:
    """Nobody knows how long the one would have waited; there was nothing to foresee for the other."""
    errors = Errors()
    errors.foresee(ContactId("left"), told(40_000))
    errors.forget(ContactId("left"))
    errors.came_true(ContactId("left"), 1_000)
    after(errors, told(4_000, free=True), 4_000)
    errors.came_true(ContactId("never seen"), 1_000)

    assert not errors.seen
    assert not errors.open


def test_only_the_last_calls_count() -> None:
    """What went wrong long ago is forgotten."""
    errors = Errors()
    after(errors, told(400_000), 10_000, LAST)
    after(errors, told(20_000), 20_000, LAST)
    report = errors.report(VENTAS)

    assert report is not None
    assert report.ours.rmse_ms == 0


def test_an_estimate_is_told_only_if_it_beats_the_moving_average_and_keeps_its_interval() -> None:
    """Callers are told nothing that has proved worse than what others announce."""
    good, bad, outside = Errors(), Errors(), Errors()
    after(good, told(40_000, average_ms=90_000), 30_000)
    after(bad, told(40_000, average_ms=31_000), 30_000)
    after(outside, told(40_000, average_ms=500_000), 100_000)

    assert trustworthy(None)
    assert trustworthy(good.report(VENTAS))
    assert not trustworthy(bad.report(VENTAS))
    assert not trustworthy(outside.report(VENTAS))
