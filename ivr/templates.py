"""
Texts of prompts with places for values: "Su saldo es de {saldo: money}." Pure.

A place names a variable of the flow and, after a colon, how it is read (`ivr.reading.Kind`,
`text` if nothing is said).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.reading import Kind, read

_PLACE = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class TemplateError(ValueError):
    """A place in a text is not written as one; `place` is what stands there."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value goes."""

    name: str
    kind: Kind


Part = str | Place


def parse(text: str) -> tuple[Part, ...]:
    """
    A text in its parts, in order.

    Raises:
        TemplateError: A brace without its other half, a name or a kind that cannot be.
    """
    parts: list[Part] = []
    end = 0
    for found in _PLACE.finditer(text):
        parts.append(_plain(text[end : found.start()]))
        parts.append(_place(found[1], found[0]))
        end = found.end()
    parts.append(_plain(text[end:]))
    return tuple(part for part in parts if part != "")


def places(text: str) -> tuple[Place, ...]:
    """
    The places of a text, in order.

    Raises:
        TemplateError: As `parse`.
    """
    return tuple(part for part in parse(text) if isinstance(part, Place))


def fill(text: str, values: Mapping[str, str], lang: str) -> str | None:
    """The text as it is said; None if a value is missing or the text is not well-formed."""
    try:
        parts = parse(text)
    except TemplateError:
        return None
    said = []
    for part in parts:
        if isinstance(part, str):
            said.append(part)
        elif part.name in values:
            said.append(read(part.kind, values[part.name], lang))
        else:
            return None
    return "".join(said)


def _place(inside: str, whole: str) -> Place:
    name, colon, kind = (part.strip() for part in inside.partition(":"))
    if not _NAME.fullmatch(name) or (colon and kind not in tuple(Kind)):
        raise TemplateError(whole)
    return Place(name, Kind(kind) if colon else Kind.TEXT)


def _plain(text: str) -> str:
    if (at := re.search(r"[{}]", text)) is not None:
        raise TemplateError(text[max(0, at.start() - 10) : at.end() + 10])
    return text
