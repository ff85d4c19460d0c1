from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from acd.model import Activity, AgentId, Presence
from acd.records import AgentStateChanged
from centralita.web import orders as o
from centralita.web import stream
from tests.support.polling import eventually
from tests.unit.web.fakes import TOKEN, FakeServer

pytestmark = pytest.mark.unit

BEARER = {"Authorization": f"Bearer {TOKEN}"}
Socket = aiohttp.ClientWebSocketResponse


@pytest.fixture
async def socket(http: aiohttp.ClientSession, base: str) -> AsyncIterator[Socket]:
    """A desktop that has heard hello and the snapshot."""
    async with http.ws_connect(base + "/api/events", headers=BEARER) as opened:
        await hear(opened)
        await hear(opened)
        yield opened


async def hear(socket: Socket) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await socket.receive_str(timeout=5))
    return message


async def say(socket: Socket, **words: object) -> dict[str, Any]:
    await socket.send_str(json.dumps(words))
    return await hear(socket)


async def test_a_desktop_commands_and_is_answered(socket: Socket, server: FakeServer) -> None:
    """The command is done once, and the answer names it."""
    answer = await say(socket, agent="ana", command_id="x1", command="not_ready", reason=" café ")

    assert answer == {
        "type": "command.result",
        "v": 1,
        "command_id": "x1",
        "status": "done",
        "why": {"es": "", "en": ""},
        "code": "",
    }
    assert server.commands == [("ana", o.NotReady(reason="café", command_id="x1"))]


async def test_the_answer_to_dial_names_the_contact(socket: Socket) -> None:
    """Whoever has clicked finds the call that it became."""
    answer = await say(socket, agent="ana", command="dial", number="911 23 45 67")

    assert (answer["status"], answer["contact"]) == ("done", "c7")


@pytest.mark.parametrize(
    ("agent", "status", "code", "hint"),
    [
        ("anna", "unknown_agent", "unknown_agent", "'ana'"),
        ("beto", "refused", "talking", "talking"),
        ("carla", "refused", "busy", "stopping"),
    ],
)
async def test_a_command_that_is_not_done_says_why(
    socket: Socket, agent: str, status: str, code: str, hint: str
) -> None:
    """In both languages for the person who pressed the button, and by a word for the program."""
    answer = await say(socket, command="ready", agent=agent, command_id="x1")

    assert answer["status"] == status
    assert answer["code"] == code
    assert hint in answer["why"]["en"]
    assert answer["why"]["es"] not in ("", answer["why"]["en"])


@pytest.mark.parametrize(
    ("said", "command_id", "hint"),
    [
        ("{", None, "JSON"),
        ("[]", None, "JSON"),
        ("[" * 4_000, None, "JSON"),
        (b"\x00\xff", None, "JSON"),
        ('{"command": "redy", "agent": "ana", "command_id": "x1"}', "x1", "'ready'"),
        ('{"comand": "ready", "agent": "ana"}', None, "'command'"),
        ('{"command": "ready", "command_id": "x1"}', "x1", "'agent'"),
        ('{"command": "ready", "agent": 5, "command_id": "x1"}', "x1", "'agent'"),
        ('{"command": "ready", "agent": "ana", "command_id": 5}', None, "'command_id'"),
        ('{"command": "not_ready", "agent": "ana", "command_id": "x1"}', "x1", "must say why"),
        ('{"command": "not_ready", "agent": "ana", "reason": "a\\nb"}', None, "must say why"),
    ],
)
async def test_what_makes_no_sense_is_answered_and_the_line_stays(
    socket: Socket, server: FakeServer, said: str | bytes, command_id: str | None, hint: str
) -> None:
    """A mistake costs its sender a message, not the connection."""
    await (socket.send_bytes(said) if isinstance(said, bytes) else socket.send_str(said))
    answer = await hear(socket)

    assert (answer["type"], answer["status"], answer["command_id"]) == (
        "command.result",
        "bad_request",
        command_id,
    )
    assert hint in answer["why"]["en"]
    assert server.commands == []
    assert (await say(socket, command="ready", agent="ana"))["status"] == "done"


