"""Coming in and going out: the page for people, and what it asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from centralita.people import keys
from centralita.people.book import PeopleUnavailableError
from centralita.people.office import Office
from centralita.people.refusals import Refused, unavailable
from centralita.people.rights import Kind, Who
from centralita.people.sign_in import Caller
from centralita.web import params
from centralita.web.api import json
from centralita.web.guard import SESSION_COOKIE
from centralita.web.problems import ProblemError
from centralita.web.rights import who_of

PAGE = Path(__file__).with_name("static_sign_in")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_FORM = ("name", "password", "totp")


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    content_type: str


class SignInApi:
    """`/sign-in`, `/api/sign-in`, `/api/sign-out` and `/api/me`."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._page = (PAGE / "sign-in.html").read_text(encoding="utf-8")
        self._files: Mapping[str, _File] = {
            path.name: _File(path.read_bytes(), _TYPES[path.suffix])
            for path in sorted(PAGE.iterdir())
            if path.suffix in _TYPES
        }

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sign-in", self.page),
            web.get("/sign-in/{name}", self.file),
            web.get("/api/sign-in", self.ways),
            web.post("/api/sign-in", self.sign_in),
            web.post("/api/sign-out", self.sign_out),
            web.get("/api/me", self.me),
        ]

    async def page(self, _request: web.Request) -> web.Response:
        return self.page_response(200)

    def page_response(self, status: int) -> web.Response:
        """The page itself; 401 where another page was asked for."""
        return web.Response(status=status, text=self._page, content_type="text/html")

    def unless_ready(self, request: web.Request) -> web.Response | None:
        """The page instead of another one, for who has to change a one-time password first."""
        return self.page_response(200) if who_of(request).must_change else None

    async def file(self, request: web.Request) -> web.Response:
        found = self._files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "no-cache"}
        return web.Response(
            body=found.body, content_type=found.content_type, charset="utf-8", headers=headers
        )

    async def ways(self, request: web.Request) -> web.Response:
        """By which ways people can sign in."""
        params.query(request, ())
        return json({"password": True, "oidc": self._office.oidc is not None})

    async def sign_in(self, request: web.Request) -> web.Response:
        params.query(request, ())
        caller = caller_of(request)
        with refusing():
            data = await params.body(request, _FORM)
            name = params.text("name", data.get("name"))
            password = params.text("password", data.get("password"))
            code = None if data.get("totp") in (None, "") else params.text("totp", data["totp"])
            self._office.sign_in.check_pace(caller)
            key = await self._office.sign_in.sign_in(name, password, code, caller)
        return self.signed_in(request, key)

    def signed_in(self, request: web.Request, key: str) -> web.Response:
        """Tells who it is now, and gives the browser its session."""
        who = self._office.people.by_session(key)
        assert who is not None
        answer = json(self.described(who))
        give_session(request, answer, key)
        return answer

    async def sign_out(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        who, people = who_of(request), self._office.people
        for session in people.sessions(who.name):
            if session.digest == who.key:
                people.end_session(session)
        people.audit.note(who.name, request.remote or "", "sign_out", who.name)
        answer = json({"status": "done"})
        answer.del_cookie(SESSION_COOKIE, path="/")
        return answer

    async def me(self, request: web.Request) -> web.Response:
        params.query(request, ())
        return json(self.described(who_of(request)))

    def described(self, who: Who) -> dict[str, object]:
        account = self._office.people.account(who.name) if who.kind is Kind.PERSON else None
        return {
            "name": who.name,
            "kind": who.kind,
            "role": who.role,
            "agent": who.agent,
            "rights": sorted(who.rights),
            "must_change": who.must_change,
            "totp": account is not None and account.totp is not None,
            "csrf": who.csrf or None,
        }


def give_session(request: web.Request, answer: web.StreamResponse, key: str) -> None:
    answer.set_cookie(SESSION_COOKIE, key, httponly=True, samesite="Strict", path="/", secure=request.secure)


def caller_of(request: web.Request) -> Caller:
    return Caller(request.remote or "", request.headers.get("User-Agent", ""))


class refusing:  # noqa: N801  # a context, read as a word
    """What people refuse, as the web says it."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Refused):
            raise ProblemError.of(error) from error
        if isinstance(error, PeopleUnavailableError):
            raise ProblemError.of(unavailable()) from error


def is_session(request: web.Request, digest: str) -> bool:
    """Whether this is the session by which the request came."""
    return keys.digest(request.cookies.get(SESSION_COOKIE, "")) == digest
