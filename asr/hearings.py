"""A hearing as the server has it, whichever worker does the work."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from asr.ports import RATE_HZ, Deafened, Event, Final, Partial, SpeechBegan
from asr.wire import Began, Close, Decided, Ended, Failed, Message, Sound, Taken, Understood

_BYTES_PER_MS = RATE_HZ * 2 // 1000
_SLACK_MS = 300
"""Workers take sound by chunks and say now and then how far they are: so much may always be on its way."""
_REMEMBERED = 512
"""Pieces of sound whose time of coming is known: ten seconds of 20 ms."""


class WorkerHearing:
    """
    One question's worth of listening. Made by `asr.pool`.

    Args:
        number: What its worker calls it.
        send: To its worker; False: it takes nothing any more.
        over: Called once, when the slot is free again; told why it was deafened, "" otherwise.
        clock: Seconds, never going back.

    """

    def __init__(
        self,
        number: int,
        send: Callable[[Message], bool],
        over: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self.number = number
        self._send, self._over, self._clock = send, over, clock
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._fed_bytes = 0
        self._taken_ms = 0
        self._pending: deque[tuple[float, float]] = deque()
        """(up to which ms of sound, when it came): what the worker has not worked through."""
        self._came: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)
        self._ended_s: float | None = None
        self._closed = False

    def feed(self, pcm: bytes) -> None:
        if self._closed or self._ended_s is not None or not pcm:
            return
        self._fed_bytes += len(pcm)
        came = (self._fed_bytes / _BYTES_PER_MS, self._clock())
        self._pending.append(came)
        self._came.append(came)
        if not self._send(Sound(self.number, pcm)):
            self.deafen("worker takes no sound")

    async def events(self) -> AsyncIterator[Event]:
        while (event := await self._events.get()) is not None:
            yield event
        # Whoever asks again is told the same.
        self._events.put_nowait(None)

    async def close(self) -> None:
        self._finish(None)

    def lag_ms(self) -> float:
        """How long the oldest sound that has not been worked through has waited."""
        if not self._pending or self._pending[-1][0] - self._taken_ms <= _SLACK_MS:
            return 0.0
        return (self._clock() - self._pending[0][1]) * 1_000

    def answer_lag_ms(self) -> float:
        """How long the decision has been waited for; 0 while somebody may still be speaking."""
        return (self._clock() - self._ended_s) * 1_000 if self._ended_s is not None else 0.0

    def told(self, message: Message) -> None:
        """By the worker."""
        if self._closed:
            return
        match message:
            case Began():
                self._events.put_nowait(SpeechBegan())
            case Understood(_, text):
                self._events.put_nowait(Partial(text))
            case Taken(_, heard_ms):
                self._drop(heard_ms)
            case Ended():
                self._ended_s = self._clock()
                self._pending.clear()
            case Decided(_, text, confidence, engine, speech_end_ms):
                self._finish(Final(text, confidence, engine, self._since_ms(speech_end_ms)))
            case Failed(_, why):
                self.deafen(why)

    def deafen(self, why: str) -> None:
        """Nothing more will be heard."""
        self._finish(Deafened(why))

    def _drop(self, heard_ms: int) -> None:
        self._taken_ms = heard_ms
        while self._pending and self._pending[0][0] <= heard_ms:
            self._pending.popleft()

    def _since_ms(self, sound_ms: int) -> int:
        """How long ago this place in the sound came in."""
        came_s = next((when for up_to, when in self._came if up_to >= sound_ms), None)
        return 0 if came_s is None else round((self._clock() - came_s) * 1_000)

    def _finish(self, last: Event | None) -> None:
        if self._closed:
            return
        self._closed = True
        self._pending.clear()
        self._ended_s = None
        if last is not None:
            self._events.put_nowait(last)
        self._events.put_nowait(None)
        self._send(Close(self.number))
        self._over(last.why if isinstance(last, Deafened) else "")
