"""`/api/oidc/…`: to the company's own sign-in, and back."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web

from centralita.people.office import Office
from centralita.people.refusals import Refused
from centralita.web.problems import ProblemError
from centralita.web.sign_in import caller_of, give_session

COOKIE = "centralita_oidc"
PATH = "/api/oidc"
MAX_AGE_S = 600
_COME_IN = """<!doctype html>
<html lang="es"><head><meta charset="utf-8"><title>Centralita</title>
<meta http-equiv="refresh" content="0;url=/sign-in"></head>
<body><p><a href="/sign-in">Entrar</a> / <a href="/sign-in" lang="en">Sign in</a></p></body></html>
"""
"""
A page of ours between the provider and the next one: a browser does not send a Strict cookie along
a way that began on another site, but does when our own page leads on.
"""


class OidcApi:
    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[web.RouteDef]:
        return [web.get(f"{PATH}/start", self.start), web.get(f"{PATH}/return", self.come_back)]

    async def start(self, request: web.Request) -> web.StreamResponse:
        if self._office.oidc is None:
            raise _none()
        caller = caller_of(request)
        try:
            self._office.sign_in.check_pace(caller)
            begun = await self._office.oidc.begin(f"{request.url.origin()}{PATH}/return")
        except Refused as refused:
            return _refused(refused)
        answer = web.Response(status=303, headers={"Location": begun.url})
        # Lax: it must come along when the provider sends the browser back.
        answer.set_cookie(
            COOKIE, begun.browser_key, max_age=MAX_AGE_S, httponly=True, samesite="Lax", path=PATH,
            secure=request.secure,
        )  # fmt: skip
        return answer

    async def come_back(self, request: web.Request) -> web.StreamResponse:
        if self._office.oidc is None:
            raise _none()
        given, caller = request.query, caller_of(request)
        try:
            self._office.sign_in.check_pace(caller)
            identity = await self._office.oidc.finish(
                given.get("state", ""), given.get("code", ""), request.cookies.get(COOKIE, "")
            )
            key = self._office.sign_in.by_provider(identity, caller)
        except Refused as refused:
            return _refused(refused)
        answer = web.Response(text=_COME_IN, content_type="text/html")
        answer.del_cookie(COOKIE, path=PATH)
        give_session(request, answer, key)
        return answer


def _refused(refused: Refused) -> web.Response:
    """Back to the page, which says why."""
    said = urlencode({"oidc": refused.code})
    return web.Response(status=303, headers={"Location": f"/sign-in?{said}"})


def _none() -> ProblemError:
    return ProblemError(
        404,
        "no_oidc",
        "Aquí se entra con nombre y contraseña: no hay OIDC configurado (OIDC_ISSUER).",
        "People sign in by name and password here: no OIDC is configured (OIDC_ISSUER).",
    )
