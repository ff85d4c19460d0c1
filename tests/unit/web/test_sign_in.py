"""Signing in and out, and what people and administrators do over HTTP."""

from __future__ import annotations

import asyncio

import pyotp
import pytest

from centralita.people.rights import INSTALLATION as LOCAL
from centralita.people.rights import Right, Role
from centralita.people.sign_in import FREE_BY_NAME
from centralita.tasks import spawn
from centralita.web.guard import CSRF_HEADER, SESSION_COOKIE
from tests.support.polling import eventually
from tests.unit.people.scene import PASSWORD
from tests.unit.web.people_scene import INSTALLATION, Centre, centre

pytestmark = pytest.mark.unit

NEW = "another good sentence"


async def sign_in(there: Centre, name: str, password: str, totp: str | None = None) -> dict[str, str]:
    """Headers of the page after it."""
    body = {"name": name, "password": password, **({"totp": totp} if totp else {})}
    async with there.http.post(there.base + "/api/sign-in", json=body) as answer:
        assert answer.status == 200, await answer.text()
        cookie = answer.cookies[SESSION_COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        me = await answer.json()
    return {
        "Cookie": f"{SESSION_COOKIE}={cookie.value}", "Origin": there.base, CSRF_HEADER: me["csrf"],
    }  # fmt: skip


async def test_in_and_out() -> None:
    """The cookie is all that a browser needs, and worth nothing after signing out."""
    async with centre() as there:
        await there.scene.with_password("pepa", Role.SUPERVISOR)
        headers = await sign_in(there, "PEPA", PASSWORD)
        assert (await there.ask("GET", "/api/live", headers))[0] == 200
        assert (await there.ask("POST", "/api/sign-out", headers, {}))[0] == 200
        assert (await there.ask("GET", "/api/live", headers))[0] == 401


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "bad_request"),
        ({"name": "pepa"}, 400, "bad_request"),
        ({"name": "pepa", "password": PASSWORD, "x": 1}, 400, "bad_request"),
        ({"name": "pepa", "password": "no"}, 401, "sign_in_failed"),
        ({"name": "nobody", "password": PASSWORD}, 401, "sign_in_failed"),
    ],
)
async def test_what_is_wrong_is_told_without_telling_who_there_is(
    body: dict[str, object], status: int, code: str
) -> None:
    """The same words for a wrong name and a wrong password."""
    async with centre() as there:
        await there.scene.with_password("pepa", Role.SUPERVISOR)
        found, said = await there.ask("POST", "/api/sign-in", {}, body)
        assert (found, said["title"]) == (status, code)


async def test_a_page_of_another_site_cannot_sign_anybody_in() -> None:
    """Neither with JSON from a foreign origin nor with a form, which cannot send JSON."""
    async with centre() as there:
        await there.scene.with_password("pepa", Role.SUPERVISOR)
        body = {"name": "pepa", "password": PASSWORD}
        foreign = {"Origin": "https://attacker.example"}
        assert (await there.ask("POST", "/api/sign-in", foreign, body))[0] == 403
        async with there.http.post(there.base + "/api/sign-in", data=body) as answer:
            assert answer.status == 415


async def test_guessing_is_stopped_and_told_for_how_long() -> None:
    """429 with Retry-After; an administrator sees it, and opens the account again."""
    async with centre() as there:
        await there.scene.with_password("pepa", Role.SUPERVISOR)
        for _ in range(FREE_BY_NAME):
            await there.ask("POST", "/api/sign-in", {}, {"name": "pepa", "password": "no"})
        body = {"name": "pepa", "password": PASSWORD}
        async with there.http.post(there.base + "/api/sign-in", json=body) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "30")
        admin = there.as_person("adela")
        people = (await there.ask("GET", "/api/people", admin))[1]["people"]
        assert next(each["locked_ms"] for each in people if each["name"] == "pepa") == 30_000
        status, said = await there.ask("POST", "/api/people/pepa/reset-password", admin, {})
        assert status == 200
        assert (await sign_in(there, "pepa", said["password"]))["Cookie"]


