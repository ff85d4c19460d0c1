"""Telephone sound at twice its rate."""

from __future__ import annotations

import numpy as np
import pytest

from asr.upsample import HIGH_BAND_DBFS, WIDE_HZ, HighBand, Upsampler, from_pcm, to_pcm

pytestmark = pytest.mark.unit


def tone(
    hz: int, rate_hz: int, samples: int, late: int = 0
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return (0.5 * np.sin(2 * np.pi * hz * (np.arange(samples) - late) / rate_hz)).astype(np.float32)


@pytest.mark.parametrize("hz", [200, 1000, 3000, 3400])
def test_a_tone_is_the_same_tone(hz: int) -> None:
    """Up to the end of the telephone's band the wave is what it would have been at 16 kHz."""
    wide = Upsampler().take(tone(hz, 8_000, 4_000))
    assert np.abs(wide[100:] - tone(hz, WIDE_HZ, 8_000, late=24)[100:]).max() < 0.01


def test_pieces_join_without_a_seam() -> None:
    """How the sound was cut makes no difference, not by one bit."""
    sound = np.random.default_rng(1).standard_normal(3_000).astype(np.float32) * np.float32(0.1)
    whole = Upsampler().take(sound)
    pieces, at = Upsampler(), 0
    got = []
    for size in (1, 2, 7, 160, 256, 500, 3_000):
        got.append(pieces.take(sound[at : at + size]))
        at += size
    assert np.array_equal(np.concatenate(got), whole)


def test_the_high_band_is_filled_and_the_rest_left_alone() -> None:
    """What is added lies above the telephone's band, at its stated loudness, also where it repeats."""
    filled = HighBand()
    noise = np.concatenate([filled.add(np.zeros(700, np.float32)) for _ in range(100)])
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    low = spectrum[: 3_700 * len(noise) // WIDE_HZ].sum()
    assert low < 0.01 * spectrum.sum()
    assert 20 * np.log10(np.sqrt(np.mean(noise**2))) == pytest.approx(HIGH_BAND_DBFS, abs=0.5)


def test_pcm_there_and_back() -> None:
    """Samples survive; an odd last byte is dropped and what is too loud is clipped."""
    pcm = np.array([0, 1, -1, 32_767, -32_768], dtype="<i2").tobytes()
    assert to_pcm(from_pcm(pcm + b"x")) == pcm
    assert from_pcm(to_pcm(np.array([2.0, -2.0], np.float32))).tolist() == pytest.approx(
        [1.0, -1.0], abs=1e-4
    )
