"""Listening over the real audio server, with a leg of our own in place of Asterisk."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from asr.ports import Deafened, NoEars, SpeechBegan, Wish
from centralita.callers import Line
from centralita.hearing.line import SpeakingLine
from centralita.hearing.pace import CATCH_UP_FRAMES
from centralita.hearing.room import Room
from cti.asterisk.caller import AgiLine
from ivr.actions import Deaf, Heard, Key, Silence
from ivr.ports import Call, CallerGone, Listening, SoundFailed
from tests.support.audio_leg import LOUD, QUIET, Leg, frame
from tests.support.loud_ears import LoudEars
from tests.support.polling import eventually
from tests.support.questions import write_sound

pytestmark = pytest.mark.unit


class FakeLine:
    """AGI that does one thing: EXEC AudioSocket, as Asterisk does it."""

    def __init__(self, acts: Callable[[Leg], Any]) -> None:
        self._acts = acts
        self.leg: Leg | None = None
        self.gone = False
        self.refuses = ""

    async def connect_audio(self, audio_id: str, address: str) -> None:
        if self.refuses:
            raise SoundFailed(self.refuses)
        self.leg = leg = await Leg.connect(address, audio_id)
        acting = asyncio.ensure_future(self._acts(leg))
        try:
            await leg.listen()
        finally:
            acting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await acting
        if self.gone:
            raise CallerGone("HANGUP")


async def says(
    leg: Leg, *, after_s: float = 0.0, loud_ms: int = 300, then: Callable[[], None] | None = None
) -> None:
    """A caller's telephone: quiet, loud, quiet."""
    for n in range(200):
        loud = after_s * 50 <= n < after_s * 50 + loud_ms / 20
        leg.say(LOUD if loud else QUIET)
        if then is not None and n >= after_s * 50:
            then()
            return
        await asyncio.sleep(0.02)


async def sends_nothing(leg: Leg) -> None:
    """A telephone that is muted."""


@contextlib.asynccontextmanager
async def listening(
    ears: LoudEars, acts: Callable[[Leg], Any]
) -> AsyncIterator[tuple[SpeakingLine, Room, FakeLine]]:
    room = Room(ears)
    await room.start()
    fake = FakeLine(acts)
    try:
        yield SpeakingLine(cast("AgiLine", fake), room), room, fake
    finally:
        await room.close()
    assert room.open == 0
    assert not ears.open_hearings, "every slot is given back"
    assert room.server.expected == 0


def figures(room: Room) -> dict[str, int]:
    """Those that are not 0."""
    return {name: count for name, count in room.figures().items() if count and name != "slipped_ms"}


@pytest.fixture
def question(tmp_path: Path) -> Listening:
    """Two seconds of sound, 200 ms of silence."""
    return Listening((write_sound(tmp_path / "q", LOUD * 100),), "es", 200, ("ventas",))


async def test_what_is_said_over_the_question_is_the_answer(question: Listening) -> None:
    """The question stops, the words come back, the call goes on."""
    async with listening(LoudEars(text="ventas"), lambda leg: says(leg, after_s=0.2)) as (line, room, fake):
        assert await line.listen(question) == Heard("ventas", 0.9)
        assert fake.leg is not None and fake.leg.ended_properly
        assert len(fake.leg.got) < 60
        assert figures(room) == {"listens": 1, "heard": 1, "barge_in_voice": 1, "audio_admitted": 1}


async def test_a_key_is_the_answer(question: Listening) -> None:
    """At once."""
    async with listening(LoudEars(), lambda leg: says(leg, after_s=0.2, then=lambda: leg.press("4"))) as (
        line,
        room,
        fake,
    ):
        assert await line.listen(question) == Key("4")
        assert fake.leg is not None and len(fake.leg.got) < 40
        assert figures(room) == {"listens": 1, "key": 1, "barge_in_key": 1, "audio_admitted": 1}


@pytest.mark.parametrize("acts", [says, sends_nothing])
async def test_silence_is_our_own_clock_s(question: Listening, acts: Callable[[Leg], Any]) -> None:
    """Whether the telephone sends silence or nothing; the question is heard whole and in time."""
    quiet = sends_nothing if acts is sends_nothing else (lambda leg: says(leg, loud_ms=0))
    async with listening(ears := LoudEars(), quiet) as (line, room, fake):
        assert await line.listen(question) == Silence()
        assert fake.leg is not None
        assert b"".join(pcm for _, pcm in fake.leg.got) == LOUD * 100
        took_s = fake.leg.got[-1][0] - fake.leg.got[0][0]
        assert 1.9 < took_s < 2.5 + room.figures()["slipped_ms"] / 1000
        assert ears.opened[0].fed_ms > 1_500, "the recognizer hears silence as well"


async def test_a_telephone_that_sends_nothing_is_waited_for(tmp_path: Path) -> None:
    """Asterisk hangs up an AudioSocket after two seconds without sound: there never are."""
    question = Listening((write_sound(tmp_path / "q", LOUD * 10),), "es", 2_500, ("ventas",))
    async with listening(LoudEars(), sends_nothing) as (line, _, fake):
        assert await line.listen(question) == Silence()
        assert fake.leg is not None
        came_s = [at_s for at_s, _ in fake.leg.got]
        assert [pcm for _, pcm in fake.leg.got[10:]] == [bytes(320)] * (len(came_s) - 10)
        assert len(came_s) > 11
        assert max(after - before for before, after in itertools.pairwise(came_s)) < 1.9


