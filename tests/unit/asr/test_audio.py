from __future__ import annotations

import io
import math
import wave

import pytest

from asr.audio import PEAK_DBFS, for_telephone, from_pcm16, level, resample, to_wav, trim

pytestmark = pytest.mark.unit


def tone(hz: float, rate_hz: int, ms: int, size: float = 0.5) -> list[float]:
    return [size * math.sin(2 * math.pi * hz * n / rate_hz + 0.3) for n in range(rate_hz * ms // 1000)]


def db(samples: list[float]) -> float:
    middle = samples[400:-400]
    return 10 * math.log10(sum(sample * sample for sample in middle) / len(middle) + 1e-20)


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100])
@pytest.mark.parametrize("hz", [200, 1_000, 3_400])
def test_speech_passes_the_resampler_untouched(rate_hz: int, hz: int) -> None:
    """The telephone band is flat within a tenth of a decibel."""
    sound = tone(hz, rate_hz, 400)

    assert abs(db(resample(sound, rate_hz)) - db(sound)) < 0.1


@pytest.mark.parametrize("rate_hz", [16_000, 22_050])
@pytest.mark.parametrize("hz", [4_700, 5_500, 7_000, 7_900])
def test_what_would_fold_back_is_gone(rate_hz: int, hz: int) -> None:
    """No aliases: 60 dB down beyond the band."""
    sound = tone(hz, rate_hz, 400)

    assert db(resample(sound, rate_hz)) - db(sound) < -60


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050])
def test_a_second_stays_a_second(rate_hz: int) -> None:
    """8000 samples, whatever came in."""
    assert abs(len(resample(tone(500, rate_hz, 1_000), rate_hz)) - 8_000) <= 1


@pytest.mark.parametrize("size", [0.01, 0.3, 1.0])
def test_every_prompt_is_equally_loud(size: float) -> None:
    """A tone of any strength comes out at -18 dBFS."""
    assert abs(db(level(tone(500, 8_000, 500, size))) + 18) < 0.2


def test_peaks_stay_under_their_limit() -> None:
    """Speech of high crest is bent, never clipped."""
    sharp = [0.02 * sample for sample in tone(500, 8_000, 500)]
    sharp[2_000:2_010] = [0.9] * 10

    assert max(map(abs, level(sharp))) <= 10 ** (PEAK_DBFS / 20)


def test_pauses_do_not_make_a_prompt_louder() -> None:
    """The level is that of the speech, not of the silence between sentences."""
    speech = tone(500, 8_000, 500, 0.1)
    spaced = [*speech, *[0.0] * 16_000, *speech]

    assert max(level(spaced)) == pytest.approx(max(level(speech)), rel=0.05)


def test_silence_at_both_ends_is_cut() -> None:
    """A second of speech in four seconds of silence: a second and a breath."""
    sound = trim([0.0] * 16_000 + tone(500, 16_000, 1_000) + [0.0001] * 48_000, 16_000)

    assert 1.0 <= len(sound) / 16_000 <= 1.15
    assert sound[0] == sound[-1] == 0.0


@pytest.mark.parametrize("pcm", [b"", b"\0", b"\0\0" * 500])
def test_silence_gives_an_empty_prompt(pcm: bytes) -> None:
    """Nothing to say is no error."""
    assert _read(for_telephone(from_pcm16(pcm), 16_000)) == (8_000, 1, 2, b"")


def test_the_file_is_what_asterisk_plays() -> None:
    """8000 Hz, mono, 16 bits, with the samples that were given; beyond full scale is clamped."""
    rate_hz, channels, width, frames = _read(to_wav([0.0, 0.5, -0.5, 2.0]))

    assert (rate_hz, channels, width) == (8_000, 1, 2)
    assert from_pcm16(frames) == pytest.approx([0.0, 0.5, -0.5, 1.0], abs=1e-3)


def _read(data: bytes) -> tuple[int, int, int, bytes]:
    with wave.open(io.BytesIO(data)) as sound:
        frames = sound.readframes(sound.getnframes())
        return sound.getframerate(), sound.getnchannels(), sound.getsampwidth(), frames
