"""Bytes that Asterisk would never send: AudioSocket and AGI, against the servers that calls depend on."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import struct
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from centralita.hearing.line import SpeakingLine
from centralita.hearing.room import Room
from centralita.tasks import spawn
from cti.asterisk.agi.request import AgiRequest
from cti.asterisk.agi.server import AgiServer
from cti.asterisk.agi.verbs import AgiCall
from cti.asterisk.audiosocket.frames import Frame, FrameError, FrameReader
from cti.asterisk.caller import AgiLine
from ivr.actions import Key
from ivr.ports import CallerGone, Listening, SoundFailed
from tests.support.audio_leg import LOUD, Leg, frame
from tests.support.loud_ears import LoudEars
from tests.support.polling import eventually
from tests.unit.cti.agi.peer import NONCE, Peer, connect

pytestmark = pytest.mark.property

ID = uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d13")
STREAMS = 300
AT_ONCE = 20

_frame = st.one_of(
    st.builds(frame, st.sampled_from([0, 3, 0x10, 0x12, 0xFF]), st.binary(max_size=40)),
    st.builds(frame, st.integers(0, 255), st.binary(max_size=20)),
    st.builds(struct.Struct(">BH").pack, st.integers(0, 255), st.integers(0, 65_535)),
    st.binary(max_size=8),
)
_stream = st.lists(_frame, max_size=12).map(lambda parts: frame(1, ID.bytes) + b"".join(parts))


def _read(pieces: list[bytes]) -> tuple[list[Frame], str]:
    """The frames that were read before the error, if there was one; those beside it are lost with it."""
    reader, frames = FrameReader(), list[Frame]()
    for piece in pieces:
        try:
            frames += reader.feed(piece)
        except FrameError as error:
            return frames, str(error)
    return frames, ""


@given(stream=_stream, cuts=st.lists(st.integers(0, 400), max_size=8))
def test_any_split_gives_the_same_frames(stream: bytes, cuts: list[int]) -> None:
    """However TCP cuts the stream, the same is read, or the same is wrong with it."""
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in itertools.pairwise(places)]
    whole, wrong = _read([stream])
    split, wrong_split = _read(pieces)
    single, wrong_single = _read([bytes([byte]) for byte in stream])

    assert wrong == wrong_split == wrong_single
    assert single[: len(split)] == split
    assert wrong or whole == split == single


@given(data=st.binary(max_size=200), named=st.booleans())
def test_no_bytes_do_more_than_end_the_connection(data: bytes, named: bool) -> None:
    """FrameError is the only way out."""
    _read([frame(1, ID.bytes) + data if named else data])


# The servers themselves, over the loopback.


class Quiet:
    """What must not happen: an error that nobody caught, in the loop or in a task."""

    def __init__(self) -> None:
        self.in_loop: list[dict[str, Any]] = []
        self.logs: list[Any] = []

    @contextlib.contextmanager
    def watched(self) -> Any:
        loop = asyncio.get_running_loop()
        before = loop.get_exception_handler()
        loop.set_exception_handler(lambda _loop, context: self.in_loop.append(context))
        try:
            with capture_logs() as self.logs:
                yield
        finally:
            loop.set_exception_handler(before)

    def check(self) -> None:
        assert self.in_loop == []
        assert [line for line in self.logs if line["event"] == "task.failed"] == []


def _audio_noise(chance: random.Random) -> bytes:
    """Frames that are nearly right, heads that lie about their length, and plain noise."""
    makers: list[Callable[[], bytes]] = [
        lambda: frame(0x10, chance.randbytes(chance.choice([0, 1, 319, 320, 321, 8_192]))),
        lambda: frame(3, chance.randbytes(chance.choice([0, 1, 1, 1, 2]))),
        lambda: frame(chance.choice([0, 1, 0x12, 0xFF, chance.randrange(256)]), chance.randbytes(16)),
        lambda: struct.pack(">BH", chance.randrange(256), chance.randrange(65_536)),
        lambda: chance.randbytes(chance.randrange(1, 600)),
    ]
    return b"".join(chance.choice(makers)() for _ in range(chance.randrange(1, 12)))


@contextlib.asynccontextmanager
async def _room(ears: LoudEars) -> AsyncIterator[Room]:
    room = Room(ears)
    await room.start()
    try:
        yield room
    finally:
        await room.close()


class _OverLoopback:
    """In place of AGI: a leg that sends what it likes."""

    def __init__(self, noise: bytes) -> None:
        self._noise = noise

    async def connect_audio(self, audio_id: str, address: str) -> None:
        leg = await Leg.connect(address, audio_id)
        for at in range(0, len(self._noise), 97):
            leg.send(self._noise[at : at + 97])
            await asyncio.sleep(0)
        leg.say(LOUD)
        leg.press("1")
        await leg.listen()


async def test_random_sound_harms_nobody() -> None:
    """300 streams, 20 at a time: each question ends, every slot comes back, the next caller is understood."""
    chance, quiet, ears = random.Random(6), Quiet(), LoudEars()
    with quiet.watched():
        async with _room(ears) as room:

            async def ask(noise: bytes) -> object:
                line: Any = _OverLoopback(noise)
                return await SpeakingLine(line, room).listen(Listening((), "es", 400))

            for _ in range(STREAMS // AT_ONCE):
                async with asyncio.timeout(60):
                    await asyncio.gather(*(ask(_audio_noise(chance)) for _ in range(AT_ONCE)))
            assert await ask(b"") == Key("1")
            await eventually(lambda: room.server.connections == 0, 10)
            assert room.figures()["listens"] == STREAMS + 1
            assert not ears.open_hearings
    quiet.check()


async def test_strangers_harm_nobody() -> None:
    """Random bytes from who was never sent here, while a caller is being listened to."""
    chance, quiet = random.Random(7), Quiet()
    with quiet.watched():
        async with _room(LoudEars()) as room:
            for _ in range(STREAMS // AT_ONCE):
                legs = [await Leg.connect(room.server.address, None) for _ in range(AT_ONCE)]
                for leg in legs:
                    leg.send(chance.choice([b"", frame(1, chance.randbytes(16))]) + _audio_noise(chance))
                    leg.hang_up()
                await eventually(lambda: room.server.connections == 0, 10)
            line: Any = _OverLoopback(b"")
            assert await SpeakingLine(line, room).listen(Listening((), "es", 400)) == Key("1")
    quiet.check()


async def test_strangers_at_the_door_of_calls_harm_nobody() -> None:
    """Random bytes in place of AGI's first lines: nobody is served, and a call that follows is."""
    chance, quiet, served = random.Random(9), Quiet(), list[str]()

    async def visit(request: AgiRequest, _call: AgiCall) -> None:
        served.append(request.uniqueid)

    with quiet.watched():
        server = AgiServer("127.0.0.1", 0, NONCE, {"main": visit}, spawn=spawn)
        await server.start()
        for _ in range(STREAMS):
            peer = await connect(
                server.port, chance.choice([b"agi_network: yes\n", b""]) + _agi_noise(chance)
            )
            peer.drop()
        await eventually(lambda: server.sessions == 0, 10)
        assert served == []
        last = await connect(server.port)
        assert await last.at_end()
        await server.close()
    assert len(served) == 1
    quiet.check()


