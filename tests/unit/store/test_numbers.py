from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centralita.store.numbers import NumberError, is_e164, masked, to_e164

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "spelling",
    [
        "911234567",
        "911 23 45 67",
        "91-123.45.67",
        "91/1234567",
        "(91) 123 45 67",
        "+34 911 234 567",
        "+34911234567",
        "0034 911 234 567",
        "(0034) 911-234-567",
        "911\u00a0234\u00a0567",
    ],
)
def test_every_usual_spelling_is_one_number(spelling: str) -> None:
    """Stored once, in one form: no later comparison has to guess."""
    assert to_e164(spelling) == "+34911234567"


@pytest.mark.parametrize(
    ("text", "region", "es", "en"),
    [
        ("", "ES", "no es un número", "not a telephone number"),
        ("hola", "ES", "no es un número", "not a telephone number"),
        ("1800FLOWERS", "US", "no es un número", "not a telephone number"),
        ("+34911234567;ext=1", "ES", "no es un número", "not a telephone number"),
        ("٣٤٩١١٢٣٤٥٦٧", "ES", "no es un número", "not a telephone number"),
        ("91123", "ES", "faltan cifras para ES", "too few digits for ES"),
        ("112", "ES", "faltan cifras para ES", "too few digits for ES"),
        ("9112345678901", "ES", "sobran cifras para ES", "too many digits for ES"),
        ("+34111111111", "ES", "no existe tal número en ES", "no such number in ES"),
        ("911234567", "XX", "no existe el país «XX»", "no country 'XX'"),
    ],
)
def test_what_is_no_number_says_why(text: str, region: str, es: str, en: str) -> None:
    """In both languages, with the country that was assumed."""
    with pytest.raises(NumberError) as refused:
        to_e164(text, region)

    assert es in refused.value.es
    assert en in refused.value.en


@given(st.one_of(st.text(max_size=50), st.from_regex(r"\+?[0-9 ()/.-]{0,45}", fullmatch=True)))
def test_no_text_breaks_it_and_every_number_is_canonical(text: str) -> None:
    """Any text is refused or becomes a number that is its own canonical form."""
    try:
        number = to_e164(text)
    except NumberError:
        return

    assert is_e164(number)
    assert to_e164(number) == number


def test_a_masked_number_tells_nobody() -> None:
    """Country and last digits are left; of a short one nothing."""
    assert masked("+34911234567") == "+34…567"
    assert masked("+341") == "…"
