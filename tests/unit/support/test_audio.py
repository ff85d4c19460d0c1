"""The ears of the other tests: what they must hear, and what they must not take for it."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from tests.support import audio
from tests.support.audio import RATE_HZ, Samples

pytestmark = pytest.mark.unit


def tone(hz: float, duration_ms: int, level: float = 0.3) -> bytes:
    time_s = np.arange(duration_ms * RATE_HZ // 1000) / RATE_HZ
    return audio.pcm_of((level * np.sin(2 * np.pi * hz * time_s)).astype(np.float32))


def silence(duration_ms: int) -> bytes:
    return bytes(duration_ms * 16)


def speech(seed: int, duration_ms: int) -> bytes:
    """
    Speech-like audio of one voice: the same pitch and vocal tract for every seed, other sounds.

    Syllables of 60 to 200 ms: a pulse train of about 200 Hz through two changing resonances.
    """
    chance = np.random.default_rng(seed)
    pieces: list[Samples] = []
    made = 0
    while made < duration_ms * 8:
        size = int(chance.integers(480, 1600))
        pitch = np.cumsum(200 * (1 + 0.15 * np.sin(np.arange(size) / 900 + chance.uniform(0, 6)))) / RATE_HZ
        pulses = np.diff(np.floor(pitch), prepend=0.0) + 0.02 * chance.standard_normal(size)
        ring = np.arange(160) / RATE_HZ
        low, high = chance.uniform(300, 800), chance.uniform(900, 2500)
        shape = np.exp(-ring * 200) * np.sin(2 * np.pi * low * ring)
        shape += np.exp(-ring * 300) * np.sin(2 * np.pi * high * ring)
        loud = np.hanning(size) * chance.uniform(0.05, 0.3)
        pieces.append((np.convolve(pulses, shape)[:size] * loud).astype(np.float32))
        made += size
    return audio.pcm_of(np.concatenate(pieces)[: duration_ms * 8])


def over_the_line(pcm: bytes, *, before_ms: int, seed: int = 0, lost: float = 0.01) -> bytes:
    """Through mu-law, quieter, with a little noise, and with single packets lost (their place kept)."""
    chance = np.random.default_rng(seed)
    coded = audio.samples(audio.through_ulaw(pcm)) * np.float32(0.7)
    for start in range(0, len(coded), 160):
        if chance.random() < lost:
            coded[start : start + 160] = 0
    noise = chance.normal(0, 0.0008, before_ms * 8 + len(coded) + 8000).astype(np.float32)
    noise[before_ms * 8 : before_ms * 8 + len(coded)] += coded
    return audio.pcm_of(noise)


def test_a_tone_is_told_from_its_neighbour() -> None:
    """440 Hz holds nearly all energy of a 440 Hz tone and next to none of one at 480 Hz."""
    assert audio.tone_share(tone(440, 1000), 440).min() > 0.99
    assert audio.tone_share(tone(480, 1000), 440).max() < 0.05


def test_a_tone_survives_mulaw() -> None:
    """After G.711 a tone still holds more than 0.95 of the energy."""
    assert audio.tone_share(audio.through_ulaw(tone(700, 500)), 700).min() > 0.95


def test_silence_holds_no_tone() -> None:
    """Nothing to hear is not a tone, whatever the division by zero says."""
    assert audio.tone_ms(silence(500), 440) == 0
    assert audio.first_tone_ms(silence(500), 440) is None


def test_where_a_tone_begins_and_how_long_it_lasts() -> None:
    """A tone of 600 ms after 400 ms of silence is found there, to one window."""
    recording = silence(400) + tone(500, 600) + silence(200)

    assert audio.first_tone_ms(recording, 500) == 400
    assert audio.tone_ms(recording, 500) == 600


def test_two_tones_share_the_energy() -> None:
    """Of two equally loud tones each holds half: neither alone passes for the whole."""
    both = audio.pcm_of(audio.samples(tone(400, 400, 0.2)) + audio.samples(tone(900, 400, 0.2)))

    assert audio.tone_share(both, 400).mean() == pytest.approx(0.5, abs=0.02)


def test_silence_is_measured() -> None:
    """All silence and its longest stretch, in steps of 20 ms; hum below -50 dBFS counts as silence."""
    recording = tone(300, 200) + silence(300) + tone(300, 100) + tone(300, 120, level=0.001)

    assert audio.silence_ms(recording) == 420
    assert audio.longest_gap_ms(recording) == 300


def test_a_clip_is_found_where_it_is() -> None:
    """A prompt heard over the line begins where it began, within the slip that is allowed for."""
    clip = speech(1, 3000)

    for before_ms in (0, 137, 2500):
        offset_ms = audio.find_clip(over_the_line(clip, before_ms=before_ms, seed=before_ms), clip)
        assert offset_ms is not None
        assert abs(offset_ms - before_ms) <= 70


def test_other_words_of_the_same_voice_do_not_match() -> None:
    """Twenty other prompts of the voice stay well below the threshold, the prompt itself well above."""
    clip = speech(1, 3000)
    others = [
        audio.best_match(over_the_line(speech(n, 4000), before_ms=100, seed=n), clip) for n in range(2, 22)
    ]

    assert max(other.score for other in others) < audio.MATCH - 0.1
    assert audio.best_match(over_the_line(clip, before_ms=100), clip).score > audio.MATCH + 0.3


def test_a_clip_that_was_cut_off_does_not_match() -> None:
    """A third of a prompt is not the prompt; its beginning can be asked for by itself."""
    clip = speech(5, 3000)
    cut = over_the_line(clip[: 1000 * 16], before_ms=200)

    assert audio.find_clip(cut, clip) is None
    assert audio.find_clip(cut, clip[: 900 * 16]) is not None


def test_a_packet_that_slips_in_does_not_hide_a_clip() -> None:
    """20 ms more in the middle, as from a jitter buffer, and the prompt is still found."""
    clip = speech(7, 3000)
    slipped = clip[: 1500 * 16] + silence(20) + clip[1500 * 16 :]

    assert audio.find_clip(over_the_line(slipped, before_ms=300), clip) is not None


def test_silence_and_noise_match_nothing() -> None:
    """No prompt is found in silence, in noise, or in a tone."""
    clip = speech(1, 2000)
    noise = audio.pcm_of(np.random.default_rng(3).normal(0, 0.1, 40_000).astype(np.float32))

    assert audio.find_clip(silence(4000), clip) is None
    assert audio.find_clip(noise, clip) is None
    assert audio.find_clip(tone(440, 4000), clip) is None


def test_a_click_is_no_clip() -> None:
    """Less than 100 ms cannot be recognised: that is the test's mistake, and it is told."""
    with pytest.raises(ValueError, match="too short"):
        audio.best_match(silence(1000), tone(400, 50))


