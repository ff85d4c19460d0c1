"""
Long numbers that were said, hidden: a document, a card, an account is nobody's business who adds phrases.

Digits and number words alike ("doce treinta y cuatro..."), also with a word or two in between.
Rather too much is hidden than too little.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from asr.intents_text import plain
from ivr.number_words import LANGUAGES, cardinal

DIGITS_LEAST = 7
"""So many digits in a row are hidden: shorter ones are hours, amounts, years and numbers of orders."""
HIDDEN = "•••••••"
GAP_WORDS = 2
"""Other words ("eh", "y luego") that do not end a number."""
_TOKEN = re.compile(r"[0-9]|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class _Size:
    digits: int
    """Of the number that a word is."""
    room: int = 0
    """How many of them may still be said: the 34 of "doscientos treinta y cuatro"."""


_DIGIT = _Size(1)
_MORE: Mapping[str, Mapping[str, _Size]] = {
    "es": {"un": _DIGIT, "una": _DIGIT, "doble": _DIGIT, "triple": _Size(2), "ciento": _Size(3, 2)},
    "en": {"oh": _DIGIT, "o": _DIGIT, "nil": _DIGIT, "double": _DIGIT, "triple": _Size(2)},
}
"""Words of numbers that no number is written with."""
_JOINING = frozenset({"y", "and"})
_THOUSAND = {"es": "mil", "en": "thousand"}
_THOUSANDS = _Size(3, 3)


@dataclass(slots=True)
class _Run:
    """Number words that belong together so far."""

    start: int
    end: int
    digits: int = 0
    inside: int = 0
    """Digits counted already that may still be said."""
    gap: int = 0
    is_joined: bool = False
    """The next word belongs to the one before: "treinta y", "thirty-"."""

    def add(self, size: _Size) -> None:
        # "Veinte tres" may be 203; "doscientos veinte" hardly 20020.
        same = size.digits < self.inside or (
            size.digits == self.inside and (self.is_joined or self.inside > 1)
        )
        if not same or size == _THOUSANDS:
            self.digits += size.digits
        self.inside, self.is_joined = size.room, False


def masked(text: str, language: str) -> str:
    """What was said, with every number of `DIGITS_LEAST` digits or more hidden."""
    parts, at = [], 0
    for run in _runs(text, language):
        if run.digits >= DIGITS_LEAST:
            parts += [text[at : run.start], HIDDEN]
            at = run.end
    return "".join([*parts, text[at:]])


def _runs(text: str, language: str) -> Iterator[_Run]:
    words, run = _words(language), None
    for token in _TOKEN.finditer(text):
        word = plain(token.group())
        size = _DIGIT if word.isdigit() else words.get(word)
        if size is not None:
            run = run or _Run(token.start(), token.end())
            run.is_joined = run.is_joined or text[run.end : token.start()] == "-"
            run.add(size)
            run.end, run.gap = token.end(), 0
        elif run is not None and word in _JOINING:
            run.is_joined = True
        elif run is not None:
            run.inside, run.gap, run.is_joined = 0, run.gap + 1, False
            if run.gap > GAP_WORDS:
                yield run
                run = None
    if run is not None:
        yield run


@functools.cache
def _words(language: str) -> Mapping[str, _Size]:
    if language not in LANGUAGES:
        return {}
    found = {_THOUSAND[language]: _THOUSANDS, **_MORE[language]}
    for number in (*range(31), *range(40, 100, 10), *range(100, 1_000, 100)):
        written = str(number)
        # "veinte" may go on with "y cuatro"; "doce" is over.
        round_ = number >= 20 and number % 10 == 0
        room = len(written) - 1 if round_ else 0
        for word in plain(cardinal(number, language)).split():
            if word not in _JOINING:
                found.setdefault(word, _Size(len(written), room))
    return found
