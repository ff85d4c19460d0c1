from __future__ import annotations

import dataclasses
from unittest.mock import Mock

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from centralita.people.limits import Pace
from centralita.people.rights import Right, Role
from centralita.web.app import make_app
from centralita.web.guard import BURST, CSRF_HEADER, Guard
from centralita.web.problems import ProblemError
from tests.unit.web.fakes import TOKEN, FakeServer
from tests.unit.web.people_scene import WEBSOCKET, centre

pytestmark = pytest.mark.unit

ROUTES = [
    ("GET", "/", 200),
    ("GET", "/static/app-AAAA.js", 200),
    ("GET", "/api/live", 200),
    ("PUT", "/api/customers/by-ref/C-7", 200),
    ("DELETE", "/api/customers/k1/identity", 200),
    ("POST", "/api/agents/ana/presence", 200),
    ("GET", "/api/events", 101),
    ("GET", "/nothing/here", 404),
    ("PUT", "/api/live", 405),
]
BEARER = {"Authorization": f"Bearer {TOKEN}"}
WHO = {
    "no token": ({}, 401),
    "bad token": ({"Authorization": "Bearer wrong"}, 401),
    "other scheme": ({"Authorization": f"Basic {TOKEN}"}, 401),
    "token not in ASCII": ({"Authorization": "Bearer contraseña"}, 401),
    "bad cookie": ({"Cookie": f"centralita={TOKEN}"}, 401),
    "good token": (BEARER, None),
    "bad host": ({**BEARER, "Host": "attacker.example"}, 403),
    "bad origin": ({**BEARER, "Origin": "https://attacker.example"}, 403),
    "opaque origin": ({**BEARER, "Origin": "null"}, 403),
    "allowed origin": ({**BEARER, "Origin": "https://centro.example"}, None),
}


async def ask(
    http: aiohttp.ClientSession, base: str, method: str, path: str, headers: dict[str, str]
) -> tuple[int, str]:
    """Status and content type of one request, with the body and headers that the route wants."""
    if path == "/api/events":
        headers = {**WEBSOCKET, **headers}
    bodies = {"presence": b'{"presence": "ready"}', "resend": b'{"all": true}'}
    body = bodies.get(path.rpartition("/")[2])
    if body:
        headers = {"Content-Type": "application/json", **headers}
    async with http.request(method, base + path, headers=headers, data=body, allow_redirects=False) as answer:
        return answer.status, answer.content_type


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("method", "path", "good"), ROUTES)
async def test_no_route_answers_who_may_not_ask(
    http: aiohttp.ClientSession, base: str, method: str, path: str, good: int, who: str
) -> None:
    """Every route, unknown ones too: no token 401, strange host or page 403, and only then the answer."""
    headers, refused = WHO[who]

    status, content_type = await ask(http, base, method, path, headers)

    assert status == (refused or good)
    if status >= 400 and not (path == "/" and status == 401):
        assert content_type == "application/problem+json"


async def test_health_is_open_to_all(http: aiohttp.ClientSession, base: str, server: FakeServer) -> None:
    """A supervisor or load balancer needs neither token nor name; it learns if calls can be taken."""
    async with http.get(base + "/health", headers={"Host": "10.1.2.3:9"}) as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})
    server.ready = (False, "sin conexión con Asterisk / no connection to Asterisk")
    async with http.get(base + "/health") as answer:
        assert answer.status == 503
        assert (await answer.json())["why"] == "sin conexión con Asterisk / no connection to Asterisk"


