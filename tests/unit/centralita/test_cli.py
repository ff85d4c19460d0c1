from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from centralita import logs, start
from centralita.cli import app
from centralita.home import Home
from centralita.install.errors import InstallError
from centralita.supervisor import Supervisor
from config import json_schema
from config.loader import example

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command without processes of its own, and with logs left alone."""

    async def nothing(_: Supervisor) -> None:
        return None

    monkeypatch.setattr(Supervisor, "prewarm", nothing)
    monkeypatch.setattr(logs, "configure_logs", lambda _: None)


def run(*words: str, **environ: str) -> Result:
    return CliRunner().invoke(app, words, env=environ)


def test_without_a_command_it_explains_itself() -> None:
    """Both commands, in both languages."""
    said = run().output

    assert "run" in said and "check" in said
    assert "start the centre" in said and "Arranca el centro" in said


def test_a_good_configuration_is_said_to_be_good() -> None:
    """Exit 0, the file and its version: what a deployment can look at."""
    result = run("check", str(example()))

    assert result.exit_code == 0
    assert "correcta / valid" in result.output


def test_a_bad_configuration_is_told_line_by_line(tmp_path: Path) -> None:
    """Exit 1, and on standard error where the mistake is."""
    shutil.copytree(example().parent, tmp_path, dirs_exist_ok=True)
    file = tmp_path / example().name
    file.write_text(file.read_text(encoding="utf-8").replace("ventas: 9", "ventas: 99"), encoding="utf-8")
    result = run("check", str(file))

    assert result.exit_code == 1
    assert f"{file}:" in result.stderr
    assert result.stdout == ""


def test_programs_read_the_problems_as_json(tmp_path: Path) -> None:
    """A list on standard output, empty if all is well; the exit code stays."""
    shutil.copytree(example().parent, tmp_path, dirs_exist_ok=True)
    file = tmp_path / example().name
    good = run("check", "--json", str(file))
    file.write_text(file.read_text(encoding="utf-8").replace("ventas: 9", "ventas: 99"), encoding="utf-8")
    bad = run("check", "--json", str(file))

    assert (good.exit_code, json.loads(good.stdout)) == (0, [])
    assert bad.exit_code == 1
    (problem,) = json.loads(bad.stdout)
    assert (problem["code"], problem["file"], problem["severity"]) == ("level", str(file), "error")
    assert problem["line"] > 1 and problem["column"] > 1
    assert problem["key"] == "agents.ana.skills.ventas"
    assert problem["es"] and problem["en"] and problem["fix_es"] and problem["fix_en"]


def test_a_warning_is_told_and_does_not_fail(tmp_path: Path) -> None:
    """Exit 0: what is never used keeps no centre from starting."""
    shutil.copytree(example().parent, tmp_path, dirs_exist_ok=True)
    file = tmp_path / example().name
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("prompts:\n", "prompts:\n  nadie: {es: A., en: B.}\n"), encoding="utf-8")
    result = run("check", str(file))

    assert result.exit_code == 0
    assert "aviso/warning: prompts.nadie" in result.stdout and "correcta / valid" in result.stdout


def test_the_json_schema_is_printed_for_editors() -> None:
    """The same text as in docs/schema."""
    result = run("schema")

    assert result.exit_code == 0
    assert result.stdout == json_schema.text()


def test_an_address_that_is_none_is_refused_before_anything_starts(tmp_path: Path) -> None:
    """Exit 1 with a text in both languages, no traceback, no Asterisk fetched."""
    result = run("run", "--home", str(tmp_path), BIND="0.0.0.0")  # noqa: S104  # refused

    assert result.exit_code == 1
    assert "no dice qué dirección" in result.stderr and "does not say which address" in result.stderr
    assert "Traceback" not in result.output


def test_a_start_that_fails_says_why_and_how_to_mend_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the installation is a text and an exit code, for the person and for the script."""

    def refuse(**_: object) -> None:
        raise InstallError("no hay Asterisk; ponga ASTERISK_ROOT / no Asterisk; set ASTERISK_ROOT")

    monkeypatch.setattr(start, "ensure_asterisk", refuse)
    result = run("run", "--home", str(tmp_path))

    assert (result.exit_code, result.stderr) == (
        1,
        "no hay Asterisk; ponga ASTERISK_ROOT / no Asterisk; set ASTERISK_ROOT\n",
    )


def test_a_home_in_use_is_refused(tmp_path: Path) -> None:
    """The second `run` in one folder ends with 1 and says so."""
    home = Home(tmp_path.resolve())
    home.make()
    home.lock()
    result = run("run", CENTRALITA_HOME=str(tmp_path))

    assert result.exit_code == 1
    assert "ya hay un centro en marcha" in result.stderr
