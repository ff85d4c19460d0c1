"""From what the schema refuses to what an administrator reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from config import schema
from config.problems import KeyPath, Problem, did_you_mean
from config.tree import Tree

Text = tuple[str, str]
_NAME_RULE: Text = ("solo a-z, 0-9, _ y -, hasta 40", "only a-z, 0-9, _ and -, up to 40")
_PATTERNS: dict[str, Text] = {
    r"^[a-z0-9][a-z0-9_-]{0,39}$": _NAME_RULE,
    r"^[a-z0-9][a-z0-9_.-]{0,39}$": ("solo a-z, 0-9, _, - y punto", "only a-z, 0-9, _, - and dot"),
    r"^\+?[0-9*#]{1,24}$": ("un número: cifras, *, # y + inicial", "a number: digits, *, # and a leading +"),
    r"^[a-z]{2}$": ("un idioma de dos letras: es, en", "a two-letter language: es, en"),
    r"^[0-9*#]$": ("una tecla: 0-9, * o #", "one key: 0-9, * or #"),
    r"^[^/\\\x00-\x1f]{1,100}$": ("un nombre de archivo sin carpeta", "a file name without a folder"),
    r"^[A-Za-z0-9.-]{1,253}:[0-9]{1,5}$": ("dirección:puerto, p. ej. 127.0.0.1:6001", "host:port"),
}
_TYPES: dict[str, Text] = {
    "string_type": ("se espera un texto; póngalo entre comillas", "a text is wanted; put it in quotes"),
    "int_type": ("se espera un número entero", "a whole number is wanted"),
    "list_type": ("se espera una lista: [a, b]", "a list is wanted: [a, b]"),
    "dict_type": ("se espera un grupo «clave: valor»", "a group of 'key: value' is wanted"),
    "model_type": ("se espera un grupo «clave: valor»", "a group of 'key: value' is wanted"),
    "string_too_short": ("no puede estar vacío", "must not be empty"),
    "union_tag_not_found": (
        "un nodo lleva say, menu, enqueue o goodbye",
        "a node has one of say, menu, enqueue, goodbye",
    ),
}
_LIMITS: dict[str, Callable[[dict[str, Any]], Text]] = {
    "greater_than_equal": lambda ctx: (f"como mínimo {ctx['ge']}", f"at least {ctx['ge']}"),
    "less_than_equal": lambda ctx: (f"como máximo {ctx['le']}", f"at most {ctx['le']}"),
    "string_too_long": lambda ctx: (
        f"como máximo {ctx['max_length']} letras",
        f"at most {ctx['max_length']} characters",
    ),
    "too_long": lambda ctx: (
        f"como máximo {ctx['max_length']} elementos",
        f"at most {ctx['max_length']} items",
    ),
    "too_short": lambda _: ("no puede estar vacío", "must not be empty"),
    "literal_error": lambda ctx: (f"valores: {ctx['expected']}", f"one of: {ctx['expected']}"),
    "string_pattern_mismatch": lambda ctx: _PATTERNS.get(ctx["pattern"], (ctx["pattern"],) * 2),
}


def path_of(error: ErrorDetails) -> KeyPath:
    """Where in the file an error of the schema belongs; node kinds and key marks are not places."""
    return tuple(part for part in error["loc"] if not _is_mark(part))


def to_problem(error: ErrorDetails, tree: Tree) -> Problem:
    """One error of the schema in the administrator's words."""
    path = path_of(error)
    kind = error["type"]
    ctx: dict[str, Any] = error.get("ctx") or {}
    if kind == "extra_forbidden":
        mend = did_you_mean(str(path[-1]), _keys_allowed(path[:-1], tree.value))
        return tree.problem("unknown-key", path, "clave desconocida", "unknown key", mend, at_key=True)
    if kind == "missing":
        return _missing(path, tree)
    if "es" in ctx:
        return tree.problem(
            kind, path, ctx["es"], ctx["en"], (_example(ctx, "p. ej."), _example(ctx, "e.g."))
        )
    at_key = error["loc"][-1:] == ("[key]",)
    es, en = _texts(kind, ctx) or ("valor no válido", error["msg"])
    return tree.problem("bad-key" if at_key else "bad-value", path, es, en, at_key=at_key)


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


def _texts(kind: str, ctx: dict[str, Any]) -> Text | None:
    limit = _LIMITS.get(kind)
    return _TYPES.get(kind) if limit is None else limit(ctx)


def _example(ctx: dict[str, Any], lead: str) -> str:
    return f"{lead} {ctx['fix']}" if ctx.get("fix") else ""


def _is_mark(part: int | str) -> bool:
    return isinstance(part, str) and (part.startswith("<") or part == "[key]")


def _keys_allowed(path: KeyPath, value: Any) -> list[str]:
    """The keys that the schema has at this place."""
    model = _model_at(path, value)
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _model_at(path: KeyPath, value: Any) -> type[BaseModel] | None:
    match path:
        case ():
            return schema.Centre
        case ("queues", _, "ring" | "wrap" | "rest" as part):
            return _PARTS_OF_QUEUE[part]
        case ("flows", flow, "nodes", node):
            return _node_model(value["flows"][flow]["nodes"][node])
        case ("prompts", _, _):
            return schema.Utterance
        case ("fallback",):
            return schema.Fallback
        case ("music",):
            return schema.Music
        case (("agents" | "phones" | "entry" | "flows" | "queues") as section, _):
            return _SECTIONS[section]
        case _:
            return None


_PARTS_OF_QUEUE: dict[str | int, type[BaseModel]] = {
    "ring": schema.Ring,
    "wrap": schema.Wrap,
    "rest": schema.Rest,
}
_SECTIONS: dict[str | int, type[BaseModel]] = {
    "agents": schema.Agent,
    "phones": schema.Phone,
    "entry": schema.Entry,
    "flows": schema.Flow,
    "queues": schema.Queue,
}


def _node_model(node: dict[str, Any]) -> type[BaseModel]:
    if "say" in node:
        return schema.SayNode
    if "menu" in node:
        return schema.MenuNode
    return schema.EnqueueNode if "enqueue" in node else schema.GoodbyeNode
