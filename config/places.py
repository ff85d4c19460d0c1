"""Which model of the schema stands at a place of the file, and what keys it may have."""

from __future__ import annotations

import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag

from config.flow_nodes import node_kind
from config.problems import KeyPath
from config.schema import Centre


def keys_allowed(path: KeyPath, value: Any) -> list[str]:
    """
    The keys that the schema has at this place.

    Args:
        path: Of a group.
        value: The whole file: it tells which of several kinds of node stands there.
    """
    at: Any = Centre
    for part in path:
        value = value[part]
        at = _below(at, part, value)
    return keys_of(at) if isinstance(at, type) and issubclass(at, BaseModel) else []


def keys_of(model: type[BaseModel]) -> list[str]:
    """As they are written in the file."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _below(at: Any, part: str | int, value: Any) -> Any:
    """The type of one item of a thing of this type."""
    if isinstance(at, type) and issubclass(at, BaseModel):
        fields = {field.alias or name: field for name, field in at.model_fields.items()}
        return _one(fields[part].annotation, value) if part in fields else None
    inner = get_args(at)
    return _one(inner[-1], value) if get_origin(at) in {dict, list} and inner else None


def _one(of: Any, value: Any) -> Any:
    """Without annotations; of several kinds the one that the value is of."""
    if get_origin(of) is Annotated:
        return _one(get_args(of)[0], value)
    if get_origin(of) not in {Union, types.UnionType}:
        return of
    kinds = [kind for kind in get_args(of) if kind is not types.NoneType]
    tagged = [kind for kind in kinds if _tag(kind) is not None and _tag(kind) == node_kind(value)]
    return _one((tagged or kinds)[0], value)


def _tag(of: Any) -> str | None:
    """Of a member of a union whose members are told apart by tags."""
    marks = [mark.tag for mark in getattr(of, "__metadata__", ()) if isinstance(mark, Tag)]
    return marks[0] if marks else None
