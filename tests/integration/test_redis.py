"""Real calls in a real Redis Stream: complete and in order, whatever dies meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from centralita.redis_stream import GAP
from cti.desktop.log import EventLog, Kept, Reader
from cti.softphone.baresip import BaresipStack
from cti.softphone.port import CallState
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.redis_server import RedisServer
from tests.support.scene import Cast, config_text, write_config

pytestmark = pytest.mark.integration

ENDED = CallState.ENDED
STREAM = "avisos:centro"
CALL = [
    "contact.started",
    "contact.queued",
    "offer.announced",
    "offer.ringing",
    "offer.accepted",
    "segment.connected",
    "segment.ended",
    "contact.closed",
]
"""Of a contact that the first agent takes; others of its events may come between."""


@pytest_asyncio.fixture(scope="module")
async def redis(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RedisServer]:
    async with RedisServer.running(tmp_path_factory.mktemp("redis") / "data") as server:
        yield server


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory, redis: RedisServer) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("centro")
    config = write_config(folder / "config", config_text({"ana": "{ventas: 8}"}))
    environ = {"REDIS_URL": redis.url, "REDIS_STREAM": STREAM}
    async with Centre.running(folder / "home", config, environ=environ) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def cast(centre: Centre, stack: BaresipStack) -> AsyncIterator[Cast]:
    yield Cast(centre, stack)


async def _talk(centre: Centre, cast: Cast) -> tuple[Any, Any]:
    """A caller and ana, talking."""
    await cast.all_ready("ana")
    call = await (await cast.caller()).dial(f"sip:902@{centre.sip}")
    return call, await cast.takes("ana", within_s=15)


async def _hang_up(call: Any, leg: Any) -> None:
    await call.hangup()
    await leg.wait_for(ENDED, within_s=5)


def _calls(entries: list[dict[str, Any]]) -> list[list[str]]:
    """For each contact, oldest first, the types of its events in the order of the stream."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        contact = entry["data"]["data"].get("contact_id")
        if contact is not None and entry["type"] in CALL:
            found.setdefault(contact, []).append(entry["type"])
    return list(found.values())


async def _kept(centre: Centre, folder: Path) -> list[Kept]:
    """What our own log holds, read from a copy of it."""
    folder.mkdir()  # noqa: ASYNC240  # a few small files
    for file in (centre.home / "events").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    log = EventLog(folder, 0)
    reader, found = Reader(log, log.floor), []
    while chunk := await reader.read():
        found += chunk
    log.close()
    return found


async def _is_whole(centre: Centre, redis: RedisServer, calls: int, folder: Path) -> None:
    """So many whole calls stand there, and the stream is, entry by entry, what our own log holds."""

    async def told() -> bool:
        found = _calls(await redis.entries(STREAM))
        assert found == [CALL] * calls, found
        return True

    await eventually(told, 40, f"{calls} whole calls", every_s=0.2)
    begin, *entries = await redis.entries(STREAM)
    assert (begin["type"], begin["data"]["data"]["after"]) == (GAP, 0)
    kept = await _kept(centre, folder)
    last = entries[-1]["seq"]
    assert [entry["seq"] for entry in entries] == [event.seq for event in kept if event.seq <= last]
    assert [entry["id"] for entry in entries] == [f"{entry['seq']}-0" for entry in entries]
    assert all(entry["data"]["seq"] == entry["seq"] for entry in entries)


async def _alarmed(centre: Centre) -> bool:
    alarms = (await centre.http_get("/api/live"))["alarms"]
    return any("Redis: no se pueden entregar los sucesos" in why for why in alarms)


async def _content(centre: Centre) -> bool:
    return not (await centre.http_get("/api/live"))["alarms"]


async def test_a_call_is_told_without_names(
    centre: Centre, cast: Cast, redis: RedisServer, tmp_path: Path
) -> None:
    """Every event of it, in order, with the numbers of the event stream; the caller's number nowhere."""
    events = centre.events()
    await events.first("snapshot", within_s=10)
    await _hang_up(*await _talk(centre, cast))
    await _is_whole(centre, redis, 1, tmp_path / "log")
    await events.first("contact.closed", within_s=10)
    heard = [message["seq"] for message in events.messages if message["type"] in CALL]
    assert heard == [entry["seq"] for entry in await redis.entries(STREAM) if entry["type"] in CALL]
    raw = b"".join([data async for key in redis.client.scan_iter() for data in await _raw(redis, key)])
    assert b"+34600000001" not in raw and b"contact.closed" in raw


async def _raw(redis: RedisServer, key: bytes) -> list[bytes]:
    found: Any = await redis.client.xrange(key)
    return [value for _, fields in found for value in fields.values()]


@pytest.mark.parametrize(("empty", "before"), [(False, 1), (True, 3)])
async def test_redis_is_killed_during_calls(
    centre: Centre, cast: Cast, redis: RedisServer, tmp_path: Path, empty: bool, before: int
) -> None:
    """
    The talk goes on, another call is taken, our own server is killed too; an alarm tells.

    When Redis is back, with its data or with none, everything is there once, and the alarm is gone.
    """
    call, leg = await _talk(centre, cast)
    redis.kill()
    await eventually(lambda: _alarmed(centre), 15, "the alarm")
    killed = centre.kill_server()
    await eventually(lambda: _back(centre, killed), 20, "another server")
    assert (call.state, leg.state) == (CallState.UP, CallState.UP)
    await cast.talks("ana")
    await _hang_up(call, leg)
    await _hang_up(*await _talk(centre, cast))
    await eventually(lambda: _alarmed(centre), 20, "the alarm of the new server")
    await redis.start(empty=empty)
    await _is_whole(centre, redis, before + 2, tmp_path / "log")
    await eventually(lambda: _content(centre), 20, "no alarm")


async def _back(centre: Centre, killed: int) -> bool:
    return centre.server_pid() != killed and await centre.health() == 200
