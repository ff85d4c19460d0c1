"""Sentences with a caller's own values."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from asr import live_sounds
from asr.live_sounds import KEEP_S, LiveSounds
from asr.sounds import SoundStore
from asr.synthesis import SynthesisError, installed_synthesisers
from tests.support.audio import read_wav_8k

pytestmark = pytest.mark.unit

BALANCE = "Su saldo es de doce euros con cincuenta céntimos."


class Voice:
    """Takes as long as it is told, and counts."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.go = asyncio.Event()
        self.go.set()
        self.fails = False
        self.closed = False

    def fingerprint(self, lang: str) -> str:
        return f"voice {lang}"

    async def render(self, text: str, lang: str) -> bytes:
        self.said.append(text)
        await self.go.wait()
        if self.fails:
            raise SynthesisError(text)
        return b"RIFF"

    async def close(self) -> None:
        self.closed = True


def stems(folder: Path) -> list[str]:
    return [file.stem for file in folder.iterdir()]


def is_ours_alone(file: Path) -> bool:
    return file.stat().st_mode & 0o077 == 0 and file.parent.stat().st_mode & 0o077 == 0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_sentence_is_made_once_and_found_again(tmp_path: Path) -> None:
    """Also by two callers at the same time."""
    voice = Voice()
    live = LiveSounds(tmp_path / "live", voice)
    paths = await asyncio.gather(*(live.speak(BALANCE, "es") for _ in range(5)))
    assert len(set(paths)) == 1 and voice.said == [BALANCE]
    assert stems(tmp_path / "live") == [Path(str(paths[0])).name]


async def test_nothing_of_the_text_shows(tmp_path: Path) -> None:
    """Names say nothing, nobody else reads the files, another server's names differ, no trace stays."""
    live, other = LiveSounds(tmp_path / "a", Voice()), LiveSounds(tmp_path / "b", Voice())
    path, elsewhere = await live.speak(BALANCE, "es"), await other.speak(BALANCE, "es")
    assert path is not None and elsewhere is not None
    file = Path(f"{path}.wav")
    assert "saldo" not in file.name and file.name != Path(f"{elsewhere}.wav").name
    assert is_ours_alone(file)
    await live.close()
    assert stems(file.parent) == []


async def test_it_is_kept_for_minutes_only(tmp_path: Path) -> None:
    """What is not asked for again goes; what a server before left is gone with the first sentence."""
    (tmp_path / "old.wav").write_bytes(b"from before")
    clock, voice = Clock(), Voice()
    live = LiveSounds(tmp_path, voice, clock)
    first = await live.speak(BALANCE, "es")
    assert stems(tmp_path) == [Path(str(first)).name]
    clock.now = KEEP_S + 61
    second = await live.speak("Otra.", "es")
    assert stems(tmp_path) == [Path(str(second)).name]


async def test_a_voice_that_fails_or_dawdles_costs_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller waits for the time limit at most; the sentence is there for the next one."""
    monkeypatch.setattr(live_sounds, "WITHIN_MS", 20)
    voice = Voice()
    live = LiveSounds(tmp_path, voice)
    voice.fails = True
    assert await live.speak(BALANCE, "es") is None
    voice.fails = False
    voice.go.clear()
    assert await live.speak(BALANCE, "es") is None
    voice.go.set()
    monkeypatch.setattr(live_sounds, "WITHIN_MS", 2_000)
    assert await live.speak(BALANCE, "es") is not None


async def test_a_kept_sound_goes_first(tmp_path: Path) -> None:
    """What is the same for everybody is not made again for one."""
    kept, voice = Voice(), Voice()
    store = SoundStore(tmp_path / "kept", [kept], LiveSounds(tmp_path / "live", voice))
    await store.ensure([("Hola.", "es")])
    assert await store.speak("Hola.", "es") == store.path("Hola.", "es")
    assert voice.said == []
    assert await SoundStore(tmp_path / "kept", [kept]).speak("Adiós.", "es") is None


async def test_the_real_voice_speaks_while_a_caller_waits(tmp_path: Path) -> None:
    """Installed engine: a sentence of 3 s, at 8 kHz, well within the limit."""
    live = LiveSounds(tmp_path, installed_synthesisers(1, hurried=True)[0])
    path = await live.speak(BALANCE, "es")
    assert path is not None
    pcm = read_wav_8k(Path(f"{path}.wav"))
    assert 1.5 < len(pcm) / 16_000 < 6
    await live.close()
