"""Who is speaking, in real recordings."""

from __future__ import annotations

import numpy as np
import pytest

from asr.endpoint import Endpoint, EndpointSettings, Turn
from asr.voice import CHUNK_BYTES, CHUNK_MS, Voice
from tests.support.audio import pcm_of
from tests.support.speech import by_telephone, korean_clips

pytestmark = pytest.mark.unit


def turns(pcm: bytes) -> list[tuple[Turn, int]]:
    """What an end-pointer makes of it, and when in ms."""
    voice, endpoint = Voice(), Endpoint(EndpointSettings())
    found: list[tuple[Turn, int]] = []
    for at in range(0, len(pcm) - CHUNK_BYTES + 1, CHUNK_BYTES):
        turn = endpoint.voice(voice.probability(pcm[at : at + CHUNK_BYTES]), CHUNK_MS)
        if turn is not None and turn is not Turn.PAUSED:
            found.append((turn, at // CHUNK_BYTES * CHUNK_MS + CHUNK_MS))
    return found


@pytest.mark.parametrize("name", korean_clips())
def test_an_utterance_begins_and_ends_once(name: str) -> None:
    """Each of the recordings is one utterance: noticed soon, and over when it is over."""
    _, pcm = korean_clips()[name]
    found = turns(by_telephone(pcm))
    assert [turn for turn, _ in found] == [Turn.BEGAN, Turn.DECIDED]
    assert found[1][1] - found[0][1] > 600


def test_noise_and_silence_are_nobody() -> None:
    """Ten seconds of a noisy line, of digital silence and of a tone begin nothing."""
    noise = np.random.default_rng(5).standard_normal(80_000).astype(np.float32)
    tone = np.sin(2 * np.pi * 425 * np.arange(80_000) / 8_000).astype(np.float32)
    for sound in (noise * np.float32(0.02), noise * np.float32(0.1), noise * 0, tone * np.float32(0.2)):
        assert turns(pcm_of(sound)) == []


def test_the_gate_changes_nothing_that_matters() -> None:
    """With and without asking WebRTC first the same recordings are heard as speech."""
    with_gate, without = Voice(), Voice(gated=False)
    _, pcm = korean_clips()["ko_agent_jf_alpha"]
    sound = by_telephone(pcm, before_ms=2_000)
    chunks = [sound[at : at + CHUNK_BYTES] for at in range(0, len(sound) - CHUNK_BYTES + 1, CHUNK_BYTES)]
    same = [(with_gate.probability(chunk) >= 0.5) == (without.probability(chunk) >= 0.5) for chunk in chunks]
    assert sum(same) / len(same) > 0.95
