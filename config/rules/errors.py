"""Why a rule is refused: where in its text, what, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One thing wrong in the text of a rule. `column` counts characters of that text from 1."""

    code: str
    column: int
    length: int
    """Characters concerned, at least 1."""
    es: str
    en: str
    fix_es: str = ""
    fix_en: str = ""
    subject: str = ""
    """The name that it is about, if it is about a name."""


_CONTEXT = 60
"""Characters shown on each side of the place."""


class RuleError(Exception):
    """
    A rule that cannot be used.

    Attributes:
        text: As the administrator wrote it.
        problems: By column; never empty.

    """

    def __init__(self, text: str, problems: Sequence[RuleProblem]) -> None:
        self.text = text
        self.problems = tuple(sorted(problems, key=lambda problem: problem.column))
        super().__init__("\n".join(caret(text, problem) for problem in self.problems))


def caret(text: str, problem: RuleProblem) -> str:
    """Three lines for a terminal: the rule (of a long one a part), a caret under the place, what is wrong."""
    first = max(0, problem.column - 1 - _CONTEXT)
    shown = text[first : problem.column - 1 + _CONTEXT]
    flat = "".join(char if char.isprintable() else " " for char in shown)
    mark = " " * (problem.column - 1 - first) + "^" * min(problem.length, _CONTEXT)
    es = "; ".join(filter(None, (problem.es, problem.fix_es)))
    en = "; ".join(filter(None, (problem.en, problem.fix_en)))
    return f"{flat}\n{mark}\n{es} / {en} [{problem.code}]"


class Refusal(Exception):
    """Ends the reading of one rule."""

    def __init__(self, problem: RuleProblem) -> None:
        super().__init__(problem.es)
        self.problem = problem


def refuse(
    code: str, start: int, end: int, said: tuple[str, str], fix: tuple[str, str] = ("", ""), subject: str = ""
) -> Refusal:
    """`start` and `end` are offsets from 0, `end` behind the last character."""
    return Refusal(RuleProblem(code, start + 1, max(1, end - start), *said, *fix, subject))
