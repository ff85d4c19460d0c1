"""
Words that nobody limited, against a list of phrases: which is meant, and how sure that is. Pure.

The formulas are logistic regressions, rounded. They were fitted to 102 recordings through a simulated
telephone (a person saying digits, weekdays, months and other short things in Spanish, and a synthetic
voice saying phrases of a menu), each against seven lists: those it belongs to and those it does not,
the two kinds counting alike, cross-checked recording by recording. At 0.85 and above four of five
answers of the list were taken, one in a hundred of them for another, and about one in a hundred of
those that were none of the list.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from rapidfuzz import fuzz

from asr.matching import STRANGE_MAX, Phrases, Words
from ivr.phrases import collapsed, folded

_CONFIRM = 0.5
_NUMBER_MIN = 0.55
"""Confidence of words that all belong to numbers, which hardly happens by chance: to be asked back."""
_NUMBER_LIKENESS = 0.6
_WORDS_PER_S = 4.0
_LEAD_MAX = 6.0
"""Beyond it, it says nothing more: among long phrases any short one leads by far."""
_LONE_LEAD = 3.0
"""Lead of a phrase over all others when there are no others."""


def likeness(heard: str, phrase: str) -> float:
    """How alike two texts are, letter by letter, 0 to 1."""
    return fuzz.ratio(collapsed(folded(heard)), folded(phrase)) / 100


def closest(phrases: Phrases, heard: str, limit: int) -> tuple[str, ...]:
    """The phrases most like a text, at most `limit`, the best first; of equals in their order."""
    return tuple(sorted(phrases.spoken(), key=lambda phrase: -likeness(heard, phrase))[:limit])


def by_likeness(phrases: Phrases, text: str, sure: float) -> Words:
    """
    What is meant by a text of free speech, going by its letters only.

    Args:
        phrases: What counts; without phrases the text itself.
        text: As a recognizer has written it.
        sure: That recognizer's own confidence, 0 to 1, as the port defines it.
    """
    exact = phrases.exact(text)
    if exact is not None:
        return Words(exact, sure)
    if phrases.free(text) or not phrases:
        return Words(text, sure if phrases.free(text) else min(sure, STRANGE_MAX))
    best, *others = closest(phrases, text, 2)
    like = likeness(text, best)
    lead = like - likeness(text, others[0]) if others else like
    return _taken(phrases, best, text, _logistic(-2.0 + 2.9 * like + 2.9 * lead))


def by_fit(phrases: Phrases, text: str, fits: Sequence[tuple[str, float]]) -> Words:
    """
    What is meant, going also by how well each phrase fits the sound.

    Args:
        phrases: At least one.
        text: As the recognizer has written it without knowing them.
        fits: At least one phrase and its fit: the sum of the logarithms of its pieces' probabilities,
            divided by the square root of their number; up to 0, higher is better.
    """
    (best, fit), *others = sorted(fits, key=lambda scored: -scored[1])
    lead = min(fit - others[0][1], _LEAD_MAX) if others else _LONE_LEAD
    return _taken(phrases, best, text, _logistic(1.4 + 0.6 * lead + 0.7 * fit + 1.5 * likeness(text, best)))


def of_free_speech(text: str, mean_probability: float) -> Words:
    """
    Words as they are, with a confidence as the port defines it.

    Args:
        text: As the recognizer has written it.
        mean_probability: Of its pieces, 0 to 1. Right sentences by telephone have 0.5 to 0.9, wrong
            ones mostly less than 0.5.
    """
    return Words(text, min(1.0, 0.1 + 1.25 * mean_probability) if text else 0.0)


def of_numbers(phrases: Phrases, text: str, mean_probability: float) -> Words:
    """
    A number in words, those that are almost words of numbers put right: "sincuo" is "cinco".

    Args:
        phrases: Of which the loose words count.
        text: As the recognizer has written it.
        mean_probability: As for `of_free_speech`.
    """
    found = of_free_speech(text, mean_probability)
    if phrases.free(text):
        return Words(text, max(found.confidence, _NUMBER_MIN))
    words = [_number_word(phrases, word) for word in text.split()]
    if not all(words):
        return Words(text, min(found.confidence, STRANGE_MAX))
    return Words(" ".join(words), _NUMBER_MIN)


def unlooped(text: str, speech_s: float) -> str:
    """
    One of the words of a text that is nothing but that word, more often than anybody can say it.

    Whisper, given very little speech, may write it down again and again.

    Args:
        text: As it has written it.
        speech_s: How long somebody may have spoken.
    """
    words = text.split()
    looped = len(words) > max(1.0, _WORDS_PER_S * speech_s) and len(set(words)) == 1
    return words[0] if looped else text


def said_once(phrases: Phrases, text: str) -> str:
    """
    A phrase of the list that a text repeats as a whole, or the text: said twice it means the same.

    Whisper writes short sentences down twice, too.
    """
    words = text.split()
    for length in range(1, len(words) // 2 + 1):
        once = words[:length]
        if once * (len(words) // length) == words and phrases.exact(" ".join(once)) is not None:
            return " ".join(once)
    return text


def _number_word(phrases: Phrases, word: str) -> str:
    """The word of a number that this is or was meant to be; empty: none."""
    if phrases.free(word):
        return word
    best = max(phrases.loose, key=lambda known: likeness(word, known), default="")
    return best if likeness(word, best) >= _NUMBER_LIKENESS else ""


def _taken(phrases: Phrases, phrase: str, text: str, confidence: float) -> Words:
    if confidence < _CONFIRM:
        return Words(text, min(confidence, STRANGE_MAX))
    return Words(phrases.exact(phrase) or phrase, confidence)


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))
