from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd.model import Activity, AgentId, Channel, ContactId, Presence, QueueId
from acd.records import AgentStateChanged, ContactQueued, Ignored, Record
from cti.desktop import log as log_module
from cti.desktop.client import Client
from cti.desktop.envelope import PER_ENTRY, message_seq
from cti.desktop.hub import EventHub
from cti.desktop.log import EventLog, Kept, Place
from tests.support.polling import eventually

pytestmark = pytest.mark.unit

CHANNEL = Channel("pbx", "u1")
NOTHING = Ignored("TimePassed", "", "", 0)


def state(n: int) -> AgentStateChanged:
    return AgentStateChanged(AgentId(f"a{n}"), Presence.READY, Activity.IDLE, "", True, None, 1_000 + n)


def make(folder: Path, *, queue_max: int = 1_024) -> tuple[EventHub, EventLog]:
    log = EventLog(folder, 0)
    hub = EventHub(lambda _contact_id: {}, lambda: {"agents": []}, queue_max=queue_max, log=log)
    return hub, log


def resumed(hub: EventHub, seq: int) -> Client:
    client = hub.subscribe(seq)
    assert client is not None
    return client


async def take(client: Client, count: int) -> list[tuple[str, int]]:
    found = [json.loads(await asyncio.wait_for(anext(client), 5)) for _ in range(count)]
    return [(message["type"], message["seq"]) for message in found]


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("*.jsonl"))


def hello(client: Client) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(client.hello())["data"]
    return told


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[EventHub, EventLog]]:
    hub, log = make(tmp_path)
    yield hub, log
    log.close()


async def test_who_was_away_hears_what_it_missed_and_then_what_happens(
    kept: tuple[EventHub, EventLog],
) -> None:
    """No snapshot is needed, and hello says so; what nobody listened to was kept all the same."""
    hub, _ = kept
    for n in range(1, 8):
        hub.publish(n, [NOTHING, state(n)])
    client = resumed(hub, message_seq(4, 1))
    hub.publish(8, [state(8)])

    assert hello(client) == {"session": hub.session, "from_seq": message_seq(4, 1), "resumed": True}
    wanted = [("agent.state", message_seq(n, 1)) for n in (5, 6, 7)]
    assert await take(client, 4) == [*wanted, ("agent.state", message_seq(8, 0))]
    reading = asyncio.ensure_future(take(client, 1))
    await asyncio.sleep(0)
    hub.publish(9, [state(9)])
    assert await reading == [("agent.state", message_seq(9, 0))]


@pytest.mark.parametrize("seq", [message_seq(99, 0), 1])
async def test_who_comes_from_elsewhere_or_was_away_too_long_gets_the_whole_state(
    tmp_path: Path, seq: int
) -> None:
    """A number that we have not given out yet, or from before what is kept, is answered by a snapshot."""
    hub, log = make(tmp_path)
    log.begin_after(message_seq(1, 0))
    hub.publish(2, [state(2)])
    client = resumed(hub, seq)

    assert hello(client)["resumed"] is False
    assert await take(client, 1) == [("snapshot", message_seq(2, 0))]
    log.close()


async def test_a_restart_keeps_the_numbers_and_what_was_missed(tmp_path: Path) -> None:
    """The client goes on with another server: its last number still means the same event."""
    hub, log = make(tmp_path)
    for n in range(1, 6):
        hub.publish(n, [state(n)])
    log.close()
    again, log = make(tmp_path)
    again.take_up(3, [(n, n, [state(n)]) for n in range(4, 7)])
    again.publish(9, [state(9)])

    # The sixth entry was journalled, and the kill came before its event was kept.
    client = resumed(again, message_seq(2, 0))
    numbers = [message_seq(n, 0) for n in (3, 4, 5, 6, 9)]
    assert [seq for _, seq in await take(client, 5)] == numbers
    # Names and the like may have changed without an event: once everything is told, all of it again.
    assert await take(client, 1) == [("snapshot", message_seq(9, 0))]
    log.close()


@pytest.mark.parametrize("known_from", [None, 90])
async def test_what_no_journal_can_tell_is_never_passed_over_in_silence(
    tmp_path: Path, known_from: int | None
) -> None:
    """The journal was lost, or begins later than the kept events end: who was there before starts anew."""
    hub, log = make(tmp_path)
    hub.publish(5, [state(5)])
    log.close()
    again, log = make(tmp_path)
    again.take_up(known_from, [])
    again.publish(100, [state(100)])

    client = resumed(again, message_seq(5, 0))
    assert hello(client)["resumed"] is False
    assert await take(client, 1) == [("snapshot", message_seq(100, 0))]
    log.close()


async def test_a_decision_too_big_to_number_ends_a_replay_with_a_snapshot(
    kept: tuple[EventHub, EventLog],
) -> None:
    """What was not told one by one cannot be told again one by one."""
    hub, _ = kept
    hub.publish(1, [state(1)])
    client = resumed(hub, message_seq(0, 0))
    hub.publish(2, [state(n) for n in range(PER_ENTRY + 1)])

    assert (await take(client, 1))[0][0] == "snapshot"


