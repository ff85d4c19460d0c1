"""Texts with places for values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.reading import Kind
from ivr.templates import Place, TemplateError, fill, parse, places

pytestmark = pytest.mark.unit


def test_a_place_names_a_value_and_how_it_is_read() -> None:
    """Without a kind the value is text."""
    assert parse("Debe {saldo: money}, {nombre}.") == (
        "Debe ",
        Place("saldo", Kind.MONEY),
        ", ",
        Place("nombre", Kind.TEXT),
        ".",
    )


def test_values_are_said_in_the_language_of_the_sentence() -> None:
    """The same value, two languages."""
    assert fill("Debe {saldo: money}.", {"saldo": "2"}, "es") == "Debe dos euros."
    assert fill("You owe {saldo: money}.", {"saldo": "2"}, "en") == "You owe two euros."


def test_a_sentence_without_its_value_is_not_said() -> None:
    """Nobody hears half a sentence."""
    assert fill("Debe {saldo}.", {}, "es") is None


@pytest.mark.parametrize("text", ["{", "a } b", "{}", "{Saldo}", "{saldo: dinero}", "{a{b}}", "{saldo:}"])
def test_a_place_that_is_none_is_found(text: str) -> None:
    """At check time, with what stands there; a caller would hear nothing of it."""
    with pytest.raises(TemplateError) as error:
        places(text)
    assert error.value.place and error.value.place in text
    assert fill(text, {"saldo": "1", "a": "1", "b": "1"}, "es") is None


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_no_text_breaks_it(text: str, values: dict[str, str]) -> None:
    """Whatever an administrator or a CRM writes."""
    said = fill(text, values, "es")
    assert said is None or isinstance(said, str)


@given(st.text())
def test_a_value_is_never_read_as_a_place(value: str) -> None:
    """What a CRM answers cannot ask for another variable."""
    assert fill("{x}", {"x": value, "secreto": "1234"}, "es") == value
