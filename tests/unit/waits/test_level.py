from __future__ import annotations

import pytest

from acd.stats.wait_level import blocks, level_ms, nothing_before

pytestmark = pytest.mark.unit


def test_with_one_queue_the_level_is_the_markov_value() -> None:
    """Work over agents."""
    assert level_ms(blocks(0b1111, []), 400_000) == 100_000


def test_nobody_there_has_no_level() -> None:
    """Unknown is None, not a long wait."""
    assert level_ms(blocks(0, []), 1.0) is None


def test_agents_with_other_work_before_them_help_later() -> None:
    """Two of four have a minute of other work: our two minutes fill the other two up to it, no higher."""
    found = blocks(0b1111, [(0b0011, 60_000.0)])

    assert level_ms(found, 120_000) == 60_000
    assert level_ms(found, 240_000) == 90_000
    assert nothing_before(found) == 2


def test_lines_that_share_nobody_do_not_count() -> None:
    """Their agents are not ours."""
    assert blocks(0b0011, [(0b1100, 99_000.0)]) == [(0b0011, 0.0)]


def test_the_level_never_falls_when_more_waits() -> None:
    """Neither with our own work nor with that of others."""
    others = [(0b0110, 10_000.0), (0b0011, 70_000.0)]
    levels = [level_ms(blocks(0b1111, others), work) or 0 for work in range(0, 500_000, 10_000)]
    more = [level_ms(blocks(0b1111, [(0b0110, each)]), 100_000) or 0 for each in range(0, 200_000, 5_000)]

    assert levels == sorted(levels)
    assert more == sorted(more)
