"""`centralita explain`, on an installation that does not run."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from centralita.cli import app
from centralita.home import Home
from centralita.store.projection import Projection
from centralita.tasks import spawn
from tests.unit.store.samples import call

pytestmark = pytest.mark.unit


@pytest.fixture
def home(tmp_path: Path) -> Path:
    async def fill() -> None:
        projection = Projection(Home(tmp_path).database_url, spawn)
        assert await projection.start()
        for n in range(2):
            for seq, at_ms, records, asides in call(n):
                projection.put(seq, at_ms, records, asides)
        await projection.close()

    asyncio.run(fill())
    return tmp_path


def run(home: Path, *words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["explain", *words, "--home", str(home)])
    return result.exit_code, result.stdout, result.stderr


def test_it_answers_in_both_languages(home: Path) -> None:
    """Spanish unless English is asked for."""
    assert "Por qué ana" in run(home, "c0")[1]
    assert "Why not beto: talking" in run(home, "c0", "--agent", "beto", "--lang", "en")[1]


def test_json_holds_the_fields_and_the_text(home: Path) -> None:
    """The same as the API's answer."""
    code, out, _ = run(home, "c0", "--json")
    told = json.loads(out)

    assert code == 0
    assert told["offers"][0]["explanation"]["not_chosen"][0]["agents"] == ["beto"]
    assert told["text"].startswith("Contacto c0")


def test_a_rerun_without_journal_says_why(home: Path) -> None:
    """The stored answer stands above it all the same."""
    code, out, _ = run(home, "c0", "--rerun")

    assert code == 0
    assert "Por qué ana" in out
    assert "el diario ya no llega hasta esa oferta" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("c00",), "¿quiso decir"),
        (("zzz",), "GET /api/contacts"),
        (("c0", "--agent", "bet"), "¿quiso decir «beto»?"),
        (("c0", "--offer", "2"), "No hay oferta 2: el contacto tuvo 1."),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(home: Path, words: tuple[str, ...], said: str) -> None:
    """Exit 1, and how to mend it."""
    code, _, err = run(home, *words)

    assert code == 1
    assert said in err


def test_no_centre_here_is_said(tmp_path: Path) -> None:
    """Not a traceback, and no empty database left behind."""
    code, _, err = run(tmp_path / "nada", "c0")

    assert code == 1
    assert "use --home" in err
    assert not (tmp_path / "nada").exists()
