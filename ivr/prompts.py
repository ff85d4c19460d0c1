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
from ivr.house_prompts import (
    CONFIRM_KEYS,
    HEARD,
    NOT_PROVEN,
    NOT_UNDERSTOOD,
    READ_BACK,
    USE_KEYPAD,
    WRONG_NUMBER,
)
from ivr.number_words import cardinal
from ivr.templates import TemplateError, fill, places

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
WAIT_FROM = PromptId("espera_entre")
"""Its text holds `{n}`: the fewest minutes. `WAIT_TO` follows at once."""
WAIT_TO = PromptId("espera_y")
"""Its text holds `{n}`: the most minutes."""
WAIT_BELOW = PromptId("espera_menos")
"""Its text holds `{n}`: minutes, 2 or more, within which the caller will be served."""
WAIT_A_MINUTE = PromptId("espera_un_minuto")
WAIT_ABOVE = PromptId("espera_mas")
"""Its text holds `{n}`: minutes, 2 or more, that the caller will wait at least."""
MINUTES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30)
"""Minutes that are spoken: what lies between is rounded outwards, so that nobody is promised too much."""
MINUTE_MS = 60_000

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
    WAIT_FROM: {
        "es": "Tiempo de espera estimado: entre {n}",
        "en": "Your estimated waiting time is between {n}",
    },
    WAIT_TO: {"es": "y {n} minutos.", "en": "and {n} minutes."},
    WAIT_BELOW: {
        "es": "Tiempo de espera estimado: menos de {n} minutos.",
        "en": "Your estimated waiting time is less than {n} minutes.",
    },
    WAIT_A_MINUTE: {
        "es": "Tiempo de espera estimado: menos de un minuto.",
        "en": "Your estimated waiting time is less than a minute.",
    },
    WAIT_ABOVE: {
        "es": "Tiempo de espera estimado: más de {n} minutos.",
        "en": "Your estimated waiting time is more than {n} minutes.",
    },
    HEARD: {"es": "¿Ha dicho {said}?", "en": "Did you say {said}?"},
    NOT_UNDERSTOOD: {"es": "Perdone, no le he entendido.", "en": "Sorry, I did not understand."},
    USE_KEYPAD: {
        "es": "Para usar el teclado, pulse {key}.",
        "en": "To use the keypad, press {key}.",
    },
    READ_BACK: {"es": "Ha indicado: {digits: digits}.", "en": "You gave: {digits: digits}."},
    CONFIRM_KEYS: {
        "es": "Si es correcto, pulse uno o diga sí. Si no, pulse dos o diga no.",
        "en": "If that is right, press one or say yes. If not, press two or say no.",
    },
    WRONG_NUMBER: {"es": "Ese número no es válido.", "en": "That number is not valid."},
    NOT_PROVEN: {"es": "No coincide con nuestros datos.", "en": "That does not match our records."},
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

NUMBERS: Mapping[PromptId, tuple[int, ...]] = {
    MANY_AHEAD: tuple(range(2, AHEAD_SPOKEN_MAX + 1)),
    WAIT_FROM: MINUTES,
    WAIT_TO: MINUTES[1:],
    WAIT_BELOW: MINUTES[1:],
    WAIT_ABOVE: MINUTES[1:],
}
"""What `{n}` can be in the sentences that hold it."""


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
    wait_ms: tuple[int, int] | None = None
    """From and to: how long the caller will probably wait yet. None: not known well enough to be told."""


class Sounds(Protocol):
    """Where synthesised texts are kept."""

    def path(self, text: str, lang: str) -> str | None:
        """The sound file without extension, or None if it has not been made."""

    async def speak(self, text: str, lang: str) -> str | None:
        """The same, made now if need be, and kept for a while only; None if it could not be made in time."""


