"""
Ears for tests: what does this recording hold, and where?

Audio is 8 kHz, mono, signed 16 bit, little endian, as in `cti.softphone.port`.
Offsets count from the first sample, in milliseconds.

Clips are recognised by normalised cross-correlation of pre-emphasised audio:
several windows of the clip are slid over the recording, each may be
`_SLIP_MS` off its place (jitter, a lost packet); where their best coefficients
are greatest together, the median of them is the score. `MATCH` was chosen by measurement, see
tests/unit/support/test_audio.py.
"""

from __future__ import annotations

import functools
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
MATCH = 0.4
"""Score from which two pieces of audio are the same recording."""

_PER_MS = RATE_HZ // 1000
_WINDOW_MS = 750
_WINDOWS_MAX = 8
_SLIP_MS = 60
_QUIET_DBFS = -50.0
_MUSIC_WINDOW_MS = 1000

Samples = NDArray[np.float32]


def samples(pcm: bytes) -> Samples:
    """PCM as floats, -1.0 to 1.0. An odd last byte is dropped."""
    usable = pcm[: len(pcm) // 2 * 2]
    return np.frombuffer(usable, dtype="<i2").astype(np.float32) / np.float32(32768.0)


def pcm_of(wave_form: Samples) -> bytes:
    """Floats as PCM; what is too loud is clipped."""
    return bytes(np.clip(np.rint(wave_form * 32768.0), -32768, 32767).astype("<i2"))


def read_wav_8k(path: Path | str) -> bytes:
    """
    The PCM of a WAV file.

    Raises:
        ValueError: The file is not mono, 16 bit, 8 kHz.
    """
    with wave.open(str(path), "rb") as wav:
        form = (wav.getnchannels(), wav.getsampwidth(), wav.getframerate())
        if form != (1, 2, RATE_HZ):
            raise ValueError(f"{path}: {form} (channels, bytes, Hz); must be (1, 2, {RATE_HZ})")
        return wav.readframes(wav.getnframes())


def through_ulaw(pcm: bytes) -> bytes:
    """The same audio after G.711 mu-law and back (ITU-T G.711, the continuous form of its curve)."""
    x = samples(pcm)
    pressed = np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256)
    stepped = np.rint(pressed * 127) / 127
    opened = np.sign(stepped) * ((256 ** np.abs(stepped)) - 1) / 255
    return pcm_of(opened.astype(np.float32))


def _windows(x: Samples, window_ms: int) -> Samples:
    size = window_ms * _PER_MS
    count = len(x) // size
    return x[: count * size].reshape(count, size)


def tone_share(pcm: bytes, hz: float, *, window_ms: int = 100) -> NDArray[np.float64]:
    """
    Share of each window's energy that a tone holds, 0.0 to 1.0; silent windows count 0.

    Args:
        hz: The tone. Told apart from others at least 1000 / `window_ms` Hz away.
    """
    framed = _windows(samples(pcm), window_ms).astype(np.float64)
    time_s = np.arange(framed.shape[1]) / RATE_HZ
    # A least-squares fit of sine and cosine, so that the tone need not fit the window.
    basis = np.stack([np.sin(2 * np.pi * hz * time_s), np.cos(2 * np.pi * hz * time_s)], axis=1)
    fitted = framed @ np.linalg.pinv(basis).T @ basis.T
    energy = np.sum(framed**2, axis=1)
    audible = energy / framed.shape[1] > 10 ** (_QUIET_DBFS / 10)
    share = np.sum(fitted**2, axis=1) / np.maximum(energy, 1e-12)
    return np.where(audible, share, 0.0)


def tone_ms(pcm: bytes, hz: float, *, min_share: float = 0.8, window_ms: int = 50) -> int:
    """For how long the tone was there, all stretches together."""
    return int(np.sum(tone_share(pcm, hz, window_ms=window_ms) >= min_share)) * window_ms


def first_tone_ms(pcm: bytes, hz: float, *, min_share: float = 0.8, window_ms: int = 20) -> int | None:
    """Where the tone begins, to one window; None if it is not there."""
    there = np.flatnonzero(tone_share(pcm, hz, window_ms=window_ms) >= min_share)
    return int(there[0]) * window_ms if len(there) else None


