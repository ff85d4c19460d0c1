"""Our own sound coming back, and callers who speak, told apart in real recordings."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from asr.endpoint import Endpoint, EndpointSettings, Turn
from asr.voice import CHUNK_BYTES, CHUNK_MS, Voice
from centralita.hearing.echo import Echo
from tests.support.audio import pcm_of, samples
from tests.support.speech import by_telephone, frames, korean_clips, spanish_clips

pytestmark = pytest.mark.unit

Sound = NDArray[np.float32]
FRAME = 320


@pytest.fixture(scope="module")
def prompt() -> bytes:
    """Four seconds and more of a recorded voice."""
    clips = spanish_clips()
    return b"".join(clips[word] for word in ("miércoles", "septiembre", "sábado", "noviembre", "domingo"))


def line() -> Sound:
    return np.ones(1, np.float32)


def room(reverberation_s: float, direct_db: float) -> Sound:
    """The way from a loudspeaker to a microphone: the direct sound, and what the walls give back."""
    draw = np.random.default_rng(3)
    count = int(8_000 * reverberation_s)
    tail = draw.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    tail *= 10 ** (-direct_db / 20) / np.sqrt((tail**2).sum())
    tail[0] += 1
    return tail.astype(np.float32)


def echo_of(prompt: bytes, way: Sound, *, down_db: float, delay_ms: int) -> bytes:
    """What a telephone sends back while it is played the prompt."""
    played = samples(prompt)
    back = np.convolve(played, way)[: len(played)]
    back *= 10 ** (-down_db / 20) * np.sqrt((played**2).mean() / (back**2).mean())
    delayed = np.concatenate((np.zeros(delay_ms * 8, np.float32), back.astype(np.float32)))
    return by_telephone(pcm_of(delayed[: len(played)]), before_ms=0, after_ms=0)


def over(sound: bytes, other: bytes, *, at_ms: int) -> bytes:
    both = samples(sound).copy()
    part = samples(other)[: len(both) - at_ms * 8]
    both[at_ms * 8 : at_ms * 8 + len(part)] += part
    return pcm_of(both)


def as_loud(sound: bytes, other: bytes) -> bytes:
    mine, level = samples(sound), np.sqrt((samples(other) ** 2).mean())
    return pcm_of(mine * (level / np.sqrt((mine**2).mean())))


def left_of(prompt: bytes, sent: bytes) -> bytes:
    """What is listened to of what the telephone sends."""
    echo, left = Echo(), []
    for ours, theirs in zip(frames(prompt), frames(sent), strict=False):
        echo.played(ours)
        left.append(bytes(FRAME) if echo.is_echo(theirs) else theirs)
    return b"".join(left)


def begins_ms(pcm: bytes) -> int | None:
    """When somebody is taken to speak."""
    voice, endpoint = Voice(), Endpoint(EndpointSettings())
    for at in range(0, len(pcm) - CHUNK_BYTES + 1, CHUNK_BYTES):
        if endpoint.voice(voice.probability(pcm[at : at + CHUNK_BYTES]), CHUNK_MS) is Turn.BEGAN:
            return at // CHUNK_BYTES * CHUNK_MS
    return None


@pytest.mark.parametrize("down_db", [3, 12, 20])
@pytest.mark.parametrize("delay_ms", [20, 150, 450])
def test_the_echo_of_a_line_is_nobody(prompt: bytes, down_db: int, delay_ms: int) -> None:
    """Unwatched it would be taken for a caller; watched it begins nothing."""
    sent = echo_of(prompt, line(), down_db=down_db, delay_ms=delay_ms)

    assert begins_ms(sent) is not None
    assert begins_ms(left_of(prompt, sent)) is None


@pytest.mark.parametrize(("reverberation_s", "direct_db"), [(0.2, 6), (0.3, 0), (0.4, -3)])
def test_the_echo_of_a_loudspeaker_in_a_room_is_nobody(
    prompt: bytes, reverberation_s: float, direct_db: float
) -> None:
    """Though the walls have made another sound of it."""
    sent = echo_of(prompt, room(reverberation_s, direct_db), down_db=12, delay_ms=120)

    assert begins_ms(sent) is not None
    assert begins_ms(left_of(prompt, sent)) is None


@pytest.mark.parametrize("name", korean_clips())
def test_a_caller_still_cuts_a_prompt_short(prompt: bytes, name: str) -> None:
    """As loud as it is: without an echo as if nobody watched, over one 12 dB below a little later."""
    _, clip = korean_clips()[name]
    clip = as_loud(clip, prompt)
    alone = over(bytes(len(prompt)), clip, at_ms=1_000)
    mixed = over(echo_of(prompt, line(), down_db=12, delay_ms=150), clip, at_ms=1_000)
    unwatched_ms = begins_ms(by_telephone(alone, before_ms=0, after_ms=0))
    assert unwatched_ms is not None

    watched_ms = begins_ms(left_of(prompt, by_telephone(alone, before_ms=0, after_ms=0)))
    over_ms = begins_ms(left_of(prompt, by_telephone(mixed, before_ms=0, after_ms=0)))

    assert watched_ms is not None and watched_ms <= unwatched_ms + 64
    assert over_ms is not None and 1_000 <= over_ms <= unwatched_ms + 300


def test_a_caller_is_not_muted_by_what_was_never_played() -> None:
    """In silence everything is the caller's, and it reaches the recognizer as it came."""
    for _, clip in korean_clips().values():
        assert left_of(bytes(len(clip)), clip) == clip[: len(clip) // FRAME * FRAME]
