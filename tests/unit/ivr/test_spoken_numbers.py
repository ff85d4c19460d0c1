"""Numbers of several digits as people say them."""

from __future__ import annotations

import pytest

from ivr.number_words import cardinal
from ivr.spoken_numbers import READINGS_MAX, is_number_word, readings, value

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("uno dos tres cuatro", "1234"),
        ("doce treinta y cuatro", "1234"),
        ("cuarenta y dos", "42"),
        ("doble cero siete", "007"),
        ("triple nueve uno", "9991"),
        ("ciento veintitrés mil", "123000"),
        ("mil doscientos", "1200"),
        ("dos mil veintiséis", "2026"),
        ("ciento veintitrés cuatrocientos cincuenta y seis", "123456"),
        ("noventa y uno quinientos cincuenta y cinco doce treinta y cuatro", "915551234"),
        ("seis cero cero once once veintidós", "600111122"),
        ("Mi número es el uno, dos... tres", "123"),
        ("treinta y una", "31"),
        ("doscientas", "200"),
        ("12 34", "1234"),
        ("12.345", "12345"),
        ("cero", "0"),
    ],
)
def test_spanish(said: str, number: str) -> None:
    """Digit by digit, in pairs, in hundreds and thousands, with doubles and words between."""
    assert readings(said, "es")[0] == number


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("one two three four", "1234"),
        ("twelve thirty-four", "1234"),
        ("forty two", "42"),
        ("double oh seven", "007"),
        ("one hundred and twenty three", "123"),
        ("one hundred twenty three thousand", "123000"),
        ("two thousand and five", "2005"),
        ("nineteen eighty four", "1984"),
        ("my order is five five five", "555"),
    ],
)
def test_english(said: str, number: str) -> None:
    """The same ways of speaking."""
    assert readings(said, "en")[0] == number


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_number_below_two_thousand_is_read_as_it_is_written(language: str) -> None:
    """What our own prompts say is understood as first reading."""
    wrong = [n for n in range(2_000) if readings(cardinal(n, language), language)[0] != str(n)]

    assert wrong == []


@pytest.mark.parametrize("number", [12_345, 60_001, 100_100, 123_456, 999_999])
def test_hundreds_of_thousands(number: int) -> None:
    """Up to a million, in both languages."""
    assert readings(cardinal(number, "es"), "es")[0] == str(number)
    assert readings(cardinal(number, "en"), "en")[0] == str(number)


def test_what_may_be_several_numbers_is_given_in_all_readings() -> None:
    """The likeliest first; length or check digit will tell."""
    assert readings("veinte cinco", "es") == ("25", "205")
    assert readings("cien veinte", "es") == ("120", "10020")
    assert "12304" in readings("doce treinta y cuatro", "es")


@pytest.mark.parametrize(
    ("said", "document"),
    [
        ("doce treinta y cuatro cincuenta y seis setenta y ocho zeta", "12345678Z"),
        ("equis uno dos tres cuatro cinco seis siete ele", "X1234567L"),
        ("12345678Z", "12345678Z"),
        ("12345678 z", "12345678Z"),
        ("el doce treinta y cuatro", "1234"),
        ("es la letra a doce", "A12"),
    ],
)
def test_a_letter_belongs_to_a_document(said: str, document: str) -> None:
    """Right before or behind the digits."""
    assert readings(said, "es", letters=True)[0] == document


def test_without_being_asked_for_letters_are_passed_over() -> None:
    """They are the ends of other words then."""
    assert readings("doce treinta y cuatro de", "es") == readings("doce treinta y cuatro", "es")


@pytest.mark.parametrize("said", ["", "no lo sé", "y y y", "mil y", "doble", "양"])
def test_words_without_a_number(said: str) -> None:
    """Nothing is made up."""
    assert readings(said, "es") in {(), ("1000",)}


def test_figures_count_in_every_language() -> None:
    """Words of other languages do not."""
    assert readings("주문 12 34", "ko") == ("1234",)
    assert readings("uno dos", "ko") == ()
    assert not is_number_word("uno", "ko")


def test_a_flood_of_words_is_bounded() -> None:
    """However many ways there are to read it."""
    assert len(readings("veinte cinco " * 500, "es")) <= READINGS_MAX


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ciento dos euros", (102, 2)),
        ("15 euros", (15, 1)),
        ("euros", None),
        ("", None),
        ("treinta y", (30, 1)),
    ],
)
def test_the_number_at_the_beginning(words: str, found: tuple[int, int] | None) -> None:
    """And how many words it takes."""
    assert value(words.split(), "es") == found
