"""
YAML text to plain values, with the place of every key and value.

Only what a person would write by hand is accepted: plain values of YAML 1.2
(`no`, `012` and `1:30` stay text), no tags, no aliases, no duplicate keys. The
tree is built from libyaml's event stream, so nesting and size are stopped
before they cost anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from config.problems import KeyPath, Problem, dotted

BYTES_MAX = 1 << 20
DEPTH_MAX = 32
NODES_MAX = 100_000

Mark = tuple[int, int]
"""Line and column, from 1."""

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_LIBYAML_ES = {
    "did not find expected node content": "aquí se esperaba un valor",
    "did not find expected key": "aquí se esperaba una clave (¿sangría mal alineada?)",
    "mapping values are not allowed in this context": (
        "aquí no puede haber «clave: valor» (¿sangría, o faltan comillas?)"
    ),
    "could not find expected ':'": "falta «:» tras la clave",
    "found a tab character that violates indentation": "un tabulador en la sangría: use espacios",
    "found character that cannot start any token": "carácter no permitido aquí (¿tabulador? use espacios)",
    "found unexpected end of stream": "el archivo acaba antes de tiempo (¿comillas sin cerrar?)",
}


@dataclass(slots=True)
class Tree:
    """A parsed file: its value, where everything stands, and what was wrong with the text."""

    value: Any
    file: str
    keys: dict[KeyPath, Mark] = field(default_factory=dict)
    values: dict[KeyPath, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def mark(self, path: KeyPath, *, at_key: bool = False) -> Mark:
        """The place of a path, or of the nearest thing above it that stands in the file."""
        if at_key and path in self.keys:
            return self.keys[path]
        for length in range(len(path), -1, -1):
            place = self.values.get(path[:length])
            if place is not None:
                return place
        return (1, 1)

    def problem(
        self,
        code: str,
        path: KeyPath,
        es: str,
        en: str,
        fix: tuple[str, str] = ("", ""),
        *,
        at_key: bool = False,
    ) -> Problem:
        line, column = self.mark(path, at_key=at_key)
        return Problem(code, self.file, line, column, dotted(path), es, en, *fix)


class _StopReadingError(Exception):
    """The text cannot be read any further."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def parse(text: str, file: str) -> Tree:
    """
    Read one document.

    Args:
        text: The whole file, at most `BYTES_MAX` bytes (checked by the loader).
        file: Its name, for messages.

    Returns:
        The tree. Problems in it are errors; after one that makes the rest
        unreadable `value` is None.
    """
    tree = Tree(None, file)
    try:
        _Builder(tree, text).build()
    except _StopReadingError as stop:
        tree.value = None
        tree.problems.append(stop.problem)
    return tree


def plain(text: str) -> str | int | float | bool | None:
    """A plain scalar's value: YAML 1.2 core without octal, hexadecimal and leading zeros."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text) and len(text) <= 18:
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


class _Builder:
    """Turns events into values, a recursive descent whose depth is bounded by `DEPTH_MAX`."""

    def __init__(self, tree: Tree, text: str) -> None:
        self._tree = tree
        self._events = self._read(text)
        self._nodes = 0

    def build(self) -> None:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._tree.value = self._node(next(self._events), ())
                break
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise _StopReadingError(
                    self._problem(
                        "one-document", event, (),
                        "solo se admite un documento", "only one document is allowed",
                        "borre «---» y lo que sigue", "delete the second '---' and what follows",
                    )
                )  # fmt: skip

    def _read(self, text: str) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(text, Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
            en = error.problem or "cannot be read"
            es = _LIBYAML_ES.get(en, "no se entiende el YAML")
            raise _StopReadingError(Problem("yaml", self._tree.file, *where, "", es, en)) from error
        except yaml.YAMLError as error:
            problem = Problem("yaml", self._tree.file, 1, 1, "", "no se entiende el YAML", str(error))
            raise _StopReadingError(problem) from error

    def _node(self, event: yaml.Event, path: KeyPath) -> Any:
        self._nodes += 1
        if len(path) > DEPTH_MAX or self._nodes > NODES_MAX:
            raise _StopReadingError(
                self._problem(
                    "too-big", event, path[:8], "demasiados niveles o elementos", "too many levels or items",
                    f"como máximo {DEPTH_MAX} y {NODES_MAX}", f"at most {DEPTH_MAX} and {NODES_MAX}",
                )
            )  # fmt: skip
        self._tree.values[path] = _mark(event)
        self._refuse_magic(event, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        if isinstance(event, yaml.ScalarEvent):
            return plain(event.value) if event.implicit[0] else event.value
        return None

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            here = (*path, key)
            if key in found:
                first = self._tree.keys[here][0]
                self._add(
                    "duplicate-key", event, here, "clave repetida", "duplicate key",
                    f"ya está en la línea {first}: deje solo una", f"already on line {first}: keep one",
                )  # fmt: skip
                # Read only to get past it: the first one keeps its value and its places.
                self._node(next(self._events), (*path, f"{key} (bis)"))
                continue
            self._tree.keys[here] = _mark(event)
            found[key] = self._node(next(self._events), here)
        return found

    def _sequence(self, path: KeyPath) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._node(event, (*path, len(found))))
        return found

    def _key(self, event: yaml.Event, path: KeyPath) -> str:
        self._refuse_magic(event, path)
        if isinstance(event, yaml.ScalarEvent):
            return str(event.value)
        raise _StopReadingError(
            self._problem(
                "key-not-text", event, path, "una clave debe ser un texto", "a key must be a text",
                "escríbala entre comillas", "put it in quotes",
            )
        )  # fmt: skip

    def _refuse_magic(self, event: yaml.Event, path: KeyPath) -> None:
        """Aliases (whose expansion can be made to explode) and tags have no use here."""
        if isinstance(event, yaml.AliasEvent):
            self._add(
                "alias", event, path, "no se admiten alias (*)", "aliases (*) are not allowed",
                "repita el valor", "repeat the value",
            )  # fmt: skip
        elif getattr(event, "tag", None) not in (None, "!"):
            self._add(
                "tag", event, path, "no se admiten etiquetas (!)", "tags (!) are not allowed",
                "quite la etiqueta", "remove the tag",
            )  # fmt: skip

    def _add(
        self, code: str, event: yaml.Event, path: KeyPath, es: str, en: str, fix_es: str, fix_en: str
    ) -> None:
        self._tree.problems.append(self._problem(code, event, path, es, en, fix_es, fix_en))

    def _problem(
        self, code: str, event: yaml.Event, path: KeyPath, es: str, en: str, fix_es: str, fix_en: str
    ) -> Problem:
        line, column = _mark(event)
        return Problem(code, self._tree.file, line, column, dotted(path), es, en, fix_es, fix_en)


def _mark(event: yaml.Event) -> Mark:
    assert event.start_mark is not None  # noqa: S101 - libyaml marks every event
    return event.start_mark.line + 1, event.start_mark.column + 1
