"""
Who may ask: host, origin and token of every request, before anything else looks at it.

The host must be one of ours (a page elsewhere cannot reach us by pointing its
own name at our address), the origin as well when a browser names one, and
every request but `/health` needs the token. A browser gets it once as
`/?token=...` and from then on holds a cookie derived from it.
"""

from __future__ import annotations

import hashlib
import hmac

from aiohttp import web
from aiohttp.typedefs import Handler

from centralita.web.ports import WebPorts
from centralita.web.problems import ProblemError

COOKIE = "centralita"
OPEN_PATH = "/health"
"""Asked by supervisors and load balancers, which know neither token nor name: it tells nothing else."""
TOKEN_MIN = 16

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """The middleware that lets nobody through who may not."""

    def __init__(self, ports: WebPorts) -> None:
        if len(ports.token) < TOKEN_MIN:
            raise ValueError(f"the token of the API needs at least {TOKEN_MIN} characters")
        self._token = ports.token.encode()
        self._cookie = hmac.new(self._token, b"centralita page", hashlib.sha256).hexdigest().encode()
        self._hosts = frozenset(host.lower() for host in ports.allowed_hosts)
        self._origins = frozenset(origin.lower().rstrip("/") for origin in ports.allowed_origins)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == OPEN_PATH:
            return await handler(request)
        self._check_host(request)
        origin = self._check_origin(request)
        if request.path == "/" and "token" in request.query:
            return self._sign_in(request)
        self._check_token(request, origin)
        return await handler(request)

    def _check_host(self, request: web.Request) -> None:
        host = request.headers.get("Host", "").lower()
        if host in self._hosts or _without_port(host) in self._hosts:
            return
        raise ProblemError(
            403,
            "bad_host",
            "Este nombre de servidor no está permitido: añádalo a los permitidos en la configuración.",
            "This host name is not allowed: add it to the allowed hosts in the configuration.",
        )

    def _check_origin(self, request: web.Request) -> str | None:
        origin = request.headers.get("Origin")
        if origin is None:
            return None
        own = f"{request.scheme}://{request.headers.get('Host', '')}".lower()
        if origin.lower() == own or origin.lower() in self._origins:
            return origin
        raise ProblemError(
            403,
            "bad_origin",
            "La página que pregunta no es de este servidor: añada su origen a los permitidos.",
            "The asking page is not of this server: add its origin to the allowed ones.",
        )

    def _check_token(self, request: web.Request, origin: str | None) -> None:
        given = request.headers.get("Authorization")
        if given is not None:
            scheme, _, token = given.partition(" ")
            if scheme.lower() == "bearer" and _same(token.strip(), self._token):
                return
            raise _no_token()
        if not _same(request.cookies.get(COOKIE, ""), self._cookie):
            raise _no_token()
        if origin is None and _changes_something(request) and not _from_own_page(request):
            raise ProblemError(
                403,
                "no_origin",
                "Con cookie hace falta la cabecera Origin; un programa debe usar Authorization: Bearer.",
                "With a cookie the Origin header is needed; a program must use Authorization: Bearer.",
            )

    def _sign_in(self, request: web.Request) -> web.StreamResponse:
        if not _same(request.query.get("token", ""), self._token):
            raise _no_token()
        answer = web.Response(status=303, headers={"Location": "/"})
        answer.set_cookie(
            COOKIE, self._cookie.decode(), httponly=True, samesite="Strict", path="/", secure=request.secure
        )
        return answer


def _no_token() -> ProblemError:
    return ProblemError(
        401,
        "no_token",
        "Falta el token o no es válido: abra la dirección que muestra «centralita run», "
        "o envíe Authorization: Bearer.",
        "The token is missing or wrong: open the address that 'centralita run' shows, "
        "or send Authorization: Bearer.",
    )


def _same(given: str, wanted: bytes) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted)


def _changes_something(request: web.Request) -> bool:
    return request.method not in _SAFE or request.headers.get("Upgrade", "").lower() == "websocket"


def _from_own_page(request: web.Request) -> bool:
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isascii() and port.isdigit() else host