def _quiet_windows(pcm: bytes, floor_dbfs: float) -> NDArray[np.bool_]:
    framed = _windows(samples(pcm), 20)
    power = np.mean(framed.astype(np.float64) ** 2, axis=1)
    quiet: NDArray[np.bool_] = np.less(power, 10 ** (floor_dbfs / 10))
    return quiet


def silence_ms(pcm: bytes, *, floor_dbfs: float = _QUIET_DBFS) -> int:
    """How much of the recording is silent, in steps of 20 ms."""
    return int(np.sum(_quiet_windows(pcm, floor_dbfs))) * 20


def longest_gap_ms(pcm: bytes, *, floor_dbfs: float = _QUIET_DBFS) -> int:
    """The longest unbroken silence, in steps of 20 ms."""
    longest = run = 0
    for quiet in _quiet_windows(pcm, floor_dbfs):
        run = run + 1 if quiet else 0
        longest = max(longest, run)
    return longest * 20


def _emphasised(pcm: bytes) -> Samples:
    x = samples(pcm)
    return np.diff(x, prepend=x[:1])


class _Haystack:
    """A recording prepared for many searches."""

    def __init__(self, pcm: bytes) -> None:
        self.x = _emphasised(pcm)
        self._energy = np.concatenate([[0.0], np.cumsum(self.x.astype(np.float64) ** 2)])
        self._fft_size = 0
        self._spectrum: NDArray[np.complex64] = np.zeros(0, np.complex64)

    def correlate(self, needle: Samples) -> Samples:
        """Coefficient of the needle at each place of the recording where it fits whole."""
        size = len(self.x) + len(needle)
        if size > self._fft_size:
            self._fft_size = 1 << (size + RATE_HZ).bit_length()
            self._spectrum = np.fft.rfft(self.x, self._fft_size).astype(np.complex64)
        spectrum = self._spectrum * np.conj(np.fft.rfft(needle, self._fft_size))
        places = len(self.x) - len(needle) + 1
        inner = np.fft.irfft(spectrum, self._fft_size)[:places]
        return self._normalised(inner, needle, 0, places)

    def correlate_near(self, needle: Samples, place: int, slip: int) -> tuple[float, int]:
        """Best coefficient within `slip` samples of a place, and where it is."""
        first = max(place - slip, 0)
        stretch = self.x[first : place + slip + len(needle)]
        if len(stretch) < len(needle):
            return 0.0, place
        inner = np.correlate(stretch, needle, "valid")
        found = self._normalised(inner, needle, first, len(inner))
        best = int(np.argmax(found))
        return float(found[best]), first + best

    def _normalised(self, inner: NDArray[np.floating], needle: Samples, first: int, places: int) -> Samples:
        size = len(needle)
        energy = (
            self._energy[first + size : first + size + places] - self._energy[first : first + places]
        ) * float(np.sum(needle.astype(np.float64) ** 2))
        # A silent stretch has no direction to compare: it matches nothing.
        audible = energy > (size * 10 ** (_QUIET_DBFS / 10) / 10) ** 2
        return np.where(audible, inner / np.sqrt(np.maximum(energy, 1e-12)), 0.0).astype(np.float32)


def _best_around(values: Samples, reach: int) -> Samples:
    """Each value replaced by the greatest within `reach` places of it."""
    padded = np.pad(values, reach, constant_values=0.0)
    covered, want = 1, 2 * reach + 1
    while covered < want:
        step = min(covered, want - covered)
        padded = np.maximum(padded[:-step], padded[step:])
        covered += step
    return padded


