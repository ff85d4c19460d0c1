"""
Check a tree against the schema, and keep whatever is sound.

A wrong line must not hide the next one: what the schema refuses is left out,
the smallest part that will do, so that the checks can still look at all the rest.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.messages import path_of, to_problems
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
_ROUNDS_MAX = 12


@dataclass(frozen=True, slots=True)
class Shape:
    """The sound part of a configuration, and what is wrong with the rest."""

    centre: Centre | None
    problems: tuple[Problem, ...]
    left_out: frozenset[KeyPath]
    """What is missing from `centre` though it stands in the file."""


def shape(tree: Tree) -> Shape:
    """Validate a whole tree; `centre` is None only if nothing at all can be kept."""
    try:
        return Shape(Centre.model_validate(tree.value), (), frozenset())
    except ValidationError as refusal:
        errors = refusal.errors(include_url=False)
    centre, left_out = _keep_sound(tree.value, errors)
    return Shape(centre, tuple(to_problems(errors, tree)), left_out)


def _keep_sound(
    value: dict[str, Any], errors: list[ErrorDetails]
) -> tuple[Centre | None, frozenset[KeyPath]]:
    """Without the wrong values only; where that is not enough, without what holds them, and so on."""
    kept: dict[str, Any] = {**_FILLERS, **copy.deepcopy(value)}
    left_out: set[KeyPath] = set()
    for _ in range(_ROUNDS_MAX):
        for path in {_part(error) for error in errors}:
            gone = _remove(kept, path)
            if gone:
                left_out.add(gone)
        try:
            return Centre.model_validate({**_FILLERS, **kept}), frozenset(left_out)
        except ValidationError as refusal:
            errors = refusal.errors(include_url=False)
    return None, frozenset(left_out)


def _part(error: ErrorDetails) -> KeyPath:
    """The wrong value itself; of a list, all of it: the others must keep their places."""
    path = path_of(error)
    if error["type"] == "missing":
        path = path[:-1]
    lists = [index for index, part in enumerate(path) if isinstance(part, int)]
    return path[: lists[0]] if lists else path


def _remove(value: dict[str, Any], path: KeyPath) -> KeyPath:
    """Take out this part, or the nearest thing around it that is there; says which."""
    around: Any = value
    for depth, part in enumerate(path):
        if not isinstance(around, dict) or part not in around:
            return _remove(value, path[:depth])
        if depth == len(path) - 1:
            del around[part]
            return path
        around = around[part]
    return ()
