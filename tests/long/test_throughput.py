"""The whole path under load beside app_queue, measured; the dated table goes to docs/measured."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.figures import REPORTS_VARIABLE
from bench.throughput import report
from bench.throughput.__main__ import Plan, measure_all
from bench.throughput.app_queue import AppQueue
from bench.throughput.sides import Ours

pytestmark = pytest.mark.long

MINUTES = float(os.environ.get("CENTRALITA_THROUGHPUT_MINUTES", "1"))


@pytest.mark.timeout(2_400)
async def test_as_many_calls_as_app_queue_and_thousands_may_wait(tmp_path: Path) -> None:
    """
    No call is lost or unrecorded at the highest rate, and who waits costs little and is rung for at once.

    Rates are compared by people, from the table: here only what no busy machine may break.
    """
    measured = await measure_all([Ours.name, AppQueue.name], tmp_path, Plan(seconds=MINUTES * 60))
    text = report.page(measured, f"python -m bench.throughput --minutes {MINUTES:g}", "Asterisk")
    folder = os.environ.get(REPORTS_VARIABLE)
    if folder:
        report.write(Path(folder), measured, text)
    assert measured[Ours.name].sustained.clean, text
    found = report.ratios(measured)
    assert found["waiting_cpu"] < 0.5, text
    assert found["freed_p95"] < 0.5, text
