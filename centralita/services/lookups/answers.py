"""What a source has answered, as variables of a flow: each checked against its type. Pure."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from config.build_services import Given, Lookup, ValueType
from ivr.flow import VarName

TEXT_MAX = 200
_INT_MAX = Decimal(10) ** 15
_CENT = Decimal("0.01")
_MISSING = object()


class WrongAnswerError(ValueError):
    """Not what the configuration says; says where, never a value."""


def values_of(source: Lookup, body: bytes) -> Mapping[VarName, str] | None:
    """
    The variables that an answer gives.

    Money has a point and at most two decimals, a date is ISO 8601, a bool `true` or `false`.

    Returns:
        None: the source says that there is no such thing.

    Raises:
        WrongAnswerError: It is not JSON, or something that it should give is missing or of another type.
    """
    try:
        # Money must not go through binary fractions.
        data = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise WrongAnswerError("no es JSON / not JSON") from error
    if source.not_found_when is not None and _says_no(_at(data, source.not_found_when)):
        return None
    return {VarName(name): _text(name, _at(data, given.at), given) for name, given in source.gives.items()}


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _says_no(value: object) -> bool:
    if value is _MISSING or value is None or value is True:
        return True
    return isinstance(value, str | list | dict) and not value


def _at(data: Any, path: Sequence[str]) -> Any:
    """What stands there."""
    for part in path:
        if isinstance(data, dict) and part in data:
            data = data[part]
        elif isinstance(data, list) and part.isascii() and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
        else:
            return _MISSING
    return data


def _text(name: str, value: object, given: Given) -> str:
    found = None if value is _MISSING else _CONVERTERS[given.type](value)
    if found is None:
        raise WrongAnswerError(f"{name}: {'.'.join(given.at)} no es / is not {given.type.value}")
    return found


def _as_text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    text = str(value)
    clean = "".join(" " if unicodedata.category(letter)[0] == "C" else letter for letter in text[:1_000])
    return " ".join(clean.split())[:TEXT_MAX]


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < _INT_MAX else None


def _as_int(value: object) -> str | None:
    found = _number(value)
    return str(int(found)) if found is not None and found == found.to_integral_value() else None


def _as_money(value: object) -> str | None:
    found = _number(value)
    if found is None or found != found.quantize(_CENT):
        return None
    return f"{found.quantize(_CENT):f}"


def _as_date(value: object) -> str | None:
    """A day, or a moment of which the day counts."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(value).date().isoformat()
    except ValueError:
        return None


def _as_bool(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) and value in ("true", "false") else None


_CONVERTERS = {
    ValueType.TEXT: _as_text,
    ValueType.INT: _as_int,
    ValueType.MONEY: _as_money,
    ValueType.DATE: _as_date,
    ValueType.BOOL: _as_bool,
}