async def test_one_address_cannot_keep_the_processors_busy() -> None:
    """Whatever names: after a burst it has to wait, before any password is hashed."""
    async with centre() as there:
        body = {"password": "no"}
        found = [
            (await there.ask("POST", "/api/sign-in", {}, {"name": f"n{at}", **body}))[1]["title"]
            for at in range(22)
        ]
        assert found[:20] == ["sign_in_failed"] * 20
        assert set(found[20:]) <= {"too_many_attempts", "too_many_requests"}


async def test_the_first_sign_in_of_a_new_person() -> None:
    """An administrator makes the account; the one-time password opens only its own change."""
    async with centre() as there:
        admin = there.as_person("adela")
        body = {"name": "Lola", "role": "agent", "agent": "beto"}
        status, made = await there.ask("POST", "/api/people", admin, body)
        assert (status, made["person"]["name"], made["person"]["agent"]) == (201, "lola", "beto")
        headers = await sign_in(there, "lola", made["password"])
        status, said = await there.ask("GET", "/api/live", headers)
        assert (status, said["title"]) == (403, "must_change_password")
        async with there.http.get(there.base + "/", headers=headers) as answer:
            assert 'id="change"' in await answer.text()

        change = {"password": made["password"], "new_password": NEW}
        assert (await there.ask("POST", "/api/me/password", headers, change))[0] == 200
        assert (await there.ask("GET", "/api/me", headers))[0] == 401
        headers = await sign_in(there, "lola", NEW)
        assert (await there.ask("POST", "/api/agents/beto/wrap-up/done", headers, {}))[0] == 409
        assert (await there.ask("POST", "/api/agents/ana/wrap-up/done", headers, {}))[0] == 403


