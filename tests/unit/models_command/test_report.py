"""What `centralita models` tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from asr.models import folder_of
from centralita.cli import app
from centralita.home import Home
from centralita.models_command import report
from centralita.models_command.configured import Configured
from centralita.models_command.report import check, list_lines, rows
from centralita.models_command.trial import Trial
from tests.unit.config.good import GOOD
from tests.unit.models_command.scene import VOSK, WHISPER, write

pytestmark = pytest.mark.unit

SPEECH = """\
speech:
  languages:
    es: {model: vosk-model-small-es-0.42}
    en: {engine: whisper, model: whisper-base}
"""
WELL = Trial({"problem": "", "load_s": 2.5, "limits": True, "heard": "", "unknown": [], "memory_mb": 300})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def configured(home: Home, speech: str = SPEECH) -> Configured:
    file = home.path / "centro.yaml"
    file.write_text(GOOD + speech)
    return Configured.of(home, file)


def test_a_model_that_is_not_there_is_told_with_how_to_get_it(home: Home) -> None:
    """And that all goes on by keypad meanwhile."""
    lines, well = check(configured(home))
    text = "\n".join(lines)

    assert not well
    assert "es: vosk-model-small-es-0.42: no existe la carpeta" in text
    assert "--language es --name vosk-model-small-es-0.42" in text
    assert text.count("teclado") == 2


def test_without_speech_there_is_nothing_to_check(home: Home) -> None:
    """That is no failure: callers press keys."""
    lines, well = check(configured(home, ""))

    assert well
    assert "teclado" in lines[0]


def test_what_works_is_told_with_its_cost(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds and memory: who runs the machine wants to know."""
    write(home.path / "models/vosk-model-small-es-0.42", VOSK)
    write(home.path / "models/whisper-base", WHISPER)
    monkeypatch.setattr(report, "try_model", lambda *_: WELL)

    lines, well = check(configured(home))

    assert well
    assert all("2.5 s" in line and "300 MB" in line for line in lines)


def test_words_that_a_model_does_not_know_are_a_failure(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller who says them would never be heard: the words are named."""
    write(home.path / "models/vosk-model-small-es-0.42", VOSK)
    trouble = Trial(WELL.answer, ("no conoce estas palabras: wifi / unknown",))
    monkeypatch.setattr(report, "try_model", lambda *_: trouble)

    lines, well = check(configured(home, "speech: {languages: {es: {model: vosk-model-small-es-0.42}}}\n"))

    assert not well
    assert "wifi" in "\n".join(lines) and "teclado" not in "\n".join(lines)


def test_a_model_of_another_language_or_engine_is_told(home: Home) -> None:
    """What lies in the folder is looked at, not only its name."""
    write(home.path / "models/vosk-model-small-es-0.42", WHISPER)
    lines, well = check(configured(home, "speech: {languages: {es: {model: vosk-model-small-es-0.42}}}\n"))
    assert not well and "engine: vosk" in lines[0]

    write(home.path / "models/vosk-model-small-ko-0.22", VOSK)
    found = rows(configured(home, "speech: {languages: {es: {model: vosk-model-small-ko-0.22}}}\n"))
    assert "modelo de «ko»" in found[0].trouble


def test_the_list_has_those_expected_and_those_not_in_use(home: Home) -> None:
    """Expected ones first, with what is missing; of the others that nobody uses them."""
    write(home.path / "models/vosk-model-small-es-0.42", VOSK)
    write(home.path / "models/otro", {**VOSK, "graph/HCLG.fst": b"x"})
    write(home.path / "models/.new", VOSK)

    found = {row.name: row for row in rows(configured(home))}

    assert list(found) == ["vosk-model-small-es-0.42", "whisper-base", "otro"]
    assert (found["vosk-model-small-es-0.42"].language, found["vosk-model-small-es-0.42"].limits) == (
        "es",
        True,
    )
    assert found["whisper-base"].trouble and found["whisper-base"].used_for == ("en",)
    assert (found["otro"].limits, found["otro"].used_for) == (False, ())
    text = "\n".join(list_lines(found.values()))
    assert "takes no lists of phrases" in text and "not in use" in text and "used for: es" in text


def test_the_phrases_of_a_language_are_all_that_is_listened_for(home: Home) -> None:
    """Of menus that are asked by voice, with digits, yes and no; of others nothing."""
    (home.path / "centro.yaml").write_text(
        GOOD.replace(
            'menu: {menu: pulse, keys: {"1": cola,',
            "menu: {menu: pulse, spoken: hola, phrases: "
            '{"1": {es: [ventas, comprar], en: [sales]}, "9": [english]}, '
            'keys: {"1": cola,',
        )
        + SPEECH
    )
    found = Configured.of(home, home.path / "centro.yaml")

    spanish = found.phrases("es")
    assert spanish[:3] == ("ventas", "comprar", "english")
    assert {"uno", "nueve", "sí", "no"} <= set(spanish)
    assert found.phrases("en")[:2] == ("sales", "english")
    assert "ventas" not in found.phrases("en")


def test_models_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    """Wherever the administrator keeps them."""
    assert folder_of(tmp_path, "vosk-es") == tmp_path / "vosk-es"
    assert folder_of(tmp_path, "/srv/models/es") == Path("/srv/models/es")
    assert folder_of(tmp_path, "~/es") == Path.home() / "es"


def test_the_command_itself(home: Home) -> None:
    """What is printed, and the status for scripts."""
    configured(home)
    where = ["--home", str(home.path), "--config", str(home.path / "centro.yaml")]
    run = CliRunner()

    listed = run.invoke(app, ["models", "list", "--json", *where])
    assert [row["name"] for row in json.loads(listed.stdout)] == ["vosk-model-small-es-0.42", "whisper-base"]
    assert run.invoke(app, ["models", "list", *where]).exit_code == 0
    assert run.invoke(app, ["models", "check", *where]).exit_code == 1
    failed = run.invoke(app, ["models", "install", "/no/such/file.zip", *where])
    assert failed.exit_code == 1
    assert "no existe /no/such/file.zip" in failed.output and "teclado" in failed.output


def test_a_broken_configuration_is_told(home: Home) -> None:
    """As `centralita check` does."""
    (home.path / "centro.yaml").write_text("schema: acd/1\n")
    run = CliRunner().invoke(
        app, ["models", "list", "--home", str(home.path), "--config", str(home.path / "centro.yaml")]
    )

    assert run.exit_code == 1
    assert "centro.yaml" in run.output