async def test_a_worker_that_dies_is_deafness_and_the_call_goes_on(question: Listening) -> None:
    """In the middle of an utterance."""
    ears = LoudEars()

    async def dies(leg: Leg) -> None:
        await eventually(lambda: ears.opened, 5)
        ears.opened[0].say(SpeechBegan())
        ears.opened[0].say(Deafened("worker died"))

    async with listening(ears, dies) as (line, room, fake):
        assert await line.listen(question) == Deaf("worker died")
        assert fake.leg is not None and fake.leg.ended_properly
        assert figures(room)["deaf_worker"] == 1


async def test_a_recognizer_that_ends_without_a_word_is_deafness(question: Listening) -> None:
    """It breaks its promise; the caller is asked by keys all the same."""
    ears = LoudEars()

    async def closes(leg: Leg) -> None:
        await eventually(lambda: ears.opened, 5)
        await ears.opened[0].close()

    async with listening(ears, closes) as (line, _room, _fake):
        assert isinstance(await line.listen(question), Deaf)


async def test_without_a_slot_nobody_is_made_to_wait(question: Listening) -> None:
    """Deaf at once: no sound is played, no connection made."""
    async with listening(LoudEars(slots=0), says) as (line, room, fake):
        assert await line.listen(question) == Deaf("no_slot")
        assert fake.leg is None
        assert figures(room) == {"listens": 1, "deaf_no_slot": 1}


async def test_a_sound_that_cannot_be_read_takes_no_slot(tmp_path: Path) -> None:
    """The menu then asks by keys, where such a sound costs a sentence only."""
    ears = LoudEars()
    async with listening(ears, says) as (line, room, _fake):
        outcome = await line.listen(Listening((str(tmp_path / "missing"),), "es", 200))
        assert isinstance(outcome, Deaf) and "missing.wav" in outcome.why
        assert ears.opened == []
        assert figures(room) == {"listens": 1, "deaf_sound": 1}


async def test_a_switch_that_cannot_is_deafness(question: Listening) -> None:
    """A module that is not loaded, a port that cannot be reached."""
    async with listening(LoudEars(), says) as (line, room, fake):
        fake.refuses = "Unable to find application"
        assert await line.listen(question) == Deaf("Unable to find application")
        assert figures(room) == {"listens": 1, "deaf_switch": 1}


class _Receiver(threading.Thread):
    """A leg on a clock of its own: it goes on while the server's loop stands still."""

    def __init__(self, address: str, audio_id: str) -> None:
        super().__init__(daemon=True)
        host, port = address.split(":")
        self._socket = socket.create_connection((host, int(port)))
        self._socket.sendall(frame(1, uuid.UUID(audio_id).bytes))
        self.came_s: list[float] = []
        """When each frame of sound came."""

    def run(self) -> None:
        with self._socket, self._socket.makefile("rb") as stream:
            while (head := stream.read(3)) and head[0] == 0x10:
                assert len(stream.read(320)) == 320
                self.came_s.append(time.monotonic())


async def test_a_server_that_stood_still_does_not_burst(tmp_path: Path) -> None:
    """A second without the loop: the sound pauses and goes on, whole and in its time."""
    room = Room(LoudEars())
    await room.start()
    legs: list[_Receiver] = []

    class Threaded:
        async def connect_audio(self, audio_id: str, address: str) -> None:
            leg = await asyncio.to_thread(_Receiver, address, audio_id)
            legs.append(leg)
            leg.start()
            await eventually(lambda: len(leg.came_s) > 20, 5)
            time.sleep(1.0)  # noqa: ASYNC251 - the freeze itself
            await asyncio.to_thread(leg.join)

    line = SpeakingLine(cast("AgiLine", Threaded()), room)
    sound = write_sound(tmp_path / "q", LOUD * 100)
    try:
        assert await line.listen(Listening((sound,), "es", 100)) == Silence()
    finally:
        await room.close()
    came_s = legs[0].came_s
    assert len(came_s) == 100
    gap_s, after = max((b - a, n + 1) for n, (a, b) in enumerate(itertools.pairwise(came_s)))
    assert gap_s > 0.9
    at_once = sum(came < came_s[after] + 0.015 for came in came_s[after:])
    assert at_once <= CATCH_UP_FRAMES + 2
    assert room.figures()["slipped_ms"] > 800


async def test_a_hang_up_ends_it_and_gives_the_slot_back(question: Listening) -> None:
    """The connection just ends."""
    async with listening(LoudEars(), lambda leg: says(leg, after_s=0.3, then=leg.hang_up)) as (
        line,
        room,
        fake,
    ):
        fake.gone = True
        with pytest.raises(CallerGone):
            await line.listen(question)
        assert figures(room) == {"listens": 1, "gone": 1, "audio_admitted": 1}


async def test_who_stops_waiting_leaves_nothing_behind(question: Listening) -> None:
    """A visit that is cancelled: the caller is given back properly, the slot is free."""
    async with listening(LoudEars(), says) as (line, room, fake):
        visit = asyncio.ensure_future(line.listen(question))
        await eventually(lambda: fake.leg is not None and fake.leg.got, 5)
        visit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visit
        await eventually(lambda: room.server.connections == 0, 5)


def test_it_is_the_line_that_visits_want() -> None:
    """The type checker holds both ports against it; here they are only named."""
    as_call: type[Call] = SpeakingLine
    as_line: type[Line] = SpeakingLine
    assert as_call is as_line


async def test_whether_somebody_can_listen_is_asked_of_the_recognizers() -> None:
    """A hint for the menu: which of the two questions to ask."""
    ears = LoudEars(slots=1)
    async with listening(ears, says) as (line, room, _fake):
        assert line.can_listen("es", free_speech=False)
        hearing = await ears.open(Wish("es"))
        assert not line.can_listen("es", free_speech=False)
        assert figures(room) == {"asked_by_keys": 1}
        with pytest.raises(NoEars):
            await ears.open(Wish("es"))
        await hearing.close()
