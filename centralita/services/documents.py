"""What people know of themselves, in whatever spelling: documents, contract numbers, dates. Pure."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

from ivr.check_digits import completed
from ivr.flow import Check

LONGEST = 64
_GROUPING = re.compile(r"[\s./-]+")
_NIE = {"X": "0", "Y": "1", "Z": "2"}
"""What a foreigner's letter counts as (Orden INT/2058/2008); who has only keys can press no other."""


def canonical(value: object) -> str:
    """
    One spelling for all: capitals, nothing between digits, a Spanish document as eight digits and its letter.

    Empty for what says nothing, or is longer than any document.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = _GROUPING.sub("", str(value)).upper()
    if not 0 < len(text) <= LONGEST:
        return ""
    document = completed(Check.DNI, text)
    return text if document is None else _NIE.get(document[0], document[0]) + document[1:]


def same(given: str, known: object) -> bool:
    """Whether it is the same thing; takes as long for what nearly is as for what is not at all."""
    wanted = canonical(known)
    fits = hmac.compare_digest(canonical(given).encode(), wanted.encode())
    return fits and bool(wanted)


def keys_of(fields: Mapping[str, object]) -> list[tuple[str, str]]:
    """By which of its fields, and by what in them, a record can be found: those with a digit in them."""
    found = [(name, canonical(value)) for name, value in fields.items()]
    return [(name, value) for name, value in found if any(letter.isdigit() for letter in value)]