async def sign_in(http: aiohttp.ClientSession, base: str) -> str:
    async with http.get(f"{base}/?token={TOKEN}", allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/"
        return answer.headers["Set-Cookie"]


async def test_a_browser_signs_in_once_and_the_token_leaves_the_address(
    http: aiohttp.ClientSession, base: str
) -> None:
    """The cookie is out of reach of scripts and other sites, and is not the token itself."""
    cookie = await sign_in(http, base)
    pair, *flags = cookie.split("; ")

    assert set(flags) == {"HttpOnly", "Path=/", "SameSite=Strict"}
    assert TOKEN not in cookie
    assert (await ask(http, base, "GET", "/api/live", {"Cookie": pair}))[0] == 200
    assert (await ask(http, base, "GET", "/", {"Cookie": pair}))[0] == 200


async def test_a_wrong_token_in_the_address_sets_no_cookie(http: aiohttp.ClientSession, base: str) -> None:
    """Guessing gets the page on which people sign in, nothing more."""
    async with http.get(f"{base}/?token=wrong", allow_redirects=False) as answer:
        assert answer.status == 401
        assert "Set-Cookie" not in answer.headers
        assert 'name="password"' in await answer.text()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://attacker.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "SELF"}, 200),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/agents/ana/presence"),
        ("DELETE", "/api/customers/k1/identity"),
        ("PUT", "/api/customers/by-ref/C-7"),
    ],
)
async def test_a_cookie_alone_changes_nothing(
    http: aiohttp.ClientSession, base: str, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """A browser must also show that our own page asks: another site cannot act for the signed-in user."""
    pair = (await sign_in(http, base)).split(";")[0]
    own = {name: base if value == "SELF" else value for name, value in headers.items()}
    async with http.get(base + "/api/me", headers={"Cookie": pair}) as answer:
        csrf = (await answer.json())["csrf"]

    assert (await ask(http, base, method, path, {"Cookie": pair, CSRF_HEADER: csrf, **own}))[0] == status
    assert (await ask(http, base, method, path, {"Cookie": pair, **own}))[0] == 403


async def test_another_site_cannot_listen_with_the_users_cookie(
    http: aiohttp.ClientSession, base: str
) -> None:
    """A WebSocket with a cookie needs our own origin; browsers always send one."""
    pair = (await sign_in(http, base)).split(";")[0]

    for headers, status in [
        ({}, 403),
        ({"Origin": "https://attacker.example"}, 403),
        ({"Origin": base}, 101),
    ]:
        assert (await ask(http, base, "GET", "/api/events", {"Cookie": pair, **headers}))[0] == status


def test_a_token_that_can_be_guessed_is_refused(server: FakeServer) -> None:
    """The server does not start with a short token."""
    server_ports = server.ports()
    object.__setattr__(server_ports, "token", "short")

    with pytest.raises(ValueError, match="16 characters"):
        make_app(server_ports)


async def test_every_answer_carries_the_guards_of_the_browser(http: aiohttp.ClientSession, base: str) -> None:
    """No inline code, no guessing of types, no framing, nothing of the API kept in a cache."""
    for path in ("/", "/api/live", "/nothing", "/static/app-AAAA.js"):
        async with http.get(base + path, headers=BEARER) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            cached = "immutable" in answer.headers["Cache-Control"]
            assert cached == path.startswith("/static/")
            assert cached or answer.headers["Cache-Control"] == "no-store"


async def test_a_page_must_send_the_token_of_its_session_with_every_change() -> None:
    """Cookie and origin are not enough: the header is bound to this very session, and reading needs none."""
    async with centre() as there:
        good, other = there.as_person("sofia"), there.as_person("adela")
        path = "/api/agents/ana/wrap-up/done"
        body: dict[str, object] = {}
        without = {name: value for name, value in good.items() if name != CSRF_HEADER}

        assert (await there.ask("GET", "/api/live", without))[0] == 200
        assert (await there.ask("POST", path, good, body))[0] == 200
        for headers in (without, {**good, CSRF_HEADER: "x"}, {**good, CSRF_HEADER: other[CSRF_HEADER]}):
            status, said = await there.ask("POST", path, headers, body)
            assert (status, said["title"]) == (403, "no_csrf_token")
        status, said = await there.ask("POST", path, {**good, "Origin": "https://attacker.example"}, body)
        assert (status, said["title"]) == (403, "bad_origin")
        no_origin = {name: value for name, value in good.items() if name != "Origin"}
        assert (await there.ask("POST", path, no_origin, body))[1]["title"] == "no_origin"


async def test_me_tells_a_page_what_it_needs_to_know() -> None:
    """Who, which role, which rights, and what to send with changes; nothing of it is a secret of others."""
    async with centre() as there:
        headers = there.as_person("ana")
        status, me = await there.ask("GET", "/api/me", headers)

        assert status == 200
        assert (me["name"], me["kind"], me["role"], me["agent"]) == ("ana", "person", "agent", "ana")
        assert (me["csrf"], me["must_change"], me["totp"]) == (headers[CSRF_HEADER], False, False)
        assert me["rights"] == ["commands", "contacts:own", "events:read", "phone:use", "voicemail"]


async def test_a_token_does_what_its_scopes_say_and_ends_when_revoked_or_over() -> None:
    """Without cookie, origin and page; another word than the one made is nobody's."""
    async with centre() as there:
        scene = there.scene
        text = scene.token(Right.EVENTS_READ, ends_ms=scene.clock.ms + 1_000)
        headers = {"Authorization": f"Bearer {text}"}

        assert (await there.ask("GET", "/api/live", headers))[0] == 200
        assert (await there.ask("GET", "/api/contacts/c1", headers))[0] == 403
        assert (await there.ask("GET", "/api/live", {"Authorization": f"Bearer {text}x"}))[0] == 401
        scene.clock.ms += 1_000
        assert (await there.ask("GET", "/api/live", headers))[0] == 401

        again = there.as_token(Right.EVENTS_READ)
        assert (await there.ask("GET", "/api/live", again))[0] == 200
        scene.people.end_token(scene.people.tokens()[0])
        assert (await there.ask("GET", "/api/live", again))[0] == 401


async def test_a_token_for_one_agent_commands_only_that_one() -> None:
    """`commands` without an agent is for any."""
    async with centre() as there:
        bound, free = there.as_token(Right.COMMANDS, agent="ana"), there.as_token(Right.COMMANDS)
        for headers, agent, wanted in (
            (bound, "ana", 200),
            (bound, "beto", 403),
            (free, "ana", 200),
            (free, "beto", 409),
        ):
            path = f"/api/agents/{agent}/wrap-up/done"
            assert (await there.ask("POST", path, headers, {}))[0] == wanted


async def test_whoever_asks_too_often_is_told_when_to_ask_again() -> None:
    """429 with Retry-After for one identity; others, and the installation, go on."""
    async with centre() as there:
        headers = there.as_token(Right.EVENTS_READ)
        found = [(await there.ask("GET", "/api/waits", headers))[0] for _ in range(BURST + 1)]
        assert found == [200] * BURST + [429]
        async with there.http.get(there.base + "/api/waits", headers=headers) as answer:
            assert answer.headers["Retry-After"] == "1"
        assert (await there.ask("GET", "/api/live", there.as_person("ana")))[0] == 200
        for _ in range(BURST + 1):
            assert (await there.ask("GET", "/api/waits", BEARER))[0] == 200


def test_a_bucket_fills_again_and_remembers_only_so_many() -> None:
    """A refused request costs nothing; a stranger does not push out somebody who is asking."""
    pace = Pace(2, 1.0)

    assert [pace.take("a", 0) for _ in range(3)] == [0, 0, 1_000]
    assert [pace.take("a", now_ms) for now_ms in (900, 1_000, 1_001)] == [100, 0, 999]
    assert pace.take("b", 1_001) == 0


async def test_a_frozen_database_keeps_nobody_out_who_is_in() -> None:
    """Sessions and tokens are known in memory; before the first reading nobody can tell, and says so."""
    async with centre() as there:
        headers, token = there.as_person("sofia"), there.as_token(Right.EVENTS_READ)

        async def frozen(*_: object) -> None:
            raise AssertionError("the guard asked the database")

        there.scene.memory.load = there.scene.memory.write = frozen  # type: ignore[method-assign,assignment]
        for who in (headers, token):
            assert (await there.ask("GET", "/api/live", who))[0] == 200
        there.scene.people.loaded = False
        for who in (headers, token):
            status, said = await there.ask("GET", "/api/live", who)
            assert (status, said["title"]) == (503, "people_unavailable")
        assert (await there.ask("GET", "/api/live", BEARER))[0] == 200


async def test_another_role_counts_from_the_next_request_on() -> None:
    """Nobody keeps rights until the session ends."""
    async with centre() as there:
        headers = there.as_person("sofia")
        assert (await there.ask("GET", "/api/kpis", headers))[0] == 200
        account = there.scene.people.account("sofia")
        assert account is not None
        there.scene.people.put_account(dataclasses.replace(account, role=Role.AGENT))
        assert (await there.ask("GET", "/api/kpis", headers))[0] == 403
        there.scene.people.put_account(dataclasses.replace(account, disabled=True))
        assert (await there.ask("GET", "/api/live", headers))[0] == 401


@pytest.mark.parametrize(
    ("peer", "own", "status"),
    [
        ("127.0.0.1", "127.0.0.1", 303),
        ("10.1.2.3", "10.1.2.3", 303),
        ("10.1.2.4", "10.1.2.3", 403),
        ("::1", "::1", 303),
    ],
)
async def test_the_address_with_a_token_is_good_on_the_same_machine_only(
    server: FakeServer, peer: str, own: str, status: int
) -> None:
    """Elsewhere people have names: a link with the installation's key would open everything to anybody."""
    transport = Mock()
    transport.get_extra_info.side_effect = {"peername": (peer, 1), "sockname": (own, 2)}.get
    request = make_mocked_request(
        "GET", f"/?token={TOKEN}", headers={"Host": "127.0.0.1"}, transport=transport
    )
    guard = Guard(server.ports())

    async def nowhere(_request: web.Request) -> web.StreamResponse:
        raise AssertionError

    if status == 303:
        assert (await guard.middleware(request, nowhere)).status == 303
    else:
        with pytest.raises(ProblemError) as caught:
            await guard.middleware(request, nowhere)
        assert (caught.value.status, caught.value.code) == (403, "not_local")
