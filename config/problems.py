"""What is wrong with a configuration: where, what, and how to mend it."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]
"""Keys and list indexes from the root, e.g. ("queues", "ventas", "need", 0)."""


class Severity(enum.StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One finding. Its text is Spanish first, English second.

    `line` and `column` count from 1. `code` never changes its meaning: tests,
    editors and the documentation refer to it.
    """

    code: str
    file: str
    line: int
    column: int
    key: str
    es: str
    en: str
    fix_es: str = ""
    fix_en: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        es = "; ".join(filter(None, (self.es, self.fix_es)))
        en = "; ".join(filter(None, (self.en, self.fix_en)))
        mark = "" if self.severity is Severity.ERROR else "aviso/warning: "
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}: {mark}{f'{self.key}: ' if self.key else ''}{es} / {en} [{self.code}]"


class ConfigError(Exception):
    """
    A configuration that cannot be used, with everything that is wrong with it.

    Attributes:
        problems: Errors and warnings in the order of the file; never empty.

    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def dotted(path: KeyPath) -> str:
    """The path as people write it: `queues.ventas.need[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def did_you_mean(word: str, known: Iterable[str]) -> tuple[str, str]:
    """The mend for a name that does not exist, in both languages: the nearest name, or all of them."""
    names = sorted(set(known))
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if near:
        return f"¿quiso decir «{near[0]}»?", f'did you mean "{near[0]}"?'
    if not names:
        return "aún no hay ninguno definido", "none is defined yet"
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"existen: {shown}", f"there are: {shown}"
