"""Vosk: hears while the caller speaks, and best what it has been told may come. Only for worker processes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import vosk

from asr.matching import UNKNOWN, Phrases, Words
from asr.model_folders import inspect
from asr.nearest import by_likeness
from asr.number_vocabulary import number_vocabulary
from asr.ports import Wish
from asr.recognizers import Recognition
from asr.upsample import WIDE_HZ, HighBand, Samples, to_pcm
from ivr.phrases import plain

_NOT_THERE = -1


class VoskEngine:
    """
    One model.

    Args:
        folder: Of the model.
        high_band: See `asr.upsample.HighBand`.

    """

    name = "vosk"

    def __init__(self, folder: Path, *, high_band: bool) -> None:
        vosk.SetLogLevel(-1)
        self._model = vosk.Model(str(folder))
        self._high_band = high_band
        self.cheap = not inspect(folder).static_graph
        self._has_unknown = self._knows(UNKNOWN)

    def begin(self, wish: Wish) -> Recognition:
        phrases = Phrases(wish.phrases, number_vocabulary(wish.language) if wish.digits else ())
        limit = self._limit(wish, phrases)
        return _Listening(self._recognizer(limit), phrases, self._high_band, limited=bool(limit))

    def missing(self, phrases: Sequence[str]) -> tuple[str, ...]:
        words = (word for phrase in phrases for word in plain(phrase).split())
        return tuple(dict.fromkeys(word for word in words if not self._knows(word)))

    def _limit(self, wish: Wish, phrases: Phrases) -> list[str]:
        """What the recognizer is told; empty: anything may come."""
        if not self.cheap:
            return []
        # A phrase with an unknown word would become its other words, and those count for nothing.
        wanted = [phrase for phrase in phrases.spoken() if not self.missing([phrase])]
        if wish.digits:
            wanted += [word for word in phrases.loose if self._knows(word)]
        return [*wanted, UNKNOWN] if wanted and self._has_unknown else wanted

    def _recognizer(self, limit: Sequence[str]) -> vosk.KaldiRecognizer:
        told = (json.dumps(limit, ensure_ascii=False),) if limit else ()
        recognizer = vosk.KaldiRecognizer(self._model, WIDE_HZ, *told)
        recognizer.SetWords(True)
        return recognizer

    def _knows(self, word: str) -> bool:
        return bool(self._model.vosk_model_find_word(word) != _NOT_THERE)


class _Listening:
    def __init__(
        self, recognizer: vosk.KaldiRecognizer, phrases: Phrases, high_band: bool, *, limited: bool
    ) -> None:
        self._recognizer = recognizer
        self._phrases = phrases
        self._high = HighBand() if high_band else None
        self._limited = limited
        self._before: list[tuple[str, float]] = []
        """Words of stretches that Vosk itself took for complete: it then begins afresh."""
        self._partial = ""

    def take(self, wide: Samples) -> str:
        if self._high is not None:
            wide = self._high.add(wide)
        if self._recognizer.AcceptWaveform(to_pcm(wide)):
            self._before += _words(self._recognizer.Result())
            self._partial = ""
        else:
            self._partial = str(json.loads(self._recognizer.PartialResult())["partial"])
        return self.pause()

    def pause(self) -> str:
        return " ".join(filter(None, (*(word for word, _ in self._before), self._partial)))

    def finish(self, *, more: bool) -> Words:
        heard = [*self._before, *_words(self._recognizer.FinalResult())]
        text = " ".join(word for word, _ in heard)
        sure = sum(confidence for _, confidence in heard) / len(heard) if heard else 0.0
        return self._phrases.judge(text, sure) if self._limited else by_likeness(self._phrases, text, sure)


def _words(result: str) -> list[tuple[str, float]]:
    return [(str(word["word"]), float(word["conf"])) for word in json.loads(result).get("result", ())]
