"""What kinds of value a rule may speak of, and the value of what nobody knows."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


class Unknown(enum.Enum):
    """The third truth value: the fact is missing, came too late, or makes no sense."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Final = Unknown.UNKNOWN

Value = str | int | bool
"""
Durations are whole milliseconds, amounts whole cents; enum, language, agent and number values
are their text, dates theirs as in 2026-12-24.
"""


class Kind(enum.StrEnum):
    """As an administrator writes it in `facts`, but `enum`, which is written as a list."""

    E164 = "e164"
    TEXT = "text"
    INT = "int"
    BOOL = "bool"
    LANG = "lang"
    AGENT = "agent"
    DURATION = "duration"
    MONEY = "money"
    DATE = "date"
    ENUM = "enum"


_NAMES: dict[Kind, tuple[str, str]] = {
    Kind.E164: ("un teléfono", "a telephone number"),
    Kind.TEXT: ("un texto", "a text"),
    Kind.INT: ("un número", "a number"),
    Kind.BOOL: ("un sí o no", "a yes or no"),
    Kind.LANG: ("un idioma", "a language"),
    Kind.AGENT: ("un agente", "an agent"),
    Kind.DURATION: ("una duración", "a duration"),
    Kind.MONEY: ("un importe", "an amount of money"),
    Kind.DATE: ("una fecha", "a date"),
}


NUMERIC = frozenset({Kind.INT, Kind.DURATION, Kind.MONEY})
"""Kinds whose values are whole numbers."""


@dataclass(frozen=True, slots=True)
class Type:
    """The kind of a value and, where only certain words will do, those words."""

    kind: Kind
    words: tuple[str, ...] = ()
    """Of an enum, ascending; of agents and languages, those that exist (empty: any)."""

    def like(self, other: Type) -> bool:
        """Whether values of both may be compared."""
        return self.kind is other.kind and (self.kind is not Kind.ENUM or self.words == other.words)

    @property
    def ordered(self) -> bool:
        """Whether `<` makes sense."""
        return self.numeric or self.kind in {Kind.ENUM, Kind.DATE}

    @property
    def numeric(self) -> bool:
        """Whether values can be added."""
        return self.kind in NUMERIC

    @property
    def es(self) -> str:
        return f"uno de {_few(self.words)}" if self.kind is Kind.ENUM else _NAMES[self.kind][0]

    @property
    def en(self) -> str:
        return f"one of {_few(self.words)}" if self.kind is Kind.ENUM else _NAMES[self.kind][1]


E164 = Type(Kind.E164)
TEXT = Type(Kind.TEXT)
INT = Type(Kind.INT)
BOOL = Type(Kind.BOOL)
LANG = Type(Kind.LANG)
DURATION = Type(Kind.DURATION)
MONEY = Type(Kind.MONEY)
DATE = Type(Kind.DATE)
TRUST = Type(Kind.ENUM, ("none", "presented", "matched", "pin", "callback"))
"""How sure we are that the caller is who the number says, ascending."""

UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def shown(value: Value | Unknown, of: Type) -> str:
    """A value as a rule would write it."""
    if value is UNKNOWN:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if of.kind is Kind.DURATION and isinstance(value, int):
        return duration_text(value)
    if of.kind is Kind.MONEY and isinstance(value, int):
        return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02}"
    return str(value)


def duration_text(ms: int) -> str:
    """In the largest unit that leaves no rest: 90_000 is `90s`, 120_000 `2m`."""
    for unit in ("d", "h", "m", "s"):
        if ms and ms % UNITS_MS[unit] == 0:
            return f"{ms // UNITS_MS[unit]}{unit}"
    return f"{ms}ms" if ms else "0s"


def _few(words: Iterable[str]) -> str:
    listed = list(words)
    return f"[{', '.join(listed[:6])}{', …' if len(listed) > 6 else ''}]"
