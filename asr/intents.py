"""
Spoken intents: which of the reasons of the configuration is meant by somebody's own words.

An example phrase, word by word, is what it stands for. Then the model decides that was learned
of all examples; while there is none the nearest example does, and is asked back unless it is close.
"""

from __future__ import annotations

from collections.abc import Mapping

from rapidfuzz import fuzz

from asr.intents_model import Model, Phrases
from asr.intents_nearest import Nearest
from asr.intents_text import plain
from ivr.phrases import collapsed

Examples = Mapping[str, Phrases]
"""By language: intent -> phrases."""

_CLOSE = 92.0
"""Of 100: from this likeness of letters on it is as good as the example."""
_FAR, _NEAR = 0.3, 0.7
"""Of 1: below this likeness of word pieces it is none of them; how sure it makes rises up to the second."""
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
        self._nearest = Nearest(tuple(self._exact)) if model is None else None

    def classify(self, text: str) -> tuple[str, float]:
        """
        What is meant, and how sure that is, 0 to 1; ("", 0.0) when nothing can be told.

        Never below what it is worth: `ivr.actions.Limits` says from when on it is asked back or taken.
        """
        said = plain(text)
        if not said:
            return "", 0.0
        # People repeat themselves, and recognizers repeat what was said once.
        exact = self._exact.get(said) or self._exact.get(collapsed(said))
        if exact is not None:
            return exact, 1.0
        if self.model is not None:
            return self.model.classify(said)
        return self._by_likeness(said)

    def _by_likeness(self, said: str) -> tuple[str, float]:
        assert self._nearest is not None  # noqa: S101 - there is one or the other
        phrase, likeness = self._nearest.find(said)
        if likeness < _FAR:
            return "", 0.0
        if fuzz.ratio(said, phrase) >= _CLOSE:
            return self._exact[phrase], _SURE_CLOSE
        part = min((likeness - _FAR) / (_NEAR - _FAR), 1.0)
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
