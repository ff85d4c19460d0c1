"""`/api/callbacks`: promising calls, seeing what is promised, taking it back."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from centralita.runtime import InboxFull
from centralita.web import params
from centralita.web.api import json, unavailable
from centralita.web.callbacks_ports import CallbacksPort, Made, NotMade, Wish
from centralita.web.ports import HistoryUnavailableError
from centralita.web.problems import ProblemError
from centralita.web.rights import who_of

KEY_HEADER = "Idempotency-Key"
KEY_MAX = 64
FIELDS = ("number", "queue", "name", "note", "customer")
UNKNOWN = ("unknown contact", "no promise")


class CallbacksApi:
    def __init__(self, callbacks: CallbacksPort) -> None:
        self._callbacks = callbacks

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/callbacks", self.listed),
            web.post("/api/callbacks", self.ask),
            web.delete("/api/callbacks/{contact}", self.cancel),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        params.query(request, ())
        try:
            return json(await self._callbacks.listed())
        except HistoryUnavailableError as error:
            raise unavailable() from error

    async def ask(self, request: web.Request) -> web.Response:
        params.query(request, ())
        data = await params.body(request, FIELDS)
        key = request.headers.get(KEY_HEADER)
        wish = Wish(
            params.dialled("number", data.get("number")),
            params.text("queue", data.get("queue")),
            "api",
            name=text("name", data),
            note=params.note("note", data.get("note")),
            customer=text("customer", data),
            key=None if key is None else f"{who_of(request).name}:{_key(key)}",
        )
        made = made_of(await self._callbacks.ask(wish))
        return json(told(made), status=200 if made.again else 201)

    async def cancel(self, request: web.Request) -> web.Response:
        params.query(request, ())
        contact = request.match_info["contact"]
        try:
            why = await self._callbacks.cancel(contact)
        except InboxFull as error:
            raise unavailable() from error
        if why is None:
            return json({"status": "cancelled"})
        if why in UNKNOWN:
            raise ProblemError(
                404,
                "no_callback",
                "No hay ninguna llamada prometida con ese contacto: vea GET /api/callbacks.",
                "No call is promised to that contact: see GET /api/callbacks.",
            )
        raise ProblemError(
            409,
            "being_called",
            "Ya se está llamando al cliente: espere a que termine.",
            "The customer is being called already: wait until that is over.",
        )


def text(key: str, data: Mapping[str, object]) -> str:
    """Empty when it is not given."""
    value = data.get(key)
    return "" if value in (None, "") else params.text(key, value)


def made_of(made: Made | NotMade) -> Made:
    """Raises ProblemError: 503 if it can be tried again at once, else 409."""
    if isinstance(made, NotMade):
        status = 503 if made.code in ("not_written", "busy") else 409
        raise ProblemError(status, made.code, made.es, made.en)
    return made


def told(made: Made) -> dict[str, object]:
    return {
        "status": "promised",
        "contact": made.contact_id,
        "queue": made.queue,
        "position": made.position,
        "wait_ms": None if made.wait_ms is None else list(made.wait_ms),
        "again": made.again,
    }


def _key(key: str) -> str:
    if 0 < len(key) <= KEY_MAX and key.isprintable() and key.isascii():
        return key
    raise params.bad(
        KEY_HEADER,
        f"{KEY_HEADER} es un texto de 1 a {KEY_MAX} caracteres sin acentos.",
        f"{KEY_HEADER} is a text of 1 to {KEY_MAX} ASCII characters.",
    )
