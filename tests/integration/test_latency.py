"""A few calls with exact moments: the order of things, not their speed (that is bench/latency.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.latency import measure_calls, write_config
from tests.support.centre import Centre

pytestmark = pytest.mark.integration

CALLS = 10


async def test_the_record_is_on_the_screen_before_the_phone_rings(tmp_path: Path) -> None:
    """Whoever waits for whom: the pop has reached the desktop when the INVITE reaches the agent's phone."""
    async with Centre.running(tmp_path / "home", write_config(tmp_path / "config")) as centre:
        calls = await measure_calls(centre, CALLS)
    assert len(calls) == CALLS
    assert {bool(call.ready_ns) for call in calls} == {True, False}, "both ways of meeting"
    for call in calls:
        assert call.dialled_ns < call.pop_ns < call.invited_ns < call.answered_ns
        assert call.answered_ns < min(call.caller_heard_ns, call.agent_heard_ns)
