"""Reading a case file value by value: every mistake is told with its place and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class CasesError(Exception):
    """The file cannot be used. The text names the place and the mend, Spanish first."""


@dataclass(frozen=True, slots=True)
class At:
    """A value of the file and where it stands, e.g. `cases[3].system.types[0].service`."""

    place: str
    value: Any

    def error(self, es: str, en: str) -> CasesError:
        return CasesError(f"{self.place}: {es} / {en}")

    def has(self, key: str) -> bool:
        """Whether the key is there with something in it."""
        return isinstance(self.value, dict) and self.value.get(key) is not None

    def get(self, key: str) -> At:
        """What stands under a key of an object; an error if nothing does."""
        if not isinstance(self.value, dict):
            raise self.error("debe ser un objeto { … }", "must be an object { … }")
        if self.value.get(key) is None:
            raise self.error(f"falta «{key}»", f'"{key}" is missing')
        return At(f"{self.place}.{key}" if self.place else key, self.value[key])

    def items(self) -> Iterator[At]:
        if not isinstance(self.value, list):
            raise self.error("debe ser una lista [ … ]", "must be a list [ … ]")
        return (At(f"{self.place}[{at}]", item) for at, item in enumerate(self.value))

    def names(self) -> list[str]:
        if not isinstance(self.value, dict):
            raise self.error("debe ser un objeto { … }", "must be an object { … }")
        return [str(key) for key in self.value]

    def number(self, least: float = 0.0) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.error(
                f"debe ser un número, no {self.value!r}", f"must be a number, not {self.value!r}"
            )
        if not self.value >= least:
            raise self.error(f"debe ser {least:g} o más", f"must be {least:g} or more")
        return float(self.value)

    def whole(self, least: int = 0) -> int:
        number = self.number(least)
        if number != int(number):
            raise self.error("debe ser un número entero", "must be a whole number")
        return int(number)

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.error(f"debe ser un texto, no {self.value!r}", f"must be a text, not {self.value!r}")
        return self.value

    def number_or(self, key: str, otherwise: float, least: float = 0.0) -> float:
        return self.get(key).number(least) if self.has(key) else otherwise