async def test_no_name_is_on_the_disk_and_it_is_told_again_all_the_same(tmp_path: Path) -> None:
    """While the contact is on the line who resumes learns who it is; once erased nobody does."""
    known: dict[str, object] = {"id": "k1", "ref": "C-7", "name": "Marta Ruiz", "number": "+34911234567"}
    log = EventLog(tmp_path, 0)
    hub = EventHub(lambda _contact_id: known, log=log)
    hub.publish(1, [ContactQueued(ContactId("c1"), QueueId("ventas"), 1, 5)])
    assert b"Marta" not in on_disk(tmp_path)

    first = json.loads(await anext(resumed(hub, 0)))
    known.clear()
    second = json.loads(await anext(resumed(hub, 0)))

    assert first["data"]["customer"]["name"] == "Marta Ruiz"
    assert second["data"]["customer"] == {}
    log.close()


async def test_what_happens_while_the_last_page_is_read_is_told(
    kept: tuple[EventHub, EventLog], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event between "there is no more" and taking part falls into no gap."""
    hub, log = kept
    hub.publish(1, [state(1)])
    client, loop, read = resumed(hub, 1), asyncio.get_running_loop(), log.read

    def meanwhile(after: int, place: Place | None) -> tuple[list[Kept], Place]:
        found = read(after, place)
        if not found[0] and hub.seq == message_seq(1, 0):
            loop.call_soon_threadsafe(hub.publish, 2, [state(2)])
        return found

    monkeypatch.setattr(log, "read", meanwhile)

    assert await take(client, 2) == [("agent.state", message_seq(n, 0)) for n in (1, 2)]


async def test_a_bell_does_not_wait_for_who_still_reads_what_it_missed(
    kept: tuple[EventHub, EventLog],
) -> None:
    """Only who follows live is waited for between the pop and the bell."""
    hub, _ = kept
    hub.publish(1, [state(1)])
    resumed(hub, 0)
    hub.publish(2, [state(2)])

    assert await asyncio.wait_for(hub.handed_over(5_000), timeout=1) is True


def entries(rng: random.Random, count: int) -> list[tuple[int, Sequence[Record]]]:
    """Journal entries with jumps, some without any event."""
    found: list[tuple[int, Sequence[Record]]] = []
    seq = 0
    for _ in range(count):
        seq += rng.choice((1, 1, 1, 7))
        records: list[Record] = [
            NOTHING if rng.random() < 0.3 else state(seq) for _ in range(rng.randrange(4))
        ]
        found.append((seq, records))
    return found


def numbers_of(told: Sequence[tuple[int, Sequence[Record]]]) -> list[int]:
    return [
        message_seq(seq, index)
        for seq, records in told
        for index, record in enumerate(records)
        if not isinstance(record, Ignored)
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), queue_max=st.sampled_from([2, 16, 1_024]))
def test_no_gap_and_no_double_under_load(
    tmp_path_factory: pytest.TempPathFactory, seed: int, queue_max: int
) -> None:
    """
    Clients drop and come back at any moment while the centre goes on, some of them slow, over a restart.

    Whatever a client is told is in order and once; between two snapshots nothing is missing.
    """
    asyncio.run(_storm(tmp_path_factory.mktemp("events"), random.Random(seed), queue_max))


async def _storm(folder: Path, rng: random.Random, queue_max: int) -> None:
    log_module_chunk, log_module.CHUNK = log_module.CHUNK, 5
    story = entries(rng, 120)
    hub, log = make(folder, queue_max=queue_max)
    listeners = [_Listener(random.Random(rng.random())) for _ in range(5)]
    tasks = [asyncio.ensure_future(each.listen(lambda: hub)) for each in listeners]
    kill = rng.randrange(len(story))
    for place, (seq, records) in enumerate(story):
        hub.publish(seq, records)
        if place == kill:
            for each in listeners:
                each.cut()
            log.close()
            hub, log = make(folder, queue_max=queue_max)
            before = story[max(0, place - 9)][0]
            hub.take_up(before, [(s, 0, r) for s, r in story[: place + 1] if s > before])
        # Long enough at times for everybody to follow live, often too short.
        await asyncio.sleep(rng.choice((0, 0, 0, 0.001, 0.004)))
    for seq in (story[-1][0] + 1, story[-1][0] + 2):
        # Twice, so that a double behind the first would be heard.
        story.append((seq, [state(seq)]))
        hub.publish(*story[-1])
        await eventually(lambda: all(each.last >= message_seq(seq, 0) for each in listeners), 10)  # noqa: B023
    for each in listeners:
        each.over = True
        each.cut()
    await asyncio.wait(tasks, timeout=5)
    log.close()
    log_module.CHUNK = log_module_chunk
    for each in listeners:
        each.check(numbers_of(story))


class _Listener:
    """Hears, forgets nothing, and drops its connection now and then."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._client: Client | None = None
        self.last = 0
        self.over = False
        self.heard: list[tuple[bool, int]] = []
        """(is a snapshot, number)"""

    def cut(self) -> None:
        if self._client is not None:
            self._client.close()

    async def listen(self, hub: Any) -> None:
        while not self.over:
            self._client = hub().subscribe(self.last)
            async for raw in self._client:
                message = json.loads(raw)
                self.heard.append((message["type"] == "snapshot", message["seq"]))
                self.last = message["seq"]
                if self._rng.random() < 0.02:
                    self._client.close()
                if self._rng.random() < 0.3:
                    await asyncio.sleep(0)
            await asyncio.sleep(0)

    def check(self, numbers: Sequence[int]) -> None:
        at = 0
        for is_snapshot, seq in self.heard:
            if is_snapshot:
                assert seq >= at, "a snapshot of the past"
            else:
                assert seq == next(n for n in numbers if n > at), "a gap or a double"
            at = seq
        assert at >= numbers[-1]
