"""
The process in which a model is tried: native code that may crash, and needs much memory.

Reads a JSON object from standard input (see `Wish`) and prints one (see `Answer`). A model that
cannot be loaded ends it with a traceback.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import TypedDict

import numpy as np

from asr import ports
from asr.recognizers import Engine
from asr.upsample import WIDE_HZ

SILENCE_S = 3
_PIECE_S = 0.1
_NOISE = 0.001
"""Of full scale: the hiss of a line on which nobody speaks."""


class Wish(TypedDict):
    engine: str
    """vosk or whisper."""
    folder: str
    language: str
    phrases: list[str]
    """Of the configuration, in this language."""


class Answer(TypedDict, total=False):
    problem: str
    """no_engine: the library is not installed. Empty: all went well."""
    detail: str
    load_s: float
    memory_mb: int
    limits: bool
    """Whether it can be told what may come: then it hears that better, and costs little."""
    heard: str
    """What it makes of silence; should be empty."""
    unknown: list[str]
    """Words of the phrases that it can never hear."""


def main() -> int:
    wish: Wish = json.loads(sys.stdin.buffer.read())
    # Native libraries may print: whatever they say must not get between our answer.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    out.write(json.dumps(_answer(wish), ensure_ascii=False))
    out.flush()
    return 0


def _answer(wish: Wish) -> Answer:
    began_s = time.monotonic()
    try:
        engine = _engine(wish)
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] == __package__:
            raise
        return {"problem": "no_engine", "detail": str(error)}
    load_s = time.monotonic() - began_s
    phrases = tuple(wish["phrases"])
    return {
        "problem": "",
        "load_s": round(load_s, 1),
        "limits": engine.cheap,
        "heard": _of_silence(engine, wish["language"], phrases),
        "unknown": list(engine.missing(phrases)),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _of_silence(engine: Engine, language: str, phrases: tuple[str, ...]) -> str:
    recognition = engine.begin(ports.Wish(language, phrases))
    piece = int(WIDE_HZ * _PIECE_S)
    hiss = np.random.default_rng(1).normal(0.0, _NOISE, WIDE_HZ * SILENCE_S).astype(np.float32)
    for start in range(0, len(hiss), piece):
        recognition.take(hiss[start : start + piece])
    return recognition.finish(more=True).text


def _engine(wish: Wish) -> Engine:
    folder = Path(wish["folder"])
    if wish["engine"] == "whisper":
        from asr.whisper_engine import WhisperEngine  # noqa: PLC0415 - its absence is an answer

        return WhisperEngine(folder, wish["language"], threads=1)
    from asr.vosk_engine import VoskEngine  # noqa: PLC0415

    return VoskEngine(folder, high_band=True)


if __name__ == "__main__":
    sys.exit(main())
