"""One question on the wire: ticks every 20 ms, the caller's sound to the recognizer, its words back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from asr.ports import FRAME_BYTES, Hearing
from centralita.hearing.echo import Echo
from centralita.hearing.exchange import Exchange
from centralita.tasks import spawn
from cti.asterisk.audiosocket.wire import AudioWire

ALIVE_S = 1.0
"""Asterisk ends an AudioSocket on which both sides are quiet for two seconds: we say something sooner."""
_log = structlog.get_logger("hearing")


class Conversation:
    """
    What the audio server tells of one caller, while one question is open.

    Args:
        hearing: Fed with the caller's sound; closed by whoever opened it.
        exchange: Made when the caller's sound is here: its clock begins then.
    """

    def __init__(self, hearing: Hearing, exchange: Callable[[float], Exchange]) -> None:
        self._hearing = hearing
        self._new_exchange = exchange
        self._loop = asyncio.get_running_loop()
        self._wire: AudioWire | None = None
        self._tick_at: asyncio.TimerHandle | None = None
        self._listening: asyncio.Task[None] | None = None
        self._began = self._over = False
        self._sent_s = self._loop.time()
        self._echo = Echo()
        self.echoed = False
        """The caller's telephone has sent back what it was played."""
        self.exchange: Exchange | None = None
        """None: the caller's sound has never come."""

    # What the wire tells.

    def opened(self, wire: AudioWire) -> None:
        self._wire = wire
        self.exchange = self._new_exchange(self._loop.time())
        self._listening = spawn(self._listen(self.exchange), name="hearing.events")
        self._tick()

    def heard(self, pcm: bytes) -> None:
        if self.exchange is not None and self.exchange.outcome is None:
            self.exchange.sounded(self._loop.time())
            self._hearing.feed(bytes(len(pcm)) if self._is_echo(self.exchange, pcm) else pcm)

    def _is_echo(self, exchange: Exchange, pcm: bytes) -> bool:
        """Once somebody speaks nothing is kept from the recognizer: an echo is then the lesser harm."""
        if exchange.speaking:
            return False
        if not exchange.playing:
            self._echo.played(bytes(len(pcm)))
        is_echo = self._echo.is_echo(pcm)
        self.echoed = self.echoed or is_echo
        return is_echo

    def pressed(self, key: str) -> None:
        if self.exchange is not None:
            self.exchange.pressed(key)
            self._end_if_decided()

    def closed(self) -> None:
        self._stop()

    # Time and recognition.

    def _tick(self) -> None:
        wire, exchange = self._wire, self.exchange
        assert wire is not None and exchange is not None
        now_s = self._loop.time()
        frames, silence = exchange.tick(now_s)
        if silence and now_s - self._sent_s >= ALIVE_S:
            frames = frames or [bytes(FRAME_BYTES)]
        if frames:
            self._sent_s = now_s
        for frame in frames:
            wire.send(frame)
            self._echo.played(frame)
        if silence and exchange.outcome is None:
            self._hearing.feed(silence)
        self._tick_at = self._loop.call_at(exchange.next_s, self._tick)
        self._end_if_decided()

    async def _listen(self, exchange: Exchange) -> None:
        if self._over:
            return
        self._began = True
        async for event in self._hearing.events():
            exchange.recognised(event, self._loop.time())
            if exchange.outcome is not None:
                break
        else:
            exchange.deaf("worker", "the recognizer ended without a word")
        self._end_if_decided()

    def _end_if_decided(self) -> None:
        if self.exchange is not None and self.exchange.outcome is not None:
            self.end()

    def end(self) -> None:
        """Give the caller back to the menu; may be called at any time, and twice."""
        self._stop()
        if self._wire is not None:
            self._wire.end()

    def _stop(self) -> None:
        if self._tick_at is not None:
            self._tick_at.cancel()
            self._tick_at = None
        self._over = True
        # One that has not begun sees for itself that it is over; cancelled, it would never be awaited.
        if self._began and self._listening is not None and self._listening is not asyncio.current_task():
            self._listening.cancel()
