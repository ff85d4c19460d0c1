"""From the YAML of a script to its steps; whatever is wrong is said with its place and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from centralita.headless.grammar import BRANCHES, VERBS, Read, Verb, WrongError
from centralita.headless.script import Script, Step
from config.files import read_text
from config.problems import ConfigError, KeyPath, Problem, did_you_mean
from config.tree import Tree, parse

SCHEMA = "agent/1"
PARTS = ("sign_in", "on_call", "on_consult", "on_dial", "idle")
_KEYS = ("schema", "language", *PARTS)
STEPS_MAX = 1_000


def load(path: Path) -> Script:
    """Raises ConfigError, which holds every problem found."""
    return read(read_text(path), str(path))


def usual(language: str = "es") -> Script:
    """What an agent does who is given no script, in Spanish or else in English."""
    name = "usual.es.yaml" if language == "es" else "usual.en.yaml"
    place = resources.files("centralita.headless") / name
    return read(place.read_text(encoding="utf-8"), name)


def read(text: str, file: str) -> Script:
    """
    Read a script; what it does not say is as in the usual one.

    Args:
        text: YAML.
        file: Its name, for messages.

    Raises:
        ConfigError: Holds every problem found.
    """
    tree = parse(text, file)
    reader = _Reader(tree)
    script = reader.script() if not tree.problems else None
    if script is None:
        raise ConfigError(sorted(tree.problems, key=lambda problem: (problem.line, problem.column)))
    return script


class _Reader:
    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._count = 0

    def script(self) -> Script | None:
        """None if anything is wrong: then the tree has the problems."""
        top = self._tree.value
        if not isinstance(top, dict):
            self._add("empty", (), "aquí no hay ningún guion", "there is no script here", _BEGIN)
            return None
        self._keys((), top, _KEYS)
        if top.get("schema") != SCHEMA:
            place: KeyPath = ("schema",) if "schema" in top else ()
            self._add("schema", place, f"se espera schema: {SCHEMA}", f"schema: {SCHEMA} is wanted", _BEGIN)
        language = top.get("language", "es")
        if not (isinstance(language, str) and re.fullmatch("[a-z]{2}", language)):
            self._add("language", ("language",), "un idioma de dos letras: es, en", "two letters: es, en")
        parts = {part: self._steps((part,), top[part]) for part in PARTS if part in top}
        if self._tree.problems:
            return None
        if len(parts) < len(PARTS):
            default = usual(language)
            parts = {part: getattr(default, part) for part in PARTS} | parts
        return Script(language, **parts)

    def _steps(self, path: KeyPath, value: Any) -> tuple[Step, ...]:
        if not isinstance(value, list):
            self._add(
                "steps", path, "se espera una lista de pasos", "a list of steps is wanted",
                ("[{wait: 2s}, {answer: yes}]", "[{wait: 2s}, {answer: yes}]"),
            )  # fmt: skip
            return ()
        found = [self._step((*path, index), each) for index, each in enumerate(value)]
        return tuple(step for step in found if step is not None)

    def _step(self, path: KeyPath, value: Any) -> Step | None:
        self._count += 1
        if self._count > STEPS_MAX:
            self._add("too-big", path, f"como máximo {STEPS_MAX} pasos", f"at most {STEPS_MAX} steps")
            return None
        if not isinstance(value, dict) or not value:
            self._add(
                "step", path, "un paso es un grupo «verbo: valor»", "a step is a group 'verb: value'",
                ("p. ej. {answer: yes}", "e.g. {answer: yes}"),
            )  # fmt: skip
            return None
        name = next((key for key in value if key in VERBS), None)
        if name is None:
            first = next(iter(value))
            self._add(
                "unknown-step", (*path, first), "paso desconocido", "unknown step",
                did_you_mean(first, VERBS), at_key=True,
            )  # fmt: skip
            return None
        return self._of(path, name, VERBS[name], value)

    def _of(self, path: KeyPath, name: str, verb: Verb, value: Mapping[str, Any]) -> Step:
        branches = BRANCHES if verb.branches else ()
        self._keys(path, value, (name, *verb.options, *branches))
        said = self._value((*path, name), verb.read, value[name])
        options = {
            key: self._value((*path, key), reader, value[key])
            for key, reader in verb.options.items()
            if key in value
        }
        ways = {key: self._steps((*path, key), value[key]) for key in branches if key in value}
        return Step(name, said, options, **ways)

    def _value(self, path: KeyPath, reader: Read, value: Any) -> Any:
        try:
            return reader(value)
        except WrongError as wrong:
            place = (*path, wrong.key) if wrong.key else path
            self._add("bad-value", place, wrong.es, wrong.en, wrong.fix, at_key=bool(wrong.key))
            return None

    def _keys(self, path: KeyPath, value: Mapping[str, Any], known: Sequence[str]) -> None:
        for key in value:
            if key not in known:
                mend = did_you_mean(key, known)
                self._add("unknown-key", (*path, key), "clave desconocida", "unknown key", mend, at_key=True)

    def _add(
        self,
        code: str,
        path: KeyPath,
        es: str,
        en: str,
        fix: tuple[str, str] = ("", ""),
        *,
        at_key: bool = False,
    ) -> None:
        problem: Problem = self._tree.problem(code, path, es, en, fix, at_key=at_key)
        self._tree.problems.append(problem)


_BEGIN = (f"empiece con «schema: {SCHEMA}»", f'start with "schema: {SCHEMA}"')
