"""Whatever is said: the words of the IVR never fail, and say the same of the same."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr import slots
from ivr.check_digits import completed
from ivr.flow import Check
from ivr.number_words import cardinal
from ivr.phrases import Option, collapsed, folded, matched, plain, yes_or_no
from ivr.spoken_numbers import READINGS_MAX, readings

pytestmark = pytest.mark.property

words = st.sampled_from(
    [
        "doce",
        "treinta",
        "y",
        "mil",
        "cien",
        "ciento",
        "doble",
        "cero",
        "de",
        "la",
        "el",
        "euros",
        "con",
        "medio",
        "marzo",
        "mañana",
        "viernes",
        "pasado",
        "hace",
        "two",
        "hundred",
        "and",
        "thousand",
        "oh",
        "may",
        "third",
        "next",
        "ago",
        "in",
        "days",
        "dollars",
        "x",
        "z",
        "12",
        "3/4",
        "€",
        "2026-01-02",
        "sí",
        "no",
        "²",
    ]
)
texts = st.text(max_size=60) | st.lists(words, max_size=14).map(" ".join)
languages = st.sampled_from(["es", "en", "ko", ""])
days = st.dates(date(1990, 1, 1), date(2090, 1, 1))
unhurried = settings(deadline=None)


@unhurried
@given(texts, languages, days)
def test_slots_of_anything_are_well_formed(text: str, language: str, today: date) -> None:
    """A day that exists, an amount with two decimals, digits; or nothing."""
    found = slots.read(text, language, today)

    assert set(found) <= {"digits", "date", "amount"}
    assert date.fromisoformat(found.get("date", "2026-01-01"))
    assert re.fullmatch(r"[0-9]+\.[0-9]{2}", found.get("amount", "1.00"))
    assert re.fullmatch(r"[0-9]{3,}", found.get("digits", "123"))


@unhurried
@given(texts, languages, st.booleans())
def test_readings_of_anything_are_few_and_are_numbers(text: str, language: str, letters: bool) -> None:
    """Digits, and letters only where they are asked for."""
    found = readings(text, language, letters=letters)

    assert len(found) <= READINGS_MAX
    assert all(re.fullmatch(r"[0-9A-Z]+" if letters else r"[0-9]+", number) for number in found)


@unhurried
@given(st.integers(0, 999_999), st.sampled_from(["es", "en"]))
def test_a_number_in_words_is_read_as_that_number(number: int, language: str) -> None:
    """First of all its readings, over the whole range that is spoken."""
    assert readings(cardinal(number, language), language)[0] == str(number)


@unhurried
@given(
    st.sampled_from(Check), st.text(max_size=80) | st.from_regex(r"[XYZ]?[0-9]{1,20}[A-Z]?", fullmatch=True)
)
def test_what_is_kept_of_a_number_is_valid_and_stays_as_it_is(check: Check, number: str) -> None:
    """Checking twice changes nothing."""
    kept = completed(check, number)

    assert kept is None or completed(check, kept) == kept


@unhurried
@given(texts)
def test_texts_settle(text: str) -> None:
    """Plain, folded and collapsed texts are their own; a doubled one is the same option."""
    assert plain(plain(text)) == plain(text)
    assert folded(folded(text)) == folded(text)
    short = collapsed(folded(text))
    assert collapsed(short) == short
    if folded(text):
        option = Option(plain(text), "1")
        assert matched(text, (option,)) == option
    assert yes_or_no(text, "ko") is None
