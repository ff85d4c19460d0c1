"""Every test module says what kind it is, or collection fails."""

from __future__ import annotations

import pytest

KINDS = {"unit", "property", "integration", "chaos", "long"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not KINDS & {mark.name for mark in item.iter_markers()}:
            raise pytest.UsageError(f"{item.nodeid}: mark its module with one of {sorted(KINDS)}")
