"""
Do two phrases sound alike over a telephone? A rough guess, by spelling.

Letters are folded to how they sound (in Spanish b and v, c and z, h), then
counted is how many must change to make one phrase of the other.
"""

from __future__ import annotations

import re
import unicodedata

from ivr.phrases import plain

ALIKE = 0.2
"""Share of the letters of the longer phrase that may differ; one letter always may."""

_SPANISH = (
    (r"ch", "1"), (r"ll", "y"), (r"ñ", "2"), (r"qu(?=[ei])", "k"), (r"gu(?=[ei])", "g"), (r"g(?=[ei])", "j"),
    (r"c(?=[ei])", "s"), (r"c", "k"), (r"z", "s"), (r"x", "s"), (r"v", "b"), (r"h", ""), (r"w", "u"),
    (r"y\b", "i"), (r"rr", "r"),
)  # fmt: skip
_ENGLISH = (
    (r"\bkn", "n"), (r"\bwr", "r"), (r"ph", "f"), (r"gh", ""), (r"wh", "w"), (r"ck", "k"), (r"ch", "1"),
    (r"sh", "2"), (r"th", "3"), (r"c(?=[eiy])", "s"), (r"c", "k"), (r"qu", "kw"), (r"x", "ks"),
    (r"z", "s"), (r"e\b", ""), (r"[aeiouy]+", "a"),
)  # fmt: skip
_FOLDS = {"es": _SPANISH, "en": _ENGLISH}


def sound(phrase: str, lang: str) -> str:
    """The phrase in letters that stand for sounds; of other languages, without accents only."""
    text = plain(phrase).replace("ñ", "\0")
    bare = "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))
    text = bare.replace("\0", "ñ")
    for written, heard in _FOLDS.get(lang, ()):
        text = re.sub(written, heard, text)
    return re.sub(r"(.)\1", r"\1", text.replace(" ", ""))


def alike(one: str, other: str, lang: str) -> bool:
    """Whether a telephone might take one for the other."""
    first, second = sound(one, lang), sound(other, lang)
    longest = max(len(first), len(second))
    if longest < 3:
        return first == second
    return _changes(first, second) <= max(1, int(longest * ALIKE))


def _changes(one: str, other: str) -> int:
    """Letters put in, taken out or replaced, at least (Levenshtein's distance)."""
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, 1):
        before, row = row, [index]
        for place, wanted in enumerate(other, 1):
            row.append(min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != wanted)))
    return row[-1]
