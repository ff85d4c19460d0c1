"""
A caller who may speak: real Asterisk, real telephones, real recognition of real speech over AudioSocket.

The recognizer is Vosk with its Korean model, for which alone a package registry has one; what it is asked
was picked because it is understood every time, so that a failure here is one of the path, not of the model.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from asr.pool import PoolSettings, RecognitionPool
from asr.recognition_worker import LanguageModel
from centralita.tasks import spawn
from cti.softphone.baresip import BaresipCall, BaresipStack
from cti.softphone.voice import tone_pcm
from ivr.actions import Deaf, Heard, Key, Silence
from ivr.ports import CallerGone, Listening
from tests.support.audio import pcm_of, samples, tone_ms, tone_share
from tests.support.loud_ears import LoudEars
from tests.support.loudspeaker import on_loudspeaker
from tests.support.polling import eventually
from tests.support.questions import Questions, Visitor, asking, hears, write_sound
from tests.support.speech import KOREAN, korean_clips, korean_model, spanish_clips
from tests.support.telephone import Telephone

pytestmark = pytest.mark.integration

SLOTS = 4
PROMPT_HZ = 440
PHRASES = tuple(KOREAN.values())
BARGE_IN_MS_MAX = 300
TRIES = 4
"""On a machine that does other work as well, the best of some is what the product takes."""


@pytest_asyncio.fixture(scope="module")
async def pool() -> AsyncIterator[RecognitionPool]:
    model = LanguageModel("ko", "vosk", str(korean_model()))
    running = RecognitionPool(PoolSettings((model,), slots=SLOTS, free_slots=1, workers=1), spawn)
    running.start()
    try:
        await eventually(
            lambda: running.free("ko", free_speech=False), 90, "the model is loaded", every_s=0.1
        )
        yield running
    finally:
        await running.close()


@pytest_asyncio.fixture(scope="module")
async def questions(
    tmp_path_factory: pytest.TempPathFactory, stack: BaresipStack, pool: RecognitionPool
) -> AsyncIterator[Questions]:
    async with asking(tmp_path_factory.mktemp("listening") / "home", stack, pool) as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def _clean(questions: Questions, pool: RecognitionPool) -> AsyncIterator[None]:
    yield
    questions.room.ears = pool
    await questions.everybody_leaves()


@pytest.fixture
def loud(questions: Questions) -> LoudEars:
    """Recognizers that only hear who is loud, for what depends on no words."""
    questions.room.ears = ears = LoudEars()
    return ears


@pytest.fixture(scope="module")
def prompt(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three seconds of a tone that is told apart from everything else."""
    return write_sound(tmp_path_factory.mktemp("prompts") / "p", tone_pcm(PROMPT_HZ, duration_ms=3_000))


def asked(prompt: str, language: str = "ko", timeout_ms: int = 3_000) -> Listening:
    return Listening((prompt,), language, timeout_ms, PHRASES)


