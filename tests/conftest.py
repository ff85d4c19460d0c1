"""Every test module says what kind it is, or collection fails."""

from __future__ import annotations

import asyncio
import io
import warnings
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

KINDS = {"unit", "property", "integration", "chaos", "long"}
REAL_TIME = {"integration", "chaos"}
"""Telephone calls on the clock of a shared machine: they are tried once more, and the run says so."""
PAUSE_S = 3
STOP_S = 5


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        kinds = KINDS & {mark.name for mark in item.iter_markers()}
        if not kinds:
            raise pytest.UsageError(f"{item.nodeid}: mark its module with one of {sorted(KINDS)}")
        if kinds & REAL_TIME:
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=PAUSE_S))


@pytest_asyncio.fixture(scope="session", loop_scope="session", autouse=True)
async def _nothing_runs_on() -> AsyncIterator[None]:
    """
    What tests have left running is stopped. What does not let itself be stopped is told once more, and shown.

    Without this the end of a run waits for such a task until its time limit, and nobody learns which it is.
    """
    yield
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for _ in range(2):
        for task in left:
            task.cancel()
        if left:
            _, left = await asyncio.wait(left, timeout=STOP_S)
        for task in left:
            where = io.StringIO()
            task.print_stack(file=where)
            warnings.warn(f"does not let itself be stopped: {task!r}\n{where.getvalue()}", stacklevel=1)
    for task in left:
        asyncio._unregister_task(task)
