"""Which model lies in a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asr.model_folders import ModelFolderError, inspect

pytestmark = pytest.mark.unit


def made(folder: Path, *files: str) -> Path:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x" * 10)
    return folder


NEW = ("am/final.mdl", "conf/mfcc.conf")


def test_a_model_whose_graph_can_be_limited(tmp_path: Path) -> None:
    """Vosk's small models: language by name, phrases can limit them."""
    folder = made(tmp_path / "vosk-model-small-es-0.42", *NEW, "graph/HCLr.fst", "graph/Gr.fst")
    found = inspect(folder)
    assert (found.engine, found.language, found.static_graph, found.size_bytes) == ("vosk", "es", False, 40)


def test_a_model_with_a_fixed_graph(tmp_path: Path) -> None:
    """Vosk's big models ignore phrases, in either layout: it has to be known before they are used."""
    new = made(tmp_path / "vosk-model-en-us-0.22", *NEW, "graph/HCLG.fst")
    old = made(tmp_path / "mi-modelo", "final.mdl", "mfcc.conf", "HCLG.fst")
    assert (inspect(new).static_graph, inspect(new).language) == (True, "en")
    assert (inspect(old).static_graph, inspect(old).language) == (True, None)


@pytest.mark.parametrize(("entries", "language"), [(51_865, None), (51_864, "en")])
def test_whisper_models(tmp_path: Path, entries: int, language: str | None) -> None:
    """The multilingual ones by their word list; the others are English."""
    folder = made(tmp_path / "w", "model.bin", "config.json", "tokenizer.json")
    (folder / "vocabulary.json").write_text(json.dumps(["a"] * entries))
    found = inspect(folder)
    assert (found.engine, found.language, found.static_graph) == ("whisper", language, False)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((), "no model of either kind"),
        ((*NEW, "graph/Gr.fst"), "HCLr.fst"),
        (("model.bin", "config.json"), "tokenizer.json"),
        (("model.bin", "config.json", "tokenizer.json"), "vocabulary.json"),
        (("vosk-model-small-es-0.42/am/final.mdl", "vosk-model-small-es-0.42/conf/mfcc.conf"),
         "it is in there"),
    ],
)  # fmt: skip
def test_what_is_no_model_says_why(tmp_path: Path, files: tuple[str, ...], said: str) -> None:
    """Half a model, or a folder too high, is refused with what is missing."""
    made(tmp_path, *files)
    with pytest.raises(ModelFolderError, match=said):
        inspect(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A wrong path is named."""
    with pytest.raises(ModelFolderError, match="nada"):
        inspect(tmp_path / "nada")