def speech_ms(pcm: bytes) -> tuple[int, int]:
    """Where speech begins and ends in a clip: the first and last 20 ms within 25 dB of the loudest."""
    x = samples(pcm)[: len(pcm) // 320 * 160].reshape(-1, 160)
    power = (x.astype(np.float64) ** 2).mean(axis=1)
    loud = np.flatnonzero(power > power.max() / 10**2.5)
    return int(loud[0]) * 20, int(loud[-1] + 1) * 20


def last_heard_s(call: BaresipCall, hz: int) -> float:
    """The moment (`time.monotonic()`) at which a tone was received for the last time."""
    there = [
        chunk.at_s
        for chunk in call.chunks()
        if len(chunk.pcm) >= 320 and tone_share(chunk.pcm, hz, window_ms=20).max(initial=0.0) > 0.8
    ]
    assert there, f"{hz} Hz was never heard"
    return there[-1]


def measured(text: str) -> None:
    """Said with `pytest -s`, for a person who wants the figures."""
    sys.stdout.write(f"{text}\n")


@contextlib.contextmanager
def listening_to(visitor: Visitor, wish: Listening) -> Iterator[asyncio.Task[object]]:
    answer = asyncio.ensure_future(visitor.line.listen(wish))
    try:
        yield answer
    finally:
        answer.cancel()


async def test_what_is_said_is_understood_and_the_call_goes_on(
    questions: Questions, prompt: str, pool: RecognitionPool
) -> None:
    """Eight utterances of five phrases, one after the other, each in a question of its own."""
    call, visitor = await questions.caller()
    decided_ms = []
    for phrase, pcm in korean_clips().values():
        with listening_to(visitor, asked(prompt)) as answer:
            await eventually(lambda: pool.figures()["slots_taken"] == 1, 10)
            call.say(pcm)
            silent_s = time.monotonic() + speech_ms(pcm)[1] / 1000
            heard = await asyncio.wait_for(answer, 30)
        decided_ms.append(round((time.monotonic() - silent_s) * 1000))
        assert isinstance(heard, Heard), heard
        assert (heard.text, heard.confidence >= 0.6) == (phrase, True)
    measured(f"end of speech -> answer, and the call ours again: {sorted(decided_ms)} ms")
    assert pool.figures()["slots_taken"] == 0
    since = len(call.heard())
    assert await visitor.line.play((prompt,), "") is None
    await hears(call, PROMPT_HZ, ms=2_000, since=since)


async def test_speech_stops_the_question_within_300_ms(questions: Questions, prompt: str) -> None:
    """From the caller's first sound until the question falls silent in the caller's ear."""
    call, visitor = await questions.caller()
    phrase, pcm = korean_clips()["ko_agent_jf_alpha"]
    took_ms: list[float] = []
    for _ in range(TRIES):
        since = len(call.heard())
        with listening_to(visitor, asked(prompt)) as answer:
            await hears(call, PROMPT_HZ, since=since)
            call.say(pcm)
            spoke_s = time.monotonic() + speech_ms(pcm)[0] / 1000
            heard = await asyncio.wait_for(answer, 30)
        assert isinstance(heard, Heard) and heard.text == phrase
        took_ms.append((last_heard_s(call, PROMPT_HZ) - spoke_s) * 1000)
        assert tone_ms(call.heard()[since:], PROMPT_HZ) < 2_900, "it was cut short"
        if 0 < took_ms[-1] <= BARGE_IN_MS_MAX:
            break
    measured(f"speech -> silence of the prompt: {[round(ms) for ms in took_ms]} ms")
    assert 0 < took_ms[-1] <= BARGE_IN_MS_MAX, took_ms
    assert questions.room.figures()["barge_in_voice"] >= 1


async def test_a_key_stops_the_question_and_wins_over_speech(questions: Questions, prompt: str) -> None:
    """Pressed in the middle of a phrase: the key is the answer, the phrase is forgotten."""
    call, visitor = await questions.caller()
    _, pcm = korean_clips()["ko_agent_jf_alpha"]
    with listening_to(visitor, asked(prompt)) as answer:
        await hears(call, PROMPT_HZ)
        call.say(pcm)
        await eventually(lambda: questions.room.figures()["open"] == 1, 5)
        await call.send_dtmf("7")
        assert await asyncio.wait_for(answer, 20) == Key("7")
    assert await visitor.line.collect(300) is None, "the key does not count twice"


async def test_a_key_stops_the_question(questions: Questions, prompt: str, loud: LoudEars) -> None:
    """Within 300 ms of its end, in the caller's ear; and a question in keys can follow at once."""
    call, visitor = await questions.caller()
    took_ms: list[float] = []
    for _ in range(TRIES):
        since = len(call.heard())
        with listening_to(visitor, asked(prompt)) as answer:
            await hears(call, PROMPT_HZ, since=since)
            await call.send_dtmf("5")
            pressed_s = time.monotonic()
            assert await asyncio.wait_for(answer, 20) == Key("5")
        took_ms.append((last_heard_s(call, PROMPT_HZ) - pressed_s) * 1000)
        if took_ms[-1] <= BARGE_IN_MS_MAX:
            break
    measured(f"key -> silence of the prompt: {[round(ms) for ms in took_ms]} ms")
    assert took_ms[-1] <= BARGE_IN_MS_MAX, took_ms


async def test_silence_and_the_noise_of_a_line_are_no_answer(questions: Questions, prompt: str) -> None:
    """The question is heard whole; then the time for an answer passes."""
    call, visitor = await questions.caller()
    noise = np.random.default_rng(5).standard_normal(8_000 * 10).astype(np.float32) * np.float32(0.003)
    for sound in (b"", bytes(160_000), pcm_of(noise)):
        since = len(call.heard())
        call.say(sound)
        began_s = time.monotonic()
        assert await visitor.line.listen(asked(prompt, timeout_ms=1_000)) == Silence()
        assert 3.9 < time.monotonic() - began_s < 12
        assert tone_ms(call.heard()[since:], PROMPT_HZ) > 2_700


async def test_noise_that_is_loud_is_never_taken_for_a_phrase(questions: Questions, prompt: str) -> None:
    """A street, a radio: silence, or sounds without words; no menu moves on by itself."""
    call, visitor = await questions.caller()
    noise = np.random.default_rng(6).standard_normal(8_000 * 8).astype(np.float32) * np.float32(0.1)
    call.say(pcm_of(noise), repeat=True)
    outcome = await asyncio.wait_for(visitor.line.listen(asked(prompt, timeout_ms=1_000)), 40)
    assert outcome == Silence() or (isinstance(outcome, Heard) and outcome.confidence < 0.85), outcome


async def test_a_telephone_on_loudspeaker_does_not_answer_for_its_caller(
    questions: Questions, pool: RecognitionPool, tmp_path: Path
) -> None:
    """What comes back of a question, half as loud, neither cuts it short nor is taken for words; they do."""
    clips = spanish_clips()
    words = ("miércoles", "septiembre", "sábado", "noviembre", "domingo", "diciembre")
    spoken = b"".join(clips[word] for word in words)
    spoken_ms = len(spoken) // 16
    sound = write_sound(tmp_path / "spoken", spoken)
    call, visitor = await questions.caller()
    on_loudspeaker(call, down_db=6, delay_ms=120)
    before = questions.room.figures()
    began_s = time.monotonic()
    assert await asyncio.wait_for(visitor.line.listen(asked(sound, timeout_ms=1_000)), 40) == Silence()
    assert time.monotonic() - began_s >= (spoken_ms + 1_000) / 1000
    after = questions.room.figures()
    assert after["barge_in_voice"] == before["barge_in_voice"]
    assert after["echoes"] == before["echoes"] + 1

    phrase, pcm = korean_clips()["ko_agent_jf_alpha"]
    on_loudspeaker(call, down_db=15, delay_ms=120)
    with listening_to(visitor, asked(sound)) as answer:
        await eventually(lambda: pool.figures()["slots_taken"] == 1, 10)
        await asyncio.sleep(1.5)
        said_s = time.monotonic()
        call.say(pcm)
        heard = await asyncio.wait_for(answer, 30)
    assert isinstance(heard, Heard) and heard.text == phrase
    assert questions.room.figures()["barge_in_voice"] == before["barge_in_voice"] + 1
    measured(f"loudspeaker: speech -> decision {round((time.monotonic() - said_s) * 1000)} ms")


async def test_who_hangs_up_while_being_listened_to_leaves_nothing_behind(
    questions: Questions, prompt: str, pool: RecognitionPool
) -> None:
    """During the question, and in the middle of a word: the slot is free, the connection closed."""
    _, pcm = korean_clips()["ko_agent_jf_alpha"]
    for says in (b"", pcm):
        call, visitor = await questions.caller()
        with listening_to(visitor, asked(prompt)) as answer:
            await hears(call, PROMPT_HZ)
            call.say(says)
            assert pool.figures()["slots_taken"] == 1
            await call.hangup()
            with pytest.raises(CallerGone):
                await asyncio.wait_for(answer, 20)
        assert pool.figures()["slots_taken"] == 0
        await eventually(lambda: questions.room.server.connections == 0, 10)


async def test_a_worker_that_is_killed_costs_a_question_and_not_the_call(
    questions: Questions, prompt: str, pool: RecognitionPool
) -> None:
    """In the middle of an utterance; the caller is asked by keys, and others are understood again soon."""
    call, visitor = await questions.caller()
    phrase, pcm = korean_clips()["ko_agent_jf_alpha"]
    with listening_to(visitor, asked(prompt)) as answer:
        await hears(call, PROMPT_HZ)
        call.say(pcm)
        (worker,) = pool._workers
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        assert isinstance(await asyncio.wait_for(answer, 20), Deaf)
    since = len(call.heard())
    pressing = asyncio.ensure_future(visitor.line.play((prompt,), "0123456789"))
    await hears(call, PROMPT_HZ, since=since)
    await call.send_dtmf("3")
    assert await asyncio.wait_for(pressing, 20) == "3"
    await eventually(lambda: pool.free("ko", free_speech=False), 90, "a new worker hears", every_s=0.1)
    with listening_to(visitor, asked(prompt)) as answer:
        call.say(pcm)
        heard = await asyncio.wait_for(answer, 30)
    assert isinstance(heard, Heard) and heard.text == phrase


@pytest.mark.parametrize("breaks", ["reset", "end"])
async def test_a_connection_of_ours_that_breaks_costs_a_question_and_not_the_call(
    questions: Questions, prompt: str, loud: LoudEars, breaks: str
) -> None:
    """Cut off with the caller's sound unread, as when a process dies, or closed without a word."""
    call, visitor = await questions.caller()
    with listening_to(visitor, asked(prompt)) as answer:
        await hears(call, PROMPT_HZ)
        (wire,) = questions.room.server._wires
        assert wire._transport is not None
        if breaks == "reset":
            linger = struct.pack("ii", 1, 0)
            wire._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        wire.abort()
        assert isinstance(await asyncio.wait_for(answer, 20), Deaf)
    since = len(call.heard())
    assert await visitor.line.play((prompt,), "") is None
    await hears(call, PROMPT_HZ, ms=2_000, since=since)
    assert not loud.open_hearings


@contextlib.asynccontextmanager
async def crowd(questions: Questions, count: int) -> AsyncIterator[list[tuple[Telephone, Visitor]]]:
    """So many callers at the door, each with a light telephone that sends silence (mu-law 0xFF)."""
    host, port = questions.sip.split(":")
    phones = [Telephone(f"+346{n:08d}", (host, int(port)), voice=0xFF) for n in range(count)]
    arrived: list[tuple[Telephone, Visitor]] = []
    try:
        for phone in phones:
            assert (await phone.dial("900")).status == 200
            arrived.append((phone, await questions.next_visitor()))
        yield arrived
    finally:
        for phone, visitor in arrived:
            visitor.done.set()
            with contextlib.suppress(TimeoutError, ConnectionError):
                await phone.hang_up()
        for phone in phones:
            phone.close()


async def test_a_hundred_at_once_with_four_slots(
    questions: Questions, prompt: str, pool: RecognitionPool
) -> None:
    """Four are listened to; 96 are told at once that nobody listens, and every call goes on."""
    async with crowd(questions, 100) as callers:
        began_s = time.monotonic()
        deaf_s: list[float] = []

        async def ask(visitor: Visitor) -> object:
            outcome = await visitor.line.listen(asked(prompt, timeout_ms=500))
            if isinstance(outcome, Deaf):
                deaf_s.append(time.monotonic() - began_s)
            return outcome

        outcomes = await asyncio.gather(*(ask(visitor) for _, visitor in callers))
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Deaf"] * 96 + ["Silence"] * 4
        measured(f"96 told that nobody listens: last after {max(deaf_s) * 1000:.0f} ms")
        assert max(deaf_s) < 2.0
        assert pool.figures()["slots_taken"] == 0
        assert pool.figures()["refused_no_slot"] >= 96
        keys = await asyncio.gather(*(visitor.line.collect(200) for _, visitor in callers))
        assert keys == [None] * 100


async def test_a_question_is_heard_without_gaps_while_twenty_others_play(
    questions: Questions, prompt: str, loud: LoudEars
) -> None:
    """No packet later than 60 ms after the one before it, by the kernel's clock."""
    async with crowd(questions, 21) as callers:
        gaps_ms: list[float] = []
        for _ in range(TRIES):
            arrivals: list[int] = []

            def heard(_voice: int, at_ns: int, log: list[int] = arrivals) -> None:
                log.append(at_ns)

            callers[0][0].on_voice = heard
            outcomes = await asyncio.gather(
                *(visitor.line.listen(asked(prompt, timeout_ms=200)) for _, visitor in callers)
            )
            assert outcomes == [Silence()] * 21
            # Three seconds of 20 ms, each once; the last of the music may still be on its way.
            assert 150 <= len(arrivals) <= 152
            steps = [after - before for before, after in itertools.pairwise(arrivals)]
            gaps_ms.append(max(steps) / 1e6)
            if gaps_ms[-1] <= 60:
                break
        measured(f"longest gap while 21 play: {[round(ms) for ms in gaps_ms]} ms")
        assert gaps_ms[-1] <= 60, gaps_ms


async def test_music_does_not_drown_the_question(questions: Questions, prompt: str, loud: LoudEars) -> None:
    """A caller who was waiting with music hears the question, and nothing else."""
    call, visitor = await questions.caller()
    await eventually(lambda: len(call.heard()) > 16_000, 10, "music")
    since = len(call.heard())
    assert await visitor.line.listen(asked(prompt, timeout_ms=200)) == Silence()
    assert tone_ms(call.heard()[since:], PROMPT_HZ) > 2_700
