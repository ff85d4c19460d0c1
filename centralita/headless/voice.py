"""What a headless agent sounds like: sentences made by the synthesiser, a recording, a tone."""

from __future__ import annotations

import wave
from collections.abc import Iterable, Sequence
from pathlib import Path

from asr.sounds import SoundStore
from asr.synthesis import SynthesisError, installed_synthesisers
from cti.softphone.port import BYTES_PER_MS, SAMPLE_RATE_HZ

BEFORE_MS = 300


class SoundError(Exception):
    """A recording cannot be used; the message says why and how to mend it, in both languages."""


class Voice:
    """
    Args:
        folder: Where sentences are kept once they are made.
        recordings: Where the files of a script are looked for.
    """

    def __init__(self, folder: Path, recordings: Path) -> None:
        self._store = SoundStore(folder, installed_synthesisers(1))
        self._recordings = recordings

    async def prepare(self, texts: Iterable[tuple[str, str]]) -> Sequence[str]:
        """
        Make the sentences that are missing.

        Args:
            texts: (text, language).

        Returns:
            Why some could not be made: those are silence.
        """
        try:
            return (await self._store.ensure(texts)).failed
        except (SynthesisError, OSError) as error:
            return [str(error)]

    def speech(
        self, texts: Sequence[str], language: str, *, between_ms: int, before_ms: int = BEFORE_MS
    ) -> bytes:
        """These sentences with silence before and between them; one without a sound is left out."""
        parts = [bytes(before_ms * BYTES_PER_MS)]
        for text in texts:
            path = self._store.path(text, language)
            if path is not None:
                parts += [_frames(Path(f"{path}.wav")), bytes(between_ms * BYTES_PER_MS)]
        return b"".join(parts)

    def recording(self, name: str) -> bytes:
        """Raises SoundError."""
        path = self._recordings / name
        try:
            return _frames(path)
        except (OSError, EOFError, wave.Error) as error:
            raise SoundError(
                f"{path}: no se puede usar ({error}); hace falta un WAV de {SAMPLE_RATE_HZ} Hz, mono, 16 bit "
                f"/ cannot be used; a WAV of {SAMPLE_RATE_HZ} Hz, mono, 16 bits is needed"
            ) from error


def _frames(path: Path) -> bytes:
    with wave.open(str(path), "rb") as sound:
        if (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) != (SAMPLE_RATE_HZ, 1, 2):
            raise wave.Error(f"{sound.getframerate()} Hz, {sound.getnchannels()} ch")
        return sound.readframes(sound.getnframes())
