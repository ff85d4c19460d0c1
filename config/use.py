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
from collections.abc import Collection, Iterator, Sequence
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
    "queues": 1, "prompts": 2, "intents": 1, "lookups": 1, "surveys": 1, "callbacks": 2,
}  # fmt: skip
"""Sections of names, and how many levels of them go together."""
_LISTS = ("sites", "segments", "classify", "tests")
_WEIGHTS_ENDINGS = (".yaml", ".yml", ".json")


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
    _adopt_weights(tree, main, texts)
    return Whole(tree, texts)


def _named(tree: Tree, main: Path) -> Iterator[Path]:
    """The files that may be read; what is wrong with the others is said. Other forms are the schema's."""
    names = tree.value.get("use") if isinstance(tree.value, dict) else None
    seen = {_real(main)}
    for index, name in enumerate(names[:FILES_MAX] if isinstance(names, list) else []):
        file = beside(tree, main, ("use", index), name, (".yaml", ".yml"), seen)
        if file is not None:
            seen.add(_real(file))
            yield file


def beside(
    tree: Tree, main: Path, path: KeyPath, name: Any, endings: Sequence[str], seen: Collection[Path]
) -> Path | None:
    """
    A file that the configuration names, if it may be read; what is wrong with it is said.

    Args:
        tree: Of the main file.
        main: The main file: the other lies in its folder, or below.
        path: Where the name stands.
        name: As it stands there. None of another form than a relative path: that the schema says.
        endings: Of the file's name, the usual one first.
        seen: Files that are part of the configuration already.
    """
    if not isinstance(name, str) or not re.fullmatch(RELATIVE_PATH, name):
        return None
    file = main.parent / os.path.normpath(name)
    real, code = _real(file), "use"
    if real in seen:
        es, en, fix = "este archivo ya está", "this file is there already", ("quítelo", "remove it")
    elif not real.is_relative_to(_real(main.parent)):
        es, en = "este archivo está fuera de la carpeta", "this file is outside the folder"
        fix = (f"cópielo en {main.parent}", f"copy it to {main.parent}")
    elif file.suffix not in endings:
        es, en = f"se espera un archivo {endings[0]}", f"a {endings[0]} file is wanted"
        fix = ("cambie el nombre", "rename it")
    elif not real.is_file():
        code, es, en = "no-file", f"no existe {file}", f"there is no {file}"
        fix = ("créelo o corrija el nombre", "create it or correct the name")
    else:
        return file
    tree.problems.append(tree.problem(code, path, es, en, fix))
    return None


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


def _adopt_weights(tree: Tree, main: Path, texts: dict[Path, str]) -> None:
    """What `routing.weights` names becomes `routing.numbers`, each with its place in that file."""
    routing = tree.value.get("routing") if isinstance(tree.value, dict) else None
    if not isinstance(routing, dict) or "weights" not in routing:
        return
    path = ("routing", "weights")
    file = beside(tree, main, path, routing["weights"], _WEIGHTS_ENDINGS, {_real(one) for one in texts})
    if file is None:
        return
    try:
        texts[file] = read_text(file)
    except ConfigError as error:
        tree.problems += error.problems
        return
    part = parse(texts[file], str(file))
    tree.problems += part.problems
    if not part.problems:
        _merge_weights(tree, part, routing)


def _merge_weights(tree: Tree, part: Tree, routing: dict[str, Any]) -> None:
    if not isinstance(part.value, dict) or not isinstance(part.places, Places) or "numbers" not in part.value:
        es, en = "no son pesos de «centralita tune»", 'these are not the weights of "centralita tune"'
        fix = ("se espera {policy: tuned, numbers: {…}}", "{policy: tuned, numbers: {…}} is wanted")
        tree.problems.append(part.problem("weights", (), es, en, fix))
        return
    if part.value.get("policy") != routing.get("policy"):
        of = part.value.get("policy")
        es, en = f"son pesos de la política «{of}»", f'these are weights of policy "{of}"'
        fix = (f"ponga policy: {of}, o quite weights", f"write policy: {of}, or remove weights")
        tree.problems.append(tree.problem("weights", ("routing", "weights"), es, en, fix))
    if "numbers" in routing:
        es, en = "numbers ya está en los pesos", "the weights have numbers already"
        fix = ("deje solo uno de los dos", "keep only one of the two")
        tree.problems.append(tree.problem("weights", ("routing", "numbers"), es, en, fix, at_key=True))
        return
    _adopt(routing, _places(tree, ("routing",)), part.value, part.places, "numbers")


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
