"""
The process in which speech is made: native code that must never take a call down.

Started with the engine's name as its first argument. Reads one JSON object a line
from standard input (`text`, `voice`, `speed`) and answers each with one byte
(0 sound, 1 error), four bytes of length (big-endian) and that many bytes: a
WAV file, or the reason in UTF-8. Ends with its input, so it does not outlive
the server however that dies.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import struct
import subprocess
import sys
import wave
from collections.abc import Callable
from typing import BinaryIO

from asr.audio import for_telephone, from_pcm16

MISSING_ENGINE = 3
"""Exit status when the engine is not installed."""

HURRIED = "hurried"
"""A second argument: somebody on the line waits for the sounds."""

_PICO_RATE_HZ = 16_000
_ESPEAK_WORDS_PER_MINUTE = 155
_ESPEAK_TIMEOUT_S = 15

Speak = Callable[[str, str, float], tuple[bytes, int]]
"""(text, voice, speed) -> 16-bit mono PCM and its rate."""


class EngineMissingError(Exception):
    """The engine is not installed on this machine."""


def main(engine: str, *, hurried: bool = False) -> int:
    # The native library may print: whatever it says must not get between our answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if not hurried:
        # Calls on the line come first: a prompt that nobody waits for can wait.
        os.nice(10)
    try:
        speak = {"pico": _pico, "espeak": _espeak}[engine]()
    except EngineMissingError:
        return MISSING_ENGINE
    for line in sys.stdin.buffer:
        wish = json.loads(line)
        try:
            pcm, rate_hz = speak(wish["text"], wish["voice"], wish["speed"])
        except (RuntimeError, ValueError, OSError, subprocess.SubprocessError) as error:
            _answer(answers, 1, str(error).encode())
            continue
        _answer(answers, 0, for_telephone(from_pcm16(pcm), rate_hz))
    return 0


def _pico() -> Speak:
    try:
        from py_nanotts import NanoTTS  # noqa: PLC0415 - its absence is an answer, not a traceback
    except ImportError as error:
        raise EngineMissingError from error
    engine = NanoTTS()
    return lambda text, voice, speed: (engine.speak(text, voice=voice, speed=speed), _PICO_RATE_HZ)


def _espeak() -> Speak:
    program = shutil.which("espeak-ng")
    if program is None:
        raise EngineMissingError
    return lambda text, voice, speed: _run_espeak(program, text, voice, speed)


def _run_espeak(program: str, text: str, voice: str, speed: float) -> tuple[bytes, int]:
    words = str(round(_ESPEAK_WORDS_PER_MINUTE * speed))
    run = subprocess.run(
        [program, "-v", voice, "-s", words, "--stdin", "--stdout"],
        input=text.encode(),
        capture_output=True,
        timeout=_ESPEAK_TIMEOUT_S,
        check=True,
    )
    try:
        with wave.open(io.BytesIO(run.stdout), "rb") as sound:
            return sound.readframes(sound.getnframes()), sound.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError(f"espeak-ng: {error}") from error


def _answer(out: BinaryIO, status: int, body: bytes) -> None:
    out.write(struct.pack(">BI", status, len(body)) + body)
    out.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], hurried=HURRIED in sys.argv[2:]))
