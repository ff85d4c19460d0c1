"""Received audio on the clock; the rest of the port needs a switch and is tried there."""

from __future__ import annotations

import importlib

import pytest

from cti.softphone.baresip import BaresipStack
from cti.softphone.port import Chunk, SoftphoneUnavailable, on_clock
from cti.softphone.voice import Voice, tone_pcm

pytestmark = pytest.mark.unit

FRAME = b"\x01\x00" * 160


def test_steady_frames_lie_end_to_end() -> None:
    """Frames 20 ms apart leave no gap, a few milliseconds of jitter neither."""
    chunks = [Chunk(10.0 + n * 0.02 + 0.005 * (n % 2), FRAME) for n in range(5)]

    start_s, pcm = on_clock(chunks)

    assert start_s == pytest.approx(9.98)
    assert pcm == FRAME * 5


def test_a_gap_becomes_silence_of_its_length() -> None:
    """One second without audio is one second of silence, and what follows is in its place."""
    _, pcm = on_clock([Chunk(10.0, FRAME), Chunk(11.02, FRAME)])

    assert abs(len(pcm) // 16 - 1040) <= 1
    assert pcm.startswith(FRAME)
    assert pcm.endswith(FRAME)
    assert set(pcm[len(FRAME) : -len(FRAME)]) == {0}


def test_nothing_heard_is_nothing() -> None:
    """No audio at all is no recording, not an error."""
    assert on_clock([]) == (0.0, b"")


def test_a_tone_repeats_without_a_click() -> None:
    """A second of any whole frequency ends where it began."""
    pcm = tone_pcm(440)

    assert len(pcm) == 16_000
    assert pcm[:2] == b"\0\0"
    with pytest.raises(ValueError, match="4000"):
        tone_pcm(4000)


async def test_a_missing_stack_is_told_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without baresip-python everything else works, and using it says what to install."""

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    stack = BaresipStack(lambda coro, *, name: pytest.fail(f"{name} was started: {coro}"))

    with pytest.raises(SoftphoneUnavailable, match="scripts/setup demo"):
        await stack.start()
    await stack.close()


def test_what_is_played_ends_or_goes_round() -> None:
    """Audio is played once and then it is quiet; repeated audio never ends."""
    once, again = Voice(), Voice()
    once.play(b"abcd", repeat=False)
    again.play(b"abcd", repeat=True)

    assert (once.take(6), once.left()) == (b"abcd", False)
    assert (again.take(10), again.left()) == (b"abcdabcdab", True)
