"""The REST API as OpenAPI 3.1, from the table of routes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from types import UnionType
from typing import Any, get_args

from centralita.contract.answers import Problem
from centralita.contract.messages import CONTRACT, TITLE
from centralita.contract.route import Route
from centralita.contract.routes import ROUTES
from centralita.contract.schema import DIALECT, Schema, components
from centralita.web.attached import KEY_PATTERN
from centralita.web.contract import NAMES

PLACE = "#/components/schemas/{name}"
_PROBLEM = "application/problem+json"
_ALWAYS = (400,)
_EXAMPLES = {
    "agents": "ana", "contacts": "c1", "customers": "k1", "by-ref": "C-7", "webhooks": "crm",
    "people": "ana", "tokens": "t1", "sessions": "s1", "surveys": "atencion", "voicemail": "m1",
    "callbacks": "c1", "public": "web",
}  # fmt: skip
_GUARDED = (401, 403, 429, 503)


def openapi() -> Schema:
    """The whole document."""
    types = list(dict.fromkeys(kind for route in ROUTES for kind in _types(route)))
    schemas, named = components([*types, Problem], PLACE)
    known = dict(zip(types, schemas, strict=False))
    for body in {part for route in ROUTES for part in _parts(route.body)}:
        # An unknown field is refused, so that a slip of the pen is noticed.
        named[body.__name__]["additionalProperties"] = False
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, known)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": f"{TITLE}: API",
            "version": CONTRACT,
            "description": "Español e inglés en docs/api.md / Spanish and English in docs/api.md",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": named,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _types(route: Route) -> Iterator[Any]:
    for kind in (*route.answers.values(), route.body):
        yield from _parts(kind)


def _parts(kind: Any) -> tuple[Any, ...]:
    """The types of a union one by one: a schema says more of each than of all."""
    if kind is None:
        return ()
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def _operation(route: Route, known: Mapping[Any, Schema]) -> Schema:
    found: Schema = {
        "operationId": _operation_id(route),
        "summary": f"{route.es} / {route.en}",
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": _responses(route, known),
    }
    if route.body is not None:
        found["requestBody"] = {
            "required": route.body_needed,
            "content": {"application/json": {"schema": _schema(route.body, known)}},
        }
    if not route.secured:
        found["security"] = []
    return found


def _operation_id(route: Route) -> str:
    words = re.findall(r"[a-z]+", f"{route.method.lower()} {route.path.removeprefix('/api')}")
    return "_".join(words)


def _path_parameters(route: Route) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, **_ids(before, name)}
        for before, name in re.findall(r"([\w-]+)/\{(\w+)\}", route.path)
    ]


def _ids(before: str, name: str) -> Schema:
    """Of what follows this word in a path."""
    if before == "contract":
        return {"schema": {"type": "string", "enum": list(NAMES)}}
    if before == "data":
        return {"schema": {"type": "string", "pattern": KEY_PATTERN}, "example": "cart"}
    return {"schema": {"type": "string", "minLength": 1}, "example": _EXAMPLES[before]}


def _query_parameters(route: Route) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "query",
            "required": param.required,
            "description": f"{param.es} / {param.en}",
            "schema": dict(param.schema),
        }
        for name, param in route.query.items()
    ]


def _responses(route: Route, known: Mapping[Any, Schema]) -> Schema:
    found: Schema = {}
    for status, kind in route.answers.items():
        found[str(status)] = {"description": HTTPStatus(status).phrase}
        if kind is not None:
            found[str(status)]["content"] = {"application/json": {"schema": _schema(kind, known)}}
    problems = (*_ALWAYS, *(_GUARDED if route.secured else ()), *route.problems)
    for status in sorted(set(problems) - set(route.answers)):
        found[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {_PROBLEM: {"schema": {"$ref": PLACE.format(name="Problem")}}},
        }
    return found


def _schema(kind: Any, known: Mapping[Any, Schema]) -> Schema:
    parts = [known[part] for part in _parts(kind)]
    return parts[0] if len(parts) == 1 else {"anyOf": parts}
