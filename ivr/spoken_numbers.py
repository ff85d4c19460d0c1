"""
Numbers of several digits as people say them, in Spanish and English. Pure.

"doce treinta y cuatro", "doble cero siete", "ciento veintitrés mil": the same words may stand
for several numbers ("veinte cinco" is 205 or 25), so all readings are given, the likeliest first;
length and check digit tell which it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ivr.phrases import folded

READINGS_MAX = 12
_TRIED_MAX = 400
"""Ways to group the words that are tried: long answers have too many."""
_TOKENS_MAX = 40
_FIGURES_MAX = 15


@dataclass(frozen=True, slots=True)
class _Words:
    """The number words of a language, without accents."""

    small: Mapping[str, int]
    """0 to 29 in one word."""
    tens: Mapping[str, int]
    hundreds: Mapping[str, int]
    hundred: str
    """After a unit: English only."""
    thousand: str
    times: Mapping[str, int]
    joint: str
    """Between tens and units."""
    letters: Mapping[str, str]


def _small(names: str, start: int = 0) -> dict[str, int]:
    return {name: number for number, name in enumerate(names.split(), start)}


_ES = _Words(
    small={
        **_small(
            "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"
            " dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro"
            " veinticinco veintiseis veintisiete veintiocho veintinueve"
        ),
        "un": 1,
        "una": 1,
        "veintiun": 21,
        "veintiuna": 21,
    },
    tens={
        "veinte": 20,
        "treinta": 30,
        "cuarenta": 40,
        "cincuenta": 50,
        "sesenta": 60,
        "setenta": 70,
        "ochenta": 80,
        "noventa": 90,
    },
    hundreds={
        "cien": 100,
        "ciento": 100,
        **{f"{name}t{end}s": 100 * n for n, name in ((2, "doscien"), (3, "trescien")) for end in "oa"},
        **{
            f"{name}cient{end}s": 100 * n
            for n, name in ((4, "cuatro"), (6, "seis"), (7, "sete"), (8, "ocho"), (9, "nove"))
            for end in "oa"
        },
        "quinientos": 500,
        "quinientas": 500,
    },
    hundred="",
    thousand="mil",
    times={"doble": 2, "triple": 3},
    joint="y",
    letters={
        **{letter: letter.upper() for letter in "abcdefghijklmnopqrstuvwxz"},
        **{
            name: letter
            for letter, names in {
                "B": "be",
                "C": "ce",
                "D": "de",
                "F": "efe",
                "G": "ge",
                "H": "hache",
                "J": "jota",
                "K": "ka",
                "L": "ele",
                "M": "eme",
                "N": "ene",
                "P": "pe",
                "Q": "cu",
                "R": "erre ere",
                "S": "ese",
                "T": "te",
                "V": "uve ve",
                "X": "equis",
                "Y": "ye griega",
                "Z": "zeta ceta",
            }.items()
            for name in names.split()
        },
    },
)
_EN = _Words(
    small={
        **_small(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
            " sixteen seventeen eighteen nineteen"
        ),
        "oh": 0,
        "o": 0,
        "a": 1,
    },
    tens={
        "twenty": 20,
        "thirty": 30,
        "forty": 40,
        "fifty": 50,
        "sixty": 60,
        "seventy": 70,
        "eighty": 80,
        "ninety": 90,
    },
    hundreds={},
    hundred="hundred",
    thousand="thousand",
    times={"double": 2, "triple": 3},
    joint="and",
    letters={letter: letter.upper() for letter in "bcdefghijklmnpqrstuvwxyz"}
    | {"zed": "Z", "zee": "Z", "ex": "X", "why": "Y"},
)
_LANGUAGES = {"es": _ES, "en": _EN}


def readings(text: str, language: str, *, letters: bool = False) -> tuple[str, ...]:
    """
    The numbers that these words may stand for, as digits, the likeliest first; at most `READINGS_MAX`.

    Words that belong to no number are passed over ("mi número es el ...").

    Args:
        text: What was heard; may hold figures too.
        language: Without words of ours for it, only figures count.
        letters: A letter before or behind the digits belongs to the number (Spanish documents).
    """
    words = _LANGUAGES.get(language)
    tokens = _tokens(folded(text).replace("-", " ").split(), words, letters=letters)
    found: dict[str, None] = {}
    for tried, reading in enumerate(_grouped(tokens, 0, words)):
        if reading:
            found.setdefault(reading)
        if len(found) == READINGS_MAX or tried >= _TRIED_MAX:
            break
    return tuple(found)


def value(words: Sequence[str], language: str) -> tuple[int, int] | None:
    """The whole number at the beginning of these folded words, and how many of them it takes."""
    known = _LANGUAGES.get(language)
    if words and is_figure(words[0]) and len(words[0]) <= _FIGURES_MAX:
        return int(words[0]), 1
    if known is None or not words:
        return None
    groups = _groups(words, 0, known)
    return None if not groups else (int(groups[0][0]), groups[0][1])


def is_figure(word: str) -> bool:
    """Whether a word is written in digits."""
    return word.isascii() and word.isdigit()


def is_number_word(word: str, language: str) -> bool:
    """Whether a folded word is part of numbers."""
    known = _LANGUAGES.get(language)
    return known is not None and _is_number(word, known)


def _tokens(heard: Sequence[str], words: _Words | None, *, letters: bool) -> list[str]:
    """What belongs to the number: words of numbers, figures, and a letter at either end in capitals."""
    kept: list[str] = []
    for place, word in enumerate(heard[:_TOKENS_MAX]):
        if word.isascii() and word.isalnum() and any(letter.isdigit() for letter in word):
            kept.append("".join(c.upper() for c in word if c.isdigit() or letters))
        elif words is None:
            continue
        elif _is_number(word, words) or (word == words.joint and kept):
            kept.append(word)
        elif letters and word in words.letters and _at_an_end(place, heard, words):
            kept.append(words.letters[word])
    return kept


def _is_number(word: str, words: _Words) -> bool:
    tables = (words.small, words.tens, words.hundreds, words.times)
    return any(word in table for table in tables) or word in {words.hundred, words.thousand} - {""}


def _at_an_end(place: int, heard: Sequence[str], words: _Words) -> bool:
    """Whether nothing but letters stands behind this word, or a number right behind it and none before."""

    def counts(word: str) -> bool:
        return _is_number(word, words) or is_figure(word)

    before, behind = heard[:place], heard[place + 1 :]
    if not any(counts(word) for word in behind):
        return any(counts(word) for word in before)
    return not any(counts(word) for word in before) and counts(behind[0])


def _grouped(tokens: Sequence[str], start: int, words: _Words | None) -> Iterator[str]:
    """All ways to read on from here, longest groups first."""
    if start >= len(tokens):
        yield ""
        return
    token = tokens[start]
    if token[0].isdigit() or token[0].isupper():
        yield from (token + rest for rest in _grouped(tokens, start + 1, words))
        return
    assert words is not None, "only figures are kept of other languages"
    groups = _groups(tokens, start, words)
    for digits, end in groups:
        yield from (digits + rest for rest in _grouped(tokens, end, words))
    if not groups:
        yield from _grouped(tokens, start + 1, words)


def _groups(tokens: Sequence[str], start: int, words: _Words) -> list[tuple[str, int]]:
    """The numbers that may begin here and where they end, the longest first."""
    if tokens[start] in words.times and start + 1 < len(tokens):
        single = words.small.get(tokens[start + 1])
        if single is not None:
            return [(str(single) * words.times[tokens[start]], start + 2)]
        return []
    found: list[tuple[str, int]] = []
    below = list(_below_thousand(tokens, start, words))
    for number, end in [*below, (1, start)]:
        if end < len(tokens) and tokens[end] == words.thousand and number:
            after = _skip_joint(tokens, end + 1, words)
            found += [
                (str(number * 1000 + rest), stop) for rest, stop in _below_thousand(tokens, after, words)
            ]
            found.append((str(number * 1000), end + 1))
    found += [(str(number), end) for number, end in below]
    return sorted(dict.fromkeys(found), key=lambda group: (-group[1], group[0]))


def _below_thousand(tokens: Sequence[str], start: int, words: _Words) -> Iterator[tuple[int, int]]:
    """Numbers of 0 to 999 that begin here, and where they end."""
    if start >= len(tokens):
        return
    hundreds = words.hundreds.get(tokens[start])
    after = start + 1
    counted = words.hundred and 0 < words.small.get(tokens[start], 0) < 10
    if counted and after < len(tokens) and tokens[after] == words.hundred:
        hundreds, after = words.small[tokens[start]] * 100, after + 1
    if hundreds is not None:
        rest = _skip_joint(tokens, after, words) if words.hundred else after
        yield from ((hundreds + low, end) for low, end in _below_hundred(tokens, rest, words) if low)
        yield hundreds, after
        if words.hundred:
            yield from _below_hundred(tokens, start, words)
        return
    yield from _below_hundred(tokens, start, words)


def _below_hundred(tokens: Sequence[str], start: int, words: _Words) -> Iterator[tuple[int, int]]:
    """Numbers of 0 to 99 that begin here, and where they end."""
    if start >= len(tokens):
        return
    tens = words.tens.get(tokens[start])
    if tens is not None:
        for place in dict.fromkeys((_skip_joint(tokens, start + 1, words), start + 1)):
            unit = words.small.get(tokens[place]) if place < len(tokens) else None
            if unit is not None and 0 < unit < 10:
                yield tens + unit, place + 1
        yield tens, start + 1
    elif (small := words.small.get(tokens[start])) is not None:
        yield small, start + 1


def _skip_joint(tokens: Sequence[str], place: int, words: _Words) -> int:
    return place + 1 if place < len(tokens) and tokens[place] == words.joint else place
