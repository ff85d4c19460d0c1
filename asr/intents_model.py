"""
What was learned of the example phrases of one language: weights of word pieces, and how sure they make.

Made by `asr.intents_train`, which needs a heavy library; used without it, in a fraction of a
millisecond. Stored as plain arrays: reading a model never runs what it holds.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asr.intents_text import pieces, plain

RECIPE = "1"
"""Raise when the same phrases would give another model: stored ones are made anew."""

Phrases = Mapping[str, Sequence[str]]
"""Of one language: intent -> how people say it."""
_Floats = npt.NDArray[np.float32]


class ModelUnreadableError(Exception):
    """A file is not a model of ours; says why."""


@dataclass(frozen=True, slots=True)
class Model:
    """
    Multinomial logistic regression over TF-IDF of word pieces.

    `sure` of an answer is the logistic function of `slope * log-odds + shift`: the share of
    answers that were right at those odds, among phrases that the model had not seen.
    """

    intents: tuple[str, ...]
    pieces: Mapping[str, int]
    idf: _Floats
    """A weight for each piece."""
    weights: _Floats
    """A row for each piece, a column for each intent."""
    shifts: _Floats
    """Of each intent."""
    slope: float
    shift: float

    def classify(self, text: str) -> tuple[str, float]:
        """
        The likeliest intent, and how sure that is, 0 to 1.

        Args:
            text: As `intents_text.plain` gives it; empty, or of unknown pieces only, is nothing: ("", 0.0).
        """
        share = self.shares(text)
        if share is None:
            return "", 0.0
        best = int(share.argmax())
        return self.intents[best], self.sure(float(share[best]))

    def sure(self, share: float) -> float:
        """How often an answer with this share of the probability is right."""
        odds = math.log(max(share, 1e-9) / max(1.0 - share, 1e-9))
        return 1.0 / (1.0 + math.exp(-(self.slope * odds + self.shift)))

    def shares(self, text: str) -> npt.NDArray[np.float64] | None:
        """Probability of each intent, as if there were no others; None: nothing in it is known."""
        known = [
            (self.pieces[piece], count)
            for piece, count in Counter(pieces(text)).items()
            if piece in self.pieces
        ]
        if not known:
            return None
        at = np.array([place for place, _ in known])
        values = np.array([count for _, count in known], dtype=np.float64) * self.idf[at]
        logits = (values / math.sqrt(float(values @ values))) @ self.weights[at] + self.shifts
        powers = np.exp(logits - logits.max())
        shares: npt.NDArray[np.float64] = powers / powers.sum()
        return shares


def key(phrases: Phrases) -> str:
    """The name of the model of these phrases: the same for the same ones, however they are written."""
    written = {intent: sorted({plain(phrase) for phrase in said}) for intent, said in phrases.items()}
    text = json.dumps([RECIPE, written], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def save(model: Model, path: Path) -> None:
    """
    Write in one step.

    Raises:
        OSError: The disk is full, or the folder is not ours.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    ordered = sorted(model.pieces, key=model.pieces.__getitem__)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        np.savez_compressed(
            file,
            recipe=np.array(RECIPE),
            intents=np.array(model.intents),
            pieces=np.array(ordered),
            idf=model.idf,
            weights=model.weights,
            shifts=model.shifts,
            certainty=np.array([model.slope, model.shift]),
        )
    fresh.replace(path)


def load(path: Path) -> Model:
    """
    Read what `save` wrote.

    Raises:
        FileNotFoundError: There is none.
        ModelUnreadableError: It is broken, or of another recipe.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            return _model({name: stored[name] for name in stored.files})
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelUnreadableError(f"{path}: {error}") from error


def _model(stored: Mapping[str, Any]) -> Model:
    if str(stored["recipe"]) != RECIPE:
        raise ValueError(f"recipe {stored['recipe']}, not {RECIPE}")
    names = tuple(str(name) for name in stored["intents"])
    known = {str(piece): place for place, piece in enumerate(stored["pieces"])}
    slope, shift = (float(value) for value in stored["certainty"])
    idf, weights, shifts = (stored[name].astype(np.float32) for name in ("idf", "weights", "shifts"))
    if (
        weights.shape != (len(known), len(names))
        or idf.shape != (len(known),)
        or shifts.shape != (len(names),)
    ):
        raise ValueError("its parts do not fit together")
    return Model(names, known, idf, weights, shifts, slope, shift)
