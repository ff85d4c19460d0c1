"""What kind of recognition model lies in a folder, without loading it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

_MULTILINGUAL_WORDS = 51_865
"""Whisper's word lists have so many entries from the multilingual models on, one less in English ones."""


class ModelFolderError(Exception):
    """There is no usable model in this folder; the text says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """
    A model.

    engine: "vosk" or "whisper".
    language: That it was made for, as far as the folder tells; None: many, or unknown.
    static_graph: Vosk cannot limit it to phrases: all listening costs as much as free speech.
    size_bytes: On disk.
    """

    engine: str
    folder: Path
    language: str | None
    static_graph: bool
    size_bytes: int


def inspect(folder: Path) -> ModelFolder:
    """
    Look into a folder.

    Raises:
        ModelFolderError: Nothing usable is there.
    """
    if not folder.is_dir():
        raise ModelFolderError(f"no existe la carpeta {folder} / there is no such folder")
    try:
        if _is_vosk(folder):
            return _vosk(folder)
        if (folder / "model.bin").is_file():
            return _whisper(folder)
    except (OSError, ValueError) as error:
        raise ModelFolderError(f"no se puede leer {folder} / cannot be read: {error}") from error
    raise ModelFolderError(_nothing(folder))


def _is_vosk(folder: Path) -> bool:
    """The two layouts that Vosk itself looks for."""
    new = (folder / "am/final.mdl").is_file() and (folder / "conf/mfcc.conf").is_file()
    return new or ((folder / "final.mdl").is_file() and (folder / "mfcc.conf").is_file())


def _vosk(folder: Path) -> ModelFolder:
    graph = folder / "graph" if (folder / "am").is_dir() else folder
    static = (graph / "HCLG.fst").is_file()
    if not static:
        for name in ("HCLr.fst", "Gr.fst"):
            if not (graph / name).is_file():
                raise ModelFolderError(
                    f"al modelo de Vosk de {folder} le falta {name}: descomprímalo otra vez / "
                    f"the Vosk model lacks it: unpack it again"
                )
    named = re.search(r"vosk-model-(?:small-|spk-)?([a-z]{2})\b", folder.resolve().name)
    return ModelFolder("vosk", folder, named and named[1], static, _size(folder))


def _whisper(folder: Path) -> ModelFolder:
    for name in ("config.json", "tokenizer.json"):
        if not (folder / name).is_file():
            raise ModelFolderError(
                f"al modelo de Whisper de {folder} le falta {name}: ha de ser un modelo de CTranslate2 / "
                f"the Whisper model lacks it: it has to be a CTranslate2 model"
            )
    language = None if _entries(folder) >= _MULTILINGUAL_WORDS else "en"
    return ModelFolder("whisper", folder, language, static_graph=False, size_bytes=_size(folder))


def _entries(folder: Path) -> int:
    as_json = folder / "vocabulary.json"
    if as_json.is_file():
        return len(json.loads(as_json.read_text(encoding="utf-8")))
    as_text = folder / "vocabulary.txt"
    if as_text.is_file():
        return len(as_text.read_text(encoding="utf-8").splitlines())
    raise ModelFolderError(f"al modelo de Whisper de {folder} le falta vocabulary.json / it lacks that file")


def _nothing(folder: Path) -> str:
    inside = [child for child in sorted(folder.iterdir()) if child.is_dir()]
    nested = next((child for child in inside if _is_vosk(child) or (child / "model.bin").is_file()), None)
    hint = f"; está en {nested.name} / it is in there" if nested is not None else ""
    return f"no hay un modelo de Vosk ni de Whisper en {folder} / no model of either kind in it{hint}"


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
