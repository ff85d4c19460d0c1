"""Long numbers that callers said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centralita.understanding.masking import HIDDEN, masked
from ivr.number_words import cardinal

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("mi documento es 12345678 zeta", f"mi documento es {HIDDEN} zeta"),
        ("el 4539 1488-0343.6467, gracias", f"el {HIDDEN}, gracias"),
        ("uno dos tres eh cuatro cinco seis siete vale", f"{HIDDEN} vale"),
        ("doce treinta y cuatro cincuenta y seis setenta y ocho", HIDDEN),
        ("doce tres doce tres doce", HIDDEN),
        ("doble cinco triple dos tres cuatro", HIDDEN),
        ("ciento veinte cuatrocientos cinco doce", HIDDEN),
        ("es el 600 111 222 y me llamo Ana", f"es el {HIDDEN} y me llamo Ana"),
    ],
)
def test_a_number_of_seven_digits_is_hidden(said: str, kept: str) -> None:
    """In figures or in words, in groups, with hesitation in between."""
    assert masked(said, "es") == kept


@pytest.mark.parametrize(
    "said",
    [
        "quiero una factura y dos recibos",
        "me han cobrado mil doscientos treinta y cuatro euros con cincuenta",
        "el doce de mayo de dos mil veinticinco a las tres y media",
        "el pedido 123456",
        "no entiendo la factura",
        "",
    ],
)
def test_amounts_dates_and_short_numbers_stay(said: str) -> None:
    """They say why somebody calls, and nobody is known by them."""
    assert masked(said, "es") == said


def test_english_and_languages_whose_words_we_do_not_have() -> None:
    """Words of English; of others the figures."""
    assert masked("my card is four five three nine one four eight eight", "en") == f"my card is {HIDDEN}"
    assert masked("double oh seven four three two one", "en") == HIDDEN
    assert masked("two thousand and twenty five", "en") == "two thousand and twenty five"
    assert masked("mein Ausweis 1234567 bitte", "de") == f"mein Ausweis {HIDDEN} bitte"


@given(
    digits=st.text("0123456789", min_size=7, max_size=20),
    sizes=st.lists(st.integers(1, 3), min_size=20, max_size=20),
    language=st.sampled_from(["es", "en"]),
)
def test_no_long_number_is_ever_left_however_it_is_grouped(
    digits: str, sizes: list[int], language: str
) -> None:
    """One by one, in pairs, in threes: as people dictate; groups with a 0 at an end digit by digit."""
    words, at = [], 0
    for size in sizes:
        group = digits[at : at + size]
        at += size
        if group[:1] == "0" or group[-1:] == "0":
            words += [cardinal(int(digit), language) for digit in group]
        elif group:
            words.append(cardinal(int(group), language))

    left = masked(" ".join(words), language)

    assert HIDDEN in left
