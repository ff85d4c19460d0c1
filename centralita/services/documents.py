"""What people know of themselves, in whatever spelling: documents, contract numbers, dates. Pure."""

from __future__ import annotations

import hmac
import re

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


def spellings(given: str) -> tuple[str, ...]:
    """How a record may have it, without what groups digits."""
    text, whole = _GROUPING.sub("", given).upper(), canonical(given)
    if not whole:
        return ()
    found = [text, whole]
    if completed(Check.DNI, text) is not None:
        found += [whole[:-1], whole[:-1].lstrip("0")]
        letters = [letter for letter, digit in _NIE.items() if whole.startswith(digit)]
        found += [part for letter in letters for part in (letter + whole[1:], letter + whole[1:-1])]
    return tuple(dict.fromkeys(found))