_REPLIES = (
    b"200 result=0",
    b"200 result=-1",
    b"200 result=53 endpos=800",
    b"200 result=999999999999999999999999",
    b"200 result=-7",
    b"200 result=1114112",
    b"200 result=x (timeout)",
    b"200 result=12#4 (timeout)",
    b"200 result=",
    b"200",
    b"200 result=1 (",
    b"HANGUP",
    b"510 Invalid or unknown command",
    b"511 Command Not Permitted on a dead channel",
    b"520-Usage follows:\n520 End of proper usage.",
    b"100 Trying",
    b"",
)


def _agi_noise(chance: random.Random) -> bytes:
    lines = [chance.choice([*_REPLIES, chance.randbytes(chance.randrange(30))]) for _ in range(12)]
    return b"\n".join(lines) + chance.choice([b"\n", b""])


async def _answer_with(chance: random.Random, port: int) -> None:
    """A call whose switch has lost its mind: each command gets something."""
    peer: Peer = await connect(port)
    with contextlib.suppress(ConnectionError, TimeoutError):
        # What was no reply leaves both sides waiting: then the call ends.
        while await asyncio.wait_for(peer.reader.readline(), 0.3):
            reply = chance.choice(_REPLIES) if chance.random() < 0.9 else _agi_noise(chance)
            peer.send(reply + b"\n")
    peer.drop()


async def test_random_agi_harms_nobody(tmp_path: Path) -> None:
    """300 sessions of nonsense through every verb of a menu: each visit ends as an end of the call."""
    chance, quiet, ears = random.Random(8), Quiet(), LoudEars()
    ended: list[str] = []
    with quiet.watched():
        async with _room(ears) as room:

            async def visit(_request: AgiRequest, call: AgiCall) -> None:
                line = SpeakingLine(AgiLine(call, _no_script, lambda box: tmp_path / f"{box}.wav"), room)
                try:
                    ended.append(await _menu(line))
                except CallerGone:
                    ended.append("gone")

            server = AgiServer("127.0.0.1", 0, NONCE, {"main": visit}, spawn=spawn)
            await server.start()
            for _ in range(STREAMS // AT_ONCE):
                some = (_answer_with(random.Random(chance.random()), server.port) for _ in range(AT_ONCE))
                await asyncio.gather(*some)
            await eventually(lambda: server.sessions == 0, 20)
            await server.close()
            quiet.check()
            assert len(ended) == STREAMS
            assert not ears.open_hearings
    quiet.check()


async def _menu(line: SpeakingLine) -> str:
    """Every verb; a sound that fails costs a sentence, as in the real menu."""
    for _ in range(3):
        with contextlib.suppress(SoundFailed):
            key = await line.play(("/a", "/b"), "12")
            assert key is None or len(key) == 1
        assert len(await line.collect(50) or "0") == 1
        digits = await line.gather(("/a",), 4, timeout_ms=50, between_ms=50, secret=True)
        assert len(digits) <= 4 and set(digits) <= set("0123456789*"), digits
        await line.listen(Listening((), "es", 50))
        assert await line.record("caja", (), longest_ms=100, silence_ms=50) in (True, False, None)
        await line.remember({"CC_NEXT": "wait", "CC_WAIT": "3"})
    return "through"


async def _no_script(_call: AgiCall, script: Path) -> None:
    raise AssertionError(f"no script is expected: {script}")
