from __future__ import annotations

import time

import pytest

from centralita.install import progress
from centralita.install.progress import Meter

pytestmark = pytest.mark.unit


def test_without_a_terminal_a_long_step_speaks_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log file gets the beginning and then one line per interval, not one per package."""
    said: list[str] = []
    clock = iter([0.0, 1.0, 6.0, 6.0, 7.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(progress, "_bar_if_terminal", lambda: None)

    with Meter(said.append, "unpacking", 4) as meter:
        meter.at(1, "a")
        meter.at(2, "b")
        meter.at(3, "c")

    assert said == ["unpacking ...", "unpacking: 50% b"]