def number_word(n: int, lang: str) -> str:
    """
    People as they are spoken: Spanish in the feminine ("veintiuna personas").

    Other languages get digits, which a synthesiser reads well; the word
    matters where it has a gender.
    """
    return cardinal(n, lang, feminine=True) if lang == "es" else str(n)


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

    async def say(self, prompts: Sequence[PromptId], lang: str, values: Mapping[str, str]) -> list[str]:
        """
        As `sounds`, with values in the places that texts have for them.

        Args:
            prompts: What to say, in order.
            lang: The caller's language.
            values: By name. A prompt with a place for one that is missing is left out, and logged.
        """
        found = [await self._say(prompt, lang, values) for prompt in prompts]
        return [path for path in found if path is not None]

    def position(self, place: Position, lang: str) -> list[str]:
        """The files that tell a waiting caller where they stand."""
        sentences = [_position_prompt(place)]
        if place.wait_ms is not None and not place.agent_is_ringing:
            sentences += wait_prompts(*place.wait_ms)
        found = (self._sound(prompt, lang, number) for prompt, number in sentences)
        return [path for path in found if path is not None]

    def to_render(self) -> list[tuple[str, str]]:
        """
        Every (text, language) that this catalogue may ask for.

        The order is that of need: configured prompts first, then the queue's
        sentences from the front of the queue to its end.
        """
        return list(dict.fromkeys((text, lang) for lang in self._languages for text in self._texts(lang)))

    def _texts(self, lang: str) -> Iterator[str]:
        for prompt, wordings in sorted(self._prompts.items(), key=lambda item: item[0] in NUMBERS):
            wording = wordings.get(lang)
            if not isinstance(wording, Spoken) or (prompt not in NUMBERS and _has_places(wording.text)):
                continue
            for number in NUMBERS.get(prompt, (None,)):
                yield _with_number(prompt, wording.text, number, lang)

    def _sound(self, prompt: PromptId, lang: str, number: int | None) -> str | None:
        """In the caller's language, or else in that of the house."""
        for spoken in (lang, self.default_language):
            path = self._path(prompt, spoken, number)
            if path is not None:
                return path
        _log.warning("prompt.silent", prompt=prompt, lang=lang)
        return None

    async def _say(self, prompt: PromptId, lang: str, values: Mapping[str, str]) -> str | None:
        for spoken in (lang, self.default_language):
            wording = self._prompts.get(prompt, {}).get(spoken)
            if not isinstance(wording, Spoken) or not _has_places(wording.text):
                continue
            text = fill(wording.text, values, spoken)
            path = None if text is None else await self._sounds.speak(text, spoken)
            if path is not None:
                return path
        return self._sound(prompt, lang, None)

    def _path(self, prompt: PromptId, lang: str, number: int | None) -> str | None:
        match self._prompts.get(prompt, {}).get(lang):
            case Spoken(text):
                return self._sounds.path(_with_number(prompt, text, number, lang), lang)
            case Recorded(path):
                return path
            case None:
                return None


def _has_places(text: str) -> bool:
    try:
        return bool(places(text))
    except TemplateError:
        return False


def minutes_word(n: int, lang: str) -> str:
    """Minutes, 1 to 30, as they are spoken: Spanish in the masculine ("un" only stands before its noun)."""
    return cardinal(n, lang) if lang == "es" else str(n)


def wait_prompts(low_ms: int, high_ms: int) -> list[tuple[PromptId, int | None]]:
    """
    The sentences for a wait between these two, with the numbers in them; never "0 minutes".

    The range is widened to `MINUTES`: from the last of them that is not above `low_ms` to the first
    that is not below `high_ms`. Nothing is said of a range that tells nothing.
    """
    low = max((n for n in MINUTES if n * MINUTE_MS <= low_ms), default=0)
    high = min((n for n in MINUTES if n * MINUTE_MS >= high_ms and n > low), default=None)
    if high is None:
        return [(WAIT_ABOVE, low)] if low > 1 else []
    if high == 1:
        return [(WAIT_A_MINUTE, None)]
    return [(WAIT_FROM, low), (WAIT_TO, high)] if low else [(WAIT_BELOW, high)]


def _with_number(prompt: PromptId, text: str, n: int | None, lang: str) -> str:
    if n is None:
        return text
    return text.replace("{n}", (number_word if prompt == MANY_AHEAD else minutes_word)(n, lang))


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
