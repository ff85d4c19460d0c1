"""
YAML text to plain values, with the place of every key and value.

Only what a person would write by hand is accepted: plain values of YAML 1.2
(`no`, `012` and `1:30` stay text), no tags, no aliases, no duplicate keys. The
tree is built from libyaml's event stream, so nesting and size are stopped
before they cost anything.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from config.problems import KeyPath, Problem, dotted

BYTES_MAX = 1 << 20
DEPTH_MAX = 32
NODES_MAX = 300_000

Place = yaml.Mark
"""File, line and column of one key or value; libyaml's own object, counted from 0."""


@dataclass(slots=True)
class Places:
    """Where a group or list stands, and where everything in it stands."""

    place: Place
    keys: dict[str, Place] = field(default_factory=dict)
    """Of a group."""
    values: dict[str | int, Places | Place] = field(default_factory=dict)


_NO_TAG = (None, "!")
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
    places: Places | Place | None = None
    problems: list[Problem] = field(default_factory=list)

    def mark(self, path: KeyPath, *, at_key: bool = False) -> tuple[str, int, int]:
        """File, line and column (from 1) of a path, or of the nearest thing above it that is there."""
        at = self.places
        for depth, part in enumerate(path):
            if not isinstance(at, Places) or part not in at.values:
                break
            if at_key and depth == len(path) - 1 and part in at.keys:
                return _numbers(at.keys[part])
            at = at.values[part]
        if at is None:
            return self.file, 1, 1
        return _numbers(at.place if isinstance(at, Places) else at)

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
        return Problem(code, *self.mark(path, at_key=at_key), dotted(path), es, en, *fix)


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


class _Text(io.StringIO):
    """A text that knows what file it is of, so that libyaml's marks do."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.name = name


class _Builder:
    """Turns events into values, a recursive descent whose depth is bounded by `DEPTH_MAX`."""

    def __init__(self, tree: Tree, text: str) -> None:
        self._tree = tree
        self._loader = yaml.CSafeLoader(_Text(text, tree.file))
        self._path: list[str | int] = []
        self._nodes = 0

    def build(self) -> None:
        while (event := self._next()) is not None:
            if isinstance(event, yaml.DocumentStartEvent):
                self._tree.value, self._tree.places = self._node(self._next())
                break
        while (event := self._next()) is not None:
            if isinstance(event, yaml.DocumentStartEvent):
                raise _StopReadingError(
                    self._problem(
                        "one-document", event,
                        "solo se admite un documento", "only one document is allowed",
                        "borre «---» y lo que sigue", "delete the second '---' and what follows",
                    )
                )  # fmt: skip

    def _next(self) -> Any:
        """The next event; None after the last."""
        try:
            return self._loader.get_event()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
            en = error.problem or "cannot be read"
            es = _LIBYAML_ES.get(en, "no se entiende el YAML")
            raise _StopReadingError(Problem("yaml", self._tree.file, *where, "", es, en)) from error
        except (yaml.YAMLError, UnicodeError) as error:
            problem = Problem("yaml", self._tree.file, 1, 1, "", "no se entiende el YAML", str(error))
            raise _StopReadingError(problem) from error

    def _node(self, event: Any) -> tuple[Any, Places | Place]:
        self._nodes += 1
        if self._nodes > NODES_MAX or len(self._path) > DEPTH_MAX:
            raise _StopReadingError(
                self._problem(
                    "too-big", event, "demasiados niveles o elementos", "too many levels or items",
                    f"como máximo {DEPTH_MAX} y {NODES_MAX}", f"at most {DEPTH_MAX} and {NODES_MAX}",
                )
            )  # fmt: skip
        kind = type(event)
        if kind is yaml.AliasEvent or event.tag not in _NO_TAG:
            self._refuse_magic(event)
        if kind is yaml.ScalarEvent:
            return plain(event.value) if event.implicit[0] else event.value, event.start_mark
        if kind is yaml.MappingStartEvent:
            return self._mapping(event)
        return self._sequence(event) if kind is yaml.SequenceStartEvent else (None, event.start_mark)

    def _mapping(self, start: Any) -> tuple[dict[str, Any], Places]:
        found: dict[str, Any] = {}
        places = Places(start.start_mark)
        while type(event := self._next()) is not yaml.MappingEndEvent:
            key = self._key(event)
            self._path.append(key)
            if key in found:
                first = places.keys[key].line + 1
                self._add(
                    "duplicate-key", event, "clave repetida", "duplicate key",
                    f"ya está en la línea {first}: deje solo una", f"already on line {first}: keep one",
                )  # fmt: skip
                # Read only to get past it: the first one keeps its value and its places.
                self._node(self._next())
            else:
                places.keys[key] = event.start_mark
                found[key], places.values[key] = self._node(self._next())
            self._path.pop()
        return found, places

    def _sequence(self, start: Any) -> tuple[list[Any], Places]:
        found: list[Any] = []
        places = Places(start.start_mark)
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            index = len(found)
            self._path.append(index)
            value, places.values[index] = self._node(event)
            found.append(value)
            self._path.pop()
        return found, places

    def _key(self, event: Any) -> str:
        if type(event) is yaml.ScalarEvent and event.tag in _NO_TAG:
            return str(event.value)
        self._refuse_magic(event)
        if isinstance(event, yaml.ScalarEvent):
            return str(event.value)
        raise _StopReadingError(
            self._problem(
                "key-not-text", event, "una clave debe ser un texto", "a key must be a text",
                "escríbala entre comillas", "put it in quotes",
            )
        )  # fmt: skip

    def _refuse_magic(self, event: Any) -> None:
        """Aliases (whose expansion can be made to explode) and tags have no use here."""
        if isinstance(event, yaml.AliasEvent):
            self._add(
                "alias", event, "no se admiten alias (*)", "aliases (*) are not allowed",
                "repita el valor", "repeat the value",
            )  # fmt: skip
        elif event.tag not in _NO_TAG:
            self._add(
                "tag", event, "no se admiten etiquetas (!)", "tags (!) are not allowed",
                "quite la etiqueta", "remove the tag",
            )  # fmt: skip

    def _add(self, code: str, event: Any, es: str, en: str, fix_es: str, fix_en: str) -> None:
        self._tree.problems.append(self._problem(code, event, es, en, fix_es, fix_en))

    def _problem(self, code: str, event: Any, es: str, en: str, fix_es: str, fix_en: str) -> Problem:
        path = tuple(self._path[:8])
        return Problem(code, *_numbers(event.start_mark), dotted(path), es, en, fix_es, fix_en)


def _numbers(place: Place) -> tuple[str, int, int]:
    return place.name, place.line + 1, place.column + 1
