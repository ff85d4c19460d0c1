"""The example that somebody's words are most like: what decides as long as nothing has been learned."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from asr.intents_text import pieces


class Nearest:
    """
    Cosine of TF-IDF vectors of word pieces, by an inverted index.

    Args:
        phrases: As `intents_text.plain` gives them.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        counts = [Counter(pieces(phrase)) for phrase in phrases]
        known = Counter(piece for count in counts for piece in count)
        self._phrases = tuple(phrases)
        self._rarest = _idf(0, len(counts))
        self._idf = {piece: _idf(within, len(counts)) for piece, within in known.items()}
        self._places: dict[str, list[tuple[int, float]]] = {}
        for place, count in enumerate(counts):
            for piece, weight in self._weighted(count).items():
                self._places.setdefault(piece, []).append((place, weight))

    def find(self, said: str) -> tuple[str, float]:
        """The phrase, and how alike it is, 0 to 1; ("", 0.0) if nothing in it is known."""
        alike = [0.0] * len(self._phrases)
        for piece, weight in self._weighted(Counter(pieces(said))).items():
            for place, other in self._places.get(piece, ()):
                alike[place] += weight * other
        best = max(range(len(alike)), key=alike.__getitem__, default=-1)
        return ("", 0.0) if best < 0 or not alike[best] else (self._phrases[best], alike[best])

    def _weighted(self, count: Mapping[str, int]) -> dict[str, float]:
        found = {piece: times * self._idf.get(piece, self._rarest) for piece, times in count.items()}
        length = math.sqrt(sum(weight * weight for weight in found.values())) or 1.0
        return {piece: weight / length for piece, weight in found.items()}


def _idf(within: int, count: int) -> float:
    """As scikit-learn's smooth one, so that both speak of the same likeness."""
    return math.log((1 + count) / (1 + within)) + 1.0
