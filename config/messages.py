"""From what the schema refuses to what an administrator reads."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from config.flow_nodes import NODE_KINDS
from config.places import keys_allowed
from config.problems import KeyPath, Problem, did_you_mean
from config.tree import Tree
from config.words import PATTERN_TEXTS, Text

_WRONG: Text = ("valor no válido", "not a valid value")
_GROUP: Text = ("se espera un grupo «clave: valor»", "a group of 'key: value' is wanted")
TYPES: dict[str, Text] = {
    "string_type": ("se espera un texto; póngalo entre comillas", "a text is wanted; put it in quotes"),
    "int_type": ("se espera un número entero", "a whole number is wanted"),
    "float_type": ("se espera un número", "a number is wanted"),
    "bool_type": ("se espera true o false", "true or false is wanted"),
    "list_type": ("se espera una lista: [a, b]", "a list is wanted: [a, b]"),
    "dict_type": _GROUP,
    "model_type": _GROUP,
    "string_too_short": ("no puede estar vacío", "must not be empty"),
    "too_short": ("no puede estar vacío", "must not be empty"),
}
LIMITS: dict[str, Callable[[dict[str, Any]], Text]] = {
    "greater_than_equal": lambda ctx: (f"como mínimo {ctx['ge']}", f"at least {ctx['ge']}"),
    "less_than_equal": lambda ctx: (f"como máximo {ctx['le']:g}", f"at most {ctx['le']:g}"),
    "greater_than": lambda ctx: (f"más de {ctx['gt']:g}", f"more than {ctx['gt']:g}"),
    "string_too_long": lambda ctx: (
        f"como máximo {ctx['max_length']} letras",
        f"at most {ctx['max_length']} characters",
    ),
    "too_long": lambda ctx: (
        f"como máximo {ctx['max_length']} elementos",
        f"at most {ctx['max_length']} items",
    ),
    "string_pattern_mismatch": lambda ctx: PATTERN_TEXTS[ctx["pattern"]],
}
"""With `TYPES`, the kinds of refusal that the schema can come to, besides those it words itself."""
_MARKS = {"[key]", *(f"<{kind}>" for kind in NODE_KINDS)}


def path_of(error: ErrorDetails) -> KeyPath:
    """Where in the file an error of the schema belongs; node kinds and key marks are not places."""
    return tuple(part for part in error["loc"] if not _is_mark(part))


def to_problems(errors: Sequence[ErrorDetails], tree: Tree) -> list[Problem]:
    """All errors of the schema, one for each mistake: what is misspelt is not missing as well."""
    misspelt = set[KeyPath]()
    for error in errors:
        *around, name = path_of(error) or ("",)
        if error["type"] == "extra_forbidden":
            known = keys_allowed(tuple(around), tree.value)
            misspelt |= {(*around, near) for near in difflib.get_close_matches(str(name), known, 1, 0.5)}
    kept = (e for e in errors if e["type"] != "missing" or path_of(e) not in misspelt)
    return list(dict.fromkeys(_to_problem(error, tree) for error in kept))


def _to_problem(error: ErrorDetails, tree: Tree) -> Problem:
    """One error of the schema in the administrator's words."""
    path = path_of(error)
    kind = error["type"]
    ctx: dict[str, Any] = error.get("ctx") or {}
    at_key = error["loc"][-1:] == ("[key]",)
    if kind == "extra_forbidden":
        mend = did_you_mean(str(path[-1]), keys_allowed(path[:-1], tree.value))
        return tree.problem("unknown-key", path, "clave desconocida", "unknown key", mend, at_key=True)
    if kind == "missing":
        return _missing(path, tree)
    if "es" in ctx:
        return tree.problem(kind, path, ctx["es"], ctx["en"], ctx["fix"], at_key=at_key)
    code = "bad-key" if at_key else "bad-value"
    if kind == "literal_error":
        mend = did_you_mean(str(error["input"])[:40], re.findall(r"'([^']*)'", ctx["expected"]))
        return tree.problem(code, path, *_WRONG, mend, at_key=at_key)
    if kind == "union_tag_not_found":
        return _no_node(path, error["input"], tree)
    es, en = LIMITS[kind](ctx) if kind in LIMITS else TYPES.get(kind, _WRONG)
    return tree.problem(code, path, es, en, at_key=at_key)


def _no_node(path: KeyPath, node: Any, tree: Tree) -> Problem:
    """None of the keys that tell what kind of node it is: perhaps one of them is misspelt."""
    kinds = ", ".join(NODE_KINDS)
    said: Text = (f"un nodo lleva uno de: {kinds}", f"a node has one of {kinds}")
    for key in node if isinstance(node, dict) else ():
        if difflib.get_close_matches(key, NODE_KINDS, n=1, cutoff=0.65):
            mend = did_you_mean(key, NODE_KINDS)
            return tree.problem("unknown-key", (*path, key), *said, mend, at_key=True)
    return tree.problem("bad-value", path, *said)


def _missing(path: KeyPath, tree: Tree) -> Problem:
    """Points at the thing that lacks something: what is missing has no place."""
    name = path[-1]
    return tree.problem(
        "missing-key",
        path[:-1],
        f"falta «{name}»",
        f'"{name}" is missing',
        (f"añada «{name}: …»", f'add "{name}: …"'),
        at_key=True,
    )


def _is_mark(part: int | str) -> bool:
    return part in _MARKS
