"""Synthesised prompts on disk: made once, found by what they say."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from asr.live_sounds import LiveSounds
from asr.synthesis import EngineMissingError, Synthesiser, SynthesisError

Progress = Callable[[int, int], None]
"""(done, total), called for each sound made."""

_SLUG_MAX = 40


@dataclass(frozen=True, slots=True)
class Ensured:
    """What `SoundStore.ensure` did."""

    found: int
    made: int
    failed: tuple[str, ...] = ()
    """Why, one line a text: the others were made all the same."""


class SoundStore:
    """
    A folder of WAV files whose names say what is in them.

    Args:
        folder: Must be readable by the telephone switch. Made if it is missing.
        synthesisers: One or more of the same kind; each makes one sound at a time.
        live: Makes the sentences that hold a caller's own values; None: there are none.

    """

    def __init__(
        self, folder: Path, synthesisers: Sequence[Synthesiser], live: LiveSounds | None = None
    ) -> None:
        if not synthesisers:
            raise ValueError("a sound store needs a synthesiser")
        self._folder = folder.resolve()
        self._synthesisers = tuple(synthesisers)
        self._live = live

    def path(self, text: str, lang: str) -> str | None:
        """The sound of a text, absolute and without extension as Asterisk wants it; None if not made."""
        try:
            file = self._file(text, lang)
        except SynthesisError:
            return None
        return str(file.with_suffix("")) if file.exists() else None

    async def speak(self, text: str, lang: str) -> str | None:
        """The same, made now and for a while only if it is not among those that are kept."""
        path = self.path(text, lang)
        return path if path is not None or self._live is None else await self._live.speak(text, lang)

    async def ensure(self, texts: Iterable[tuple[str, str]], progress: Progress | None = None) -> Ensured:
        """
        Make the sounds that are missing; those that are there cost a look each.

        Args:
            texts: (text, language), in the order they should be made.
            progress: Told after every sound made.

        Raises:
            SynthesisError: A language has no voice: a mistake in the
                configuration, found before anything is made.
            OSError: The folder cannot be written.
        """
        wanted = {self._file(text, lang): (text, lang) for text, lang in texts}
        missing = [(file, *wish) for file, wish in wanted.items() if not file.exists()]
        if not missing:
            return Ensured(len(wanted), 0)
        self._folder.mkdir(parents=True, exist_ok=True)
        work = _Work(missing, progress)
        try:
            await asyncio.gather(*(work.run(synthesiser) for synthesiser in self._synthesisers))
        finally:
            await asyncio.gather(*(synthesiser.close() for synthesiser in self._synthesisers))
        return Ensured(len(wanted) - len(missing), work.made, tuple(work.failed))

    def _file(self, text: str, lang: str) -> Path:
        fingerprint = self._synthesisers[0].fingerprint(lang)
        digest = hashlib.sha256(f"{fingerprint}\n{text}".encode()).hexdigest()[:12]
        return self._folder / f"{lang}-{_slug(text)}-{digest}.wav"


class _Work:
    """What is still to be made, shared by the synthesisers."""

    def __init__(self, missing: Sequence[tuple[Path, str, str]], progress: Progress | None) -> None:
        self._left = iter(missing)
        self._total = len(missing)
        self._progress = progress
        self.made = 0
        self.failed: list[str] = []

    async def run(self, synthesiser: Synthesiser) -> None:
        for file, text, lang in self._left:
            try:
                sound = await synthesiser.render(text, lang)
            except EngineMissingError as error:
                # No other text will fare better: said once, and nobody waits for the rest.
                self._left = iter(())
                self.failed = [str(error)]
                return
            except SynthesisError as error:
                self.failed.append(str(error))
                continue
            _write(file, sound)
            self.made += 1
            if self._progress is not None:
                self._progress(self.made, self._total)


def _write(file: Path, data: bytes) -> None:
    """All or nothing: whoever plays the file meanwhile finds the old one, the new one or none."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        # mkstemp keeps the file to ourselves, but the telephone switch has to read it.
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _slug(text: str) -> str:
    """The beginning of a text in a-z, 0-9 and hyphens, for people who look into the folder."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_MAX].rstrip("-") or "texto"
