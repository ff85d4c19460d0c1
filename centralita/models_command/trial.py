"""Tries a model in a process of its own: whether it loads, hears nothing in silence, and knows the words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asr import models_check
from asr.models_check import Answer

WITHIN_S = 300.0
"""A large model on a slow disk."""
_SHOWN = 200
"""Letters of what the engine said."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it."""

    answer: Answer
    troubles: tuple[str, ...] = ()
    """What a person should mend; Spanish / English. Empty: all is well."""
    unusable: bool = False
    """The model is of no use at all, whatever is installed beside it."""


def try_model(engine: str, folder: Path, language: str, phrases: Sequence[str]) -> Trial:
    """
    Load it and have it listen; takes seconds.

    Args:
        engine: vosk or whisper.
        folder: Of the model.
        language: That will be spoken.
        phrases: That should be heard.
    """
    wish = json.dumps(
        {"engine": engine, "folder": str(folder), "language": language, "phrases": list(phrases)}
    )
    try:
        run = subprocess.run(
            [sys.executable, "-P", "-m", models_check.__name__],
            input=wish.encode(),
            capture_output=True,
            timeout=WITHIN_S,
            env=_environ(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _useless(f"no acaba de cargarse en {WITHIN_S:.0f} s", "it does not finish loading")
    if run.returncode:
        said = run.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1][:_SHOWN] if said and run.returncode > 0 else f"{run.returncode}"
        return _useless(f"no se puede cargar ({why})", "it cannot be loaded")
    answer: Answer = json.loads(run.stdout)
    return _judged(engine, answer)


def _judged(engine: str, answer: Answer) -> Trial:
    if answer["problem"] == "no_engine":
        extra = "centralita[whisper]" if engine == "whisper" else "vosk"
        return Trial(
            answer,
            (f"falta el motor: pip install '{extra}' / the engine is missing: pip install '{extra}'",),
        )
    troubles = []
    if answer["heard"]:
        said = answer["heard"]
        troubles.append(f"oye «{said}» en el silencio: pruebe otro modelo / it hears that in silence")
    if answer["unknown"]:
        words = ", ".join(answer["unknown"])
        troubles.append(
            f"no conoce estas palabras de las frases, que no se oirán nunca: {words}; dígalo de otra forma / "
            "it does not know these words: say it in other words"
        )
    return Trial(answer, tuple(troubles))


def _useless(es: str, en: str) -> Trial:
    return Trial({"problem": "unusable", "detail": es}, (f"{es} / {en}",), unusable=True)


def _environ() -> dict[str, str]:
    home = str(Path(models_check.__file__).parents[1])
    paths = filter(None, (home, os.environ.get("PYTHONPATH")))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
