from __future__ import annotations

import pytest

from acd import events as ev
from acd.model import ContactId, QueueId
from centralita.callers import EngineView, Ports, Published, Visit
from centralita.live import Beside, Picture
from tests.unit.acd.desk import C1, C2, START_MS, Desk, agent, queue
from tests.unit.waits.centres import VENTAS

pytestmark = pytest.mark.unit

VISIT = Visit("local", "17.5", "PJSIP/x-1", "900", "", "", False, "", "", True)


def view(desk: Desk, told: list[ev.Event], contact_id: ContactId, **more: object) -> EngineView:
    """One caller's view of a desk that notes events instead of taking them."""

    async def ask(event: ev.Event) -> None:
        told.append(event)

    async def no(_: ContactId) -> bool:
        return False

    def none(_: str) -> Published:
        raise NotImplementedError

    ports = Ports(lambda: desk.state, ask, lambda *_: None, no, none, lambda: START_MS, **more)  # type: ignore[arg-type]
    return EngineView(ports, contact_id, VISIT)


async def test_the_engine_is_told_the_estimate_at_the_door() -> None:
    """Of this contact and this queue; None where nothing is known."""
    told: list[ev.Event] = []
    asked: list[tuple[ContactId, QueueId]] = []

    def estimate(contact_id: ContactId, queue_id: QueueId) -> int:
        asked.append((contact_id, queue_id))
        return 90_000

    desk = Desk(queue("ventas"), agent("ana"))
    await view(desk, told, C1, estimate=estimate).enqueue("", "ventas", is_open=True)
    await view(desk, told, C1).enqueue("", "ventas", is_open=True)

    assert asked == [(C1, VENTAS)]
    assert told == [ev.ContactEnqueued(C1, VENTAS, True, 90_000), ev.ContactEnqueued(C1, VENTAS, True, None)]


def test_a_waiting_caller_is_told_the_rest_and_a_ringing_one_is_not() -> None:
    """While a bell rings for the caller no estimate is asked for."""
    desk = Desk(queue("ventas"), agent("ana"))
    desk.comes(C1, C2)
    waits = {C1: (0, 1), C2: (60_000, 120_000)}
    ringing, waiting = (view(desk, [], one, to_tell=waits.get).position("") for one in (C1, C2))

    assert ringing is not None
    assert waiting is not None
    assert (ringing.agent_is_ringing, ringing.wait_ms) == (True, None)
    assert waiting.wait_ms == (60_000, 120_000)


def test_screens_show_the_estimate_of_queues_and_of_those_who_wait() -> None:
    """By queue for one who calls now, by contact the rest; nothing for one who talks, or is not known."""
    desk = Desk(queue("ventas"), queue("soporte"), agent("ana"))
    desk.talks(C1)
    desk.comes(C2)
    wait = {"mean_ms": 5, "low_ms": 1, "high_ms": 9}
    beside = Beside(
        seq=1,
        number=lambda _: None,
        queue_wait=lambda queue_id: wait if queue_id == VENTAS else None,  # type: ignore[arg-type, return-value]
        waits={C1: wait, C2: wait},  # type: ignore[dict-item]
    )
    live = Picture().read(desk.state, desk.now_ms, beside)

    assert [found["wait"] for found in live["queues"]] == [wait, None]
    assert {found["id"]: found["wait"] for found in live["contacts"]} == {C1: None, C2: wait}
