"""`/api/people`, `/api/tokens` and `/api/audit`: what administrators see and change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from aiohttp import web

from centralita.people.accounts import Account, folded
from centralita.people.admin import NewToken
from centralita.people.book import ApiToken, AuditQuery
from centralita.people.office import Office
from centralita.people.refusals import unknown_person
from centralita.people.rights import ROLES, Right, Role
from centralita.web import params
from centralita.web.api import LIMIT, LIMIT_MAX, json
from centralita.web.people_me import described as session_described
from centralita.web.rights import who_of
from centralita.web.sign_in import refusing

WRITTEN_MS = 2_000
"""How long an answer waits for the database; what is decided holds without it, and is written later."""
ID_MAX = 2**53 - 1
DEFAULT_SCOPES = tuple(sorted(ROLES[Role.CRM]))

_ROLE = params.one_of(tuple(Role))


class PeopleApi:
    def __init__(self, office: Office) -> None:
        self._office, self._people, self._admin = office, office.people, office.admin

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/people", self.list),
            web.post("/api/people", self.create),
            web.post("/api/people/{name}/change", self.change),
            web.post("/api/people/{name}/reset-password", self.reset_password),
            web.post("/api/people/{name}/reset-totp", self.reset_totp),
            web.get("/api/people/{name}/sessions", self.sessions),
            web.post("/api/people/{name}/end-sessions", self.end_sessions),
            web.get("/api/tokens", self.tokens),
            web.post("/api/tokens", self.create_token),
            web.post("/api/tokens/{id}/revoke", self.revoke_token),
            web.get("/api/audit", self.audit),
        ]

    async def list(self, request: web.Request) -> web.Response:
        params.query(request, ())
        with refusing():
            return json({"people": [self._described(account) for account in self._people.accounts()]})

    async def create(self, request: web.Request) -> web.Response:
        """The one-time password is told only now."""
        params.query(request, ())
        data = await params.body(request, ("name", "role", "agent"))
        name = params.text("name", data.get("name"))
        role = Role(_ROLE("role", data.get("role", "")))
        agent = _agent(data)
        with refusing():
            password = await self._admin.create(who_of(request), _from(request), name, role, agent)
            account = self._account(name)
        await self._written()
        return json({"person": self._described(account), "password": password}, status=201)

    async def change(self, request: web.Request) -> web.Response:
        """Role, agent or whether the account is disabled; what is not given stays."""
        params.query(request, ())
        data = await params.body(request, ("role", "agent", "disabled"))
        role = Role(_ROLE("role", data["role"])) if "role" in data else None
        agent = _agent(data) if "agent" in data else ""
        disabled = None if data.get("disabled") is None else params.flag("disabled", data["disabled"])
        with refusing():
            account = self._admin.change(
                who_of(request), _from(request), _name(request), role=role, agent=agent, disabled=disabled
            )
        await self._written()
        return json({"person": self._described(account)})

    async def reset_password(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        with refusing():
            password = await self._admin.reset_password(who_of(request), _from(request), _name(request))
        await self._written()
        return json({"password": password})

    async def reset_totp(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        with refusing():
            self._admin.reset_totp(who_of(request), _from(request), _name(request))
        await self._written()
        return json({"status": "done"})

    async def sessions(self, request: web.Request) -> web.Response:
        params.query(request, ())
        with refusing():
            found = self._people.sessions(self._account(_name(request)).name)
            return json({"sessions": [session_described(each, self._people.used_ms(each)) for each in found]})

    async def end_sessions(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        with refusing():
            account = self._account(_name(request))
            count = self._people.end_sessions(account.name)
        self._people.audit.note(who_of(request).name, _from(request), "person.sessions_ended", account.name)
        return json({"ended": count})

    async def tokens(self, request: web.Request) -> web.Response:
        params.query(request, ())
        with refusing():
            return json({"tokens": [_token(token) for token in self._people.tokens()]})

    async def create_token(self, request: web.Request) -> web.Response:
        """The token itself is told only now."""
        params.query(request, ())
        data = await params.body(request, ("name", "scopes", "agent", "ends_ms"))
        new = NewToken(
            params.text("name", data.get("name")),
            _scopes(data.get("scopes")),
            _agent(data),
            _moment("ends_ms", data.get("ends_ms")),
        )
        with refusing():
            token, text = self._admin.create_token(who_of(request), _from(request), new)
        await self._written()
        return json({"token": text, "about": _token(token)}, status=201)

    async def revoke_token(self, request: web.Request) -> web.Response:
        params.query(request, ())
        await params.body(request, ())
        with refusing():
            self._admin.revoke_token(who_of(request), _from(request), request.match_info["id"])
        return json({"status": "done"})

    async def audit(self, request: web.Request) -> web.Response:
        given = params.query(request, AuditQuery.__slots__)
        query = AuditQuery(
            who=params.optional(given, "who", params.text),
            what=params.optional(given, "what", params.text),
            subject=params.optional(given, "subject", params.text),
            since_ms=params.optional(given, "since_ms", params.milliseconds),
            until_ms=params.optional(given, "until_ms", params.milliseconds),
            before=params.optional(given, "before", params.whole(0, ID_MAX)),
            limit=params.optional(given, "limit", params.whole(1, LIMIT_MAX)) or LIMIT,
        )
        await self._written()
        with refusing():
            found = [asdict(entry) for entry in await self._people.audited(query)]
        return json({"entries": found, "next": found[-1]["id"] if len(found) == query.limit else None})

    def _account(self, name: str) -> Account:
        account = self._people.account(folded(name))
        if account is None:
            raise unknown_person(name)
        return account

    def _described(self, account: Account) -> dict[str, object]:
        return {
            "name": account.name,
            "role": account.role,
            "agent": account.agent,
            "disabled": account.disabled,
            "must_change": account.must_change,
            "totp": account.totp is not None,
            "oidc": account.oidc is not None,
            "created_ms": account.created_ms,
            "signed_in_ms": account.signed_in_ms,
            "sessions": len(self._people.sessions(account.name)),
            "locked_ms": self._office.sign_in.locked_ms(account.name),
        }

    async def _written(self) -> None:
        await self._people.keeper.written(WRITTEN_MS)


def _token(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": list(token.scopes),
        "agent": token.agent,
        "created_by": token.created_by,
        "created_ms": token.created_ms,
        "ends_ms": token.ends_ms,
        "used_ms": token.used_ms,
    }


def _scopes(given: object) -> tuple[Right, ...]:
    """What a CRM needs if nothing is said."""
    if given is None:
        return DEFAULT_SCOPES
    if not isinstance(given, list) or not given:
        raise params.bad(
            "scopes", "«scopes» debe ser una lista de derechos.", "'scopes' must be a list of rights."
        )
    one = params.one_of(tuple(Right))
    return tuple(sorted({Right(one("scopes", each)) for each in given}))


def _agent(data: Mapping[str, object]) -> str | None:
    given = data.get("agent")
    return None if given in (None, "") else params.text("agent", given)


def _moment(key: str, given: object) -> int | None:
    if given is None:
        return None
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= params.MS_MAX:
        return given
    raise params.bad(key, f"«{key}» deben ser milisegundos UTC.", f"'{key}' must be UTC milliseconds.")


def _name(request: web.Request) -> str:
    return request.match_info["name"]


def _from(request: web.Request) -> str:
    return request.remote or ""
