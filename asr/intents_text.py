"""What is compared when somebody's words are to be understood: plain text, and the pieces of its words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

TEXT_MAX = 400
"""Letters of an utterance that are looked at: half a minute of speech."""
SHORTEST, LONGEST = 2, 5
"""Letters of a piece."""
_WORD = re.compile(r"[^\W_]+")
_JOINED = str.maketrans("", "", "'’")


def plain(text: str) -> str:
    """Lower case, without accents, signs and double blanks: what a recogniser and a person write alike."""
    spread = unicodedata.normalize("NFKD", text[:TEXT_MAX].casefold().translate(_JOINED))
    letters = "".join(letter for letter in spread if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(unicodedata.normalize("NFC", letters)))


def pieces(text: str) -> Iterator[str]:
    """
    Every run of `SHORTEST` to `LONGEST` letters within a word and its blanks, as often as it occurs.

    A word that was heard half wrong still shares most of them. Source: scikit-learn's `char_wb`.

    Args:
        text: As `plain` gives it.
    """
    for word in text.split():
        framed = f" {word} "
        for size in range(SHORTEST, LONGEST + 1):
            if size >= len(framed):
                yield framed
                break
            for start in range(len(framed) - size + 1):
                yield framed[start : start + size]
