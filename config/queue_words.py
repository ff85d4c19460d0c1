"""
The small words of a queue: its ways out, its promises, whose agents it takes.

As in `config.words`, each type knows what an administrator is told who writes it
differently, and how an editor's JSON Schema describes it.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from config.words import DURATION, NAME, as_text, wrong

# Exits

EXIT_PART = (
    rf"message\((?P<message>{NAME})\)|alarm\((?P<alarm>admin|supervisor)\)"
    rf"|to (?P<to>queue|flow) (?P<name>{NAME})|(?P<end>hang_up|keep_waiting)"
)
_EXIT_PART = re.compile(EXIT_PART)


def _exit(value: Any) -> Any:
    """`message(busy) -> alarm(admin) -> to queue general`: words first, one destination last."""
    built: dict[str, Any] = {"say": [], "alarm": None}
    for part in value.split("->") if isinstance(value, str) else [""]:
        found = _EXIT_PART.fullmatch(part.strip())
        if found is None or "then" in built:
            break
        if found["message"]:
            built["say"].append(found["message"])
        elif found["alarm"]:
            built["alarm"] = found["alarm"]
        else:
            built |= {"then": found["to"] or found["end"], "name": found["name"]}
    else:
        if "then" in built:
            return built
    raise wrong(
        "exit",
        "salida no válida: message(x), alarm(admin), y al final to queue x, to flow x, hang_up o "
        "keep_waiting",
        "not an exit: message(x), alarm(admin), and last to queue x, to flow x, hang_up or keep_waiting",
        "message(cerrado) -> hang_up",
    )


ExitWords = BeforeValidator(_exit)
ExitSchema = as_text(
    rf"((message\({NAME}\)|alarm\((admin|supervisor)\)) *-> *)*"
    rf"(to (queue|flow) {NAME}|hang_up|keep_waiting)",
    "message(cerrado) -> hang_up",
    "alarm(admin) -> to queue general",
)

_NO_ANSWER = re.compile(rf"not_ready\((?P<reason>{NAME})\)|rest\((?P<rest>{DURATION})\)|ready")


def _no_answer(value: Any) -> Any:
    """`not_ready(no_answer)`, `rest(30s)` or `ready`."""
    found = _NO_ANSWER.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise wrong(
            "no-answer",
            "se espera not_ready(motivo), rest(30s) o ready",
            "not_ready(reason), rest(30s) or ready is wanted",
            "not_ready(no_answer)",
        )
    if found["rest"]:
        return {"then": "rest", "rest_ms": found["rest"]}
    return {"then": "not_ready", "reason": found["reason"]} if found["reason"] else {"then": "ready"}


NoAnswerWords = BeforeValidator(_no_answer)
NoAnswerSchema = as_text(
    rf"(not_ready\({NAME}\)|rest\({DURATION}\)|ready)", "not_ready(no_answer)", "rest(30s)", "ready"
)


# Promises of a queue


PERCENT = r"(100|[1-9][0-9]?) *%"
_PERCENT = re.compile(PERCENT)


def _percent(value: Any) -> int:
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise wrong("percent", "porcentaje no válido: de 1% a 100%", "not a share from 1% to 100%", "80%")
    return int(found[1])


Percent = Annotated[int, BeforeValidator(_percent), as_text(PERCENT, "80%")]
"""Per cent here, `80%` in the file."""

EXTENSIONS_MAX = 20
_EXTENSIONS = {"no": 0, "once": 1}


def _extensions(value: Any) -> int:
    if isinstance(value, str) and value in _EXTENSIONS:
        return _EXTENSIONS[value]
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= EXTENSIONS_MAX:
        return value
    raise wrong(
        "extend",
        f"se espera no, once o un número de 1 a {EXTENSIONS_MAX}",
        f"no, once or a number from 1 to {EXTENSIONS_MAX} is wanted",
        "once",
    )


Extensions = Annotated[
    int,
    BeforeValidator(_extensions),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(_EXTENSIONS)},
                {"type": "integer", "minimum": 1, "maximum": EXTENSIONS_MAX},
            ]
        }
    ),
]
"""How many times; `no` is 0."""

# Dispositions


def _once(value: list[str]) -> list[str]:
    twice = next((name for at, name in enumerate(value) if name in value[:at]), None)
    if twice is not None:
        es, en = f"«{twice}» está dos veces", f'"{twice}" stands there twice'
        raise wrong("repeated", es, en, fix=("deje una", "keep one"))
    return value


Once = AfterValidator(_once)
"""A list in which nothing stands twice."""

# Sites


def _sites(value: Any) -> Any:
    names = value if isinstance(value, list) else []
    if value != "any" and (not names or not all(isinstance(n, str) and re.fullmatch(NAME, n) for n in names)):
        raise wrong(
            "sites", "se espera any o una lista de sedes", "any or a list of sites is wanted", "[madrid]"
        )
    return value


Sites = Annotated[
    Literal["any"] | list[str],
    BeforeValidator(_sites),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "any"},
                {"type": "array", "items": {"type": "string", "pattern": f"^{NAME}$"}, "minItems": 1},
            ]
        }
    ),
]