def write_wav(path: Path, pcm: bytes, rate_hz: int = RATE_HZ) -> Path:
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate_hz)
        wav.writeframes(pcm)
    return path


def test_music_is_followed_through_its_file(tmp_path: Path) -> None:
    """Each second of music is placed in its file; speech before it is not music."""
    files = [write_wav(tmp_path / f"{n}.wav", speech(100 + n, 12_000)) for n in range(3)]
    heard = over_the_line(speech(50, 2000) + audio.read_wav_8k(files[1])[4000 * 16 : 9000 * 16], before_ms=0)

    windows = audio.music_at(heard, files)

    assert [window.file for window in windows[:2]] == [None, None]
    assert [window.file for window in windows[2:7]] == [files[1]] * 5
    assert [round(window.at_ms, -2) for window in windows[2:7]] == [4000, 5000, 6000, 7000, 8000]


def test_a_jump_in_the_music_is_noticed(tmp_path: Path) -> None:
    """Music that starts again is found at its new place, not where it should have been."""
    file = write_wav(tmp_path / "m.wav", speech(9, 10_000))
    pcm = audio.read_wav_8k(file)

    windows = audio.music_at(
        over_the_line(pcm[5000 * 16 : 7000 * 16] + pcm[: 2000 * 16], before_ms=0), [file]
    )

    assert [round(window.at_ms, -2) for window in windows[:4]] == [5000, 6000, 0, 1000]


def test_a_wav_of_another_rate_is_refused(tmp_path: Path) -> None:
    """16 kHz taken for 8 kHz would match nothing and tell nobody why."""
    with pytest.raises(ValueError, match="16000"):
        audio.read_wav_8k(write_wav(tmp_path / "w.wav", tone(440, 100), rate_hz=16_000))