async def test_a_person_sets_up_codes_and_an_administrator_takes_them_away() -> None:
    """With the password, confirmed by a code; then no sign-in without one."""
    async with centre() as there:
        await there.scene.with_password("pepa", Role.SUPERVISOR)
        headers = await sign_in(there, "pepa", PASSWORD)
        assert (await there.ask("POST", "/api/me/totp/confirm", headers, {"totp": "123456"}))[0] == 409
        assert (await there.ask("POST", "/api/me/totp", headers, {"password": "no"}))[0] == 401
        shown = (await there.ask("POST", "/api/me/totp", headers, {"password": PASSWORD}))[1]
        assert shown["address"].startswith("otpauth://totp/Centralita:pepa?secret=" + shown["secret"])
        codes, clock = pyotp.TOTP(shown["secret"]), there.scene.clock
        right = {"totp": codes.at(clock.ms // 1000)}
        assert (await there.ask("POST", "/api/me/totp/confirm", headers, right))[0] == 200

        clock.ms += 60_000
        body = {"name": "pepa", "password": PASSWORD}
        assert (await there.ask("POST", "/api/sign-in", {}, body))[1]["title"] == "totp_needed"
        headers = await sign_in(there, "pepa", PASSWORD, codes.at(clock.ms // 1000))
        assert (await there.ask("GET", "/api/me", headers))[1]["totp"] is True
        admin = there.as_person("adela")
        assert (await there.ask("POST", "/api/people/pepa/reset-totp", admin, {}))[0] == 200
        assert await sign_in(there, "pepa", PASSWORD)


async def test_people_see_and_end_their_own_sessions_and_nobody_elses() -> None:
    """One in a browser that was left open somewhere."""
    async with centre() as there:
        await there.scene.with_password("pepa", Role.SUPERVISOR)
        here, left_open = await sign_in(there, "pepa", PASSWORD), await sign_in(there, "pepa", PASSWORD)
        there.scene.session("adela")
        found = (await there.ask("GET", "/api/me/sessions", here))[1]["sessions"]
        assert sorted(each["this"] for each in found) == [False, True]
        other = next(each["id"] for each in found if not each["this"])
        assert (await there.ask("POST", f"/api/me/sessions/{other}/end", here, {}))[0] == 200
        assert (await there.ask("GET", "/api/live", left_open))[0] == 401
        of_adela = there.scene.people.sessions("adela")[0].id
        assert (await there.ask("POST", f"/api/me/sessions/{of_adela}/end", here, {}))[0] == 404
        count = await there.ask("POST", "/api/people/pepa/end-sessions", INSTALLATION, {})
        assert count == (200, {"ended": 1})
        assert (await there.ask("GET", "/api/live", here))[0] == 401


async def test_an_administrator_changes_people_and_not_the_last_administrator() -> None:
    """Role, agent, closed; null for the agent is none."""
    async with centre() as there:
        admin, path = there.as_person("adela"), "/api/people/sofia/change"
        for body, key, wanted in (
            ({"agent": "ana"}, "agent", "ana"),
            ({"agent": None}, "agent", None),
            ({"role": "administrator"}, "role", "administrator"),
            ({"disabled": True}, "disabled", True),
            ({"disabled": None}, "disabled", True),
            ({"disabled": False}, "disabled", False),
        ):
            status, said = await there.ask("POST", path, admin, body)
            assert (status, said["person"][key]) == (200, wanted)
        assert (await there.ask("POST", path, admin, {"agent": "zoe"}))[0] == 400
        assert (await there.ask("POST", path, admin, {"role": "king"}))[0] == 400
        assert (await there.ask("POST", "/api/people/zoe/change", admin, {}))[0] == 404
        for name in ("sofia", "nuria"):
            await there.ask("POST", f"/api/people/{name}/change", admin, {"disabled": True})
        status, said = await there.ask("POST", "/api/people/adela/change", admin, {"role": "agent"})
        assert (status, said["title"]) == (409, "last_administrator")


async def test_tokens_are_made_listed_and_revoked() -> None:
    """The word is told once; without scopes it is a CRM's."""
    async with centre() as there:
        admin = there.as_person("adela")
        status, made = await there.ask("POST", "/api/tokens", admin, {"name": "tienda"})
        assert status == 201
        assert "customers:write" in made["about"]["scopes"]
        assert "commands" not in made["about"]["scopes"]
        headers = {"Authorization": f"Bearer {made['token']}"}
        assert (await there.ask("GET", "/api/live", headers))[0] == 200
        listed = (await there.ask("GET", "/api/tokens", admin))[1]
        assert [each["name"] for each in listed["tokens"]] == ["tienda"]
        assert listed["tokens"][0]["used_ms"] is not None
        assert made["token"] not in str(listed)
        for body in (
            {"name": "x", "scopes": ["everything"]},
            {"name": "x", "scopes": []},
            {"name": "x", "scopes": "events:read"},
            {"name": "x", "agent": "zoe"},
            {"name": "x", "ends_ms": 1},
            {"name": "x", "ends_ms": "soon"},
        ):
            assert (await there.ask("POST", "/api/tokens", admin, body))[0] == 400
        token_id = made["about"]["id"]
        assert (await there.ask("POST", f"/api/tokens/{token_id}/revoke", admin, {}))[0] == 200
        assert (await there.ask("GET", "/api/live", headers))[0] == 401
        assert (await there.ask("POST", f"/api/tokens/{token_id}/revoke", admin, {}))[0] == 404


async def test_the_log_tells_who_did_what_and_whose_data_they_looked_at() -> None:
    """Commands for another agent and refusals too; what an agent does for themselves is no news."""
    async with centre() as there:
        keeper = spawn(there.scene.people.keeper.run(), name="keeper")
        sofia, ana = there.as_person("sofia"), there.as_person("ana")
        for _ in range(3):
            await there.ask("GET", "/api/customers/k1/contacts", sofia)
        await there.ask("GET", "/api/customers?number=%2B34911234567", sofia)
        await there.ask("POST", "/api/agents/ana/wrap-up/done", sofia, {})
        await there.ask("POST", "/api/agents/ana/wrap-up/done", ana, {})
        await there.ask("POST", "/api/agents/beto/wrap-up/done", sofia, {})
        await there.ask("DELETE", "/api/customers/k1/identity", there.as_token(Right.CUSTOMERS_ERASE))
        said = (await there.ask("GET", "/api/audit?who=sofia", there.as_person("adela")))[1]
        told = [(each["what"], each["subject"], each["result"]) for each in reversed(said["entries"])]
        assert told == [
            ("customer.read", "k1", "done"),
            ("customer.searched", "", "done"),
            ("agent.commanded", "ana", "done"),
            ("agent.commanded", "beto", "talking"),
        ]
        assert "34911234567" not in str(said)
        erased = await there.ask("GET", "/api/audit?what=customer.erased", INSTALLATION)
        assert [(each["who"], each["subject"]) for each in erased[1]["entries"]] == [("a program", "k1")]
        page = (await there.ask("GET", "/api/audit?who=sofia&limit=3", INSTALLATION))[1]
        rest = (await there.ask("GET", f"/api/audit?who=sofia&before={page['next']}", INSTALLATION))[1]
        assert [each["what"] for each in rest["entries"]] == ["customer.read"]
        keeper.cancel()


async def test_whoever_is_signed_out_hears_no_more_within_two_seconds() -> None:
    """Revoked, signed out, disabled, given another role, or the token's time over: the socket is closed."""
    async with centre() as there:
        people, clock = there.scene.people, there.scene.clock
        ends_ms = clock.ms + 500
        token = {"Authorization": f"Bearer {there.scene.token(Right.EVENTS_READ, ends_ms=ends_ms)}"}
        stays = there.as_person("crm")
        sockets = {
            name: await there.http.ws_connect(there.base + "/api/events", headers=headers)
            for name, headers in {
                "ended": there.as_person("ana"), "role": there.as_person("sofia"), "token": token,
                "stays": stays,
            }.items()
        }  # fmt: skip
        for socket in sockets.values():
            await socket.receive_str(timeout=5)
            await socket.receive_str(timeout=5)
        began_s = asyncio.get_running_loop().time()
        people.end_sessions("ana")
        there.scene.office.admin.change(LOCAL, "", "sofia", role=Role.AGENT)
        clock.ms += 500
        for name in ("ended", "role", "token"):
            await sockets[name].receive(timeout=5)
            assert sockets[name].close_code == 4401, name
        assert asyncio.get_running_loop().time() - began_s < 2.0
        await eventually(lambda: there.server.hub.clients == 1, 2.0, "only one listens")
        assert not sockets["stays"].closed
        await sockets["stays"].close()


async def test_a_command_by_websocket_is_asked_for_rights_as_one_by_http() -> None:
    """An agent's own; a supervisor's for all; a token's as its scopes say."""
    async with centre() as there:
        wanted = {
            "agent": (there.as_person("ana"), "done", "not_yours"),
            "supervisor": (there.as_person("sofia"), "done", "talking"),
            "crm": (there.as_person("crm"), "not_yours", "not_yours"),
            "bound": (there.as_token(Right.EVENTS_READ, Right.COMMANDS, agent="ana"), "done", "not_yours"),
        }
        for headers, own, other in wanted.values():
            async with there.http.ws_connect(there.base + "/api/events", headers=headers) as socket:
                for agent, code in (("ana", own), ("beto", other)):
                    await socket.send_json({"command": "wrap_up_done", "agent": agent, "command_id": agent})
                    while (said := await socket.receive_json(timeout=5))["type"] != "command.result":
                        pass
                    assert (said["code"] or said["status"]) == code
