"""The words that numbers are made of, for recognizers that are told what may come."""

from __future__ import annotations

import functools

from ivr.number_words import LANGUAGES, cardinal

_MORE = {"es": ("un", "doble", "triple"), "en": ("oh", "double", "triple")}


@functools.cache
def number_vocabulary(language: str) -> tuple[str, ...]:
    """Every word of 0 to 999 999, sorted; empty for a language whose numbers we cannot write."""
    if language not in LANGUAGES:
        return ()
    said = (cardinal(n, language, feminine=feminine) for n in range(1_001) for feminine in (False, True))
    words = (word for number in said for word in number.replace("-", " ").split())
    return tuple(sorted({*words, *_MORE[language]}))
