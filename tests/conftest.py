"""Every test module says what kind it is, or collection fails."""

from __future__ import annotations

import pytest

KINDS = {"unit", "property", "integration", "chaos", "long"}
REAL_TIME = {"integration", "chaos"}
"""Telephone calls on the clock of a shared machine: they are tried once more, and the run says so."""
PAUSE_S = 3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        kinds = KINDS & {mark.name for mark in item.iter_markers()}
        if not kinds:
            raise pytest.UsageError(f"{item.nodeid}: mark its module with one of {sorted(KINDS)}")
        if kinds & REAL_TIME:
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=PAUSE_S))
