"""The FastAGI server: who may come in, how many, and that every session ends."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from centralita.tasks import spawn
from cti.asterisk.agi.request import AgiRequest
from cti.asterisk.agi.server import AgiLimits, AgiServer
from cti.asterisk.agi.verbs import AgiCall
from tests.support.fake_ami import until
from tests.unit.cti.agi.peer import ENVIRONMENT, NONCE, connect, environment_bytes, serving

pytestmark = pytest.mark.unit


async def greet(_request: AgiRequest, call: AgiCall) -> None:
    await call.answer()
    await call.set_variable("CC_NEXT", "bye")


async def wait_for_key(_request: AgiRequest, call: AgiCall) -> None:
    await call.wait_for_digit(60_000)


def our_tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("agi.")]


async def test_a_call_is_served_from_door_to_end() -> None:
    """The handler gets the request and speaks; when it returns, the socket is closed."""
    seen: list[AgiRequest] = []

    async def handler(request: AgiRequest, call: AgiCall) -> None:
        seen.append(request)
        await greet(request, call)

    async with serving(handler) as server:
        peer = await connect(server.port)
        await peer.answer("200 result=0", "200 result=1")
        assert await peer.at_end()
        await until(lambda: server.sessions == 0)

    assert peer.commands == ["ANSWER", 'SET VARIABLE "CC_NEXT" "bye"']
    assert seen[0].query["entry"] == "900"
    assert server.counts == {"ended": 1}


@pytest.mark.parametrize(
    "script", ["main", "main?n=", "main?n=wrong", f"main?n={NONCE}x", f"main?N={NONCE}", f"other?n={NONCE}"]
)
async def test_who_has_no_nonce_or_no_route_is_turned_away(script: str) -> None:
    """Closed without a word to the peer; the log says why and never shows the secret."""
    served: list[AgiRequest] = []

    async def handler(request: AgiRequest, _call: AgiCall) -> None:
        served.append(request)

    with capture_logs() as logs:
        async with serving(handler) as server:
            peer = await connect(server.port, environment_bytes(ENVIRONMENT | {"agi_network_script": script}))
            assert await peer.at_end()
            await until(lambda: server.counts["rejected"])

    assert served == []
    assert [line["event"] for line in logs] == ["agi.rejected"]
    assert NONCE not in str(logs)


def test_a_server_without_a_nonce_cannot_be_made() -> None:
    """An empty nonce would let everybody in."""
    with pytest.raises(ValueError, match="nonce is empty"):
        AgiServer("127.0.0.1", 0, "", {}, spawn=spawn)


@pytest.mark.parametrize(
    "environment",
    [b"", b"agi_network: yes\n", b"GET / HTTP/1.1\r\n\r\n", b"agi_x: " + b"y" * 3_000],
    ids=["silence", "half", "http", "huge"],
)
async def test_who_does_not_introduce_himself_is_dropped(environment: bytes) -> None:
    """Silence, half an environment, another protocol, an endless line: closed in time, nothing is kept."""
    limits = AgiLimits(environment_timeout_ms=50, max_environment_bytes=2_000)
    async with serving(greet, limits) as server:
        peer = await connect(server.port, environment)
        assert await peer.at_end()
        await until(lambda: server.sessions == 0)

    assert server.counts == {"broken": 1}


async def test_above_the_limit_calls_are_closed_at_once() -> None:
    """The limit holds, is said once however many come, and a freed place is used again."""
    with capture_logs() as logs:
        async with serving(wait_for_key, AgiLimits(max_sessions=2)) as server:
            inside = [await connect(server.port) for _ in range(2)]
            await until(lambda: server.sessions == 2)
            for _ in range(3):
                outside = await connect(server.port)
                assert await outside.at_end()
            inside[0].drop()
            await until(lambda: server.sessions == 1)
            late = await connect(server.port)
            assert await late.command() == "WAIT FOR DIGIT 60000"

    assert server.counts["refused_full"] == 3
    assert [line["event"] for line in logs].count("agi.full") == 1


async def test_a_handler_with_a_bug_ends_one_session() -> None:
    """The bug is logged and counted, the socket closed, and the next call is served."""

    async def handler(request: AgiRequest, call: AgiCall) -> None:
        if request.query["entry"] == "666":
            raise ZeroDivisionError
        await greet(request, call)

    with capture_logs() as logs:
        async with serving(handler) as server:
            script = f"main?n={NONCE}&entry=666"
            bad = await connect(server.port, environment_bytes(ENVIRONMENT | {"agi_network_script": script}))
            good = await connect(server.port)
            assert await bad.at_end()
            await good.answer("200 result=0", "200 result=1")
            assert await good.at_end()
            await until(lambda: server.sessions == 0)

    assert server.counts == {"failed": 1, "ended": 1}
    assert [line["task"] for line in logs if line["event"] == "task.failed"] == ["agi.session"]


@pytest.mark.parametrize("how", ["HANGUP\n", "eof", "reset"])
async def test_a_caller_who_leaves_is_no_error(how: str) -> None:
    """A hang-up that the handler does not catch ends the session quietly and is counted as such."""
    with capture_logs() as logs:
        async with serving(wait_for_key) as server:
            peer = await connect(server.port)
            await peer.command()
            if how == "eof":
                peer.writer.close()
            elif how == "reset":
                peer.drop()
            else:
                peer.send(how)
                assert await peer.at_end()
            await until(lambda: server.counts["hung_up"])

    assert server.counts == {"hung_up": 1}
    assert logs == []


async def test_a_caller_gone_before_the_handler_begins_harms_nobody() -> None:
    """Connect, environment and reset in one go: the session ends and its place is free."""
    async with serving(greet) as server:
        for _ in range(20):
            (await connect(server.port)).drop()
        await until(lambda: sum(server.counts.values()) >= 1 and server.sessions == 0)
        peer = await connect(server.port)
        await peer.answer("200 result=0", "200 result=1")
        assert await peer.at_end()


async def test_close_ends_every_session_promptly() -> None:
    """All sockets are closed, all tasks are gone, the port is free, within the time allowed."""
    async with serving(wait_for_key) as server:
        peers = [await connect(server.port) for _ in range(50)]
        await asyncio.gather(*(peer.command() for peer in peers))
        port = server.port
        async with asyncio.timeout(2):
            await server.close()
            assert all(await asyncio.gather(*(peer.at_end() for peer in peers)))
        assert our_tasks() == []
        assert server.sessions == 0
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection("127.0.0.1", port)


async def test_many_calls_at_once_each_get_their_own_answers() -> None:
    """200 sessions that interleave: nobody hears another's reply."""
    heard: dict[str, str] = {}

    async def handler(request: AgiRequest, call: AgiCall) -> None:
        for _ in range(5):
            heard[request.uniqueid] = await call.get_variable("ME")

    async def play(port: int, uniqueid: str) -> None:
        peer = await connect(port, environment_bytes(ENVIRONMENT | {"agi_uniqueid": uniqueid}))
        await peer.answer(*[f"200 result=1 ({uniqueid})"] * 5)
        assert await peer.at_end()

    async with serving(handler) as server:
        await asyncio.gather(*(play(server.port, f"u{number}") for number in range(200)))
        await until(lambda: server.sessions == 0)

    assert heard == {f"u{number}": f"u{number}" for number in range(200)}
    assert server.counts == {"ended": 200}
