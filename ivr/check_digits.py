"""
Numbers that prove themselves, by the formulas of `ivr.flow.Check`. Pure.

They catch what was misheard or mistyped (any single wrong digit, save where it is said
otherwise), and prove nothing about who says them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ivr.flow import Check

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
"""By the remainder from 23: Real Decreto 1553/2005 art. 11; Orden INT/2058/2008 for foreigners' numbers."""
_NIE_FIRST = {"X": "0", "Y": "1", "Z": "2"}
_DOCUMENT = re.compile(r"([XYZ]?)([0-9]{1,8})([A-Z]?)")
_LONGEST = 64
_DNI_DIGITS, _NIE_DIGITS, _TYPED_FEWEST = 8, 7, 6


def completed(check: Check, number: str) -> str | None:
    """
    A number as it is kept, or None if it is not valid.

    Args:
        check: The formula.
        number: Digits; of a document with its letters, which callers may leave out at the end.

    Returns:
        The number itself; of a document with its letter, which follows from the digits.
    """
    if check is Check.DNI:
        return _document(number.upper())
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST):
        return None
    return number if _FORMULAS[check](number) else None


def is_valid(check: Check, number: str) -> bool:
    """Whether a number passes its check."""
    return completed(check, number) is not None


def _luhn(number: str) -> bool:
    """ISO/IEC 7812-1 annex B: every second digit from the right doubled, digits of the products added."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return len(number) > 1 and sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _mod11(number: str) -> bool:
    """Weights 2 to 7 from the right, again and again; the last digit is 11 less the remainder, 11 being 0."""
    body, last = number[:-1], number[-1:]
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(body)))
    expected = (11 - total % 11) % 11
    return bool(body) and expected < 10 and last == str(expected)


def _mod97(number: str) -> bool:
    """ISO 7064 MOD 97-10: the number with its two check digits leaves 1."""
    return len(number) > 2 and int(number) % 97 == 1


def _gs1(number: str) -> bool:
    """GS1 General Specifications, 7.9: weights 1 and 3 from the right, a sum that 10 divides."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(number)))
    return len(number) > 1 and total % 10 == 0


def _document(number: str) -> str | None:
    """A DNI (8 digits) or NIE (X, Y or Z and 7 digits), with its letter."""
    found = _DOCUMENT.fullmatch(number)
    if found is None:
        return None
    first, digits, letter = found.groups()
    width = _NIE_DIGITS if first else _DNI_DIGITS
    if not _TYPED_FEWEST <= len(digits) <= width:
        return None
    digits = digits.zfill(width)
    right = _DNI_LETTERS[int(_NIE_FIRST.get(first, "") + digits) % 23]
    return f"{first}{digits}{right}" if letter in {"", right} else None


_FORMULAS: Mapping[Check, Callable[[str], bool]] = {
    Check.NONE: lambda _number: True,
    Check.LUHN: _luhn,
    Check.MOD11: _mod11,
    Check.MOD97: _mod97,
    Check.GS1: _gs1,
}
