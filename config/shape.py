"""
Check a tree against the schema, and keep whatever is sound.

A wrong line must not hide the next one: items that the schema refuses are left
out, so that `config.check` can still look at all the others.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.messages import path_of, to_problem
from config.problems import KeyPath, Problem
from config.schema import Centre
from config.tree import Tree

_FILLERS: dict[str, Any] = {
    "schema": "acd/1",
    "name": "?",
    "languages": ["es"],
    "agents": {},
    "phones": {},
    "entry": {},
    "queues": {},
}
_SECTIONS = frozenset({"skills", "agents", "phones", "entry", "flows", "queues", "prompts"})


@dataclass(frozen=True, slots=True)
class Shape:
    """The sound part of a configuration, and what is wrong with the rest."""

    centre: Centre | None
    problems: tuple[Problem, ...]
    left_out: frozenset[KeyPath]
    """Items missing from `centre` though they stand in the file."""


def shape(tree: Tree) -> Shape:
    """Validate a whole tree; `centre` is None only if nothing at all can be kept."""
    try:
        return Shape(Centre.model_validate(tree.value), (), frozenset())
    except ValidationError as refusal:
        errors = refusal.errors(include_url=False)
    problems = tuple(to_problem(error, tree) for error in errors)
    centre, left_out = _keep_sound(tree.value, errors)
    return Shape(centre, problems, left_out)


def _keep_sound(value: Any, errors: list[ErrorDetails]) -> tuple[Centre | None, frozenset[KeyPath]]:
    """First without the wrong values only; where that is not enough, without the items that held them."""
    kept: Any = {**_FILLERS, **copy.deepcopy(value)} if isinstance(value, dict) else None
    left_out: set[KeyPath] = set()
    for cut in (_value, _item, _item):
        for path in {cut(error) for error in errors}:
            left_out.add(path)
            _remove(kept, path)
        try:
            return Centre.model_validate({**_FILLERS, **kept}), frozenset(left_out)
        except ValidationError as refusal:
            errors = refusal.errors(include_url=False)
    return None, frozenset(left_out)


def _value(error: ErrorDetails) -> KeyPath:
    """The wrong value itself; of a list, all of it: the others must keep their places."""
    path = path_of(error)
    lists = [index for index, part in enumerate(path) if isinstance(part, int)]
    return path[: lists[0]] if lists else path


def _item(error: ErrorDetails) -> KeyPath:
    """The smallest thing that can be left out without the rest losing its sense."""
    path = path_of(error)
    if path[:1] == ("flows",) and path[2:3] == ("nodes",) and len(path) > 3:
        return path[:4]
    return path[:2] if path and path[0] in _SECTIONS else path[:1]


def _remove(value: Any, path: KeyPath) -> None:
    for part in path[:-1]:
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, dict) and path:
        value.pop(path[-1], None)
