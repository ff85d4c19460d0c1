"""Sounds as the caller's leg wants them, read once: the same questions are asked all day."""

from __future__ import annotations

import asyncio
import wave
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from asr.ports import RATE_HZ

KEPT_BYTES = 64_000_000
"""About an hour of sound."""
FILE_MAX_BYTES = 20_000_000
"""Twenty minutes."""

_WANTED = (1, 2, RATE_HZ)


class SoundUnreadable(Exception):
    """A sound file is not there or is not of the form that a caller's leg takes. Says which."""


class Shelf:
    """
    Args:
        kept_bytes: How much sound is kept; what was used least recently makes room.
    """

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()
        self.size_bytes = 0

    async def pcm(self, sounds: Sequence[str]) -> bytes:
        """
        The sounds, one after the other: 8000 Hz, mono, 16 bits.

        Args:
            sounds: Absolute paths, without extension.

        Raises:
            SoundUnreadable: One of them cannot be read.
        """
        return b"".join([await self._one(Path(f"{sound}.wav")) for sound in sounds])

    async def _one(self, path: Path) -> bytes:
        key = _version(path)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        pcm = await asyncio.to_thread(read_pcm, path)
        self._keep(key, pcm)
        return pcm

    def _keep(self, key: tuple[str, int, int], pcm: bytes) -> None:
        self.size_bytes += len(pcm) - len(self._kept.pop(key, b""))
        self._kept[key] = pcm
        while self.size_bytes > self._kept_bytes:
            _, dropped = self._kept.popitem(last=False)
            self.size_bytes -= len(dropped)


def _version(path: Path) -> tuple[str, int, int]:
    """Its time and size too: a recording may be replaced by another under the same name."""
    try:
        now = path.stat()
    except OSError as error:
        raise SoundUnreadable(f"{path}: {error.strerror}") from error
    return str(path), now.st_mtime_ns, now.st_size


def read_pcm(path: Path) -> bytes:
    """
    The samples of a WAV file.

    Raises:
        SoundUnreadable: Missing, too long, damaged, or not 8000 Hz, mono, 16 bits.
    """
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise SoundUnreadable(f"{path}: more than {FILE_MAX_BYTES} bytes")
        with wave.open(str(path), "rb") as wav:
            form = (wav.getnchannels(), wav.getsampwidth(), wav.getframerate())
            if form != _WANTED:
                raise SoundUnreadable(f"{path}: {form} (channels, bytes, Hz); must be {_WANTED}")
            return wav.readframes(wav.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise SoundUnreadable(f"{path}: {error}") from error
