"""
Telephone sound from synthesised sound: rate, level, silence, WAV. Standard library only.

Samples are floats between -1 and 1 in lists. Prompts are rendered once and
kept, so plainness comes before speed; a second of sound costs about 10 ms.
"""

from __future__ import annotations

import array
import io
import math
import operator
import sys
import wave
from collections.abc import Sequence

PHONE_RATE_HZ = 8_000
LEVEL_DBFS = -18.0
"""RMS of the speech, pauses not counted."""
PEAK_DBFS = -3.0

_TAPS_PER_SIDE = 13
"""Of the low-pass, in samples of the slower rate."""
_KAISER_BETA = 6.0
"""Some 60 dB of attenuation beyond the edge."""
_KNEE_DBFS = -7.0
_FRAME_MS = 10
_SPEECH_BELOW_LOUDEST_DB = 30.0
_SILENCE_BELOW_LOUDEST_DB = 42.0
_KEEP_BEFORE_MS = 30
_KEEP_AFTER_MS = 80
_FADE_MS = 5


def from_pcm16(data: bytes) -> list[float]:
    """Samples of signed 16-bit little-endian mono PCM; an odd last byte is dropped."""
    samples = array.array("h", data[: len(data) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return [sample / 32768 for sample in samples]


def to_wav(samples: Sequence[float]) -> bytes:
    """A WAV file, 8000 Hz, mono, 16 bits."""
    if max(samples, default=0.0) > 1.0 or min(samples, default=0.0) < -1.0:
        samples = [max(-1.0, min(1.0, sample)) for sample in samples]
    pcm = array.array("h", [int(sample * 32767) for sample in samples])
    if sys.byteorder == "big":
        pcm.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(PHONE_RATE_HZ)
        sound.writeframes(pcm.tobytes())
    return out.getvalue()


def for_telephone(samples: Sequence[float], rate_hz: int) -> bytes:
    """
    A prompt ready for Asterisk: 8 kHz, trimmed, levelled, as a WAV file.

    Args:
        samples: Speech as the engine gave it; empty gives an empty WAV.
        rate_hz: Its rate, 8000 or more.
    """
    # Trimmed first: silence costs as much to resample as speech.
    return to_wav(level(resample(trim(samples, rate_hz), rate_hz)))


def resample(samples: Sequence[float], rate_hz: int) -> list[float]:
    """
    Bring sound down to 8 kHz through a polyphase windowed-sinc low-pass.

    Flat to about 3.5 kHz; what would fold back into the band that telephones
    carry (from 4.6 kHz on) is more than 60 dB down.
    """
    if rate_hz == PHONE_RATE_HZ:
        return list(samples)
    if rate_hz == 2 * PHONE_RATE_HZ:
        return _halve(samples)
    common = math.gcd(rate_hz, PHONE_RATE_HZ)
    up, down = PHONE_RATE_HZ // common, rate_hz // common
    reach = math.ceil(_TAPS_PER_SIDE * down / up)
    phases = [_phase(phase / up, reach, up / down) for phase in range(up)]
    padded = [0.0] * reach + list(samples) + [0.0] * (reach + 1)
    mul = operator.mul
    found = []
    for index in range(len(samples) * up // down):
        whole, phase = divmod(index * down, up)
        found.append(sum(map(mul, phases[phase], padded[whole : whole + 2 * reach + 1])))
    return found


def _halve(samples: Sequence[float]) -> list[float]:
    """
    As `resample` from 16 kHz, in half the time.

    A low-pass at half the band has a zero at every other coefficient, the
    middle one apart: the even samples need one product, the odd ones the rest.
    """
    coefficients = _phase(0.0, 2 * _TAPS_PER_SIDE, 0.5)
    middle, others = coefficients[2 * _TAPS_PER_SIDE], coefficients[1::2]
    margin = [0.0] * _TAPS_PER_SIDE
    odd = [*margin, *samples[1::2], *margin]
    mul, width = operator.mul, len(others)
    return [
        middle * sample + sum(map(mul, others, odd[index : index + width]))
        for index, sample in enumerate(samples[::2])
    ]


def level(samples: Sequence[float]) -> list[float]:
    """Speech to `LEVEL_DBFS`, what then stands above the knee bent to stay under `PEAK_DBFS`."""
    rms = _speech_rms(samples)
    if rms == 0.0:
        return list(samples)
    gain = _ratio(LEVEL_DBFS) / rms
    knee, top = _ratio(_KNEE_DBFS), _ratio(PEAK_DBFS)
    straight = knee / gain
    return [
        sample * gain if -straight <= sample <= straight else _bend(sample * gain, knee, top)
        for sample in samples
    ]


def trim(samples: Sequence[float], rate_hz: int) -> list[float]:
    """Without the silence at both ends, except a breath, and faded so that nothing clicks."""
    frame = rate_hz * _FRAME_MS // 1000
    energies = _energies(samples, frame)
    floor = max(energies, default=0.0) * _ratio(-_SILENCE_BELOW_LOUDEST_DB) ** 2
    loud = [index for index, energy in enumerate(energies) if energy > floor]
    if not loud:
        return []
    start = max(0, loud[0] * frame - rate_hz * _KEEP_BEFORE_MS // 1000)
    end = (loud[-1] + 1) * frame + rate_hz * _KEEP_AFTER_MS // 1000
    return _fade(list(samples[start:end]), rate_hz * _FADE_MS // 1000)


def _fade(samples: list[float], length: int) -> list[float]:
    length = min(length, len(samples) // 2)
    for index in range(length):
        samples[index] *= index / length
        samples[-1 - index] *= index / length
    return samples


def _bend(sample: float, knee: float, top: float) -> float:
    """From the knee on smoothly towards the top without reaching it."""
    size, room = abs(sample), top - knee
    return math.copysign(knee + room * math.tanh((size - knee) / room), sample)


def _speech_rms(samples: Sequence[float]) -> float:
    energies = _energies(samples, PHONE_RATE_HZ * _FRAME_MS // 1000)
    floor = max(energies, default=0.0) * _ratio(-_SPEECH_BELOW_LOUDEST_DB) ** 2
    speech = [energy for energy in energies if energy > floor]
    return math.sqrt(sum(speech) / len(speech)) if speech else 0.0


def _energies(samples: Sequence[float], frame: int) -> list[float]:
    """Mean square of each whole or last frame."""
    mul = operator.mul
    frames = (samples[start : start + frame] for start in range(0, len(samples), frame))
    return [sum(map(mul, part, part)) / len(part) for part in frames]


def _ratio(db: float) -> float:
    return math.pow(10.0, db / 20)


def _phase(offset: float, reach: int, cutoff: float) -> list[float]:
    """Coefficients that give the sound `offset` samples after the middle one; they sum to 1."""
    found = []
    for tap in range(-reach, reach + 1):
        at = tap - offset
        inside = max(0.0, 1.0 - (at / (reach + 1)) ** 2)
        found.append(_sinc(at * cutoff) * _bessel_i0(_KAISER_BETA * math.sqrt(inside)))
    total = sum(found)
    return [value / total for value in found]


def _sinc(x: float) -> float:
    return 1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)


def _bessel_i0(x: float) -> float:
    """Modified Bessel function of order 0, by its series (x up to 10)."""
    total = term = 1.0
    for k in range(1, 30):
        term *= (x / (2 * k)) ** 2
        total += term
    return total
