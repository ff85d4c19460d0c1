"""
Spoken intents: which of the reasons of the configuration is meant by somebody's own words.

An example phrase, word by word, is what it stands for. Then the model decides that was learned
of all examples; while there is none the nearest example does, and is asked back unless it is close.
"""

from __future__ import annotations

from collections.abc import Mapping

from rapidfuzz import fuzz, process

from asr.intents_model import Model, Phrases
from asr.intents_text import plain

Examples = Mapping[str, Phrases]
"""By language: intent -> phrases."""

_CLOSE = 92.0
"""Likeness, of 100, from which on a phrase is as good as the example."""
_FAR = 60.0
"""Below this likeness it is none of them."""
_SURE_CLOSE, _SURE_MOST, _SURE_LEAST = 0.9, 0.55, 0.35


class Matcher:
    """
    Understands one language.

    Args:
        phrases: Intent -> example phrases.
        model: What was learned of them, if it has been.
    """

    def __init__(self, phrases: Phrases, model: Model | None = None) -> None:
        self.model = model
        self._exact: dict[str, str] = {}
        for intent in sorted(phrases):
            for phrase in phrases[intent]:
                self._exact.setdefault(plain(phrase), intent)
        self._exact.pop("", None)

    def classify(self, text: str) -> tuple[str, float]:
        """
        What is meant, and how sure that is, 0 to 1; ("", 0.0) when nothing can be told.

        Never below what it is worth: `ivr.actions.Limits` says from when on it is asked back or taken.
        """
        said = plain(text)
        if not said:
            return "", 0.0
        if said in self._exact:
            return self._exact[said], 1.0
        if self.model is not None:
            return self.model.classify(said)
        return self._nearest(said)

    def _nearest(self, said: str) -> tuple[str, float]:
        found = process.extractOne(said, self._exact.keys(), scorer=_likeness, score_cutoff=_FAR)
        if found is None:
            return "", 0.0
        phrase, likeness, _ = found
        if likeness >= _CLOSE:
            return self._exact[phrase], _SURE_CLOSE
        part = (likeness - _FAR) / (_CLOSE - _FAR)
        return self._exact[phrase], _SURE_LEAST + part * (_SURE_MOST - _SURE_LEAST)


class Intents:
    """
    Understands every language that has examples.

    Args:
        examples: By language.
        models: By language; those that are missing are done without.
    """

    def __init__(self, examples: Examples, models: Mapping[str, Model] | None = None) -> None:
        known = models or {}
        self._matchers = {lang: Matcher(examples[lang], known.get(lang)) for lang in sorted(examples)}

    def classify(self, text: str, language: str) -> tuple[str, float]:
        """As `Matcher.classify`; nothing in a language without examples."""
        matcher = self._matchers.get(language)
        return ("", 0.0) if matcher is None else matcher.classify(text)


def _likeness(one: str, other: str, *, score_cutoff: float | None = None) -> float:
    """Of 100: word order and words in between count half."""
    cut = score_cutoff or 0.0
    both = (fuzz.ratio(one, other) + fuzz.token_set_ratio(one, other)) / 2
    return both if both >= cut else 0.0
