"""Versions are kept as they were written, with all their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from centralita import versions
from centralita.versions import Versions
from config.loader import load
from config.problems import ConfigError
from tests.support.scene import config_text, write_config

pytestmark = pytest.mark.unit


def _centre(folder: Path, *, ring_s: int = 4) -> Path:
    return write_config(folder, config_text({"ana": "{ventas: 8}"}, ring_s=ring_s))


def test_a_version_comes_back_after_the_file_has_changed(tmp_path: Path) -> None:
    """What calls are pinned to is read again as it was, scripts found beside the original."""
    file = _centre(tmp_path / "config", ring_s=3)
    kept = Versions(tmp_path / "versions", file.parent)
    first = load(file)
    kept.keep(first)
    _centre(tmp_path / "config", ring_s=9)
    second = load(file)
    kept.keep(second)
    assert first.version != second.version
    again = kept.load(first.version)
    assert again.version == first.version
    assert again.config == first.config
    assert kept.live() == second.version


def test_files_of_use_are_kept_too(tmp_path: Path) -> None:
    """A version is all of its files: an edit of a part does not change the past."""
    file = _centre(tmp_path / "config")
    part = file.parent / "partes/mas.yaml"
    part.parent.mkdir()
    part.write_text("prompts: {extra: {es: Una frase más.}}\n", encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8") + "use: [partes/mas.yaml]\n", encoding="utf-8")
    kept = Versions(tmp_path / "versions", file.parent)
    loaded = load(file)
    assert "extra" in loaded.config.prompts
    kept.keep(loaded)
    part.write_text("prompts: {}\n", encoding="utf-8")
    assert "extra" in kept.load(loaded.version).config.prompts


def test_weights_are_kept_too(tmp_path: Path) -> None:
    """What the policy weighed by belongs to the version, though it lies in a file of its own."""
    file = _centre(tmp_path / "config")
    weights = file.parent / "weights.yaml"
    weights.write_text("policy: tuned\nnumbers: {g0: 0.5}\n", encoding="utf-8")
    text = file.read_text(encoding="utf-8")
    assert "routing: {policy: fair}" in text
    tuned = text.replace("{policy: fair}", "{policy: tuned, weights: weights.yaml}")
    file.write_text(tuned, encoding="utf-8")
    kept = Versions(tmp_path / "versions", file.parent)
    loaded = load(file)
    kept.keep(loaded)
    weights.write_text("policy: tuned\nnumbers: {g0: 0.9}\n", encoding="utf-8")
    assert kept.load(loaded.version).config.routing.numbers == {"g0": 0.5}


def test_an_unknown_version_is_an_error_of_its_own(tmp_path: Path) -> None:
    """Nothing is made up for a version that is not there."""
    kept = Versions(tmp_path / "versions", tmp_path)
    assert kept.live() is None
    with pytest.raises((OSError, ConfigError)):
        kept.load("0123456789ab")


def test_what_a_call_needs_is_not_pruned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go, but none that a call is pinned to."""
    monkeypatch.setattr(versions, "KEPT", 1)
    file = _centre(tmp_path / "config", ring_s=3)
    kept = Versions(tmp_path / "versions", file.parent)
    names = []
    for ring_s in (3, 4, 5):
        _centre(tmp_path / "config", ring_s=ring_s)
        loaded = load(file)
        kept.keep(loaded)
        names.append(loaded.version)
    kept.prune({names[0]})
    assert kept.load(names[0]).version == names[0]
    assert kept.load(names[2]).version == names[2]
    assert not (tmp_path / "versions" / names[1]).exists()
