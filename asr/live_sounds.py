"""
Sentences with a caller's own values in them: spoken when they are needed, kept for minutes, never for good.

They may tell a balance or a name, so nothing of the text shows in a file's name, only
we can read the files, and a new server finds none of the old one's.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from asr.synthesis import Synthesiser, SynthesisError

_log = structlog.get_logger("asr.live_sounds")

WITHIN_MS = 2_500
"""A caller hears music, or nothing, meanwhile: a sentence that takes longer is left out."""
KEEP_S = 900
TIDY_EVERY_S = 60


class LiveSounds:
    """
    Args:
        folder: Of these files only: emptied at the first sentence and when closing.
        synthesiser: Its process is started at need and stays warm.
        now_s: Any clock that only goes forward.
    """

    def __init__(
        self, folder: Path, synthesiser: Synthesiser, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder, self._synthesiser, self._now_s = folder.resolve(), synthesiser, now_s
        self._secret = secrets.token_bytes(16)
        self._used_s: dict[Path, float] = {}
        self._making: dict[Path, asyncio.Future[bool]] = {}
        self._tidied_s: float | None = None

    async def speak(self, text: str, lang: str) -> str | None:
        """The sound of a text, absolute and without extension; None if it cannot be made in time."""
        self._tidy()
        file = self._file(text, lang)
        self._used_s[file] = self._now_s()
        if not file.exists() and not await self._made(file, text, lang):
            self._used_s.pop(file, None)
            return None
        return str(file.with_suffix(""))

    async def close(self) -> None:
        self._empty()
        await self._synthesiser.close()

    async def _made(self, file: Path, text: str, lang: str) -> bool:
        """Two callers with the same sentence wait for one making of it."""
        making = self._making.get(file)
        if making is None:
            making = self._making[file] = asyncio.ensure_future(self._make(file, text, lang))
            making.add_done_callback(lambda _: self._making.pop(file, None))
        try:
            async with asyncio.timeout(WITHIN_MS / 1000):
                return await asyncio.shield(making)
        except TimeoutError:
            _log.warning("sentence.late", lang=lang, letters=len(text))
            return False

    async def _make(self, file: Path, text: str, lang: str) -> bool:
        try:
            sound = await self._synthesiser.render(text, lang)
            _write(file, sound)
        except (SynthesisError, OSError) as error:
            # The engine's own words may quote the text: only the kind of fault is told.
            _log.warning("sentence.failed", lang=lang, letters=len(text), fault=type(error).__name__)
            return False
        return True

    def _file(self, text: str, lang: str) -> Path:
        told = f"{lang}\n{text}".encode()
        return self._folder / f"{hashlib.blake2b(told, key=self._secret, digest_size=12).hexdigest()}.wav"

    def _tidy(self) -> None:
        now_s = self._now_s()
        if self._tidied_s is None:
            self._empty()
        elif now_s - self._tidied_s < TIDY_EVERY_S:
            return
        self._tidied_s = now_s
        for file, used_s in list(self._used_s.items()):
            if now_s - used_s > KEEP_S:
                del self._used_s[file]
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)

    def _empty(self) -> None:
        self._used_s.clear()
        with contextlib.suppress(OSError):
            for file in self._folder.glob("*.wav"):
                file.unlink(missing_ok=True)


def _write(file: Path, sound: bytes) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(sound)
    part.replace(file)
