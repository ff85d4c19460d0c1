"""Every way in which an agent's phone can refuse, classified by what the switch really tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.softphone.baresip import BaresipStack
from cti.softphone.port import CallState
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import Cast, config_text, write_config
from tests.support.sipp import Answer, Behaviour, Refuse, RingForever, Silent, start_agents

pytestmark = pytest.mark.integration

RING_S = 2
# Asked in the order of their names: all are idle since the same moment.
PHONES: dict[str, tuple[Behaviour, str]] = {
    "a-486": (Refuse(486, "Busy Here"), "busy"),
    "b-603": (Refuse(603, "Decline"), "declined"),
    "c-480": (Refuse(480, "Temporarily Unavailable"), "no_reply"),
    "d-404": (Refuse(404, "Not Found"), "failed"),
    "e-488": (Refuse(488, "Not Acceptable Here"), "failed"),
    "f-503": (Refuse(503, "Service Unavailable"), "failed"),
    "g-rings": (RingForever(), "no_answer"),
    "h-silent": (Silent(), "no_reply"),
    "i-answers": (Answer(ring_ms=100), "accepted"),
}


async def test_each_refusal_has_its_name_and_the_next_is_rung_at_once(
    stack: BaresipStack, tmp_path: Path
) -> None:
    """One caller meets nine phones: eight refuse in eight ways, the ninth answers; the clock never stops."""
    runs = {
        name: await start_agents(behaviour, tmp_path / "sipp", name=name)
        for name, (behaviour, _) in PHONES.items()
    }
    text = config_text(
        dict.fromkeys(PHONES, "{ventas: 8}"),
        {name: f"127.0.0.1:{run.port}" for name, run in runs.items()},
        ring_s=RING_S,
        rest_s=60,
    )
    async with Centre.running(tmp_path / "home", write_config(tmp_path / "config", text)) as centre:
        cast = Cast(centre, stack)
        await eventually(
            lambda: cast.is_reachable("i-answers"), 5, "phones at fixed addresses count as there"
        )
        assert all(run.running for run in runs.values()), {name: run.running for name, run in runs.items()}
        number = "+34600222333"
        call = await (await cast.caller(number)).dial(f"sip:902@{centre.sip}")
        await call.wait_for(CallState.UP, within_s=5)

        async def talks() -> bool:
            return bool((await cast.live_agent("i-answers"))["activity"] == "talking")

        await eventually(talks, 4 * RING_S + 5, "the last phone talks")
        await call.hangup()
        record = await cast.record(number=number)

    for run in runs.values():
        await run.stop()
    tried = [(offer["agent"], offer["result"]) for offer in record["offers"]]
    assert tried == [(name, result) for name, (_, result) in PHONES.items()]
    pairs = zip(record["offers"], record["offers"][1:], strict=False)
    assert all(after["start_ms"] - before["end_ms"] <= 20 for before, after in pairs)
    assert record["answered_ms"] - record["queued_ms"] == record["wait_ms"]
