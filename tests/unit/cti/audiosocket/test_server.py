"""The audio server: who may come in, and how a conversation ends."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from cti.asterisk.audiosocket.server import AudioLimits, AudioServer
from cti.asterisk.audiosocket.wire import AudioWire
from tests.support.audio_leg import LOUD, Leg, frame
from tests.support.polling import eventually

pytestmark = pytest.mark.unit


class Listener:
    """Somebody who expects a caller's sound."""

    def __init__(self) -> None:
        self.wire: AudioWire | None = None
        self.sound = b""
        self.keys = ""
        self.closings = 0

    def opened(self, wire: AudioWire) -> None:
        self.wire = wire

    def heard(self, pcm: bytes) -> None:
        self.sound += pcm

    def pressed(self, key: str) -> None:
        self.keys += key

    def closed(self) -> None:
        self.closings += 1


@contextlib.asynccontextmanager
async def serving(limits: AudioLimits | None = None) -> AsyncIterator[AudioServer]:
    server = AudioServer(limits or AudioLimits())
    await server.start()
    try:
        yield server
    finally:
        await server.close()


@contextlib.asynccontextmanager
async def connected() -> AsyncIterator[tuple[AudioServer, Listener, AudioWire, Leg]]:
    async with serving() as server:
        listener = Listener()
        leg = await Leg.connect(server.address, server.expect(listener).id)
        await eventually(lambda: listener.wire is not None, 5)
        assert listener.wire is not None
        yield server, listener, listener.wire, leg
        leg.hang_up()


async def test_sound_and_keys_reach_who_expects_them_and_answers_the_caller() -> None:
    """Both ways, on the loopback only."""
    async with connected() as (server, listener, wire, leg):
        leg.say(LOUD)
        leg.press("7")
        await eventually(lambda: listener.keys == "7", 5)
        assert listener.sound == LOUD
        assert server.address.startswith("127.0.0.1:")
        wire.send(LOUD)
        assert await leg.reader.readexactly(323) == frame(0x10, LOUD)


async def test_an_end_is_proper_and_told_once() -> None:
    """The frame 0x00 makes the call go on; Asterisk then closes."""
    async with connected() as (server, listener, wire, leg):
        wire.end()
        wire.end()
        leg.say(LOUD)
        await leg.listen()
        assert leg.ended_properly
        await eventually(lambda: server.connections == 0, 5)
        assert listener.closings == 1
        assert listener.sound == b"", "nothing is told after the end"


async def test_a_caller_who_hangs_up_ends_without_a_word() -> None:
    """Plain end of the connection, seen by whoever listens."""
    async with connected() as (server, listener, wire, leg):
        leg.hang_up()
        await eventually(lambda: listener.closings == 1, 5)
        wire.send(LOUD)
        wire.end()
        await eventually(lambda: server.connections == 0, 5)


@pytest.mark.parametrize("last", [frame(0), frame(0xFF, b"\1")])
async def test_asterisk_s_own_end_is_an_end(last: bytes) -> None:
    """Hang-up or failure of the application."""
    async with connected() as (_server, listener, _wire, leg):
        leg.send(last)
        await leg.listen()
        assert listener.closings == 1


async def test_an_id_is_good_for_one_connection() -> None:
    """Whoever comes second with it is turned away, and the first is not disturbed."""
    async with serving() as server:
        listener = Listener()
        ticket = server.expect(listener)
        first = await Leg.connect(server.address, ticket.id)
        await eventually(lambda: listener.wire is not None, 5)
        with capture_logs() as logs:
            second = await Leg.connect(server.address, ticket.id)
            assert await second.closed_by_server()
        first.press("1")
        await eventually(lambda: listener.keys == "1", 5)

        assert server.counts == {"admitted": 1, "unknown": 1}
        assert [line["event"] for line in logs] == ["audiosocket.refused"]
        assert str(ticket.id) not in str(logs)


async def test_an_id_is_good_for_a_moment() -> None:
    """Unused, it is forgotten: after its time, or when it is withdrawn."""
    async with serving(AudioLimits(ticket_ms=50)) as server:
        late, withdrawn = server.expect(Listener()), server.expect(Listener())
        withdrawn.withdraw()
        await eventually(lambda: server.expected == 0, 5)
        for ticket in (late, withdrawn):
            leg = await Leg.connect(server.address, ticket.id)
            assert await leg.closed_by_server()
        assert server.counts == {"unknown": 2}


@pytest.mark.parametrize("hello", [frame(1, bytes(15) + b"7"), b"GET / HTTP/1.1\r\n", frame(0x10, LOUD)])
async def test_who_was_not_sent_here_is_turned_away(hello: bytes) -> None:
    """Other programs of this machine can reach the port; the id is what they lack."""
    async with serving() as server:
        leg = await Leg.connect(server.address, None)
        leg.send(hello)
        assert await leg.closed_by_server()
        assert server.connections == 0


async def test_who_says_nothing_is_not_waited_for() -> None:
    """A connection that does not name itself costs nobody anything for long."""
    async with serving(AudioLimits(hello_ms=50)) as server:
        leg = await Leg.connect(server.address, None)
        assert await leg.closed_by_server()
        assert server.counts == {"no_hello": 1}


async def test_strangers_are_few() -> None:
    """Whoever opens connections without end locks out nobody who is in already."""
    async with serving(AudioLimits(max_strangers=3, hello_ms=200)) as server:
        listener = Listener()
        inside = await Leg.connect(server.address, server.expect(listener).id)
        await eventually(lambda: listener.wire is not None, 5)
        legs = [await Leg.connect(server.address, None) for _ in range(10)]
        assert all([await leg.closed_by_server() for leg in legs])
        inside.press("1")
        await eventually(lambda: listener.keys == "1", 5)
        assert server.counts == {"admitted": 1, "refused_full": 7, "no_hello": 3}


async def test_bytes_that_make_no_sense_end_the_conversation_and_not_the_call() -> None:
    """Ended with 0x00: a caller may be behind it all the same."""
    async with connected() as (server, listener, _wire, leg):
        leg.send(struct.pack(">BH", 0x10, 60_000))
        await leg.listen()
        assert leg.ended_properly
        assert listener.closings == 1
        assert server.counts["broken"] == 1


async def test_asterisk_that_does_not_read_is_cut_off() -> None:
    """Sound that nobody takes does not fill our memory."""
    async with connected() as (server, listener, wire, _leg):
        for _ in range(100_000):
            wire.send(LOUD)
            if not server.connections or listener.closings:
                break
            await asyncio.sleep(0)
        await eventually(lambda: listener.closings == 1, 5)
        assert server.counts["broken"] == 1


async def test_closing_the_server_ends_every_conversation_properly() -> None:
    """At a shutdown of ours the callers stay on the line."""
    async with serving() as server:
        listeners = [Listener() for _ in range(5)]
        legs = [await Leg.connect(server.address, server.expect(listener).id) for listener in listeners]
        await eventually(lambda: all(listener.wire for listener in listeners), 5)
        await asyncio.gather(server.close(), *(leg.listen() for leg in legs))
        assert all(leg.ended_properly for leg in legs)
        assert [listener.closings for listener in listeners] == [1] * 5
