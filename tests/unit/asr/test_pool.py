"""Slots, workers that fail, and what their callers are told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from asr import workers
from asr.pool import PoolSettings, RecognitionPool
from asr.ports import Deafened, Event, Final, Hearing, NoEars, Partial, SpeechBegan, Wish
from asr.recognition_worker import LanguageModel
from centralita.tasks import spawn
from tests.support.fake_ears import UTTERANCE_BYTES
from tests.support.polling import eventually

pytestmark = pytest.mark.unit

FAKE = (sys.executable, "-m", "tests.support.fake_ears")
FRAME = bytes(320)
MENU = Wish("es", ("ventas", "soporte"))


@asynccontextmanager
async def pool(behaviours: dict[str, str], **more: object) -> AsyncIterator[RecognitionPool]:
    """A pool whose worker behaves as told, by language; `more` are settings."""
    models = [LanguageModel(language, "fake", behaviour) for language, behaviour in behaviours.items()]
    fields = {"models": models, "workers": 1, "slots": 2, "free_slots": 1} | more
    ears = RecognitionPool(PoolSettings(**fields), spawn, FAKE)  # type: ignore[arg-type]
    ears.start()
    try:
        yield ears
    finally:
        await ears.close()


async def ready(ears: RecognitionPool, language: str = "es") -> None:
    await eventually(lambda: ears.limits_phrases(language) is not None, 20, "the worker can hear")


async def all_of(hearing: Hearing, within_s: float = 10) -> list[Event]:
    async with asyncio.timeout(within_s):
        return [event async for event in hearing.events()]


def speak(hearing: Hearing, size: int = UTTERANCE_BYTES) -> None:
    for _ in range(size // len(FRAME)):
        hearing.feed(FRAME)


async def test_an_utterance_from_beginning_to_end() -> None:
    """Speech began, words so far, one answer with the time since the speech ended; then nothing more."""
    async with pool({"es": "good"}) as ears:
        await ready(ears)
        hearing = await ears.open(MENU)
        speak(hearing)
        events = await all_of(hearing)
        assert events[:2] == [SpeechBegan(), Partial("algo")]
        last = events[-1]
        assert isinstance(last, Final)
        assert (last.text, last.confidence, last.engine, len(events)) == ("ventas", 0.9, "fake", 3)
        assert 0 <= last.after_speech_ms < 5_000
        speak(hearing)
        assert await all_of(hearing) == []


async def test_nobody_listens_without_a_model_or_before_it_is_loaded() -> None:
    """Each reason has its word and its count, and `free` says beforehand what `open` would."""
    async with pool({"es": "loads", "en": "broken", "ca": "good"}) as ears:
        await ready(ears, "ca")
        for language, why in {"es": "loading", "en": "no_model", "fr": "no_model"}.items():
            assert not ears.free(language, free_speech=False)
            with pytest.raises(NoEars, match=why):
                await ears.open(Wish(language, ("a",)))
        assert ears.unready() == {"en": "no es un modelo"}
        assert (ears.figures()["refused_no_model"], ears.figures()["refused_loading"]) == (2, 1)


async def test_without_models_nothing_is_started() -> None:
    """An installation without speech has no process for it, and refuses at once."""
    async with pool({}, models=()) as ears:
        assert ears.figures()["workers"] == 0
        with pytest.raises(NoEars, match="no_model"):
            await ears.open(MENU)


async def test_slots_are_given_and_given_back() -> None:
    """Phrases and free speech have slots of their own; a closed or answered hearing frees its slot, once."""
    async with pool({"es": "good"}) as ears:
        await ready(ears)
        first, second = await ears.open(MENU), await ears.open(Wish("es", digits=True))
        free = await ears.open(Wish("es"))
        for wish in (MENU, Wish("es")):
            with pytest.raises(NoEars, match="no_slot"):
                await ears.open(wish)
        assert (ears.figures()["slots_taken"], ears.figures()["free_slots_taken"]) == (2, 1)
        speak(first)
        await all_of(first)
        for hearing in (first, second, second, free):
            await hearing.close()
        assert (ears.figures()["slots_taken"], ears.figures()["free_slots_taken"]) == (0, 0)
        assert ears.free("es", free_speech=False)
        assert await all_of(second) == []


async def test_numbers_take_a_slot_of_phrases_where_their_words_are_known() -> None:
    """Spanish numbers are limited to their words; Korean ones are free speech to us."""
    async with pool({"es": "good", "ko": "good"}) as ears:
        await ready(ears, "ko")
        spanish, korean = await ears.open(Wish("es", digits=True)), await ears.open(Wish("ko", digits=True))
        assert (ears.figures()["slots_taken"], ears.figures()["free_slots_taken"]) == (1, 1)
        await spanish.close()
        await korean.close()


async def test_a_model_that_cannot_be_limited_takes_slots_of_free_speech() -> None:
    """Listening with a fixed graph costs as much as free speech, and is counted so."""
    async with pool({"es": "costly"}) as ears:
        await ready(ears)
        assert ears.limits_phrases("es") is False
        hearing = await ears.open(MENU)
        assert ears.figures()["free_slots_taken"] == 1
        assert not ears.free("es", free_speech=False)
        await hearing.close()


@pytest.mark.parametrize("behaviour", ["dies", "mad"])
async def test_a_worker_that_fails_deafens_its_hearings_and_comes_back(behaviour: str) -> None:
    """All its hearings are told at once, their slots are free, and another process takes its place."""
    async with pool({"es": behaviour}, slots=3) as ears:
        await ready(ears)
        hearings = [await ears.open(MENU) for _ in range(3)]
        hearings[0].feed(FRAME)
        for hearing in hearings:
            assert await all_of(hearing) == [Deafened("worker died")]
        assert ears.figures()["slots_taken"] == 0
        await eventually(lambda: ears.free("es", free_speech=False), 20, "another worker can hear")
        assert (ears.figures()["restarts"], ears.figures()["deafened"]) == (1, 3)


async def test_who_dies_at_once_is_started_ever_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that cannot even start is tried again after pauses that grow, and stay at the longest."""
    monkeypatch.setattr(workers, "_BACK_OFF_S", (0.0, 0.1, 0.2))
    async with pool({"es": "crashes"}) as ears:
        await eventually(lambda: ears.figures()["restarts"] >= 4, 20, "it was started again")
        with pytest.raises(NoEars, match="loading"):
            await ears.open(MENU)