def _clip_windows(clip: Samples) -> list[int]:
    size = min(_WINDOW_MS * _PER_MS, len(clip))
    count = max(1, min(_WINDOWS_MAX, len(clip) // size))
    starts = [int(s) for s in np.linspace(0, len(clip) - size, count)]
    energies = [float(np.sum(clip[s : s + size] ** 2)) for s in starts]
    # A pause between words says nothing about which words they are.
    return [s for s, e in zip(starts, energies, strict=True) if e >= 0.1 * max(energies)]


@dataclass(frozen=True, slots=True)
class Found:
    offset_ms: int
    """Where the clip's first sample lies in the recording; below 0 if its start is missing."""
    score: float
    """-1.0 to 1.0, see `MATCH`."""


def best_match(heard: bytes, clip: bytes) -> Found:
    """
    The place where the clip fits best, however badly.

    Raises:
        ValueError: The clip is shorter than 100 ms: nothing can be told from that.
    """
    needle = _emphasised(clip)
    if len(needle) < 100 * _PER_MS:
        raise ValueError(f"a clip of {len(needle) // _PER_MS} ms is too short to be recognised")
    size = min(_WINDOW_MS * _PER_MS, len(needle))
    hay = _Haystack(bytes(_SLIP_MS * 2 * _PER_MS) + heard + bytes(len(clip)))
    starts = _clip_windows(needle)
    places = len(hay.x) - len(needle) + 1
    each = np.zeros((len(starts), places), np.float32)
    for row, start in enumerate(starts):
        found = hay.correlate(needle[start : start + size])
        each[row] = _best_around(found, _SLIP_MS * _PER_MS)[start : start + places]
    total = each.sum(axis=0)
    best = int(np.argmax(total))
    # The lower median: what was cut off in the middle is not carried by its first half.
    score = float(np.sort(each[:, best])[(len(starts) - 1) // 2])
    # All slips within reach give the same total: the middle of them is the place.
    level = np.flatnonzero(total[best : best + 2 * _SLIP_MS * _PER_MS] >= total[best] - 1e-6)
    return Found((best + int(level[-1]) // 2) // _PER_MS - _SLIP_MS, score)


def find_clip(heard: bytes, clip: bytes, *, threshold: float = MATCH) -> int | None:
    """
    Where a clip begins in a recording, to about `_SLIP_MS`; None if it is not there.

    Survives mu-law, level changes, a start offset and a few lost packets. The
    clip must be there for more than half: to ask for a part, pass that part.
    """
    found = best_match(heard, clip)
    return found.offset_ms if found.score >= threshold else None


@dataclass(frozen=True, slots=True)
class MusicWindow:
    """One second of a recording, and which music it is."""

    start_ms: int
    file: Path | None
    """None: no known music (silence, speech, a tone)."""
    at_ms: int
    """Place in the file; 0 if no file."""
    score: float


@functools.lru_cache(maxsize=16)
def _music(path: Path) -> _Haystack:
    return _Haystack(read_wav_8k(path))


def music_at(heard: bytes, files: Sequence[Path], *, threshold: float = MATCH) -> list[MusicWindow]:
    """
    Which windows of a recording hold hold-music, second by second.

    Music that goes on is looked for where it should be by now; only where it is
    not, whole files are searched (about 0.2 s for five minutes of music).
    """
    x = _emphasised(heard)
    size = _MUSIC_WINDOW_MS * _PER_MS
    result: list[MusicWindow] = []
    for start in range(0, len(x) - size + 1, size):
        result.append(_music_window(x[start : start + size], start // _PER_MS, result, files, threshold))
    return result


def _music_window(
    needle: Samples, start_ms: int, before: list[MusicWindow], files: Sequence[Path], threshold: float
) -> MusicWindow:
    if float(np.mean(needle.astype(np.float64) ** 2)) < 10 ** (_QUIET_DBFS / 10) / 10:
        return MusicWindow(start_ms, None, 0, 0.0)
    if before and before[-1].file is not None:
        last, expected = before[-1].file, (before[-1].at_ms + _MUSIC_WINDOW_MS) * _PER_MS
        score, place = _music(last).correlate_near(needle, expected, _SLIP_MS * _PER_MS)
        if score >= threshold:
            return MusicWindow(start_ms, last, place // _PER_MS, score)
    return _searched(needle, start_ms, files, threshold)


def _searched(needle: Samples, start_ms: int, files: Sequence[Path], threshold: float) -> MusicWindow:
    best = MusicWindow(start_ms, None, 0, 0.0)
    for file in files:
        found = _music(file).correlate(needle)
        place = int(np.argmax(found))
        if found[place] > best.score:
            best = MusicWindow(start_ms, file, place // _PER_MS, float(found[place]))
    return best if best.score >= threshold else MusicWindow(start_ms, None, 0, best.score)
