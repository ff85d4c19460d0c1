"""Sounds are read once, and only in the form that a caller's leg takes."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import pytest

from centralita.hearing.shelf import Shelf, SoundUnreadable
from tests.support.questions import write_sound

pytestmark = pytest.mark.unit


async def test_sounds_come_one_after_the_other(tmp_path: Path) -> None:
    """As they are listed, as often as they are listed."""
    one, two = write_sound(tmp_path / "one", b"\1\1" * 400), write_sound(tmp_path / "two", b"\2\2" * 30)
    assert await Shelf().pcm((one, two, one)) == b"\1\1" * 400 + b"\2\2" * 30 + b"\1\1" * 400
    assert await Shelf().pcm(()) == b""


async def test_what_is_used_least_makes_room(tmp_path: Path) -> None:
    """The shelf never holds more than it may."""
    sounds = [write_sound(tmp_path / str(n), bytes([n + 1]) * 1_000) for n in range(6)]
    shelf = Shelf(kept_bytes=3_000)
    for sound in [*sounds, sounds[0]]:
        assert len(await shelf.pcm((sound,))) == 1_000
        assert shelf.size_bytes <= 3_000


async def test_a_recording_that_is_replaced_is_heard_at_once(tmp_path: Path) -> None:
    """The same name, another sound: nobody restarts a server for that."""
    sound = write_sound(tmp_path / "hola", b"\1\1" * 100)
    shelf = Shelf()
    assert await shelf.pcm((sound,)) == b"\1\1" * 100
    write_sound(tmp_path / "hola", b"\2\2" * 100)
    os.utime(f"{sound}.wav", ns=(1, 1))
    assert await shelf.pcm((sound,)) == b"\2\2" * 100
    assert shelf.size_bytes <= 400


async def test_a_sound_that_cannot_be_had_says_which(tmp_path: Path) -> None:
    """Missing, damaged, or of another form."""
    (tmp_path / "damaged.wav").write_bytes(b"RIFFxxxxWAVE")
    with wave.open(str(tmp_path / "studio.wav"), "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(44_100)
        wav.writeframes(bytes(400))
    for name, why in (("missing", "No such file"), ("damaged", "damaged"), ("studio", r"44100.*must be")):
        with pytest.raises(SoundUnreadable, match=rf"{name}\.wav.*{why}|{why}"):
            await Shelf().pcm((str(tmp_path / name),))
