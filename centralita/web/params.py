"""Reading what a client sends: strictly, naming the key that is wrong and the word that was meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

import msgspec
from aiohttp import web

from centralita.web.problems import ProblemError, did_you_mean

TEXT_MAX = 200
REASON_MAX = 60
NOTE_MAX = 500
MS_MAX = 10**15
NUMBER_MAX = 40
NUMBER_WRITTEN = re.compile(r"^\+?[ ().\[\]/-]*[0-9][0-9 ().\[\]/-]*$")
"""A telephone number in any usual spelling."""

_T = TypeVar("_T")


def query(request: web.Request, known: Collection[str]) -> Mapping[str, str]:
    """
    The query parameters, each at most once.

    Raises:
        ProblemError: 400 for an unknown or repeated one.
    """
    for key in request.query:
        _known_key(key, known, "parámetro", "parameter")
        if len(request.query.getall(key)) > 1:
            raise bad(key, f"El parámetro «{key}» se repite.", f"Parameter '{key}' is given twice.")
    return request.query


async def body(request: web.Request, known: Collection[str]) -> Mapping[str, object]:
    """
    The JSON object in the body; {} for an empty one.

    Raises:
        ProblemError: 400 for what is not a JSON object or has an unknown key, 415 for another type.
    """
    raw = await raw_body(request)
    return json_object(raw, known) if raw else {}


async def raw_body(request: web.Request) -> bytes:
    """
    The body, which is said to be JSON if there is any.

    Raises:
        ProblemError: 415 for another type.
    """
    raw = await request.read()
    if raw and request.content_type != "application/json":
        raise ProblemError(
            415,
            "not_json",
            "Envíe JSON con la cabecera Content-Type: application/json.",
            "Send JSON with the header Content-Type: application/json.",
        )
    return raw


def json_object(raw: bytes | str, known: Collection[str]) -> Mapping[str, object]:
    """
    A JSON object with no other keys than these.

    Raises:
        ProblemError: 400 for what is not one.
    """
    data = any_object(raw)
    known_keys(data, known)
    return data


def any_object(raw: bytes | str) -> Mapping[str, object]:
    """
    A JSON object with whatever keys.

    Raises:
        ProblemError: 400 for what is not one.
    """
    try:
        return msgspec.json.decode(raw, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError(
            400, "bad_json", f"Se espera un objeto JSON: {error}.", f"A JSON object is expected: {error}."
        ) from error


def known_keys(data: Iterable[str], known: Collection[str]) -> None:
    """Raises ProblemError for a field that is not one of these."""
    for key in data:
        _known_key(key, known, "campo", "field")


def optional(values: Mapping[str, str], key: str, parse: Callable[[str, str], _T]) -> _T | None:
    return parse(key, values[key]) if key in values else None


def whole(low: int, high: int) -> Callable[[str, str], int]:
    """A parser for whole numbers from `low` to `high`, both included."""

    def parse(key: str, value: str) -> int:
        if value.isascii() and value.isdigit() and len(value) < 20 and low <= int(value) <= high:
            return int(value)
        raise bad(
            key,
            f"«{key}» debe ser un número entero de {low} a {high}.",
            f"'{key}' must be a whole number from {low} to {high}.",
        )

    return parse


milliseconds = whole(0, MS_MAX)
"""UTC milliseconds."""


def text(key: str, value: object) -> str:
    """A string without control characters, 1 to 200 characters."""
    if isinstance(value, str) and 0 < len(value) <= TEXT_MAX and not _has_control(value):
        return value
    raise bad(
        key,
        f"«{key}» debe ser un texto de 1 a {TEXT_MAX} caracteres.",
        f"'{key}' must be a text of 1 to {TEXT_MAX} characters.",
    )


def flag(key: str, value: object) -> bool:
    """A JSON boolean; false when it is not given."""
    if value is None or isinstance(value, bool):
        return bool(value)
    raise bad(key, f"«{key}» debe ser true o false.", f"'{key}' must be true or false.")


def note(key: str, value: object) -> str:
    """What one agent tells the next, up to 500 characters in several lines; empty when it is not given."""
    if value in (None, ""):
        return ""
    if isinstance(value, str) and len(value) <= NOTE_MAX and not _has_control(value.replace("\n", " ")):
        return value.strip()
    raise bad(
        key,
        f"«{key}» debe ser un texto de hasta {NOTE_MAX} caracteres.",
        f"'{key}' must be a text of up to {NOTE_MAX} characters.",
    )


def reason(value: object, *, needed: bool) -> str:
    """Why an agent is not ready, as everybody sees it: 1 to 60 characters, empty only if not needed."""
    if value in (None, "") and not needed:
        return ""
    if isinstance(value, str) and 0 < len(value.strip()) <= REASON_MAX and not _has_control(value):
        return value.strip()
    raise bad(
        "reason",
        f"«reason» debe decir por qué, en 1 a {REASON_MAX} caracteres, p. ej. pausa.",
        f"'reason' must say why, in 1 to {REASON_MAX} characters, e.g. break.",
    )


def one_of(words: Collection[str]) -> Callable[[str, object], str]:
    """A parser for one of a few words."""

    def parse(key: str, value: object) -> str:
        if isinstance(value, str) and value in words:
            return value
        es, en = did_you_mean(str(value)[:TEXT_MAX], words)
        raise bad(key, f"Valor desconocido en «{key}»: {es}", f"Unknown value in '{key}': {en}")

    return parse


def phone(key: str, value: str) -> str:
    """An E.164 number. A blank at the start is the plus sign that was not written as %2B."""
    number = "+" + value[1:] if value.startswith(" ") else value
    digits = number[1:]
    if number.startswith("+") and digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15:
        return number
    raise bad(
        key,
        f"«{key}» debe ser un número internacional, p. ej. %2B34911234567.",
        f"'{key}' must be an international number, e.g. %2B34911234567.",
    )


def dialled(key: str, value: object) -> str:
    """A telephone number as somebody writes it, cleaned to digits and at most a plus in front."""
    if isinstance(value, str) and len(value) <= NUMBER_MAX and NUMBER_WRITTEN.fullmatch(value):
        return re.sub(r"[^+0-9]", "", value)
    raise bad(
        key,
        f"«{key}» debe ser un número de teléfono, p. ej. 911 234 567 o +34911234567.",
        f"'{key}' must be a telephone number, e.g. 911 234 567 or +34911234567.",
    )


def _known_key(key: str, known: Collection[str], kind_es: str, kind_en: str) -> None:
    if key not in known:
        shown = key[:TEXT_MAX]
        es, en = did_you_mean(shown, known)
        raise bad(shown, f"No existe el {kind_es} «{shown}»: {es}", f"There is no {kind_en} '{shown}': {en}")


def bad(key: str, es: str, en: str) -> ProblemError:
    return ProblemError(400, "bad_request", es, en, key=key)


def _has_control(value: str) -> bool:
    return any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in value)
