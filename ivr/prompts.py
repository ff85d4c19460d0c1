"""
What callers hear, as sound files: configured prompts and the sentences of the queue.

Sound files are named the way Asterisk wants them: absolute, without extension.
A prompt without a sound is an empty list and a line in the log, never an error:
a caller is worth more than a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from ivr.flow import PromptId

_log = structlog.get_logger("ivr.prompts")

AHEAD_SPOKEN_MAX = 50
"""More people ahead than this are "more than fifty"."""

NEXT = PromptId("cola_siguiente")
ONE_AHEAD = PromptId("cola_una")
MANY_AHEAD = PromptId("cola_varias")
"""Its text holds `{n}`: people ahead, 2 to `AHEAD_SPOKEN_MAX`, as a word."""
CROWD_AHEAD = PromptId("cola_muchas")
RINGING = PromptId("cola_atendiendo")
FAREWELL = PromptId("despedida")
CLOSED = PromptId("cerrado")
FULL = PromptId("lleno")
UNSTAFFED = PromptId("sin_agentes")
LONG_WAIT = PromptId("espera_larga")

SERVICE_TEXTS: Mapping[PromptId, Mapping[str, str]] = {
    NEXT: {"es": "Es usted el siguiente.", "en": "You are next in line."},
    ONE_AHEAD: {"es": "Tiene una persona delante.", "en": "There is one person ahead of you."},
    MANY_AHEAD: {"es": "Tiene {n} personas delante.", "en": "There are {n} people ahead of you."},
    CROWD_AHEAD: {
        "es": "Hay más de cincuenta personas delante.",
        "en": "There are more than fifty people ahead of you.",
    },
    RINGING: {"es": "Un momento, por favor. Enseguida le atienden.", "en": "One moment, please."},
    FAREWELL: {
        "es": "Gracias por su llamada. Hasta pronto.",
        "en": "Thank you for calling. Goodbye.",
    },
    CLOSED: {
        "es": "En este momento estamos fuera de nuestro horario de atención.",
        "en": "We are closed at the moment.",
    },
    FULL: {
        "es": "En este momento hay demasiadas personas esperando.",
        "en": "Too many people are waiting at the moment.",
    },
    UNSTAFFED: {
        "es": "En este momento no hay nadie que pueda atenderle.",
        "en": "Nobody is available to help you at the moment.",
    },
    LONG_WAIT: {
        "es": "Sentimos que lleve tanto tiempo esperando.",
        "en": "We are sorry that you have waited so long.",
    },
}
"""
Sentences of the house; a prompt of the same name in the configuration replaces them.

Those about exits promise nothing about what follows: they stand before a farewell
as well as before another queue.
"""

# fmt: off
_UNITS_ES = (
    "cero", "una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once",
    "doce", "trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve",
    "veinte", "veintiuna", "veintidós", "veintitrés", "veinticuatro", "veinticinco", "veintiséis",
    "veintisiete", "veintiocho", "veintinueve",
)
# fmt: on
_TENS_ES = {3: "treinta", 4: "cuarenta", 5: "cincuenta"}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text for the synthesiser."""

    text: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording of the administrator: absolute, without extension."""

    path: str


Wording = Spoken | Recorded


@dataclass(frozen=True, slots=True)
class Position:
    """A waiting contact's place: `number` 1 is the next to be served."""

    number: int
    queue: str
    agent_is_ringing: bool = False


class Sounds(Protocol):
    """Where synthesised texts are kept."""

    def path(self, text: str, lang: str) -> str | None:
        """The sound file without extension, or None if it has not been made."""


def number_word(n: int, lang: str) -> str:
    """
    People, 0 to 59, as they are spoken: Spanish in the feminine ("veintiuna personas").

    Other languages get digits, which a synthesiser reads well; the word
    matters where it has a gender.
    """
    if lang != "es":
        return str(n)
    if n < len(_UNITS_ES):
        return _UNITS_ES[n]
    tens, units = divmod(n, 10)
    return _TENS_ES[tens] if units == 0 else f"{_TENS_ES[tens]} y {_UNITS_ES[units]}"


class Catalogue:
    """
    Prompts by name and language.

    Args:
        prompts: The configured ones. Languages may be missing.
        languages: Spoken here; the first is the default and fills gaps.
        sounds: Where the spoken ones are found.
    """

    def __init__(
        self, prompts: Mapping[PromptId, Mapping[str, Wording]], languages: Sequence[str], sounds: Sounds
    ) -> None:
        self._prompts = {**_service_wordings(), **prompts}
        self._languages = tuple(languages)
        self._sounds = sounds

    @property
    def default_language(self) -> str:
        return self._languages[0]

    def sounds(self, prompts: Sequence[PromptId], lang: str) -> list[str]:
        """The files that speak these prompts, in order; what has no sound is logged and left out."""
        found = (self._sound(prompt, lang, None) for prompt in prompts)
        return [path for path in found if path is not None]

    def position(self, place: Position, lang: str) -> list[str]:
        """The files that tell a waiting caller where they stand."""
        prompt, ahead = _position_prompt(place)
        path = self._sound(prompt, lang, ahead)
        return [] if path is None else [path]

    def to_render(self) -> list[tuple[str, str]]:
        """
        Every (text, language) that this catalogue may ask for.

        The order is that of need: configured prompts first, then the queue's
        sentences from the front of the queue to its end.
        """
        return list(dict.fromkeys((text, lang) for lang in self._languages for text in self._texts(lang)))

    def _texts(self, lang: str) -> Iterator[str]:
        for prompt, wordings in sorted(self._prompts.items(), key=lambda item: item[0] == MANY_AHEAD):
            wording = wordings.get(lang)
            if not isinstance(wording, Spoken):
                continue
            if prompt != MANY_AHEAD:
                yield wording.text
                continue
            for ahead in range(2, AHEAD_SPOKEN_MAX + 1):
                yield _with_number(wording.text, ahead, lang)

    def _sound(self, prompt: PromptId, lang: str, ahead: int | None) -> str | None:
        """In the caller's language, or else in that of the house."""
        for spoken in (lang, self.default_language):
            path = self._path(self._prompts.get(prompt, {}).get(spoken), spoken, ahead)
            if path is not None:
                return path
        _log.warning("prompt.silent", prompt=prompt, lang=lang)
        return None

    def _path(self, wording: Wording | None, lang: str, ahead: int | None) -> str | None:
        match wording:
            case Spoken(text):
                return self._sounds.path(_with_number(text, ahead, lang), lang)
            case Recorded(path):
                return path
            case None:
                return None


def _with_number(text: str, n: int | None, lang: str) -> str:
    return text if n is None else text.replace("{n}", number_word(n, lang))


def _position_prompt(place: Position) -> tuple[PromptId, int | None]:
    """Which sentence, and the number to put into it if it takes one."""
    ahead = place.number - 1
    if place.agent_is_ringing:
        return RINGING, None
    if ahead <= 0:
        return NEXT, None
    if ahead == 1:
        return ONE_AHEAD, None
    return (CROWD_AHEAD, None) if ahead > AHEAD_SPOKEN_MAX else (MANY_AHEAD, ahead)


def _service_wordings() -> dict[PromptId, Mapping[str, Wording]]:
    return {
        prompt: {lang: Spoken(text) for lang, text in texts.items()}
        for prompt, texts in SERVICE_TEXTS.items()
    }
