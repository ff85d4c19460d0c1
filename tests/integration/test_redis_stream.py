"""The stream on a real Redis: every event once and in order, whatever happens to Redis or to the log."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from centralita.redis_settings import Settings
from centralita.redis_stream import GAP, Ports, RedisStream
from centralita.tasks import spawn
from cti.desktop.envelope import decode, encode, event
from cti.desktop.log import EventLog, Kept
from tests.support.polling import eventually
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.integration

NOW_MS = 1_790_000_000_000


@pytest_asyncio.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    async with RedisServer.running(tmp_path / "redis") as server:
        yield server


class Scene:
    """A log that grows, and the stream that follows it."""

    def __init__(self, folder: Path, redis: RedisServer, *, maxlen: int = 0, personal: bool = False) -> None:
        self.redis = redis
        self.log = EventLog(folder / "events", NOW_MS)
        self.settings = Settings(redis.url, maxlen=maxlen, personal=personal)
        self.stream = self._new()

    def _new(self) -> RedisStream:
        return RedisStream(self.settings, Ports(self.log, _named, lambda: NOW_MS, spawn))

    def happen(self, *seqs: int) -> None:
        """Events with these numbers; every second one is about a person."""
        kept = [
            Kept(seq, seq % 2 == 0, encode(event(seq, NOW_MS, "agent.state", {"agent": "ana"})))
            for seq in seqs
        ]
        self.log.append(kept, NOW_MS)

    async def restart(self) -> None:
        """As after a kill of our server: nothing is remembered."""
        await self.stream.close()
        self.stream = self._new()
        self.stream.start()

    async def has(self, *seqs: int, within_s: float = 10) -> None:
        """Wait for exactly these entries, in this order."""

        async def there() -> bool:
            found = [entry["seq"] for entry in await self.redis.entries()]
            assert found == list(seqs), found[-20:]
            return True

        await eventually(there, within_s, "the entries")

    async def alarm(self, part: str, within_s: float = 10) -> None:
        await eventually(lambda: part in self.stream.why, within_s, f"alarm «{part}»: {self.stream.why}")

    async def no_alarm(self, within_s: float = 20) -> None:
        await eventually(lambda: not self.stream.why, within_s, "no alarm")


def _named(kept: Kept) -> bytes:
    message = decode(kept.message)
    return kept.message if not kept.personal else encode(event(message.seq, NOW_MS, "pop", {"name": "Eva"}))


@contextlib.asynccontextmanager
async def scene(
    folder: Path, redis: RedisServer, *, maxlen: int = 0, personal: bool = False
) -> AsyncIterator[Scene]:
    made = Scene(folder, redis, maxlen=maxlen, personal=personal)
    try:
        yield made
    finally:
        await made.stream.close()
        made.log.close()


async def test_what_was_kept_and_what_happens_arrive_as_on_the_websocket(
    tmp_path: Path, redis: RedisServer
) -> None:
    """Number, type and the very message that is kept, which tells nobody's name."""
    async with scene(tmp_path, redis) as one:
        one.happen(4096, 4097)
        one.stream.start()
        await one.has(4096, 4097)
        one.happen(8192)
        await one.has(4096, 4097, 8192)
    first = (await redis.entries())[0]
    assert (first["id"], first["type"]) == ("4096-0", "agent.state")
    assert first["data"]["seq"] == 4096 and first["data"]["data"] == {"agent": "ana"}


async def test_names_are_told_only_when_asked_for(tmp_path: Path, redis: RedisServer) -> None:
    """Personal: an event about a person is told with what is known now; others as they are kept."""
    async with scene(tmp_path, redis, personal=True) as one:
        one.stream.start()
        one.happen(1, 2)
        await one.has(1, 2)
    assert [entry["data"]["data"] for entry in await redis.entries()] == [{"agent": "ana"}, {"name": "Eva"}]


@pytest.mark.parametrize("empty", [False, True])
async def test_redis_dies_and_comes_back(tmp_path: Path, redis: RedisServer, empty: bool) -> None:
    """With its data or with none, and our own server dies too: in the end each event is there once."""
    async with scene(tmp_path, redis) as one:
        one.stream.start()
        one.happen(*range(1, 40))
        await one.has(*range(1, 40))
        redis.kill()
        one.happen(*range(40, 80))
        await one.alarm("las llamadas siguen")
        await one.restart()
        one.happen(*range(80, 1000))
        await redis.start(empty=empty)
        await one.has(*range(1, 1000), within_s=20)
        await one.no_alarm()


