"""One hearing inside a worker: sound in; began, understood, decided out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from asr.endpoint import Endpoint, EndpointSettings, Turn
from asr.lanes import Lane
from asr.matching import Phrases, Words
from asr.ports import Wish
from asr.recognizers import Engine, Recognition
from asr.upsample import Samples, Upsampler, from_pcm
from asr.voice import CHUNK_BYTES, CHUNK_MS, Voice
from asr.wire import Began, Decided, Ended, Failed, Message, Taken, Understood

LEAD_MS = 800
"""Sound up to the moment speech is noticed that the engine gets too: voices begin softly, and it has
to hear the line first."""
_TAKEN_EVERY_MS = 160
_JOB_CHUNKS = 4
"""The engine gets this many chunks at most at a time, so that others have their turn."""


@dataclass(frozen=True, slots=True)
class Threads:
    """
    Those of a worker.

    voice: For who is speaking: quick, and must be, for it stops the prompts.
    words: For what they say: may take a second.
    """

    voice: Executor
    words: Executor


class Listener:
    """
    One utterance of one caller.

    Args:
        hearing: Its number, for the messages.
        wish: What is to be recognised.
        engine: Who recognises.
        settings: Of the end-pointing.
        threads: Where the work is done.
        send: Takes messages, from any thread.

    """

    def __init__(
        self,
        hearing: int,
        wish: Wish,
        engine: Engine,
        settings: EndpointSettings,
        threads: Threads,
        send: Callable[[Message], None],
    ) -> None:
        self._hearing, self._wish, self._engine, self._send = hearing, wish, engine, send
        self._phrases = Phrases(wish.phrases)
        self._endpoint = Endpoint(settings, digits=wish.digits and not wish.phrases)
        self._lock = threading.Lock()
        self._voice_lane = Lane(threads.voice, self._fail)
        self._words_lane = Lane(threads.words, self._fail)
        self._voice = Voice()
        self._rest = b""
        self._now_ms = 0
        self._heard_ms = 0
        self._reported_ms = 0
        self._began = False
        self._over = False
        self._wider = Upsampler()
        self._lead: deque[Samples] = deque(maxlen=LEAD_MS // CHUNK_MS)
        self._waiting: deque[tuple[Samples, int]] = deque()
        self._recognition: Recognition | None = None
        self._partial = ""
        self._words_lane.post(self._begin)

    def feed(self, pcm: bytes) -> None:
        self._voice_lane.post(lambda: self._hear(pcm))

    def close(self) -> None:
        """Forget it; messages on their way may still come."""
        self._over = True
        self._voice_lane.close()
        self._words_lane.close()

    # On the voice lane

    def _hear(self, pcm: bytes) -> None:
        sound = self._rest + pcm
        whole = len(sound) // CHUNK_BYTES * CHUNK_BYTES
        self._rest = sound[whole:]
        for at in range(0, whole, CHUNK_BYTES):
            if self._over:
                return
            self._chunk(sound[at : at + CHUNK_BYTES])

    def _chunk(self, chunk: bytes) -> None:
        probability = self._voice.probability(chunk)
        wide = self._wider.take(from_pcm(chunk))
        self._now_ms += CHUNK_MS
        with self._lock:
            turn = self._endpoint.voice(probability, CHUNK_MS)
        if self._began:
            self._to_words(wide)
        else:
            self._lead.append(wide)
            self._taken(self._now_ms)
        if turn is Turn.BEGAN:
            self._began = True
            self._send(Began(self._hearing))
            self._to_words(np.concatenate(self._lead))
        self._act(turn)

    def _to_words(self, wide: Samples) -> None:
        self._waiting.append((wide, self._now_ms))
        self._words_lane.post(self._take)

    def _act(self, turn: Turn | None) -> None:
        if turn is Turn.PAUSED:
            self._words_lane.post(self._pause)
        elif turn is Turn.DECIDED:
            self._over = True
            self._send(Ended(self._hearing, self._endpoint.speech_end_ms))
            more = not self._endpoint.paused
            self._words_lane.post(lambda: self._finish(more=more))

    # On the words lane

    def _begin(self) -> None:
        phrases = self._wish.phrases
        if phrases and not self._wish.digits and all(self._engine.missing([phrase]) for phrase in phrases):
            # Listening for anything instead would cost twenty times as much, and none of it would count.
            raise ValueError("the model knows none of the phrases")
        self._recognition = self._engine.begin(self._wish)

    def _take(self) -> None:
        """What is waiting, up to `_JOB_CHUNKS` of it."""
        pieces = [self._waiting.popleft() for _ in range(min(len(self._waiting), _JOB_CHUNKS))]
        if not pieces or self._recognition is None:
            return
        self._heard_ms = pieces[-1][1]
        self._understood(self._recognition.take(np.concatenate([wide for wide, _ in pieces])))
        self._taken(self._heard_ms)

    def _pause(self) -> None:
        while self._waiting:
            self._take()
        if self._recognition is not None:
            self._understood(self._recognition.pause())

    def _finish(self, *, more: bool) -> None:
        while self._waiting:
            self._take()
        if self._recognition is not None:
            self._decided(self._recognition.finish(more=more))

    def _understood(self, text: str) -> None:
        if text != self._partial:
            self._partial = text
            self._send(Understood(self._hearing, text))
        settled = self._phrases.settled(text)
        with self._lock:
            turn = None if self._over else self._endpoint.words(settled=settled, heard_ms=self._heard_ms)
            self._act(turn)

    def _decided(self, words: Words) -> None:
        end_ms = self._endpoint.speech_end_ms
        self._send(Decided(self._hearing, words.text, words.confidence, self._engine.name, end_ms))

    def _taken(self, heard_ms: int) -> None:
        if heard_ms - self._reported_ms >= _TAKEN_EVERY_MS:
            self._reported_ms = heard_ms
            self._send(Taken(self._hearing, heard_ms))

    def _fail(self, error: Exception) -> None:
        self.close()
        self._send(Failed(self._hearing, f"{type(error).__name__}: {error}"))
