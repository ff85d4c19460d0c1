"""A telephone on loudspeaker: its microphone takes in what it is played."""

from __future__ import annotations

from cti.softphone.baresip import BaresipCall
from cti.softphone.port import BYTES_PER_MS
from cti.softphone.voice import Voice
from tests.support.audio import pcm_of, samples


class _Loudspeaker(Voice):
    """What is said, and under it what comes back."""

    def __init__(self, call: BaresipCall, down_db: float, delay_ms: int) -> None:
        super().__init__()
        self._said = Voice()
        self._call, self._share = call, 10 ** (-down_db / 20)
        self._given = len(call.chunks())
        self._back = bytearray(delay_ms * BYTES_PER_MS)

    def play(self, pcm: bytes, *, repeat: bool) -> None:
        self._said.play(pcm, repeat=repeat)

    def left(self) -> bool:
        return True

    def take(self, size: int) -> bytes:
        chunks = self._call.chunks()
        for chunk in chunks[self._given :]:
            self._back += pcm_of(samples(chunk.pcm) * self._share)
        self._given = len(chunks)
        back = bytes(self._back[:size]).ljust(size, b"\0")
        del self._back[:size]
        return pcm_of(samples(self._said.take(size).ljust(size, b"\0")) + samples(back))


def on_loudspeaker(call: BaresipCall, *, down_db: float, delay_ms: int) -> None:
    """
    From now on what this telephone is played comes back with what its caller says.

    Args:
        call: Of the caller.
        down_db: So much softer than it was played.
        delay_ms: So much later, beside what the telephone itself needs.
    """
    call._voice = _Loudspeaker(call, down_db, delay_ms)
