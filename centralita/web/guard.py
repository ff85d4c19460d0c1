"""
Who asks, and whether they may: the first thing that looks at a request.

The host must be one of ours (a page elsewhere cannot reach us by pointing its
own name at our address), the origin as well when a browser names one. Then the
identity: a token of a program (`Authorization: Bearer cc_…`), the session of a
person (cookie), or the installation itself (its token, or the cookie that
`/?token=…` gives on the same machine). Then the right, by the table in `rights`.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import replace

from aiohttp import web
from aiohttp.typedefs import Handler

from centralita.people import keys, refusals
from centralita.people.book import PeopleUnavailableError
from centralita.people.limits import Pace
from centralita.people.rights import INSTALLATION, Kind, Who
from centralita.web.ports import WebPorts
from centralita.web.problems import ProblemError
from centralita.web.rights import WHO, Need, Open, check, need_of

COOKIE = "centralita"
"""Of the installation, for the page of the local administrator."""
SESSION_COOKIE = "centralita_session"
CSRF_HEADER = "X-CSRF-Token"
OPEN_PATH = "/health"
"""Asked by supervisors and load balancers, which know neither token nor name: it tells nothing else."""
TOKEN_MIN = 16
BURST, PER_S = 200, 50.0
"""Requests of one identity; the installation has no limit."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """The middleware that lets nobody through who may not."""

    def __init__(self, ports: WebPorts) -> None:
        if len(ports.token) < TOKEN_MIN:
            raise ValueError(f"the token of the API needs at least {TOKEN_MIN} characters")
        self._token = ports.token
        self._cookie = hmac.new(ports.token.encode(), b"centralita page", hashlib.sha256).hexdigest()
        self._local = replace(INSTALLATION, csrf=keys.csrf_of(self._cookie))
        self._hosts = frozenset(host.lower() for host in ports.allowed_hosts)
        self._origins = frozenset(origin.lower().rstrip("/") for origin in ports.allowed_origins)
        self._people = ports.office.people
        self._pace = Pace(BURST, PER_S)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == OPEN_PATH:
            return await handler(request)
        self._check_host(request)
        need = need_of(request)
        if need is not None and need.right is Open.PAGES:
            return await handler(request)
        origin = self._check_origin(request)
        if request.path == "/" and "token" in request.query:
            return self._come_in(request)
        if need is None:
            raise _no_rule()
        if need.right is Open.EVERYBODY:
            return await handler(request)
        who = self._identify(request, origin)
        self._check_pace(who)
        check(request, need, who)
        request[WHO] = who
        return await self._audited(request, handler, need, who)

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

    def _identify(self, request: web.Request, origin: str | None) -> Who:
        """Raises ProblemError: 401 for nobody, 403 for a page that may not speak for whom it has."""
        try:
            given = request.headers.get("Authorization")
            who = self._by_cookie(request) if given is None else self._by_token(given)
        except PeopleUnavailableError as error:
            raise ProblemError.of(refusals.unavailable()) from error
        if who is None:
            raise _nobody()
        if given is None and _changes_something(request):
            _check_page(request, origin, who)
        return who

    def _by_token(self, given: str) -> Who | None:
        scheme, _, token = given.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer":
            return None
        if keys.same(token, self._token):
            return INSTALLATION
        return self._people.by_token(token) if token.startswith(keys.TOKEN_PREFIX) else None

    def _by_cookie(self, request: web.Request) -> Who | None:
        local = self._local if keys.same(request.cookies.get(COOKIE, ""), self._cookie) else None
        session = request.cookies.get(SESSION_COOKIE)
        # A person who has signed in is that person, also on the machine of the installation.
        person = self._people.by_session(session) if session else None
        return person or local

    def _check_pace(self, who: Who) -> None:
        if who.kind is Kind.INSTALLATION:
            return
        pause_ms = self._pace.take(f"{who.kind}:{who.name}", self._people.now_ms())
        if pause_ms:
            raise ProblemError.of(refusals.too_fast(pause_ms))

    def _come_in(self, request: web.Request) -> web.StreamResponse:
        """The local administrator's way in: whoever can read the installation's files, on its machine."""
        if not keys.same(request.query.get("token", ""), self._token):
            raise _nobody()
        if not _from_this_machine(request):
            raise ProblemError(
                403,
                "not_local",
                "Esta dirección solo vale en la misma máquina: entre con su nombre y contraseña.",
                "This address is good on the same machine only: sign in with your name and password.",
            )
        answer = web.Response(status=303, headers={"Location": "/"})
        answer.set_cookie(
            COOKIE, self._cookie, httponly=True, samesite="Strict", path="/", secure=request.secure
        )
        self._people.audit.note(INSTALLATION.name, request.remote or "", "sign_in", INSTALLATION.name)
        return answer

    async def _audited(
        self, request: web.Request, handler: Handler, need: Need, who: Who
    ) -> web.StreamResponse:
        subject = request.match_info.get(need.subject, "") if need.subject else ""
        if not need.audit or (need.agent and subject == who.agent):
            return await handler(request)
        address = request.remote or ""
        if need.reads:
            self._people.audit.read(who.name, address, need.audit, subject)
            return await handler(request)
        try:
            answer = await handler(request)
        except ProblemError as problem:
            self._people.audit.note(who.name, address, need.audit, subject, problem.code)
            raise
        self._people.audit.note(who.name, address, need.audit, subject)
        return answer


def _check_page(request: web.Request, origin: str | None, who: Who) -> None:
    """A browser sends cookies for whatever page asks: a change needs proof that the page is ours."""
    if origin is None and not _from_own_page(request):
        raise ProblemError(
            403,
            "no_origin",
            "Con cookie hace falta la cabecera Origin; un programa debe usar Authorization: Bearer.",
            "With a cookie the Origin header is needed; a program must use Authorization: Bearer.",
        )
    # The page of a WebSocket cannot set headers: there the origin has to do.
    if _is_websocket(request):
        return
    if not keys.same(request.headers.get(CSRF_HEADER, ""), who.csrf):
        raise ProblemError(
            403,
            "no_csrf_token",
            f"Falta la cabecera {CSRF_HEADER}, o no es la de esta sesión: GET /api/me la dice.",
            f"The header {CSRF_HEADER} is missing or not of this session: GET /api/me tells it.",
        )


def _nobody() -> ProblemError:
    return ProblemError(
        401,
        "no_token",
        "No se sabe quién pregunta: entre con su nombre y contraseña, o envíe Authorization: Bearer "
        "con una clave válida.",
        "It is not known who asks: sign in with your name and password, or send Authorization: Bearer "
        "with a valid token.",
    )


def _no_rule() -> ProblemError:
    return ProblemError(
        403,
        "no_rule",
        "Nadie ha dicho quién puede pedir esto: es un error del servidor.",
        "Nobody has said who may ask for this: it is an error of the server.",
    )


def _changes_something(request: web.Request) -> bool:
    return request.method not in _SAFE or _is_websocket(request)


def _is_websocket(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _from_own_page(request: web.Request) -> bool:
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _from_this_machine(request: web.Request) -> bool:
    peer = request.remote or ""
    if request.transport is not None:
        own = request.transport.get_extra_info("sockname")
        if own is not None and own[0] == peer:
            return True
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isascii() and port.isdigit() else host
