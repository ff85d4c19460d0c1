"""
The small words of a configuration: names, times, levels, needs, exits.

Each type here knows how it is written, what an administrator is told who writes
it differently (Spanish first), and how an editor's JSON Schema describes it.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from config.problems import did_you_mean

Text = tuple[str, str]
"""Spanish, English."""

LANGUAGE_NEED = "lang(language)"
"""Stands for the skill `lang.<xx>` of whatever language the caller speaks."""

PATTERN_TEXTS: dict[str, Text] = {}
"""What each pattern asks for, in words."""

_LEVEL = r"(10|[0-9])( */ *10)?"
DURATION = r"[0-9]{1,6}(ms|s|m|h)"
NAME = r"[a-z0-9][a-z0-9_-]{0,39}"
_SKILL = r"[a-z0-9][a-z0-9_.-]{0,39}"
_NEED = re.compile(rf"\s*({_SKILL}|lang\(language\))\s*>=\s*(10|[1-9])\s*/\s*10\s*")


def wrong(code: str, es: str, en: str, example: str = "", fix: Text = ("", "")) -> PydanticCustomError:
    """An error that `config.messages` shows in both languages, with an example or a mend of its own."""
    if example:
        fix = (f"p. ej. {example}", f"e.g. {example}")
    return PydanticCustomError(code, "{es} / {en}", {"es": es, "en": en, "fix": fix})


def matching(pattern: str, es: str, en: str) -> StringConstraints:
    """Text of this form, and how to say what is wanted."""
    PATTERN_TEXTS[pattern] = (es, en)
    return StringConstraints(pattern=pattern)


def as_text(pattern: str, *examples: str) -> WithJsonSchema:
    """For editors: a text of this form."""
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": list(examples)})


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


OneOrMore = BeforeValidator(_one_or_more)


def one_or_more(pattern: str, **limits: int) -> WithJsonSchema:
    """For editors: a text of this form, or a list of them."""
    item = {"type": "string", "pattern": f"^{pattern}$"}
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item, **limits}]})


# Levels, needs


def _level(value: Any) -> int:
    # A bool is an int, but nobody's level.
    if isinstance(value, int | str) and not isinstance(value, bool) and re.fullmatch(_LEVEL, str(value)):
        return int(str(value).split("/")[0])
    raise wrong("level", "nivel no válido: de 0 a 10", "not a level from 0 to 10", "8, 8/10")


Level = Annotated[
    int,
    BeforeValidator(_level),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 10},
                {"type": "string", "pattern": f"^{_LEVEL}$"},
            ]
        }
    ),
]


def _need(value: Any) -> Any:
    found = _NEED.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise wrong(
            "need", "requisito no válido: habilidad >= N/10", "not a need: skill >= N/10", "ventas >= 5/10"
        )
    return {"skill": found[1], "at_least": int(found[2])}


NeedWords = BeforeValidator(_need)
NeedSchema = as_text(
    rf" *({_SKILL}|lang\(language\)) *>= *(10|[1-9]) */ *10 *", "ventas >= 5/10", "lang(language) >= 5/10"
)


# Facts

FACT_TYPES = ("text", "int", "bool", "lang", "e164", "agent", "duration")


def _fact_type(value: Any) -> Any:
    """A type by its name, or the words that a fact can be, the least first."""
    if isinstance(value, list):
        words = [word for word in value if isinstance(word, str) and re.fullmatch(NAME, word)]
        if not 2 <= len(words) == len(value) == len(set(words)):
            raise wrong(
                "fact-type",
                "se esperan dos palabras distintas o más",
                "two different words or more are wanted",
                "[base, plata, oro]",
            )
    elif value not in FACT_TYPES:
        raise wrong("fact-type", "tipo desconocido", "unknown type", fix=did_you_mean(str(value), FACT_TYPES))
    return value


FactType = Annotated[
    str | list[str],
    BeforeValidator(_fact_type),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(FACT_TYPES)},
                {
                    "type": "array",
                    "items": {"type": "string", "pattern": f"^{NAME}$"},
                    "minItems": 2,
                    "uniqueItems": True,
                },
            ]
        }
    ),
]
Expression = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


PreferSchema = WithJsonSchema(
    {
        "anyOf": [
            {"type": "string", "minLength": 1, "maxLength": 1_000},
            {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 10},
        ]
    }
)


_YES_OR_NO = {"yes": True, "no": False}


def _yes_or_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _YES_OR_NO:
        return _YES_OR_NO[value]
    raise wrong("yes-or-no", "se espera yes o no", "yes or no is wanted", "yes")


YesOrNo = Annotated[bool, BeforeValidator(_yes_or_no), WithJsonSchema({"enum": [*_YES_OR_NO, True, False]})]


# Names and addresses

SayNames = one_or_more(NAME, minItems=1, maxItems=20)
MusicSchema = WithJsonSchema(
    {
        "anyOf": [
            {"enum": ["default", "none"]},
            {
                "type": "object",
                "properties": {"folder": {"type": "string"}},
                "required": ["folder"],
                "additionalProperties": False,
            },
        ]
    }
)
Name = Annotated[
    str, matching(f"^{NAME}$", "solo a-z, 0-9, _ y -, hasta 40", "only a-z, 0-9, _ and -, up to 40")
]
"""Of anything that is named: it becomes part of SIP users, file names and addresses."""

SkillName = Annotated[
    str,
    matching(f"^{_SKILL}$", "solo a-z, 0-9, _, - y punto, hasta 40", "only a-z, 0-9, _, - and dot, up to 40"),
]
NeededSkill = Annotated[
    str,
    matching(
        rf"^({_SKILL}|lang\(language\))$", "una habilidad o lang(language)", "a skill or lang(language)"
    ),
]
Number = Annotated[
    str,
    matching(
        r"^\+?[0-9*#]{1,24}$", "un número: cifras, *, # y + inicial", "a number: digits, *, # and a leading +"
    ),
]
Language = Annotated[
    str, matching(r"^[a-z]{2}$", "un idioma de dos letras: es, en", "a two-letter language: es, en")
]
Digit = Annotated[str, matching(r"^[0-9*#]$", "una tecla: 0-9, * o #", "one key: 0-9, * or #")]
UtteranceSchema = WithJsonSchema(
    {
        "anyOf": [
            {"type": "string", "minLength": 1, "maxLength": 1_000},
            {
                "type": "object",
                "properties": {"text": {"type": "string"}, "file": {"type": "string"}},
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": False,
            },
        ]
    }
)
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
FileName = Annotated[
    str,
    matching(r"^[^/\\\x00-\x1f]{1,100}$", "un nombre de archivo sin carpeta", "a file name without a folder"),
]
RELATIVE_PATH = r"^[^/\\\x00-\x1f][^\\\x00-\x1f]{0,199}$"
RelativePath = Annotated[
    str,
    matching(
        RELATIVE_PATH,
        "una ruta relativa a esta carpeta",
        "a path relative to this folder",
    ),
]
Address = Annotated[
    str,
    matching(r"^[A-Za-z0-9.-]{1,253}:[0-9]{1,5}$", "dirección:puerto, p. ej. 127.0.0.1:6001", "host:port"),
]
Host = Annotated[
    str,
    matching(
        r"^[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$",
        "un nombre o una dirección, con :puerto si no es 5060",
        "a name or an address, with :port if it is not 5060",
    ),
]
Network = Annotated[
    str,
    matching(
        r"^[0-9.]{7,15}(/[0-9]{1,2})?$",
        "una red o una dirección IPv4, p. ej. 203.0.113.0/24",
        "an IPv4 network or address, e.g. 203.0.113.0/24",
    ),
]
Destination = Annotated[
    str,
    matching(
        r"^\+?[0-9][0-9x]{0,23}\*?$",
        "un número o su comienzo: 112, +34*, +346xxxxxxxx",
        "a number or the beginning of one: 112, +34*, +346xxxxxxxx",
    ),
]
"""A number or the beginning of numbers: `112`, `+34*`, `+346xxxxxxxx` (x is any digit)."""
Region = Annotated[str, matching(r"^[A-Z]{2}$", "un país de dos letras: ES", "a two-letter country: ES")]
Subdivision = Annotated[
    str, matching(r"^[A-Z0-9]{1,3}$", "una comunidad o región: MD, CT", "a region's code: MD, CT")
]
Account = Annotated[
    str, matching(r"^[A-Za-z0-9._+-]{1,64}$", "letras, cifras y . _ + -", "letters, digits and . _ + -")
]
FactName = Annotated[
    str,
    matching(
        r"^[a-z][a-z0-9_]{0,39}$",
        "solo a-z, 0-9 y _, empezando por letra",
        "only a-z, 0-9 and _, beginning with a letter",
    ),
]
Codec = Literal["alaw", "ulaw", "g722", "opus"]