async def test_a_slow_worker_gets_no_more_and_loses_what_waits_too_long() -> None:
    """Nobody works through the sound: no new hearing there, then `Deafened`; an answer makes it fit again."""
    async with pool({"es": "slow"}, slow_ms=100, deaf_ms=600) as ears:
        await ready(ears)
        hearing = await ears.open(MENU)
        speak(hearing, 2 * UTTERANCE_BYTES)
        await eventually(lambda: ears.figures()["workers_slow"] == 1, 10, "it counts as slow")
        with pytest.raises(NoEars, match="slow"):
            await ears.open(MENU)
        assert await all_of(hearing) == [Deafened("worker too slow")]
        await eventually(lambda: ears.free("es", free_speech=False), 10, "it answers and is used again")
        assert ears.figures()["restarts"] == 0


async def test_sound_that_stops_is_no_lag() -> None:
    """A caller whose sound stops coming in the middle of a chunk has not outrun anybody."""
    async with pool({"es": "slow"}, slow_ms=1, deaf_ms=1) as ears:
        await ready(ears)
        hearing = await ears.open(MENU)
        speak(hearing, 5 * len(FRAME))
        assert await ears.check_phrases("es", ["x"]) == ("x",)
        ears._workers[0].watch(1, 1)
        assert ears.figures()["workers_slow"] == 0
        await hearing.close()


async def test_a_decision_that_does_not_come_is_not_waited_for() -> None:
    """Who has finished speaking is not left in silence: without an answer in time the hearing ends."""
    async with pool({"es": "undecided"}, deaf_ms=300) as ears:
        await ready(ears)
        hearing = await ears.open(MENU)
        speak(hearing)
        assert (await all_of(hearing))[-1] == Deafened("worker too slow")


async def test_a_stuck_worker_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that answers nothing any more is ended, and another one takes its place."""
    monkeypatch.setattr(workers, "_STUCK_S", 0.3)
    async with pool({"es": "stuck"}, deaf_ms=200) as ears:
        await ready(ears)
        hearing = await ears.open(MENU)
        speak(hearing, 2 * UTTERANCE_BYTES)
        assert await all_of(hearing) == [Deafened("worker too slow")]
        await eventually(lambda: ears.figures()["restarts"] == 1, 10, "it was replaced")


async def test_a_frozen_worker_takes_nobody_with_it() -> None:
    """Feeding a process that does not read never blocks; the size of the queue ends it in `Deafened`."""
    async with pool({"es": "good"}, deaf_ms=60_000) as ears:
        await ready(ears)
        worker = ears._workers[0]
        assert worker.pid is not None
        hearing = await ears.open(MENU)
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            began_s = time.monotonic()
            for _ in range(2_000):
                hearing.feed(FRAME)
            assert time.monotonic() - began_s < 2
            assert await all_of(hearing) == [Deafened("worker takes no sound")]
        finally:
            os.kill(worker.pid, signal.SIGCONT)


async def test_hearings_are_spread_over_workers() -> None:
    """The next one goes to who has least to do; when one worker dies the others go on."""
    async with pool({"es": "good"}, workers=2, slots=4) as ears:
        await eventually(lambda: ears.figures()["workers_ready"] == 2, 20, "both can hear")
        hearings = [await ears.open(MENU) for _ in range(4)]
        assert [len(worker.hearings) for worker in ears._workers] == [2, 2]
        ears._workers[0].kill()
        gone, left = hearings[0::2], hearings[1::2]
        for hearing in gone:
            assert await all_of(hearing) == [Deafened("worker died")]
        for hearing in left:
            speak(hearing)
            assert isinstance((await all_of(hearing))[-1], Final)


async def test_words_that_a_model_does_not_know() -> None:
    """Phrases can be checked before anybody relies on them, where there is a model to ask."""
    async with pool({"es": "good"}) as ears:
        await ready(ears)
        assert await ears.check_phrases("es", ["hablar con xana", "xilófono"]) == ("xana", "xilófono")
        with pytest.raises(NoEars, match="no_model"):
            await ears.check_phrases("fr", ["oui"])


async def test_closing_ends_the_processes() -> None:
    """Nothing of ours is left behind, not even a worker in the middle of something."""
    async with pool({"es": "good"}, workers=2) as ears:
        await eventually(lambda: ears.figures()["workers_ready"] == 2, 20, "both can hear")
        pids = [worker.pid for worker in ears._workers]
        hearing = await ears.open(MENU)
        hearing.feed(FRAME)
    for pid in pids:
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert (await all_of(hearing))[-1] == Deafened("worker died")
