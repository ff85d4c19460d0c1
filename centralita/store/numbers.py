"""Telephone numbers in any spelling -> E.164, with the reason when there is none."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

HOME_REGION = "ES"
"""How a number without country is read when nobody says otherwise."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
# No letters: "1800 FLOWERS" is nobody's caller ID, and an extension is not a number.
_SPELLING = re.compile(r"\+?[0-9()\[\] ./\u00a0\u2010-\u2015-]{3,40}\Z")


class NumberError(ValueError):
    """Not a telephone number, and why, in Spanish and English."""

    def __init__(self, es: str, en: str) -> None:
        super().__init__(en)
        self.es, self.en = es, en


@lru_cache(maxsize=8192)
def is_e164(number: str) -> bool:
    """Whether this is a complete, valid number in its one canonical form, e.g. "+34911234567"."""
    if not _E164.match(number):
        return False
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return False
    canonical = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return canonical == number and phonenumbers.is_valid_number(parsed)


@lru_cache(maxsize=8192)
def to_e164(text: str, region: str = HOME_REGION) -> str:
    """
    The canonical form of a number, e.g. "+34911234567" for "911 23 45 67".

    Args:
        text: Any usual spelling: blanks, brackets, dots, slashes, "00" or "+" before the country.
        region: ISO 3166 country of numbers that name none, e.g. "ES".

    Raises:
        NumberError: Not a whole number of any country.
    """
    if not region_exists(region):
        raise NumberError(f"no existe el país «{region}»", f"there is no country '{region}'")
    if not _SPELLING.match(text.strip()):
        raise NumberError("no es un número de teléfono", "not a telephone number")
    try:
        parsed = phonenumbers.parse(text, region)
    except NumberParseException as error:
        raise NumberError("no es un número de teléfono", "not a telephone number") from error
    if not phonenumbers.is_valid_number(parsed):
        raise _invalid(parsed, region)
    return str(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))


@lru_cache(maxsize=8192)
def at_home(number: str, region: str) -> str | None:
    """
    The figures by which an E.164 number is dialled inside its country, e.g. "911234567".

    Args:
        number: E.164.
        region: ISO 3166.

    Returns:
        None for a number of another country, or for none at all.
    """
    if not is_e164(number):
        return None
    parsed = phonenumbers.parse(number, None)
    if phonenumbers.region_code_for_number(parsed) != region:
        return None
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    return re.sub(r"[^0-9]", "", written)


def region_exists(region: str) -> bool:
    return region in phonenumbers.SUPPORTED_REGIONS


def masked(number: str) -> str:
    """For what is kept or shown beside the number itself: country and last digits, e.g. "+34…567"."""
    return f"{number[:3]}…{number[-3:]}" if len(number) > 8 else "…"


def _invalid(parsed: phonenumbers.PhoneNumber, region: str) -> NumberError:
    country = phonenumbers.region_code_for_country_code(parsed.country_code or 0) or region
    match phonenumbers.is_possible_number_with_reason(parsed):
        case ValidationResult.TOO_SHORT | ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return NumberError(f"le faltan cifras para {country}", f"too few digits for {country}")
        case ValidationResult.TOO_LONG:
            return NumberError(f"le sobran cifras para {country}", f"too many digits for {country}")
        case _:
            return NumberError(f"no existe tal número en {country}", f"no such number in {country}")
