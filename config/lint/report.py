"""Where lint puts what it finds, with the place inside an expression where there is one."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

from config.findings import Findings
from config.lint.registry import RULES
from config.problems import KeyPath, Problem, Severity

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Those of YAML."""

Text = tuple[str, str]
"""Spanish, English."""


class Report:
    """
    Findings by code.

    Args:
        found: Where problems go.
        texts: The files as they were read: only they tell quotes from what stands in them.
    """

    def __init__(self, found: Findings, texts: Mapping[Path, str]) -> None:
        self.found = found
        self._texts = {str(file): text for file, text in texts.items()}
        self._lines: dict[str, list[str]] = {}

    def say(self, code: str, path: KeyPath, said: Text, fix: Text, *, at_key: bool = False) -> None:
        """Report at a key or value of the file."""
        problem = self.found.tree.problem(code, path, *said, fix, at_key=at_key)
        self._add(problem, RULES[code].severity)

    def say_within(self, code: str, path: KeyPath, text: str, column: int, said: Text, fix: Text) -> None:
        """Report at a column (from 1) of an expression; the code is of `RULES` or begins with `rule-`."""
        problem = self.found.tree.problem(code, path, *said, fix)
        at = self._within(problem, text)
        if at is None:
            es, en = f"{said[0]} (columna {column} de la regla)", f"{said[1]} (column {column} of the rule)"
            problem = dataclasses.replace(problem, es=es, en=en)
        else:
            problem = dataclasses.replace(problem, column=at + column)
        self._add(problem, RULES[code].severity if code in RULES else Severity.ERROR)

    def place(self, path: KeyPath, seen_from: KeyPath) -> Text:
        """Where something stands, for a message about something else: with its file if that is another."""
        file, line, _ = self.found.tree.mark(path)
        if file != self.found.tree.mark(seen_from)[0]:
            return f"{file}:{line}", f"{file}:{line}"
        return f"línea {line}", f"line {line}"

    def _add(self, problem: Problem, severity: Severity) -> None:
        self.found.problems.append(dataclasses.replace(problem, severity=severity))

    def _within(self, problem: Problem, text: str) -> int | None:
        """Characters of the line before the expression; None if it is folded or has escapes."""
        if problem.file not in self._lines:
            self._lines[problem.file] = _LINE_BREAK.split(self._texts.get(problem.file, ""))
        lines = self._lines[problem.file]
        line = lines[problem.line - 1] if problem.line <= len(lines) else ""
        starts = (problem.column - 1, problem.column)
        return next((start for start in starts if line.startswith(text, start)), None)
