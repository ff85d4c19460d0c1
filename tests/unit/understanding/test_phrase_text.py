"""One more phrase in the text of a configuration: there, and nothing else changed."""

from __future__ import annotations

from typing import Any

import pytest

from centralita.understanding.phrase_text import NowhereError, with_phrase
from config.tree import parse

pytestmark = pytest.mark.unit

TEXT = """\
# arriba
intents:
  factura:   # dinero
    label: Facturación
    examples:
      es:
        # las primeras
        - no entiendo   # comentario
        - quiero pagar  # último

      en: [hello, 'it''s me',]  # al lado
  baja: {label: Baja, examples: {es: [adiós, hasta luego]}}
  largo:
    label: Largo
    examples: {es: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbb, ccccccccccccccccccc ddddd]}
  plegado:
    label: Plegado
    examples:
      es:
      - >
        uno dos
        tres
queues: {}   # abajo
"""
INTENTS = ("factura", "baja", "largo", "plegado")


def whole(text: str) -> Any:
    found = parse(text, "x.yaml")
    assert not found.problems
    return found.value


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("language", ["es", "en", "fr"])
@pytest.mark.parametrize(
    "phrase", ["quiero salir", "no: #1", "null", "¿cuánto es?", "12", "it's 5, ok [x]", '"']
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_phrase_is_the_last_example_and_all_else_is_as_it_was(
    intent: str, language: str, phrase: str, end: str
) -> None:
    """In lists of either form, of a language that has none yet, with signs that YAML takes for its own."""
    text = TEXT.replace("\n", end)
    wanted = whole(text)
    wanted["intents"][intent]["examples"].setdefault(language, []).append(phrase)

    fresh = with_phrase(text, intent, language, phrase)

    assert whole(fresh) == wanted
    assert fresh.count("#") - phrase.count("#") == text.count("#")
    assert ("\r\n" in fresh) == (end == "\r\n") and fresh.count("\n") == fresh.count(end)


def test_it_stands_where_a_person_would_write_it() -> None:
    """Below the last one, at the same place in the line, comments and empty lines left alone."""
    lines = with_phrase(TEXT, "factura", "es", "me voy").splitlines()

    at = lines.index("        - quiero pagar  # último")
    assert lines[at + 1 : at + 3] == ["        - me voy", ""]
    assert "      en: [hello, 'it''s me', me voy,]  # al lado" in with_phrase(TEXT, "factura", "en", "me voy")
    assert "es: [adiós, hasta luego], en: [bye]" in with_phrase(TEXT, "baja", "en", "bye")


def test_a_long_list_goes_on_in_a_new_line() -> None:
    """Nobody wants to scroll."""
    lines = with_phrase(TEXT, "largo", "es", "quiero una cosa larga de verdad").splitlines()

    assert any(line.strip() == "quiero una cosa larga de verdad]}" for line in lines)


def test_a_file_without_end_of_line_and_an_empty_list() -> None:
    """What editors leave behind."""
    open_end = "intents:\n  a:\n    examples:\n      es:\n        - uno"
    assert whole(with_phrase(open_end, "a", "es", "dos"))["intents"]["a"]["examples"]["es"] == ["uno", "dos"]
    empty = "intents: {a: {examples: {es: [], en: [x]}}}"
    assert whole(with_phrase(empty, "a", "es", "dos"))["intents"]["a"]["examples"]["es"] == ["dos"]


@pytest.mark.parametrize(
    ("text", "intent"), [(TEXT, "otra"), ("queues: {}", "baja"), ("intents: {}", "baja"), ("", "a")]
)
def test_an_intent_that_is_not_there_is_found_nowhere(text: str, intent: str) -> None:
    """It may stand in another file of the same configuration."""
    with pytest.raises(NowhereError):
        with_phrase(text, intent, "es", "x")
