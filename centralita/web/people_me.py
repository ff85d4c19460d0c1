"""`/api/me/…`: what people change of their own: password, authenticator, sessions."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from centralita.people import totp
from centralita.people.book import Session
from centralita.people.enrolment import Enrolments
from centralita.people.office import Office
from centralita.people.refusals import Refused
from centralita.web import params
from centralita.web.api import json
from centralita.web.rights import who_of
from centralita.web.sign_in import SignInApi, caller_of, is_session, refusing


class MeApi:
    def __init__(self, office: Office, sign_in: SignInApi) -> None:
        self._office, self._sign_in = office, sign_in
        self._enrolments = Enrolments()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/me/password", self.password),
            web.post("/api/me/totp", self.begin_totp),
            web.post("/api/me/totp/confirm", self.confirm_totp),
            web.post("/api/me/totp/remove", self.remove_totp),
            web.get("/api/me/sessions", self.sessions),
            web.post("/api/me/sessions/{id}/end", self.end_session),
        ]

    async def password(self, request: web.Request) -> web.Response:
        """All sessions end; this browser gets a new one."""
        params.query(request, ())
        data = await params.body(request, ("password", "new_password"))
        old, new = (params.text(key, data.get(key)) for key in ("password", "new_password"))
        with refusing():
            key = await self._office.sign_in.change_password(who_of(request), old, new, caller_of(request))
        return self._sign_in.signed_in(request, key)

    async def begin_totp(self, request: web.Request) -> web.Response:
        """Shows a secret for an authenticator; it counts once a code of it is confirmed."""
        params.query(request, ())
        data = await params.body(request, ("password",))
        password, who = params.text("password", data.get("password")), who_of(request)
        with refusing():
            account = await self._office.sign_in.confirm(who, password, caller_of(request))
            secret = totp.new_secret()
            self._enrolments.begin(who.key, secret, self._office.people.now_ms())
        return json({"secret": secret, "address": totp.address(secret, account.name)})

    async def confirm_totp(self, request: web.Request) -> web.Response:
        params.query(request, ())
        data = await params.body(request, ("totp",))
        code, who = params.text("totp", data.get("totp")), who_of(request)
        with refusing():
            secret = self._enrolments.secret(who.key, self._office.people.now_ms())
            account = self._office.people.account(who.name)
            if secret is None or account is None:
                raise _not_begun()
            self._office.sign_in.set_totp(account, secret, code, caller_of(request))
        self._enrolments.end(who.key)
        return json({"status": "done"})

    async def remove_totp(self, request: web.Request) -> web.Response:
        params.query(request, ())
        data = await params.body(request, ("password",))
        password, who = params.text("password", data.get("password")), who_of(request)
        with refusing():
            account = await self._office.sign_in.confirm(who, password, caller_of(request))
        self._office.people.put_account(replace(account, totp=None))
        self._office.people.audit.note(who.name, request.remote or "", "totp.removed", who.name)
        return json({"status": "done"})

    async def sessions(self, request: web.Request) -> web.Response:
        params.query(request, ())
        people = self._office.people
        found = people.sessions(who_of(request).name)
        return json(
            {
                "sessions": [
                    described(each, people.used_ms(each)) | {"this": is_session(request, each.digest)}
                    for each in found
                ]
            }
        )

    async def end_session(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        people, who = self._office.people, who_of(request)
        session_id = request.match_info["id"]
        with refusing():
            found = next((each for each in people.sessions(who.name) if each.id == session_id), None)
            if found is None:
                raise Refused(
                    404,
                    "unknown_session",
                    "No hay ninguna sesión suya con ese id: vea /api/me/sessions.",
                    "There is no session of yours with that id: see /api/me/sessions.",
                )
        people.end_session(found)
        people.audit.note(who.name, request.remote or "", "session.ended", who.name)
        return json({"status": "done"})


def described(session: Session, used_ms: int) -> dict[str, object]:
    return {
        "id": session.id,
        "created_ms": session.created_ms,
        "used_ms": used_ms,
        "ends_ms": session.ends_ms(used_ms),
        "address": session.address,
        "browser": session.browser,
    }


def _not_begun() -> Refused:
    return Refused(
        409,
        "totp_not_begun",
        "Pida antes una clave para su aplicación: POST /api/me/totp; vale diez minutos.",
        "Ask first for a secret for your authenticator: POST /api/me/totp; it is good for ten minutes.",
    )
