"""
What was said, against what may be said: small words of languages, repeats, options of a menu. Pure.

Recognizers of few phrases loop over their words, and people repeat themselves: an immediate
repeat of words counts once. Beyond that nothing is guessed: a text is one of the options or none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

DIGIT_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "es": {
        "0": ("cero",),
        "1": ("uno",),
        "2": ("dos",),
        "3": ("tres",),
        "4": ("cuatro",),
        "5": ("cinco",),
        "6": ("seis",),
        "7": ("siete",),
        "8": ("ocho",),
        "9": ("nueve",),
    },
    "en": {
        "0": ("zero",),
        "1": ("one",),
        "2": ("two",),
        "3": ("three",),
        "4": ("four",),
        "5": ("five",),
        "6": ("six",),
        "7": ("seven",),
        "8": ("eight",),
        "9": ("nine",),
    },
}
"""By language and key. In other languages only what the configuration lists is understood."""

_SIGNS = {"es": {"*": "asterisco", "#": "almohadilla"}, "en": {"*": "star", "#": "hash"}}

YES: Mapping[str, tuple[str, ...]] = {
    "es": ("sí", "correcto", "eso es", "vale"),
    "en": ("yes", "correct", "that's right", "yeah"),
}
NO: Mapping[str, tuple[str, ...]] = {"es": ("no", "no es eso"), "en": ("no", "that's wrong", "nope")}

_WORDS_MAX = 60
"""Of one answer that are looked at: nobody's menu has longer phrases."""
_KEEP = {"ñ"}
"""Letters with marks that are letters of their own: año is not ano."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to say one thing."""

    text: str
    """As recognizers are told it and callers are asked back."""
    key: str
    is_digit: bool = False
    """Only the name of the key: too short to be taken without asking."""


def plain(text: str) -> str:
    """Small letters and single spaces, without punctuation; accents stay."""
    kept = re.sub(r"[^\w\s']|_", " ", unicodedata.normalize("NFC", text).casefold().replace("’", "'"))
    return " ".join(kept.split())


def folded(text: str) -> str:
    """As `plain`, and without accents that recognizers and people leave out: "sí" is "si"."""
    return "".join(letter if letter in _KEEP else _bare(letter) for letter in plain(text))


def _bare(letter: str) -> str:
    apart = unicodedata.normalize("NFD", letter)
    return unicodedata.normalize("NFC", "".join(one for one in apart if not unicodedata.combining(one)))


def collapsed(text: str) -> str:
    """Without immediate repeats of a word or of several: "ventas ventas por favor" is "ventas por favor"."""
    words = text.split()[:_WORDS_MAX]
    size = len(words) // 2
    while size:
        for start in range(len(words) - 2 * size + 1):
            if words[start : start + size] == words[start + size : start + 2 * size]:
                del words[start : start + size]
                size = len(words) // 2 + 1
                break
        size -= 1
    return " ".join(words)


def key_name(key: str, language: str) -> str:
    """A key as it is spoken; in languages whose words we do not have, the key itself."""
    names = DIGIT_NAMES.get(language, {}).get(key)
    return names[0] if names else _SIGNS.get(language, {}).get(key, key)


def menu_options(
    keys: Iterable[str], phrases: Mapping[str, Mapping[str, Sequence[str]]], language: str
) -> tuple[Option, ...]:
    """
    All that may be said to a menu in one language: its phrases, then the names of its keys.

    Args:
        keys: Of the menu.
        phrases: By key, then by language.
        language: The caller's.
    """
    found: dict[str, Option] = {}
    for key in keys:
        for phrase in phrases.get(key, {}).get(language, ()):
            found.setdefault(folded(phrase), Option(plain(phrase), key))
    for option in digit_options(keys, language):
        name = folded(option.text)
        if name not in found or found[name].key == option.key:
            found[name] = option
    return tuple(option for name, option in found.items() if name)


def digit_options(keys: Iterable[str], language: str) -> tuple[Option, ...]:
    """The names of these keys, as far as they have one."""
    names = DIGIT_NAMES.get(language, {})
    return tuple(Option(name, key, is_digit=True) for key in keys for name in names.get(key, ()))


def matched(text: str, options: Iterable[Option]) -> Option | None:
    """The option that this is, word by word; without its repeats if it is none with them."""
    by_text = {folded(option.text): option for option in options}
    heard = folded(text)
    by_short = {collapsed(name): option for name, option in by_text.items()}
    return by_text.get(heard) or by_short.get(collapsed(heard))


def yes_or_no(text: str, language: str) -> bool | None:
    """Whether this agrees; None if it is neither."""
    options = (
        *(Option(word, "yes") for word in YES.get(language, ())),
        *(Option(word, "no") for word in NO.get(language, ())),
    )
    found = matched(text, options)
    return None if found is None else found.key == "yes"


def yes_no_words(language: str) -> tuple[str, ...]:
    """All that `yes_or_no` knows; empty in languages whose words we do not have."""
    return (*YES.get(language, ()), *NO.get(language, ()))
