"""A hundred calls and twenty kills, measured; the dated table goes to docs/measured."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.figures import REPORTS_VARIABLE, percentile, write_report
from bench.latency import report

pytestmark = pytest.mark.long

CALLS, KILLS = 100, 20


@pytest.mark.timeout(900)
async def test_fast_to_the_phone_and_fast_back(tmp_path: Path) -> None:
    """The pop is never late, audio flows within two frames, and a killed server is back within a second."""
    text, calls, kills = await report(tmp_path, CALLS, KILLS)
    folder = os.environ.get(REPORTS_VARIABLE)
    if folder:
        write_report(Path(folder), "latency", text)
    assert min(call.pop_lead_ms for call in calls) > 0, text
    heard_ms = [(call.caller_heard_ns - call.answered_ns) / 1e6 for call in calls]
    assert percentile(heard_ms, 0.95) < 40, text
    assert percentile([kill.health_ms for kill in kills], 0.5) < 1_000, text
    assert max(kill.caller_ms for kill in kills) < 6_000, text
