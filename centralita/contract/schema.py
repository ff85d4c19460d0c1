"""JSON Schema of our types: shapes from the annotations, descriptions from the docstrings beside them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, is_typeddict

import msgspec

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def components(types: Sequence[Any], place: str) -> tuple[list[Schema], dict[str, Schema]]:
    """
    The schema of each type, and of every named type within, which they refer to.

    Args:
        types: Typed dictionaries, enumerations, or anything made of them.
        place: Where the named ones will stand, e.g. "#/components/schemas/{name}".
    """
    found, named = msgspec.json.schema_components(types, ref_template=place)
    for kind in _typed_dicts(types):
        _describe(named[kind.__name__], kind)
    return list(found), {name: named[name] for name in sorted(named)}


def _typed_dicts(types: Iterable[Any]) -> list[type]:
    """All typed dictionaries in these types, each once."""
    found: dict[type, None] = {}
    waiting = list(types)
    while waiting:
        kind = waiting.pop()
        if is_typeddict(kind) and kind not in found:
            found[kind] = None
            waiting += _hints(kind).values()
        waiting += getattr(kind, "__args__", ())
    return list(found)


def _hints(kind: type) -> Mapping[str, Any]:
    return inspect.get_annotations(kind, eval_str=True)


def _describe(schema: Schema, kind: type) -> None:
    for name, text in attribute_docs(kind).items():
        schema["properties"][name]["description"] = text


@cache
def attribute_docs(kind: type) -> Mapping[str, str]:
    """Attribute -> the docstring that stands right after it in the source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, str] = {}
    for before, after in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            found[before.target.id] = " ".join(after.value.value.split())
    return found
