from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from socket import SO_RCVBUF, SOL_SOCKET
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from acd.model import Activity, AgentId, Presence
from acd.records import AgentStateChanged
from centralita.web.app import make_app, make_runner
from cti.desktop.hub import EventHub
from cti.desktop.log import EventLog
from tests.support.polling import eventually
from tests.unit.web.fakes import LIVE, TOKEN, FakeServer

pytestmark = pytest.mark.unit

BEARER = {"Authorization": f"Bearer {TOKEN}"}


def state(n: int, reason: str = "") -> AgentStateChanged:
    return AgentStateChanged(AgentId("ana"), Presence.NOT_READY, Activity.IDLE, reason, True, None, n)


async def hear(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await socket.receive_str(timeout=5))
    return message


async def test_a_listener_is_greeted_told_the_state_and_then_what_happens(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """hello, one snapshot, then events, as text frames."""
    server.hub.publish(3, [state(1)])
    async with http.ws_connect(base + "/api/events", headers=BEARER) as socket:
        hello, snapshot = await hear(socket), await hear(socket)
        server.hub.publish(4, [state(2)])
        event = await hear(socket)

    assert (hello["type"], hello["data"]) == (
        "hello",
        {"session": server.hub.session, "from_seq": 3 * 4_096, "resumed": False},
    )
    assert (snapshot["type"], snapshot["data"]) == ("snapshot", LIVE)
    assert (event["type"], event["seq"]) == ("agent.state", 4 * 4_096)


async def test_who_comes_back_hears_what_it_missed_instead_of_everything(
    http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """`resume_from` is the last number heard; hello tells that no snapshot follows."""
    log = EventLog(tmp_path, 0)
    server = FakeServer(hub=EventHub(lambda _contact_id: {}, lambda: LIVE, log=log))
    runner = make_runner(make_app(server.ports()))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    for n in range(1, 6):
        server.hub.publish(n, [state(n)])
    address = f"http://{host}:{port}/api/events?resume_from={3 * 4_096}"
    async with http.ws_connect(address, headers=BEARER) as socket:
        hello, *missed = [await hear(socket) for _ in range(3)]
        server.hub.publish(6, [state(6)])
        live = await hear(socket)
    await runner.cleanup()
    log.close()

    assert (hello["data"]["resumed"], hello["data"]["from_seq"]) == (True, 3 * 4_096)
    assert [event["seq"] // 4_096 for event in (*missed, live)] == [4, 5, 6]


@pytest.mark.parametrize("given", ["-1", "x", "9007199254740992", "1&resume_from=2", "1&since=2"])
async def test_a_number_that_is_none_is_a_clear_mistake(
    http: aiohttp.ClientSession, base: str, server: FakeServer, given: str
) -> None:
    """A wrong `resume_from` is told before there is a stream, and leaves no listener behind."""
    async with http.get(f"{base}/api/events?resume_from={given}", headers=BEARER) as answer:
        assert answer.status == 400
    assert server.hub.clients == 0


async def test_events_of_every_size_arrive_whole_and_in_order(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """Many in one go, on both sides of each border of RFC 6455's three ways to tell a length."""
    reasons = ["x" * size for size in (0, 1, *range(60, 130), 65_000, 65_300, 65_536, 70_000)]
    async with http.ws_connect(base + "/api/events", headers=BEARER, max_msg_size=0) as socket:
        await hear(socket)
        await hear(socket)
        for n, reason in enumerate(reasons, start=1):
            server.hub.publish(n, [state(n, reason)])
            if n % 7 == 0:
                await asyncio.sleep(0.03)
        told = [await hear(socket) for _ in reasons]

    assert [event["data"]["reason"] for event in told] == reasons


async def test_the_pop_is_on_the_wire_before_the_bell(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """`handed_over` is quick with a listener that reads: it costs the call next to nothing."""
    async with http.ws_connect(base + "/api/events", headers=BEARER) as socket:
        await hear(socket)
        await hear(socket)
        server.hub.publish(4, [state(2)])

        assert await server.hub.handed_over(1_000) is True
        assert (await hear(socket))["seq"] == 4 * 4_096


async def test_a_reader_that_stops_reading_slows_nobody(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """One browser stops reading its socket; another hears every event, and publishing never waits."""
    host, port = base.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port), limit=1)
    writer.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
    writer.write(
        (
            f"GET /api/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()
    )
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    heard = 0
    async with http.ws_connect(base + "/api/events", headers=BEARER) as socket:
        await hear(socket)
        await hear(socket)
        started = time.monotonic()
        for n in range(1, 200):
            server.hub.publish(n, [state(n, "x" * 60_000)])
            heard += (await hear(socket))["type"] == "agent.state"
        took = time.monotonic() - started
        clients = server.hub.clients
    writer.transport.abort()

    assert (heard, clients) == (199, 2)
    assert took < 10


async def test_a_listener_that_goes_is_forgotten(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """A closed or a cut connection frees its place; huge inbound messages close it."""
    for end in ("close", "huge"):
        async with http.ws_connect(base + "/api/events", headers=BEARER) as socket:
            await hear(socket)
            assert server.hub.clients == 1
            if end == "huge":
                await socket.send_str("x" * 10_000)
                while (await socket.receive(timeout=5)).type is not aiohttp.WSMsgType.CLOSE:
                    pass
                assert socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        await eventually(lambda: server.hub.clients == 0, 10)


async def test_a_plain_request_for_the_stream_is_a_clear_mistake(
    http: aiohttp.ClientSession, base: str
) -> None:
    """Without the upgrade there is no stream, and no listener stays behind."""
    async with http.get(base + "/api/events", headers=BEARER) as answer:
        assert answer.status == 400
        assert answer.content_type == "application/problem+json"


async def test_a_stopping_server_says_goodbye(http: aiohttp.ClientSession, server: FakeServer) -> None:
    """Screens are told that the server goes, so they look for it again at once, not after a lost ping."""
    runner = make_runner(make_app(server.ports()))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with http.ws_connect(f"http://{host}:{port}/api/events", headers=BEARER) as socket:
        await hear(socket)
        await hear(socket)
        stopping = asyncio.ensure_future(runner.cleanup())
        message = await socket.receive(timeout=5)
        await stopping

    assert message.type is aiohttp.WSMsgType.CLOSE
    assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY


def test_the_web_and_the_desktop_do_not_load_the_database() -> None:
    """SQLAlchemy costs a second of start: neither the web nor the hub may import it."""
    code = (
        "import sys, cti.desktop.hub, centralita.web.app; "
        "print([name for name in ('sqlalchemy', 'alembic', 'pydantic') if name in sys.modules])"
    )

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
