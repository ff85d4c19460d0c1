"""Whisper: hears whole utterances, in any of its languages. Only for worker processes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from asr.matching import Phrases, Words
from asr.nearest import by_fit, closest, of_free_speech, of_numbers, said_once, unlooped
from asr.number_vocabulary import number_vocabulary
from asr.ports import Wish
from asr.recognizers import Recognition
from asr.upsample import WIDE_HZ, Samples
from ivr.phrases import plain

_WINDOW_S = 6
"""Of sound that the encoder is given at least. It was made for 30, which costs six times as much."""
_FREE_WINDOW_S = 12
"""The same of numbers and free speech: given less it takes longer ones for two, said one after the other."""
_AFTER_S = 3
"""Of silence that it is given after the speech, for the same reason."""
_LONGEST_S = 30
_HOP = WIDE_HZ // 100
"""Samples of one of its frames."""
_FRAMES_MIN = 10
_TOKENS_MAX = 64
"""Of free speech; who hums must not be written down as a page."""
_PHRASE_TOKENS_MAX = 14
_FITTED_MAX = 12
"""So many phrases are fitted to the sound, those most like the text: each costs some 15 ms."""
_NO_SPEECH = 0.8
_LINE_S = 0.9
"""Of sound before and after the speech, at least."""
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class _Heard:
    """An utterance that the encoder has worked through."""

    encoded: ctranslate2.StorageView
    frames: int
    text: str
    mean_probability: float


class WhisperEngine:
    """
    One model, one language.

    Args:
        folder: Of the model, for CTranslate2.
        language: That will be spoken.
        threads: Recognitions at a time; each takes one processor.

    """

    name = "whisper"
    cheap = True

    def __init__(self, folder: Path, language: str, *, threads: int) -> None:
        self._model = WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=1,
            num_workers=threads,
            local_files_only=True,
        )
        self._tokenizer = Tokenizer(
            self._model.hf_tokenizer, self._model.model.is_multilingual, task="transcribe", language=language
        )
        self._prompt = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]
        self._figures = _tokens_with_figures(self._tokenizer)

    def begin(self, wish: Wish) -> Recognition:
        return _Listening(
            self, Phrases(wish.phrases, number_vocabulary(wish.language) if wish.digits else ())
        )

    def missing(self, phrases: Sequence[str]) -> tuple[str, ...]:
        """None: it spells what it does not know."""
        del phrases
        return ()

    def hear(self, wide: Samples, tokens_max: int, *, window_s: int) -> _Heard:
        """Write down what is said, numbers in words."""
        encoded, frames = self._encode(wide, window_s)
        result = self._model.model.generate(
            encoded,
            [self._prompt],
            beam_size=1,
            max_length=len(self._prompt) + tokens_max,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._figures,
        )[0]
        probability = math.exp(result.scores[0])
        silent = result.no_speech_prob > _NO_SPEECH and probability < 0.5
        said = plain(self._tokenizer.decode(result.sequences_ids[0]))
        text = "" if silent else unlooped(said, len(wide) / WIDE_HZ - _LINE_S)
        return _Heard(encoded, frames, text, probability)

    def fit(self, heard: _Heard, phrase: str) -> float:
        """How well a phrase fits the sound, see `asr.nearest.by_fit`."""
        tokens = self._tokenizer.encode(f" {phrase[:1].upper()}{phrase[1:]}.")
        aligned = self._model.model.align(heard.encoded, self._prompt, [tokens], heard.frames)[0]
        logs = [math.log(max(probability, _TINY)) for probability in aligned.text_token_probs]
        return sum(logs) / math.sqrt(len(logs))

    def _encode(self, wide: Samples, window_s: int) -> tuple[ctranslate2.StorageView, int]:
        said = wide[: _LONGEST_S * WIDE_HZ]
        length = max(window_s * WIDE_HZ, len(said) + _AFTER_S * WIDE_HZ)
        sound = np.zeros(min(length, _LONGEST_S * WIDE_HZ), dtype=np.float32)
        sound[: len(said)] = said
        features = self._model.feature_extractor(sound, padding=0)[:, : len(sound) // _HOP]
        return self._model.encode(np.ascontiguousarray(features)), max(_FRAMES_MIN, len(said) // _HOP)


class _Listening:
    def __init__(self, engine: WhisperEngine, phrases: Phrases) -> None:
        self._engine = engine
        self._phrases = phrases
        self._sound: list[Samples] = []
        self._last = Words("", 0.0)

    def take(self, wide: Samples) -> str:
        self._sound.append(wide)
        return ""

    def pause(self) -> str:
        """Everything said so far is looked at as if it were all: mostly it is."""
        sound = np.concatenate(self._sound)
        if self._phrases and not self._phrases.loose:
            heard = self._engine.hear(sound, _PHRASE_TOKENS_MAX, window_s=_WINDOW_S)
        else:
            heard = self._engine.hear(sound, _TOKENS_MAX, window_s=_FREE_WINDOW_S)
        self._last = self._judge(heard)
        return self._last.text

    def finish(self, *, more: bool) -> Words:
        if more and self._sound:
            self.pause()
        return self._last

    def _judge(self, heard: _Heard) -> Words:
        if not heard.text:
            return Words("", 0.0)
        if self._phrases.loose and (not self._phrases or self._phrases.free(heard.text)):
            return of_numbers(self._phrases, heard.text, heard.mean_probability)
        if not self._phrases:
            return of_free_speech(heard.text, heard.mean_probability)
        text = said_once(self._phrases, heard.text)
        near = closest(self._phrases, text, _FITTED_MAX)
        return by_fit(self._phrases, text, [(phrase, self._engine.fit(heard, phrase)) for phrase in near])


def _tokens_with_figures(tokenizer: Tokenizer) -> list[int]:
    """What must not be written, so that "cuatro" is not "4"; -1 stands for Whisper's own such list."""
    words = (tokenizer.decode([token]) for token in range(tokenizer.eot))
    return [-1, *(token for token, word in enumerate(words) if any(letter.isdigit() for letter in word))]
