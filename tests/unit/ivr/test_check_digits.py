"""Known answers from the standards and from numbers in wide use as examples."""

from __future__ import annotations

import pytest

from ivr.check_digits import completed, is_valid
from ivr.flow import Check

pytestmark = pytest.mark.unit

RIGHT = {
    Check.LUHN: ["79927398713", "4111111111111111", "18"],  # the second: the card schemes' test number
    Check.MOD11: ["123456785", "111111111"],  # Chile's RUT 12.345.678-5 and 11.111.111-1
    Check.MOD97: ["79444"],  # ISO 7064: 794 has the check digits 44
    Check.GS1: ["4006381333931", "376104250021234569", "036000291452"],  # EAN, SSCC, UPC
}


@pytest.mark.parametrize(
    ("check", "number"), [(check, each) for check, all_ in RIGHT.items() for each in all_]
)
def test_known_numbers_pass(check: Check, number: str) -> None:
    """As printed."""
    assert completed(check, number) == number


@pytest.mark.parametrize("check", [Check.LUHN, Check.MOD11, Check.MOD97, Check.GS1])
def test_every_single_wrong_digit_is_caught(check: Check) -> None:
    """All places, all digits."""
    number = RIGHT[check][0]
    wrong = [
        number[:place] + digit + number[place + 1 :]
        for place in range(len(number))
        for digit in "0123456789"
        if digit != number[place]
    ]

    assert not any(is_valid(check, each) for each in wrong)


@pytest.mark.parametrize("check", [Check.LUHN, Check.MOD11, Check.MOD97, Check.GS1])
@pytest.mark.parametrize("text", ["", "0", "7", "12a4", "١٢٣", "-1", "12 34"])
def test_what_is_no_number_is_not_valid(check: Check, text: str) -> None:
    """Letters, signs, other scripts, and nothing at all."""
    assert completed(check, text) is None


def test_a_remainder_that_has_no_digit_is_never_valid() -> None:
    """Modulo 11, a remainder of 1 would need a 10."""
    assert not any(is_valid(Check.MOD11, f"6{digit}") for digit in "123456789")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("12345678Z", "12345678Z"),
        ("12345678z", "12345678Z"),
        ("12345678", "12345678Z"),
        ("X1234567L", "X1234567L"),
        ("Y1234567X", "Y1234567X"),
        ("Z1234567", "Z1234567R"),
        ("1234567", "01234567L"),
    ],
)
def test_documents_are_kept_with_their_letter(said: str, kept: str) -> None:
    """12345678Z and X1234567L stand in the authorities' own explanations; seven digits begin with a 0."""
    assert completed(Check.DNI, said) == kept


@pytest.mark.parametrize(
    "said", ["12345678A", "123456789Z", "12345", "W1234567L", "X12345678L", "Z", "", "12345678ZZ"]
)
def test_documents_that_cannot_be(said: str) -> None:
    """A wrong letter, too many digits, too few, another first letter."""
    assert completed(Check.DNI, said) is None


def test_without_a_check_any_digits_do() -> None:
    """But digits they are."""
    assert completed(Check.NONE, "007") == "007"
    assert completed(Check.NONE, "12b") is None
