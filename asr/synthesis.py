"""Speech out: texts to telephone sound, offline, in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import shutil
import struct
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from asr import worker

RENDERER = "1"
"""Raise when the same text would sound different: stored sounds are made anew."""

TEXT_MAX = 1_000
RENDER_TIMEOUT_S = 20.0
_ANSWER_MAX = 16 << 20


class SynthesisError(Exception):
    """A text could not be spoken; says why and how to mend it."""


class EngineMissingError(SynthesisError):
    """No text at all can be spoken: the engine is not installed."""


class Synthesiser(Protocol):
    """Makes telephone sound of texts."""

    def fingerprint(self, lang: str) -> str:
        """Everything but the text that decides how it sounds; part of a stored sound's name."""

    async def render(self, text: str, lang: str) -> bytes:
        """
        Speak a text.

        Returns:
            A WAV file: 8000 Hz, mono, 16 bits, about -18 dBFS, peaks under -3.

        Raises:
            SynthesisError: Unknown language, empty or overlong text, or the
                engine failed twice.
        """

    async def close(self) -> None:
        """Let go of the engine. Rendering again starts it again."""


class WorkerSynthesiser:
    """
    An engine in a child process, started at need and again when it dies.

    One object renders one text at a time: for more, make more of them.

    Args:
        engine: As `asr.worker` calls it.
        voices: Language -> the engine's voice.
        speed: 1.0 is the voice's own; 0.5 to 2.0.
        command: How to start the worker, instead of `asr.worker`.
        hurried: Somebody on the line waits for what it makes.

    """

    def __init__(
        self,
        engine: str,
        voices: Mapping[str, str],
        *,
        speed: float = 1.0,
        hurried: bool = False,
        command: Sequence[str] | None = None,
    ) -> None:
        self._engine = engine
        self._voices = dict(voices)
        self._speed = speed
        pace = (worker.HURRIED,) if hurried else ()
        self._command = tuple(command or (sys.executable, "-P", "-m", worker.__name__, engine, *pace))
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    def fingerprint(self, lang: str) -> str:
        return f"{self._engine} {self._voice(lang)} {self._speed:g} {RENDERER}"

    async def render(self, text: str, lang: str) -> bytes:
        wish = {"text": _speakable(text), "voice": self._voice(lang), "speed": self._speed}
        async with self._turn:
            try:
                return await self._ask_twice(wish, text)
            except asyncio.CancelledError:
                # An answer that nobody waits for would be taken for the next one's.
                self._kill()
                raise

    async def close(self) -> None:
        async with self._turn:
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.close()
            await self._stop()

    async def _ask_twice(self, wish: Mapping[str, object], text: str) -> bytes:
        """An engine that died or hangs is replaced, and the new one gets the text once more."""
        try:
            return await self._ask(wish)
        except (OSError, EOFError, TimeoutError):
            await self._stop()
        try:
            return await self._ask(wish)
        except (OSError, EOFError, TimeoutError) as error:
            why = await self._stop()
            raise _failure(self._engine, why, text) from error

    async def _ask(self, wish: Mapping[str, object]) -> bytes:
        async with asyncio.timeout(RENDER_TIMEOUT_S):
            process = self._process or await self._start()
            assert process.stdin is not None  # noqa: S101 - both are pipes, see _start
            assert process.stdout is not None  # noqa: S101
            process.stdin.write(json.dumps(wish).encode() + b"\n")
            await process.stdin.drain()
            status, length = struct.unpack(">BI", await process.stdout.readexactly(5))
            if length > _ANSWER_MAX:
                raise EOFError("not an answer of the worker")
            body = await process.stdout.readexactly(length)
        if status != 0:
            raise SynthesisError(f"{self._engine}: {body.decode(errors='replace')}")
        return body

    async def _start(self) -> asyncio.subprocess.Process:
        home = str(Path(worker.__file__).parents[1])
        paths = filter(None, (home, os.environ.get("PYTHONPATH")))
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )
        return self._process

    async def _stop(self) -> int | None:
        """End the worker; its exit status if it had ended by itself."""
        process = self._process
        if process is None:
            return None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                status = await process.wait()
                self._process = None
                return status
        self._kill()
        await process.wait()
        return None

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def _voice(self, lang: str) -> str:
        if lang not in self._voices:
            have = ", ".join(self._voices)
            raise SynthesisError(f"sin voz para «{lang}»; hay: {have} / no voice for it; there are: {have}")
        return self._voices[lang]


class PicoSynthesiser(WorkerSynthesiser):
    """SVOX Pico, installed with us (py-nanotts)."""

    def __init__(
        self, *, speed: float = 1.0, hurried: bool = False, command: Sequence[str] | None = None
    ) -> None:
        voices = {"es": "es-ES", "en": "en-GB", "de": "de-DE", "fr": "fr-FR", "it": "it-IT"}
        super().__init__("pico", voices, speed=speed, hurried=hurried, command=command)


class EspeakSynthesiser(WorkerSynthesiser):
    """The program espeak-ng, if the machine has it: more languages, less pleasant."""

    def __init__(
        self, *, speed: float = 1.0, hurried: bool = False, command: Sequence[str] | None = None
    ) -> None:
        voices = {lang: lang for lang in ("es", "en", "ca", "de", "eu", "fr", "gl", "it", "pt")}
        super().__init__("espeak", voices, speed=speed, hurried=hurried, command=command)


def installed_synthesisers(count: int, *, hurried: bool = False) -> list[Synthesiser]:
    """
    The best engine of this machine, `count` times; `hurried` if somebody on the line waits.

    Without any it is Pico all the same, whose error then says what to install.
    """
    has_pico = importlib.util.find_spec("py_nanotts") is not None
    kind = EspeakSynthesiser if not has_pico and shutil.which("espeak-ng") else PicoSynthesiser
    return [kind(hurried=hurried) for _ in range(count)]


def _speakable(text: str) -> str:
    """One line, and nothing that the engine would read as mark-up."""
    clean = " ".join(text.replace("<", " ").replace(">", " ").replace("&", " ").split())
    if not clean or len(clean) > TEXT_MAX:
        raise SynthesisError(
            f"un texto tiene de 1 a {TEXT_MAX} letras / a text has 1 to {TEXT_MAX} characters: {text[:40]!r}"
        )
    return clean


def _failure(engine: str, status: int | None, text: str) -> SynthesisError:
    if status == worker.MISSING_ENGINE:
        package = {"pico": "py-nanotts (pip)", "espeak": "espeak-ng (apt)"}[engine]
        return EngineMissingError(
            f"falta el sintetizador: instale {package} / no synthesiser: install {package}"
        )
    return SynthesisError(
        f"el sintetizador falla con {text[:60]!r}; cambie el texto / the synthesiser fails on this text"
    )
