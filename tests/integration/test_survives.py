"""Our server dies or freezes under 65 live calls: nobody is lost, and three accounts of it agree."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from bench.chaos.audit import Limits, audit, table
from bench.chaos.drive import Cast, Stage, configuration, fault
from tests.support.centre import Centre

pytestmark = pytest.mark.chaos

CAST = Cast(callers=65, talking=10, ringing=5, talk_ms=8_000, ring_ms=15_000)


@pytest.mark.timeout(280)
@pytest.mark.parametrize(
    ("number", "silent_ms"),
    [
        (signal.SIGKILL, 2_500),
        # A caller to whom the frozen server was just speaking hears nothing until it is killed, 3 s later.
        (signal.SIGSTOP, 4_500),
    ],
)
async def test_nobody_is_lost(number: signal.Signals, silent_ms: int, tmp_path: Path) -> None:
    """50 wait, 5 ring, 10 talk: order and clocks come back, talks never notice, ringing legs are adopted."""
    config = tmp_path / "chaos.yaml"
    config.write_text(configuration(CAST))
    async with Centre.running(tmp_path / "home", config) as centre:
        stage = Stage(centre, CAST, tmp_path / "sipp")
        try:
            await stage.open()
            await stage.fill()
            await fault(centre, number)
            await stage.served()
            accounts = await stage.accounts()
        finally:
            await stage.close()

    violations = audit(accounts, Limits(music_gap_ms=silent_ms))
    assert not violations, "\n".join([*map(str, violations), *table(accounts)])
    assert len(accounts.callers) == CAST.callers
