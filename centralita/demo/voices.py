"""What the demonstration's people say, as telephone sound: made once, kept with the prompts."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

from asr.sounds import SoundStore
from asr.synthesis import installed_synthesisers
from centralita.demo.people import AGENT_SAYS, CALLER_SAYS, ERRANDS

_MS = 16
"""Bytes of one millisecond: 8 kHz, 16 bits."""


class Voices:
    """Texts to sound. `make` comes first."""

    def __init__(self, folder: Path) -> None:
        self._store = SoundStore(folder, installed_synthesisers(1))

    async def make(self) -> None:
        """Synthesise what is missing, some thirty short sentences."""
        texts = [(text, lang) for says in (AGENT_SAYS, CALLER_SAYS) for lang in says for text in says[lang]]
        await self._store.ensure([*texts, *((errand.asks, errand.lang) for errand in ERRANDS)])

    def speech(self, texts: Sequence[str], lang: str, *, before_ms: int, between_ms: int) -> bytes:
        """These sentences with silence before and between them; one without a sound is left out."""
        parts = [bytes(before_ms * _MS)]
        for text in texts:
            path = self._store.path(text, lang)
            if path is not None:
                with wave.open(f"{path}.wav", "rb") as sound:
                    parts.append(sound.readframes(sound.getnframes()))
                parts.append(bytes(between_ms * _MS))
        return b"".join(parts)
