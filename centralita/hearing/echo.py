"""
Our own sound in what a caller's telephone sends.

A telephone on loudspeaker, or a line without echo cancellation, gives back what it is played. The detector
of voices takes that for somebody speaking, down to 24 dB below the prompt: the prompt would cut itself short,
and a menu could choose what it has just read out.

An echo is told from a caller by its likeness to what was played, the normalised cross-correlation: at any
delay at first, over 400 ms; once two looks have found the same delay, at that one, over 160 ms.
Measured on recorded prompts through mu-law, over 400 ms, the best of all delays: the echo of a line is above
0.9, that of a room (RT60 0.4 s, reverberation 3 dB above the direct sound) above 0.42 in 99 of 100 frames;
somebody else's speech is below 0.33 in 99 of 100, at delays that change. A caller who speaks as loud as the
echo is not heard over it, only when the prompt is over; 6 dB louder they are, up to half a second later.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REACH_MS = 600
"""An echo that comes later than this is not known as one."""
LIKE = 0.4
"""At a delay that was found before."""
VERY_LIKE = 0.55
"""At any delay."""
AUDIBLE_DBFS = -52.0
"""RMS of 20 ms below which nothing is compared: the detector of voices hears nothing there either."""

_STEP = 2
"""Of two samples one is made: voices are below 2 kHz, and half the sound costs half the time."""
_PER_MS = 8 // _STEP
_WINDOW, _SHORT, _REACH = 400 * _PER_MS, 160 * _PER_MS, REACH_MS * _PER_MS
_LENGTH = _WINDOW + _REACH
_SAME = 2 * _PER_MS
"""Delays that differ by 2 ms are one delay."""
_FAINT = 30.0
"""RMS of sound below which it is silence."""

_Sound = NDArray[np.float32]


class Echo:
    """What one caller was played and what they sent, side by side."""

    def __init__(self) -> None:
        self._played: _Sound = np.zeros(_LENGTH, np.float32)
        self._heard: _Sound = np.zeros(_WINDOW, np.float32)
        self._ahead = 0
        """So many samples more have been played than heard."""
        self._seen: int | None = None
        """
        The delay last found. Counted from the first sample of either side: the moments at which sound goes
        and comes shift against each other, the two rows of samples do not.
        """
        self._known: int | None = None
        """The same, found twice."""

    def played(self, pcm: bytes) -> None:
        """The next piece of sound, or of silence, on its way to the caller: 8000 Hz, mono, 16 bits."""
        sound = _thinned(pcm)
        self._played = _follow(self._played, sound)
        self._ahead += len(sound)

    def is_echo(self, pcm: bytes) -> bool:
        """
        Whether the caller's telephone sends back what it was played.

        Args:
            pcm: The piece of sound after that of the last call, of the same kind.
        """
        sound = _thinned(pcm)
        self._heard = _follow(self._heard, sound)
        self._ahead -= len(sound)
        if not self._played.any() or _level_dbfs(pcm) < AUDIBLE_DBFS:
            return False
        return self._is_like_before() or self._is_like()

    def _is_like_before(self) -> bool:
        if self._known is None:
            return False
        last = min(self._known + self._ahead + _SAME, _REACH)
        first = max(last - 2 * _SAME, 0)
        if last < first:
            return False
        end = len(self._played)
        near = self._played[end - last - _SHORT : end - first]
        return bool(_likeness(self._heard[-_SHORT:], near).max() >= LIKE)

    def _is_like(self) -> bool:
        likeness = _likeness(self._heard, self._played)
        best = int(likeness.argmax())
        if likeness[best] < LIKE:
            return False
        delay = _REACH - best - self._ahead
        again = self._seen is not None and abs(delay - self._seen) <= _SAME
        self._seen = delay
        if again or likeness[best] >= VERY_LIKE:
            self._known = delay
        return self._known == delay


def _thinned(pcm: bytes) -> _Sound:
    samples = np.frombuffer(pcm, "<i2", len(pcm) // (2 * _STEP) * _STEP)
    return np.asarray(samples.reshape(-1, _STEP).mean(axis=1), np.float32)


def _follow(before: _Sound, sound: _Sound) -> _Sound:
    return np.concatenate((before, sound))[-len(before) :]


def _level_dbfs(pcm: bytes) -> float:
    samples = np.frombuffer(pcm, "<i2", len(pcm) // 2).astype(np.float32)
    power = float((samples**2).mean()) if len(samples) else 0.0
    return 10 * float(np.log10(max(power, 1e-9) / 32768**2))


def _likeness(heard: _Sound, played: _Sound) -> NDArray[np.float64]:
    """Correlation, 0 to 1, of what was heard with each stretch of its length of what was played, in order."""
    length = len(heard)
    size = 1 << (len(played) - 1).bit_length()
    spectrum = np.fft.rfft(played, size) * np.conj(np.fft.rfft(heard, size))
    products = np.fft.irfft(spectrum, size)[: len(played) - length + 1]
    powers = np.concatenate(([0.0], np.cumsum(played.astype(np.float64) ** 2)))
    power = powers[length:] - powers[:-length]
    floor = length * _FAINT**2
    own = float((heard.astype(np.float64) ** 2).sum())
    return np.asarray(np.abs(products) / np.sqrt((power + floor) * (own + 1.0)), np.float64)
