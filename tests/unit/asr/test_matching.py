"""What a recognizer heard, against what was asked for."""

from __future__ import annotations

import pytest

from asr.matching import STRANGE_MAX, Phrases, Words
from asr.number_vocabulary import number_vocabulary

pytestmark = pytest.mark.unit

MENU = Phrases(["Facturación", "factura de luz", "factura", "ventas", "sí"])


@pytest.mark.parametrize(
    ("heard", "phrase"),
    [
        ("facturación", "Facturación"),
        ("facturacion", "Facturación"),
        ("ventas ventas", "ventas"),
        ("si si", "sí"),
        ("Ventas.", "ventas"),
        ("ventas factura", None),
        ("", None),
    ],
)
def test_only_a_phrase_is_a_phrase(heard: str, phrase: str | None) -> None:
    """Case, accents and repeats are forgiven, other words are not; the phrase comes back as it was asked."""
    assert MENU.exact(heard) == phrase


def test_a_phrase_that_goes_on_is_not_settled() -> None:
    """After 'factura' may come 'de luz': nobody is cut off there."""
    assert MENU.settled("factura de luz")
    assert MENU.settled("ventas")
    assert not MENU.settled("factura")
    assert not MENU.settled("")


def test_words_in_another_order_count_for_little() -> None:
    """A recognizer of few phrases loops over their words: what is none of them may not be acted upon."""
    assert MENU.judge("luz factura", 1.0) == Words("luz factura", STRANGE_MAX)


def test_other_sounds_beside_a_phrase_are_asked_back() -> None:
    """Unknown words around a phrase leave the phrase, not the certainty."""
    found = MENU.judge("[unk] ventas", 1.0)
    assert found.text == "ventas"
    assert 0.5 <= found.confidence < 0.85


def test_without_phrases_anything_counts() -> None:
    """Free speech is handed on as it was heard, with its own confidence."""
    assert Phrases([]).judge("uno uno dos", 0.7) == Words("uno uno dos", 0.7)


def test_numbers_come_in_any_order_and_keep_their_repeats() -> None:
    """'uno uno dos' is 112: repeats of a digit are digits; another word among them is no number."""
    number = Phrases([], number_vocabulary("es"))
    assert number.judge("uno uno dos", 0.9) == Words("uno uno dos", 0.9)
    assert number.judge("uno ventas", 0.9).confidence == STRANGE_MAX
    assert not number.settled("uno")


def test_phrases_and_numbers_together() -> None:
    """A question may take both: a phrase is a phrase, numbers are numbers."""
    both = Phrases(["no lo sé"], number_vocabulary("es"))
    assert both.judge("no lo se", 0.9).text == "no lo sé"
    assert both.judge("treinta y dos", 0.9) == Words("treinta y dos", 0.9)


def test_the_vocabulary_of_numbers() -> None:
    """Every word of a number up to 999 999, feminine ones too; none in languages we have no words for."""
    spanish = number_vocabulary("es")
    assert {"cero", "uno", "una", "veintidós", "y", "doscientas", "mil", "doble"} <= set(spanish)
    assert {"oh", "double", "hundred", "thousand", "twenty"} <= set(number_vocabulary("en"))
    assert number_vocabulary("ko") == ()
