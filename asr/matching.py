"""What was heard, against what was asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ivr.phrases import collapsed, folded, plain

UNKNOWN = "[unk]"
"""Vosk's word for what is none of its phrases."""

STRANGE_MAX = 0.4
"""Confidence of words that make none of the phrases: below anything that may be acted upon."""
_EXTRA_MAX = 0.8
"""Of a phrase with other sounds beside it: to be asked back."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a recognizer makes of an utterance, as the port defines it."""

    text: str
    confidence: float


class Phrases:
    """
    What counts as an answer to one question.

    Args:
        phrases: As the question has them; compared without case, accents and punctuation.
        loose: Words that count too, in any order, such as those of numbers. Without either anything counts.

    """

    def __init__(self, phrases: Iterable[str], loose: Iterable[str] = ()) -> None:
        by_key: dict[str, str] = {}
        for phrase in phrases:
            by_key.setdefault(_key(phrase), phrase)
        self._by_key: Mapping[str, str] = by_key
        self.loose = tuple(dict.fromkeys(map(plain, loose)))
        self._loose_keys = frozenset(map(folded, self.loose))

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def exact(self, text: str) -> str | None:
        """The phrase that this is, if it is one; nothing but repeats of words is forgiven."""
        return self._by_key.get(_key(text))

    def settled(self, text: str) -> bool:
        """Whether this is one of the phrases, and none goes on from here."""
        key = _key(text)
        return key in self._by_key and not any(other.startswith(f"{key} ") for other in self._by_key)

    def judge(self, text: str, confidence: float) -> Words:
        """
        What a recognizer limited to these phrases has heard.

        Args:
            text: Its words, in which `UNKNOWN` may stand.
            confidence: Its own, 0 to 1.
        """
        known = " ".join(text.replace(UNKNOWN, " ").split())
        sure = min(confidence, _EXTRA_MAX) if UNKNOWN in text else confidence
        phrase = self.exact(known)
        if phrase is not None:
            return Words(phrase, sure)
        if self.free(known):
            return Words(known, sure)
        return Words(known, min(confidence, STRANGE_MAX))

    def free(self, text: str) -> bool:
        """Whether this counts without being a phrase."""
        words = folded(text).split()
        if not self._by_key and not self.loose:
            return True
        return bool(words) and self._loose_keys.issuperset(words)

    def spoken(self) -> Sequence[str]:
        """The phrases as recognizers are told them."""
        return tuple(plain(phrase) for phrase in self._by_key.values())


def _key(text: str) -> str:
    return collapsed(folded(text))
