from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from typing import Any

import pytest

from acd.model import Activity, AgentId, Presence
from acd.records import AgentStateChanged, Ignored, Record
from cti.desktop import hub as hub_module
from cti.desktop.client import ANSWERS_MAX, Client
from cti.desktop.hub import EventHub

pytestmark = pytest.mark.unit


def state(n: int) -> AgentStateChanged:
    return AgentStateChanged(AgentId(f"a{n}"), Presence.READY, Activity.IDLE, "", True, None, 1_000 + n)


def states(numbers: Iterable[int]) -> list[Record]:
    return [state(n) for n in numbers]


async def take(client: Client) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await asyncio.wait_for(anext(client), timeout=5))
    return message


async def ready_client(hub: EventHub) -> Client:
    """A client that has read its first snapshot and asked for more is not told apart from a browser."""
    client = hub.subscribe()
    assert client is not None
    assert (await take(client))["type"] == "snapshot"
    return client


@pytest.fixture
def hub() -> EventHub:
    return EventHub(lambda _contact_id: {}, lambda: {"agents": []}, queue_max=8)


async def test_a_new_client_gets_the_whole_state_and_then_what_happens(hub: EventHub) -> None:
    """What happened before the snapshot is in it; what happens after it follows, once each, in order."""
    client = hub.subscribe()
    assert client is not None
    hub.publish(1, [state(1)])
    first = await take(client)
    hub.publish(2, [state(2), Ignored("TimePassed", "", "", 0), state(3)])

    assert (first["type"], first["seq"], first["data"]) == ("snapshot", 4_096, {"agents": []})
    assert [(await take(client))["seq"] for _ in range(2)] == [8_192, 8_194]


async def test_the_same_journal_gives_the_same_numbers_again(hub: EventHub) -> None:
    """A sequence number depends on the journal alone, so it is the same after a restart."""
    other = EventHub(lambda _contact_id: {})
    seen = []
    for each in (hub, other):
        client = await ready_client(each)
        each.publish(9, [Ignored("x", "", "", 0), state(1), state(2)])
        seen.append([(await take(client))["seq"] for _ in range(2)])

    assert seen[0] == seen[1] == [9 * 4_096 + 1, 9 * 4_096 + 2]
    assert hub.session != other.session


async def test_a_client_that_does_not_read_gets_one_snapshot_and_slows_nobody(hub: EventHub) -> None:
    """Its queue is dropped beyond the limit; the others hear everything, and it is right again afterwards."""
    slow, quick = await ready_client(hub), await ready_client(hub)
    heard = []
    for n in range(1, 30):
        hub.publish(n, [state(n)])
        heard.append((await take(quick))["data"]["agent"])
    late = await take(slow)
    hub.publish(30, [state(30)])

    assert heard == [f"a{n}" for n in range(1, 30)]
    assert (late["type"], late["seq"]) == ("snapshot", 29 * 4_096)
    assert (await take(slow))["data"]["agent"] == "a30"


async def test_a_decision_too_big_to_number_becomes_a_snapshot(hub: EventHub) -> None:
    """Thousands of changes at once are told as one new state, and the numbers stay apart."""
    client = await ready_client(hub)
    hub.publish(5, states(range(4_097)))
    hub.publish(6, [state(1)])

    told = await take(client)
    assert (told["type"], told["seq"]) == ("snapshot", 6 * 4_096)


async def test_handed_over_waits_until_every_healthy_client_has_written(hub: EventHub) -> None:
    """Between the pop and the bell: true only once each client asks for more, which it does after writing."""
    clients = [await ready_client(hub) for _ in range(3)]
    hub.publish(1, [state(1)])
    waiting = asyncio.ensure_future(hub.handed_over(5_000))
    for client in clients[:2]:
        await take(client)
    further = [asyncio.ensure_future(anext(client)) for client in clients[:2]]
    await take(clients[2])
    await asyncio.wait({waiting}, timeout=0.02)
    done_early = waiting.done()
    further.append(asyncio.ensure_future(anext(clients[2])))

    assert done_early is False
    assert await asyncio.wait_for(waiting, timeout=5) is True
    for each in further:
        each.cancel()


async def test_a_stalled_client_holds_up_one_call_only(hub: EventHub) -> None:
    """Who misses the deadline is not waited for again until it has caught up."""
    stalled = await ready_client(hub)
    hub.publish(1, [state(1)])

    assert await hub.handed_over(10) is False
    started = time.monotonic()
    hub.publish(2, [state(2)])
    assert await hub.handed_over(5_000) is True
    assert time.monotonic() - started < 1.0

    await take(stalled)
    await take(stalled)
    reading = asyncio.ensure_future(anext(stalled))
    await asyncio.wait({reading}, timeout=0.02)
    hub.publish(3, [state(3)])
    await reading
    assert await hub.handed_over(10) is False


async def test_a_client_that_leaves_is_not_waited_for(hub: EventHub) -> None:
    """A closed browser never delays a bell."""
    client = await ready_client(hub)
    hub.publish(1, [state(1)])
    waiting = asyncio.ensure_future(hub.handed_over(5_000))
    await asyncio.wait({waiting}, timeout=0.02)
    client.close()

    assert await asyncio.wait_for(waiting, timeout=2) is True
    with pytest.raises(StopAsyncIteration):
        await anext(client)
    assert hub.clients == 0


async def test_nothing_is_waited_for_when_nobody_listens(hub: EventHub) -> None:
    """Without clients the bell follows at once."""
    hub.publish(1, [state(1)])

    assert await asyncio.wait_for(hub.handed_over(5_000), timeout=1) is True


async def test_there_is_a_limit_to_listeners(hub: EventHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than allowed is refused; when one leaves there is room again."""
    monkeypatch.setattr(hub_module, "CLIENTS_MAX", 2)
    first, second = hub.subscribe(), hub.subscribe()
    assert first is not None
    assert second is not None

    assert hub.subscribe() is None
    first.close()
    assert hub.subscribe() is not None


async def test_an_answer_is_for_who_asked_and_outlives_a_lag(hub: EventHub) -> None:
    """Events may be replaced by a snapshot; what one has asked for oneself comes all the same."""
    asker, other = await ready_client(hub), await ready_client(hub)
    hub.publish(1, states(range(20)))
    assert asker.answer(b'{"type": "command.result"}')

    assert [(await take(asker))["type"] for _ in range(2)] == ["snapshot", "command.result"]
    assert (await take(other))["type"] == "snapshot"
    hub.publish(2, [state(2)])
    assert (await take(other))["type"] == "agent.state"


async def test_there_is_a_limit_to_answers_that_nobody_reads(hub: EventHub) -> None:
    """Who asks and asks without reading is told apart, so that memory has an end."""
    client = await ready_client(hub)
    took = [client.answer(b"{}") for _ in range(ANSWERS_MAX + 1)]

    assert took == [True] * ANSWERS_MAX + [False]
    await take(client)
    assert client.answer(b"{}")
