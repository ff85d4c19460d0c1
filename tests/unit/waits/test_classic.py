from __future__ import annotations

import pytest

from acd.stats.wait_classic import markov_ms, moving_average, naive_ms

pytestmark = pytest.mark.unit


def test_the_moving_average_is_that_of_app_queue() -> None:
    """The first wait as it is, then three quarters old and one quarter new."""
    first = moving_average(None, 40_000)

    assert first == 40_000
    assert moving_average(first, 80_000) == 50_000


def test_the_naive_quotient_counts_the_caller_too() -> None:
    """Two ahead, ten agents, five minutes each: three times half a minute; nobody there: not known."""
    assert naive_ms(2, 300_000, 10) == 90_000
    assert naive_ms(2, 300_000, 0) is None


def test_without_patience_the_markov_value_is_the_naive_one() -> None:
    """(q + 1) / (n mu)."""
    assert markov_ms(2, 10 / 300_000) == pytest.approx(90_000)
    assert markov_ms(2.5, 10 / 300_000) == pytest.approx(105_000)
    assert markov_ms(2, 0.0) is None


def test_callers_who_give_up_shorten_the_wait() -> None:
    """Sum of 1 / (n mu + j theta), j = 1..q+1, by hand for one ahead: the published formula."""
    mu, theta = 2 / 60, 1 / 60

    assert markov_ms(1, mu, theta) == pytest.approx(60 / 3 + 60 / 4)