async def test_redis_comes_back_empty_without_being_missed(tmp_path: Path, redis: RedisServer) -> None:
    """Nothing happened meanwhile: what it had is there again, and nothing is skipped afterwards."""
    async with scene(tmp_path, redis) as one:
        one.stream.start()
        one.happen(1, 2, 3)
        await one.has(1, 2, 3)
        redis.kill()
        await redis.start(empty=True)
        await one.has(1, 2, 3, within_s=20)
        await redis.client.flushall()
        one.happen(4)
        await one.has(1, 2, 3, 4)


async def test_a_frozen_redis_costs_nobody_anything(tmp_path: Path, redis: RedisServer) -> None:
    """It stops answering for seconds: our loop goes on, an alarm tells, nothing is lost or told twice."""
    async with scene(tmp_path, redis) as one:
        one.stream.start()
        one.happen(1)
        await one.has(1)
        redis.kill(signal.SIGSTOP)
        one.happen(*range(2, 600))
        longest_s, began_s = 0.0, time.monotonic()
        while not one.stream.why and time.monotonic() - began_s < 20:
            before_s = time.monotonic()
            await asyncio.sleep(0.01)
            longest_s = max(longest_s, time.monotonic() - before_s)
        await one.alarm("Timeout")
        redis.kill(signal.SIGCONT)
        await one.has(*range(1, 600), within_s=30)
        await one.no_alarm()
    assert longest_s < 0.5


async def test_what_is_no_longer_kept_is_said(tmp_path: Path, redis: RedisServer) -> None:
    """One entry stands for all that is gone; its number is the last of them."""
    async with scene(tmp_path, redis) as one:
        one.stream.start()
        one.happen(1, 2)
        await one.has(1, 2)
        redis.kill()
        one.happen(3, 4)
        one.log.begin_after(10)
        one.happen(11, 12)
        await redis.start()
        await one.has(1, 2, 10, 11, 12, within_s=20)
    gap = (await redis.entries())[2]
    assert gap["type"] == gap["data"]["type"] == GAP
    assert gap["data"]["data"] == {"after": 2, "up_to": 10}


async def test_a_full_redis_is_an_alarm_and_loses_nothing(tmp_path: Path, redis: RedisServer) -> None:
    """It refuses for lack of memory; given more, it gets everything."""
    async with scene(tmp_path, redis) as one:
        one.stream.start()
        one.happen(1)
        await one.has(1)
        await redis.client.config_set("maxmemory", "1mb")
        one.happen(*range(2, 700))
        await one.alarm("maxmemory")
        await redis.client.config_set("maxmemory", "0")
        await one.has(*range(1, 700), within_s=20)
        await one.no_alarm()


async def test_a_key_that_is_something_else_is_an_alarm(tmp_path: Path, redis: RedisServer) -> None:
    """Once it is gone the stream takes its place."""
    await redis.client.set("centralita:events", "mine")
    async with scene(tmp_path, redis) as one:
        one.stream.start()
        one.happen(1)
        await one.alarm("WRONGTYPE")
        await redis.client.delete("centralita:events")
        await one.has(1, within_s=20)


async def test_a_stream_of_another_centre_is_an_alarm(tmp_path: Path, redis: RedisServer) -> None:
    """Its newest entry is later than anything we have told."""
    await redis.client.xadd("centralita:events", {"seq": 99, "type": "x", "data": "{}"}, id="99-0")
    async with scene(tmp_path, redis) as one:
        one.happen(1)
        one.stream.start()
        await one.alarm("REDIS_STREAM")
        await one.has(99)


async def test_the_stream_is_trimmed(tmp_path: Path, redis: RedisServer) -> None:
    """About as many entries as configured are kept, the newest, and never fewer."""
    async with scene(tmp_path, redis, maxlen=200) as one:
        one.stream.start()
        for first in range(1, 2001, 100):
            one.happen(*range(first, first + 100))

        async def trimmed() -> bool:
            seqs = [entry["seq"] for entry in await redis.entries()]
            return seqs[-1:] == [2000] and 200 <= len(seqs) <= 400 and seqs == sorted(set(seqs))

        await eventually(trimmed, 10, "trimmed")
