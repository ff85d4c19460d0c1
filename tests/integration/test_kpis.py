"""Figures of real calls: one answered, one abandoned, one rejected, and every number is exactly that."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cti.softphone.port import CallState
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import NEXT, WRAP_S, Cast, Ears, config_text, write_config

pytestmark = pytest.mark.integration

UP, ENDED = CallState.UP, CallState.ENDED
CALLER = "+34600333001"


def _config() -> str:
    """Nobody can ever serve `soporte`, and its number leads there at once."""
    text = config_text({"ana": "{ventas: 8}"})
    flow = "  imposible: {start: cola, nodes: {cola: {enqueue: soporte}}}\n"
    text = text.replace('"902": {flow', '"903": {flow: imposible}, "902": {flow', 1)
    text = text.replace("  directo:\n", f"{flow}  directo:\n", 1)
    before, soporte, after = text.partition("  soporte: {need")
    return before + soporte + after.replace("could_ever: keep_waiting", "could_ever: hang_up", 1)


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("cifras")
    config = write_config(folder / "config", _config())
    async with Centre.running(folder / "home", config) as running:
        yield running


async def test_three_calls_are_exactly_three_calls(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Counts, times, agents, lists, and while one waits it is still there; the command prints the same."""
    await cast.only("ana", of=["ana"])
    await _answered(centre, cast)
    await centre.http_post("/api/agents/ana/presence", {"presence": "not_ready", "reason": "pausa"})
    await _abandoned(centre, cast, ears)
    await _rejected(centre, cast)

    by_queue = await _report(centre, "queue")
    ventas, soporte = _row(by_queue, "ventas"), _row(by_queue, "soporte")
    assert _some(ventas) == {"offered": 2, "answered": 1, "abandoned": 1, "rejected": 0, "still": 0}
    assert _some(soporte) == {"offered": 1, "answered": 0, "abandoned": 0, "rejected": 1, "still": 0}
    assert _some(by_queue["total"]) == {
        "offered": 3,
        "answered": 1,
        "abandoned": 1,
        "rejected": 1,
        "still": 0,
    }
    await _as_recorded(centre, cast, ventas)
    await _same_by_all(centre, by_queue)
    await _occupied(centre)
    printed = await _printed(centre)
    assert ["ventas", "2", "1", "1", "0"] in [line.split()[:5] for line in printed.splitlines()]


async def _answered(centre: Centre, cast: Cast) -> None:
    ana = await cast.agent("ana")
    call = await (await cast.caller(CALLER)).dial(f"sip:902@{centre.sip}")
    leg = await ana.next_call(within_s=5)
    await leg.answer()
    await leg.wait_for(UP, within_s=5)
    await eventually(lambda: _activity(cast, "talking"), 3, "ana talks")
    await call.hangup()
    await leg.wait_for(ENDED, within_s=3)
    await eventually(lambda: _activity(cast, "idle"), WRAP_S + 4, "ana is ready again")


async def _abandoned(centre: Centre, cast: Cast, ears: Ears) -> None:
    call = await (await cast.caller("+34600333002")).dial(f"sip:902@{centre.sip}")
    await call.wait_for(UP, within_s=5)
    await ears.hears(call, NEXT, within_s=8)
    waiting = _row(await _report(centre, "queue"), "ventas")
    assert _some(waiting) == {"offered": 2, "answered": 1, "abandoned": 0, "rejected": 0, "still": 1}
    await call.hangup()
    await cast.record(number="+34600333002")


async def _rejected(centre: Centre, cast: Cast) -> None:
    call = await (await cast.caller("+34600333003")).dial(f"sip:903@{centre.sip}")
    await call.wait_for(UP, within_s=5)
    await call.wait_for(ENDED, within_s=20)
    await cast.record(number="+34600333003")


async def _as_recorded(centre: Centre, cast: Cast, ventas: dict[str, Any]) -> None:
    """The times are those of the contact's own record, the list behind the number names it."""
    record = await cast.record(number=CALLER)
    figures = ventas["figures"]
    assert figures["asa-v1"] == {
        "value": record["wait_ms"],
        "numerator": record["wait_ms"],
        "denominator": 1,
    }
    assert ventas["counts"]["talk_ms"] == record["talk_ms"] > 0
    assert WRAP_S * 1000 <= ventas["counts"]["wrap_ms"] < WRAP_S * 1000 + 1_500
    assert figures["sl-v1"]["value"] == 0.5
    listed = await centre.http_get("/api/kpis/contacts?figure=answered&key=ventas")
    assert listed["contacts"] == [{"id": record["id"], "amount": 1}]


async def _same_by_all(centre: Centre, by_queue: dict[str, Any]) -> None:
    wanted = _some(by_queue["total"])
    for by in ("segment", "intent", "agent", "interval&interval=15m"):
        assert _some((await _report(centre, by))["total"]) == wanted
    intents = {row["key"] for row in (await _report(centre, "intent"))["rows"]}
    assert intents == {"902/ventas", "903/soporte"}


async def _occupied(centre: Centre) -> None:
    counts = _row(await _report(centre, "agent"), "ana")["counts"]
    assert counts["agent_talk_ms"] == counts["talk_ms"]
    assert counts["agent_wrap_ms"] == counts["wrap_ms"]
    assert counts["agent_idle_ms"] > 0 and counts["agent_away_ms"] > 0


async def _printed(centre: Centre) -> str:
    command = [sys.executable, "-m", "centralita", "kpis", "--home", str(centre.home)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, out.decode()
    return out.decode()


async def _report(centre: Centre, by: str) -> dict[str, Any]:
    report: dict[str, Any] = await centre.http_get(f"/api/kpis?by={by}")
    return report


def _row(report: dict[str, Any], key: str) -> dict[str, Any]:
    return next(row for row in report["rows"] if row["key"] == key)


def _some(numbers: dict[str, Any]) -> dict[str, int]:
    wanted = ("offered", "answered", "abandoned", "rejected", "still")
    return {name: numbers["counts"][name] for name in wanted}


async def _activity(cast: Cast, wanted: str) -> bool:
    return bool((await cast.live_agent("ana"))["activity"] == wanted)
