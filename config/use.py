"""
A configuration in several files: `use: [calendars/es.yaml, prompts/en.yaml]`.

The named files hold sections of the same form. Names go together, of prompts
also the languages of one name; lists are put one after the other, the main file
first. Everything keeps the place where it was written, so that an error names
its own file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.files import read_text
from config.problems import ConfigError, KeyPath, Problem, did_you_mean
from config.schema import Centre
from config.tree import Places, Tree, parse
from config.words import RELATIVE_PATH

FILES_MAX = 50
_LEVELS = {
    "skills": 1, "agents": 1, "phones": 1, "trunks": 1, "hours": 1, "facts": 1, "entry": 1, "flows": 1,
    "queues": 1, "prompts": 2,
}  # fmt: skip
"""Sections of names, and how many levels of them go together."""
_LISTS = ("segments", "classify")


@dataclass(frozen=True, slots=True)
class Whole:
    """All files of a configuration as one tree."""

    tree: Tree
    texts: dict[Path, str]
    """As they were read; the main file first."""


def read_whole(text: str, main: Path) -> Whole:
    """
    The main file with everything that it uses.

    Args:
        text: Of the main file; may be a draft that is not in it yet.
        main: Where it lies; the others are looked for beside it.

    Returns:
        The tree. What is wrong with the other files is among its problems.
    """
    tree = parse(text, str(main))
    texts = {main: text}
    for file in _named(tree, main):
        try:
            texts[file] = read_text(file)
        except ConfigError as error:
            tree.problems += error.problems
            continue
        part = parse(texts[file], str(file))
        tree.problems += part.problems
        _merge(tree, part)
    return Whole(tree, texts)


def _named(tree: Tree, main: Path) -> Iterator[Path]:
    """The files that may be read; what is wrong with the others is said. Other forms are the schema's."""
    names = tree.value.get("use") if isinstance(tree.value, dict) else None
    home, seen = _real(main.parent), {_real(main)}
    for index, name in enumerate(names[:FILES_MAX] if isinstance(names, list) else []):
        if not isinstance(name, str) or not re.fullmatch(RELATIVE_PATH, name):
            continue
        file = main.parent / os.path.normpath(name)
        real = _real(file)
        code = "use"
        if real in seen:
            es, en, fix = "este archivo ya está", "this file is there already", ("quítelo", "remove it")
        elif not real.is_relative_to(home):
            es, en = "este archivo está fuera de la carpeta", "this file is outside the folder"
            fix = (f"cópielo en {main.parent}", f"copy it to {main.parent}")
        elif file.suffix not in {".yaml", ".yml"}:
            es, en, fix = (
                "se espera un archivo .yaml",
                "a .yaml file is wanted",
                ("cambie el nombre", "rename it"),
            )
        elif not real.is_file():
            code, es, en = "no-file", f"no existe {file}", f"there is no {file}"
            fix = ("créelo o corrija el nombre", "create it or correct the name")
        else:
            seen.add(real)
            yield file
            continue
        tree.problems.append(tree.problem(code, ("use", index), es, en, fix))


def _real(file: Path) -> Path:
    """Where it really lies; links that lead in a circle lead to themselves."""
    return Path(os.path.realpath(file))


def _merge(tree: Tree, part: Tree) -> None:
    if not isinstance(part.value, dict) or not isinstance(part.places, Places):
        if part.value is not None or not part.problems:
            es, en = "no hay secciones de configuración", "there are no sections of a configuration"
            part_empty = part.problem("empty", (), es, en, ("p. ej. queues: …", "e.g. queues: …"))
            tree.problems.append(part_empty)
        return
    for section, value in part.value.items():
        wanted = list if section in _LISTS else dict if section in _LEVELS else None
        if section == "schema":
            _same_schema(tree, part)
        elif wanted is None:
            tree.problems.append(_not_here(part, section))
        elif not isinstance(value, wanted):
            list_or_group = ("una lista", "a list") if wanted is list else ("un grupo", "a group")
            es, en = f"se espera {list_or_group[0]}", f"{list_or_group[1]} is wanted"
            tree.problems.append(part.problem("bad-value", (section,), es, en))
        elif section not in tree.value:
            _adopt(tree.value, tree.places, part.value, part.places, section)
        elif isinstance(value, list) and isinstance(tree.value[section], list):
            _append(tree, part, section)
        elif isinstance(value, dict):
            _add_names(tree, part, (section,), _LEVELS[section])


def _same_schema(tree: Tree, part: Tree) -> None:
    if part.value["schema"] != tree.value.get("schema"):
        es, en = "otro formato que el archivo principal", "another format than the main file"
        tree.problems.append(part.problem("bad-value", ("schema",), es, en))


def _not_here(part: Tree, section: str) -> Problem:
    if section in {field.alias or name for name, field in Centre.model_fields.items()}:
        es, en = "solo puede estar en el archivo principal", "belongs into the main file only"
        return part.problem("use-section", (section,), es, en, ("muévalo ahí", "move it there"), at_key=True)
    mend = did_you_mean(section, [*_LEVELS, *_LISTS])
    return part.problem("unknown-key", (section,), "clave desconocida", "unknown key", mend, at_key=True)


def _append(tree: Tree, part: Tree, section: str) -> None:
    ours, theirs = _places(tree, (section,)), _places(part, (section,))
    for index, item in enumerate(part.value[section]):
        ours.values[len(tree.value[section])] = theirs.values[index]
        tree.value[section].append(item)


def _add_names(tree: Tree, part: Tree, path: KeyPath, levels: int) -> None:
    ours, theirs = _at(tree.value, path), _at(part.value, path)
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return
    for name in theirs:
        here = (*path, name)
        if name not in ours:
            _adopt(ours, _places(tree, path), theirs, _places(part, path), name)
        elif levels > 1 and isinstance(ours[name], dict) and isinstance(theirs[name], dict):
            _add_names(tree, part, here, levels - 1)
        else:
            file, line, _ = tree.mark(here, at_key=True)
            es, en = f"«{name}» ya está en {file}:{line}", f'"{name}" is already in {file}:{line}'
            fix = ("deje solo uno", "keep only one")
            tree.problems.append(part.problem("duplicate-name", here, es, en, fix, at_key=True))


def _adopt(ours: dict[str, Any], our: Any, theirs: dict[str, Any], their: Places, name: str) -> None:
    ours[name] = theirs[name]
    our.keys[name], our.values[name] = their.keys[name], their.values[name]


def _at(value: Any, path: KeyPath) -> Any:
    for part in path:
        value = value[part]
    return value


def _places(tree: Tree, path: KeyPath) -> Places:
    at = tree.places
    for part in path:
        assert isinstance(at, Places)  # noqa: S101 - a group or list of the tree has places
        at = at.values[part]
    assert isinstance(at, Places)  # noqa: S101
    return at
