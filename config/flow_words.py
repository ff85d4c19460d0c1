"""
The small words of flows and of what they work with: lengths, phrases, shares, days, addresses to ask.

As in `config.words`, each type knows what an administrator is told who writes it
differently, and how an editor's JSON Schema describes it.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema

from config.words import FactName, as_text, matching, wrong

AGAIN = "again"
"""In place of a node: ask again, as often as the node's tries allow."""
END = "end"
"""In place of a node: the walk ends with the caller."""

VAR_NAME = r"[a-z][a-z0-9_]{0,39}"
VarName = FactName
"""Of something that is known of one call; rules see it as `ivr.NAME`."""

Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

# Lengths of numbers

_LENGTH = re.compile(r"([1-9][0-9]?)(?: *- *([1-9][0-9]?))?")
LENGTH_MAX = 40


def _length(value: Any) -> tuple[int, int]:
    if isinstance(value, tuple):
        return value
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    found = _LENGTH.fullmatch(text)
    shortest, longest = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= shortest <= longest <= LENGTH_MAX:
        raise wrong(
            "length",
            f"largo no válido: de 1 a {LENGTH_MAX} cifras",
            f"not a length from 1 to {LENGTH_MAX} digits",
            "8, 5-9",
        )
    return shortest, longest


Length = Annotated[
    tuple[int, int],
    BeforeValidator(_length),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": LENGTH_MAX},
                {"type": "string", "pattern": "^[1-9][0-9]?( *- *[1-9][0-9]?)?$", "examples": ["5-9"]},
            ]
        }
    ),
]
"""Shortest and longest."""

# Phrases

EVERY_LANGUAGE = "*"
_PHRASES_MAX = 50


def _phrase_list(value: Any) -> list[str]:
    if isinstance(value, str):
        value = [value]
    texts = [one.strip() for one in value if isinstance(one, str)] if isinstance(value, list) else []
    if (
        not 1 <= len(texts) <= _PHRASES_MAX
        or len(texts) < len(value)
        or not all(0 < len(t) <= 80 for t in texts)
    ):
        raise wrong(
            "phrases",
            "se esperan frases: una lista, o listas por idioma",
            "phrases are wanted: a list, or lists by language",
            "[ventas, comprar], {es: [ventas], en: [sales]}",
        )
    return texts


def phrases_by_language(value: Any) -> Any:
    """`[a, b]` is said in every language; else by language."""
    if isinstance(value, dict):
        if not value or not all(re.fullmatch(r"[a-z]{2}|\*", str(key)) for key in value):
            raise wrong(
                "phrases", "las frases van por idioma: es, en", "phrases go by language: es, en",
                "{es: [ventas], en: [sales]}",
            )  # fmt: skip
        return {key: _phrase_list(texts) for key, texts in value.items()}
    return {EVERY_LANGUAGE: _phrase_list(value)}


_LIST_SCHEMA = {
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": 80},
        {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 80},
            "minItems": 1,
            "maxItems": _PHRASES_MAX,
        },
    ]
}
PhrasesSchema = WithJsonSchema(
    {
        "anyOf": [
            *_LIST_SCHEMA["anyOf"],
            {
                "type": "object",
                "patternProperties": {"^[a-z]{2}$": _LIST_SCHEMA},
                "additionalProperties": False,
                "minProperties": 1,
            },
        ]
    }
)


def set_text(value: Any) -> Any:
    """Of a variable: text, or a number or yes-or-no as it would be written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


# Shares and days

SHARE = r"(100|[1-9]?[0-9]) *%"


def _share(value: Any) -> int:
    found = re.fullmatch(SHARE, value) if isinstance(value, str) else None
    if found is None:
        raise wrong("percent", "porcentaje no válido: de 0% a 100%", "not a share from 0% to 100%", "20%")
    return int(found[1])


Share = Annotated[int, BeforeValidator(_share), as_text(SHARE, "20%", "0%")]
"""Per cent here, `20%` in the file; 0% is nobody."""

DAYS = r"[0-9]{1,4}d"
DAYS_MAX = 3_650


def _days(value: Any) -> int:
    days = int(value[:-1]) if isinstance(value, str) and re.fullmatch(DAYS, value) else -1
    if not 0 <= days <= DAYS_MAX:
        raise wrong(
            "days", f"se esperan días, de 0d a {DAYS_MAX}d", f"days are wanted, 0d to {DAYS_MAX}d", "30d"
        )
    return days


Days = Annotated[int, BeforeValidator(_days), as_text(DAYS, "30d")]

# Asking elsewhere

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LOOKUP_URL = r"(https?://|example:/)[^\s@\\#]{1,500}"
"""`example:/` is the server's own made-up data: see `centralita.example_data`."""


def _braces(value: str) -> str:
    names = PLACEHOLDER.findall(value)
    rest = PLACEHOLDER.sub("", value)
    if "{" in rest or "}" in rest or not all(re.fullmatch(VAR_NAME, name) for name in names):
        raise wrong(
            "placeholder",
            "entre llaves va el nombre de una variable",
            "the name of a variable goes between braces",
            "?doc={documento}",
        )
    return value


LookupUrl = Annotated[
    str,
    matching(
        f"^{_LOOKUP_URL}$",
        "una dirección http o https, sin usuario ni #",
        "an http address without user and #",
    ),
    AfterValidator(_braces),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_LOOKUP_URL}$",
            "examples": ["https://crm.example/api/saldo?doc={documento}"],
        }
    ),
]
TextWithPlaceholders = Annotated[str, StringConstraints(max_length=500), AfterValidator(_braces)]
HeaderName = Annotated[
    str, matching(r"^[A-Za-z0-9-]{1,60}$", "el nombre de una cabecera", "the name of a header")
]
DataPath = Annotated[
    str,
    matching(
        r"^[A-Za-z0-9_-]{1,60}(\.[A-Za-z0-9_-]{1,60}){0,9}$",
        "dónde está en la respuesta: data.saldo",
        "where it is in the answer: data.balance",
    ),
]
_ORIGIN = r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?"
Origin = Annotated[
    str,
    matching(
        f"^{_ORIGIN}$", "el origen de una página, p. ej. https://tienda.example", "the origin of a page"
    ),
]
