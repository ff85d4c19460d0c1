"""What a telephone without a person says."""

from __future__ import annotations

import array
import math

from cti.softphone.port import SAMPLE_RATE_HZ

_TONE_PEAK = 8000


class Voice:
    """What one call plays: taken from the front in steps, silence when it is through."""

    def __init__(self) -> None:
        self._pcm = b""
        self._at = 0
        self._repeat = False

    def play(self, pcm: bytes, *, repeat: bool) -> None:
        self._pcm, self._at, self._repeat = pcm, 0, repeat and bool(pcm)

    def left(self) -> bool:
        return self._at < len(self._pcm)

    def take(self, size: int) -> bytes:
        out = bytearray()
        while len(out) < size and self.left():
            piece = self._pcm[self._at : self._at + size - len(out)]
            out += piece
            self._at += len(piece)
            if self._repeat and not self.left():
                self._at = 0
        return bytes(out)


def tone_pcm(hz: int, *, duration_ms: int = 1000) -> bytes:
    """A steady tone; a whole second of it repeats without a click."""
    if not 0 < hz < SAMPLE_RATE_HZ // 2:
        raise ValueError(f"tone of {hz} Hz: allowed are 1 to {SAMPLE_RATE_HZ // 2 - 1}")
    step = 2 * math.pi * hz / SAMPLE_RATE_HZ
    count = SAMPLE_RATE_HZ * duration_ms // 1000
    return array.array("h", (round(_TONE_PEAK * math.sin(step * n)) for n in range(count))).tobytes()
