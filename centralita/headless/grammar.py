"""The words of a script: which steps there are, what each one says, and what may stand beside it."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from centralita.headless.script import End, Span, Whom
from config.problems import did_you_mean
from config.times import DURATION_MAX_MS

TEXT_MAX = 500
TONE_MAX_HZ = 3_999
_LENGTH = re.compile(r"([0-9]{1,6})(ms|s|m|h)")
_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_TARGETS = ("agent", "queue", "number")


class WrongError(ValueError):
    """A value that cannot be meant. Says what is wanted, in both languages, and how to mend it."""

    def __init__(self, es: str, en: str, fix: tuple[str, str] = ("", ""), key: str = "") -> None:
        super().__init__(f"{es} / {en}")
        self.es, self.en, self.fix = es, en, fix
        self.key = key
        """Which part of the value, if it is a group."""


class Needs(enum.Enum):
    """When a step makes sense; at any other time it is left out."""

    BELL = "bell"
    """While it rings."""
    CALL = "call"
    """While the call lasts."""
    NOTHING = "nothing"


Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Verb:
    """
    One kind of step.

    read: Makes the value of what is written; raises WrongError.
    needs: See there.
    options: What may stand beside it, each with its reader.
    branches: Whether it can go well or not, so that `do` and `otherwise` may follow.
    """

    read: Read
    needs: Needs = Needs.CALL
    options: Mapping[str, Read] = field(default_factory=dict)
    branches: bool = False


def yes(value: Any) -> bool:
    if value is True or value == "yes":
        return True
    raise WrongError("se espera yes", "yes is wanted")


def span(value: Any) -> Span:
    """`5s`, or `2s..5s`."""
    parts = value.split("..") if isinstance(value, str) else []
    found = [_LENGTH.fullmatch(part.strip()) for part in parts]
    if not 1 <= len(found) <= 2 or None in found:
        raise WrongError("duración no válida", "not a time", ("p. ej. 5s o 2s..5s", "e.g. 5s or 2s..5s"))
    lengths = [int(match[1]) * _UNITS_MS[match[2]] for match in found if match is not None]
    if lengths[0] > lengths[-1]:
        raise WrongError("va de menos a más", "from the shorter to the longer", ("2s..5s", "2s..5s"))
    if lengths[-1] > DURATION_MAX_MS:
        raise WrongError("más de 24 h", "longer than 24 h")
    return Span(lengths[0], lengths[-1])


def length(value: Any) -> Span | End:
    """A time, or `end`."""
    return End() if value == "end" else span(value)


def span_or_yes(value: Any) -> Span | bool:
    return True if value in (True, "yes") else span(value)


def text(value: Any) -> str:
    if isinstance(value, str) and value.strip() and len(value) <= TEXT_MAX:
        return value.strip()
    raise WrongError(
        f"se espera un texto de 1 a {TEXT_MAX} letras", f"a text of 1 to {TEXT_MAX} characters is wanted"
    )


def texts(value: Any) -> tuple[str, ...]:
    """One or more."""
    found = value if isinstance(value, list) else [value]
    if not found:
        raise WrongError("no puede estar vacío", "must not be empty")
    return tuple(text(each) for each in found)


def dialled(value: Any) -> str:
    """A telephone number."""
    if isinstance(value, int):
        # YAML has dropped the + by now.
        raise WrongError("un número va entre comillas", "a number goes in quotes", ("'+34910000000'",) * 2)
    return text(value)


def whom(value: Any) -> Whom:
    if not isinstance(value, dict) or len(value) != 1:
        raise WrongError(
            "se espera a quién", "whom is wanted",
            ("{agent: bea}, {queue: ventas} o {number: '+34910000000'}",
             "{agent: bea}, {queue: ventas} or {number: '+34910000000'}"),
        )  # fmt: skip
    ((kind, name),) = value.items()
    if kind not in _TARGETS:
        raise WrongError("clave desconocida", "unknown key", did_you_mean(kind, _TARGETS), key=kind)
    return Whom(kind, dialled(name) if kind == "number" else text(name))


def share(value: Any) -> float:
    """A probability."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise WrongError("se espera un número de 0 a 1", "a number from 0 to 1 is wanted", ("0.2", "0.2"))


def hertz(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= TONE_MAX_HZ:
        return value
    raise WrongError(f"un tono tiene de 1 a {TONE_MAX_HZ} Hz", f"a tone has 1 to {TONE_MAX_HZ} Hz")


_AUDIO: Mapping[str, Read] = {"say": texts, "pause": span, "tone": hertz, "play": text}
_NOTE: Mapping[str, Read] = {"note": text}

VERBS: Mapping[str, Verb] = {
    "wait": Verb(span, Needs.NOTHING),
    "chance": Verb(share, Needs.NOTHING, branches=True),
    "in_queue": Verb(texts, Needs.NOTHING, branches=True),
    "answer": Verb(yes, Needs.BELL),
    "decline": Verb(yes, Needs.BELL),
    "no_answer": Verb(yes, Needs.BELL),
    "talk": Verb(length, options=_AUDIO, branches=True),
    "hold": Verb(span_or_yes, branches=True),
    "retrieve": Verb(yes, branches=True),
    "mute": Verb(span_or_yes, branches=True),
    "unmute": Verb(yes, branches=True),
    "consult": Verb(whom, options={"within": span}, branches=True),
    "cancel_consult": Verb(yes, branches=True),
    "conference": Verb(yes, branches=True),
    "transfer": Verb(whom, options={"anyway": yes, **_NOTE}, branches=True),
    "complete_transfer": Verb(yes, options=_NOTE, branches=True),
    "escalate": Verb(yes, options=_NOTE, branches=True),
    "hang_up": Verb(yes),
    "note": Verb(text, Needs.NOTHING, branches=True),
    "dispose": Verb(text, Needs.NOTHING, options={"tags": texts, **_NOTE}, branches=True),
    "wrap_up_done": Verb(yes, Needs.NOTHING, branches=True),
    "ready": Verb(yes, Needs.NOTHING, branches=True),
    "not_ready": Verb(text, Needs.NOTHING, branches=True),
    "logged_out": Verb(yes, Needs.NOTHING, branches=True),
    "dial": Verb(dialled, Needs.NOTHING, options={"queue": text}, branches=True),
}
BRANCHES = ("do", "otherwise")
