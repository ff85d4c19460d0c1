"""
Learns intents from example phrases: seconds, no network.

Needs scikit-learn, which is why only `asr.intents_worker` imports this. How sure an answer
may be is learned as well, from phrases kept away: examples that the model has not seen, which
it should know, and all examples of an intent that it has never heard of, which it should not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from asr.intents_model import Model, Phrases
from asr.intents_text import pieces, plain

INTENTS_LEAST = 3
"""With fewer nothing can be learned of what belongs to none of them."""
EXAMPLES_LEAST = 3
"""Of each intent."""
STRENGTH = 10.0
"""Inverse of the regularisation."""
FOLDS = 5
STRANGERS = 0.3
"""So many callers want something else, for each one who wants what there is; what errors cost is alike."""
_ROUNDS = 1_000


class TooFewError(Exception):
    """There are not enough examples to learn from: compare phrases instead."""


@dataclass(frozen=True, slots=True)
class _Case:
    text: str
    intent: str
    fold: int


def train(phrases: Phrases) -> Model:
    """
    Learn.

    Args:
        phrases: Of one language.

    Raises:
        TooFewError: Fewer than `INTENTS_LEAST` intents, or fewer than `EXAMPLES_LEAST` phrases of one.
    """
    cases = _cases(phrases)
    counts = [sum(case.intent == intent for case in cases) for intent in phrases]
    if len(counts) < INTENTS_LEAST or min(counts) < EXAMPLES_LEAST:
        raise TooFewError
    # Threads of a library that waits by turning round and round: a hundred times slower on a busy machine.
    with threadpool_limits(1):
        slope, shift = _certainty(cases)
        return replace(_fitted(cases), slope=slope, shift=shift)


def _cases(phrases: Phrases) -> list[_Case]:
    cases = []
    for intent in sorted(phrases):
        texts = sorted({plain(phrase) for phrase in phrases[intent]} - {""})
        cases += [_Case(text, intent, place % FOLDS) for place, text in enumerate(texts)]
    return cases


def _fitted(cases: Sequence[_Case]) -> Model:
    """A model of these examples that does not know yet how sure it may be."""
    vectorizer = TfidfVectorizer(analyzer=lambda text: list(pieces(text)))
    seen = vectorizer.fit_transform([case.text for case in cases])
    found = LogisticRegression(C=STRENGTH, max_iter=_ROUNDS).fit(seen, [case.intent for case in cases])
    weights, shifts = found.coef_, found.intercept_
    if len(found.classes_) == 2:  # one row says both: for the second, against the first
        weights, shifts = np.vstack([-weights / 2, weights / 2]), np.array([-shifts[0] / 2, shifts[0] / 2])
    return Model(
        intents=tuple(str(intent) for intent in found.classes_),
        pieces={str(piece): int(place) for piece, place in vectorizer.vocabulary_.items()},
        idf=vectorizer.idf_.astype(np.float32),
        weights=np.ascontiguousarray(weights.T, dtype=np.float32),
        shifts=shifts.astype(np.float32),
        slope=1.0,
        shift=0.0,
    )


def _certainty(cases: Sequence[_Case]) -> tuple[float, float]:
    """
    Slope and shift from log-odds to the chance of being right.

    Source: J. Platt, "Probabilistic outputs for support vector machines" (1999), with a whole
    intent left out in turn for what belongs to none.
    """
    known = [_tried(cases, {case for case in cases if case.fold == fold}) for fold in range(FOLDS)]
    strange = [
        _tried(cases, {case for case in cases if case.intent == intent})
        for intent in sorted({case.intent for case in cases})
    ]
    inside, outside = [pair for some in known for pair in some], [pair for some in strange for pair in some]
    odds = np.array([[value] for value, _ in (*inside, *outside)])
    right = np.array([*(was_right for _, was_right in inside), *(False for _ in outside)])
    if not right.any():
        return 1.0, -1.0
    trust = [1.0] * len(inside) + [STRANGERS * len(inside) / max(len(outside), 1)] * len(outside)
    found = LogisticRegression(max_iter=_ROUNDS).fit(odds, right, sample_weight=trust)
    # More likely may never mean less sure, however few and odd the examples are.
    return max(float(found.coef_[0, 0]), 0.1), float(found.intercept_[0])


def _tried(cases: Sequence[_Case], apart: Iterable[_Case]) -> list[tuple[float, bool]]:
    """Log-odds of the answer to each of these, by a model that has not seen them, and whether it is right."""
    asked = set(apart)
    rest = [case for case in cases if case not in asked]
    if len({case.intent for case in rest}) < 2:
        return []
    model, found = _fitted(rest), []
    for case in sorted(asked, key=lambda case: (case.intent, case.text)):
        shares = model.shares(case.text)
        if shares is not None:
            best = int(shares.argmax())
            share = min(float(shares[best]), 1.0 - 1e-9)
            found.append((float(np.log(share / (1.0 - share))), model.intents[best] == case.intent))
    return found