async def test_a_command_sent_twice_is_done_once(
    socket: Socket, http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """By this connection, by another, or over HTTP: the same id of the same agent, the same answer."""
    first = await say(socket, command="hold", agent="ana", command_id="x1")
    again = await say(socket, command="hold", agent="ana", command_id="x1")
    async with http.ws_connect(base + "/api/events", headers=BEARER) as other:
        await hear(other)
        await hear(other)
        elsewhere = await say(other, command="hold", agent="ana", command_id="x1")
    posted = {"command": "hold", "command_id": "x1"}
    async with http.post(base + "/api/agents/ana/commands", json=posted, headers=BEARER) as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "done"})
    refused = await say(socket, command="hold", agent="beto", command_id="x1")
    await say(socket, command="hold", agent="ana", command_id="x2")
    await say(socket, command="hold", agent="ana")
    await say(socket, command="hold", agent="ana")

    assert first == again == elsewhere
    assert refused["status"] == "refused"
    assert [order.command_id for _, order in server.commands] == ["x1", "x2", None, None]  # type: ignore[attr-defined]


async def test_each_connection_says_for_itself_whose_screen_it_is(
    socket: Socket, http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """A page that begins again with its first id is a screen like the one before."""
    await say(socket, command="desktop", agent="ana", command_id="1")
    async with http.ws_connect(base + "/api/events", headers=BEARER) as other:
        await hear(other)
        await hear(other)
        await say(other, command="desktop", agent="ana", command_id="1")
        assert len({screen for _, screen in server.screens}) == 2


async def test_a_connection_is_a_screen_until_it_is_lost(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """Two screens of one agent are two; a cut line is noticed, and a goodbye is said for one screen only."""
    async with http.ws_connect(base + "/api/events", headers=BEARER) as staying:
        await hear(staying)
        await hear(staying)
        await say(staying, command="desktop", agent="ana")
        async with http.ws_connect(base + "/api/events", headers=BEARER) as going:
            await hear(going)
            await hear(going)
            await say(going, command="desktop", agent="ana")
            assert len({screen for _, screen in server.screens}) == 2
            assert going._response.connection is not None
            assert going._response.connection.transport is not None
            going._response.connection.transport.abort()
            await eventually(lambda: len(server.screens) == 1, 10)
        assert (await say(staying, command="desktop_bye", agent="ana"))["status"] == "done"
        assert server.screens == []


async def test_events_and_answers_go_side_by_side(socket: Socket, server: FakeServer) -> None:
    """A command in the middle of events loses none of them."""
    for n in range(5):
        state = AgentStateChanged(AgentId("ana"), Presence.READY, Activity.IDLE, "", True, None, n)
        server.hub.publish(n + 10, [state])
        await socket.send_str(json.dumps({"command": "ready", "agent": "ana", "command_id": str(n)}))
    heard = [await hear(socket) for _ in range(10)]

    assert [m["seq"] for m in heard if m["type"] == "agent.state"] == [(n + 10) * 4_096 for n in range(5)]
    assert [m["command_id"] for m in heard if m["type"] == "command.result"] == list("01234")


async def test_who_talks_too_much_waits(
    socket: Socket, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a burst commands are taken at a steady pace; none is lost and others are not held up."""
    monkeypatch.setattr(stream, "PER_S", 50.0)
    began_s = time.monotonic()
    for n in range(stream.BURST + 10):
        await socket.send_str(json.dumps({"command": "ready", "agent": "ana", "command_id": str(n)}))
    answers = [await hear(socket) for _ in range(stream.BURST + 10)]
    took_s = time.monotonic() - began_s

    assert [answer["command_id"] for answer in answers] == [str(n) for n in range(stream.BURST + 10)]
    assert took_s > 0.15


async def test_who_asks_and_never_reads_is_cut_off(
    base: str, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers wait in memory up to a limit; beyond it the line is cut, and nobody else notices."""
    monkeypatch.setattr(stream, "PER_S", 100_000.0)
    host, port = base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        (
            f"GET /api/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    # A masked text frame of two bytes, with a mask of zeros: "{}".
    frame = b"\x81\x82\x00\x00\x00\x00{}"
    for _ in range(3_000):
        if server.hub.clients == 0:
            break
        writer.write(frame * 50)
        await asyncio.wait({asyncio.ensure_future(_drained(writer))}, timeout=0.01)

    await eventually(lambda: server.hub.clients == 0, 10)
    writer.transport.abort()


async def _drained(writer: asyncio.StreamWriter) -> None:
    try:
        await writer.drain()
    except ConnectionError:
        return
