"""The API of attached data: carts, orders and campaigns for the agent's next pop."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import Literal, TypeVar

import msgspec
from aiohttp import web

from centralita.web import params
from centralita.web.api import json, unavailable
from centralita.web.attached_ports import AttachedPort, Attaching
from centralita.web.ports import HistoryUnavailableError, WebPorts
from centralita.web.problems import ProblemError

KEY_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"
VALUE_MAX = 8 * 1024
"""Bytes of a value as JSON, without blanks."""
EXPIRES_MIN_S, EXPIRES_MAX_S, EXPIRES_S = 60, 31_536_000, 86_400
SOURCE_MAX = 60
KEYS_MAX = 20
"""Of one contact, customer or number."""
WELL_KNOWN = ("cart", "order", "campaign", "target", "intent", "case")
"""Keys whose meaning everybody shares; any other word is as good."""

_KEY = re.compile(KEY_PATTERN[:-1] + r"\Z")
_T = TypeVar("_T")
_Scope = Literal["contact", "customer", "number"]
_PATHS: tuple[tuple[str, _Scope], ...] = (
    ("/api/contacts/{id}/data/{key}", "contact"),
    ("/api/customers/by-ref/{ref}/data/{key}", "customer"),
    ("/api/customers/data/{key}", "number"),
)


class AttachedApi:
    """The handlers of everything under .../data/{key}."""

    def __init__(self, ports: WebPorts) -> None:
        self._attached: AttachedPort = ports.attached

    def routes(self) -> list[web.RouteDef]:
        found: list[web.RouteDef] = []
        for path, scope in _PATHS:
            handlers = _Handlers(self._attached, scope)
            found += [web.get(path, handlers.get), web.put(path, handlers.put)]
            found += [web.delete(path, handlers.delete)]
        return found


class _Handlers:
    """Of one kind of address."""

    def __init__(self, attached: AttachedPort, scope: _Scope) -> None:
        self._attached, self._scope = attached, scope

    async def get(self, request: web.Request) -> web.Response:
        at, key = self._asked(request)
        found = await _answered(self._attached.get(at, key))
        if found is None:
            raise _nothing(key)
        return json(found)

    async def put(self, request: web.Request) -> web.Response:
        at, key = self._asked(request)
        data = await params.body(request, ("value", "expires_s", "source"))
        value = _value(data)
        expires_s, source = _expires(data.get("expires_s")), _source(data.get("source"))
        done = await _answered(self._attached.put(at, key, value, expires_s, source))
        if done.kept == "nobody":
            raise _nobody(at)
        if done.kept == "full":
            raise ProblemError(
                409,
                "data_full",
                f"Ya tiene {KEYS_MAX} datos: quite alguno con DELETE …/data/{{clave}}.",
                f"There are {KEYS_MAX} values already: remove one with DELETE .../data/{{key}}.",
            )
        return json(done.item, status=201 if done.kept == "created" else 200)

    async def delete(self, request: web.Request) -> web.Response:
        at, key = self._asked(request)
        if not await _answered(self._attached.delete(at, key)):
            raise _nothing(key)
        return json({"status": "deleted"})

    def _asked(self, request: web.Request) -> tuple[Attaching, str]:
        """To whom, and under which key."""
        given = params.query(request, ("number",) if self._scope == "number" else ())
        key = request.match_info["key"]
        if not _KEY.match(key):
            raise ProblemError(
                400,
                "bad_request",
                "La clave del dato son minúsculas sin acento, cifras y «_», y empieza por letra, "
                f"p. ej. {', '.join(WELL_KNOWN)}.",
                "The key is made of small letters, digits and '_', and begins with a letter, "
                f"e.g. {', '.join(WELL_KNOWN)}.",
                key="key",
            )
        if self._scope == "number":
            return Attaching("number", params.phone("number", given.get("number", ""))), key
        name = request.match_info["id" if self._scope == "contact" else "ref"]
        return Attaching(self._scope, name), key


def _value(data: object) -> bytes:
    assert isinstance(data, dict)
    if "value" not in data:
        raise ProblemError(
            400,
            "bad_request",
            'Falta «value»: lo que se adjunta, cualquier JSON, p. ej. {"value": {"total": 42}}.',
            '\'value\' is missing: what is to be attached, any JSON, e.g. {"value": {"total": 42}}.',
            key="value",
        )
    try:
        value = msgspec.json.encode(data["value"])
    except RecursionError as error:
        raise _too_large() from error
    if len(value) > VALUE_MAX:
        raise _too_large()
    return value


def _too_large() -> ProblemError:
    return ProblemError(
        413,
        "value_too_large",
        f"«value» pasa de {VALUE_MAX // 1024} KiB: adjunte un resumen y un enlace.",
        f"'value' is larger than {VALUE_MAX // 1024} KiB: attach a summary and a link.",
        key="value",
    )


def _expires(value: object) -> int:
    if value is None:
        return EXPIRES_S
    sound = isinstance(value, int) and not isinstance(value, bool)
    if sound and EXPIRES_MIN_S <= int(str(value)) <= EXPIRES_MAX_S:
        return int(str(value))
    raise ProblemError(
        400,
        "bad_request",
        f"«expires_s» son segundos, de {EXPIRES_MIN_S} a {EXPIRES_MAX_S} (un año).",
        f"'expires_s' are seconds, from {EXPIRES_MIN_S} to {EXPIRES_MAX_S} (a year).",
        key="expires_s",
    )


def _source(value: object) -> str:
    if value in (None, ""):
        return ""
    found = params.text("source", value)
    if len(found) <= SOURCE_MAX:
        return found
    raise ProblemError(
        400,
        "bad_request",
        f"«source» dice quién lo adjunta, en hasta {SOURCE_MAX} caracteres, p. ej. tienda.",
        f"'source' says who attaches it, in up to {SOURCE_MAX} characters, e.g. shop.",
        key="source",
    )


def _nothing(key: str) -> ProblemError:
    return ProblemError(
        404,
        "no_data",
        f"No hay nada adjunto como «{key}», o ha caducado: adjúntelo con PUT.",
        f"Nothing is attached as '{key}', or it has expired: attach it with PUT.",
    )


def _nobody(at: Attaching) -> ProblemError:
    if at.scope == "customer":
        return ProblemError(
            404,
            "no_customer",
            "No hay cliente con esa clave: créelo con PUT /api/customers/by-ref/{clave}, "
            "o use /api/customers/data/{dato}?number=.",
            "There is no customer with that key: create it with PUT /api/customers/by-ref/{ref}, "
            "or use /api/customers/data/{key}?number=.",
        )
    return ProblemError(
        404,
        "no_contact",
        "No hay contacto con ese id, ni en curso ni terminado: búsquelo en /api/live o /api/contacts.",
        "There is no contact with that id, live or finished: find it in /api/live or /api/contacts.",
    )


async def _answered(question: Awaitable[_T]) -> _T:
    try:
        return await question
    except HistoryUnavailableError as error:
        raise unavailable() from error
