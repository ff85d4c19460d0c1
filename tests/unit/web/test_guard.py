from __future__ import annotations

import aiohttp
import pytest

from centralita.web.app import make_app
from tests.unit.web.fakes import TOKEN, FakeServer

pytestmark = pytest.mark.unit

ROUTES = [
    ("GET", "/", 200),
    ("GET", "/static/app-AAAA.js", 200),
    ("GET", "/api/live", 200),
    ("GET", "/api/contacts", 200),
    ("GET", "/api/contacts/c1", 200),
    ("GET", "/api/customers?number=%2B34911234567", 200),
    ("GET", "/api/customers/by-ref/C-7", 200),
    ("PUT", "/api/customers/by-ref/C-7", 200),
    ("GET", "/api/customers/k1/contacts", 200),
    ("DELETE", "/api/customers/k1/identity", 200),
    ("POST", "/api/agents/ana/presence", 200),
    ("POST", "/api/agents/ana/wrap-up/done", 200),
    ("POST", "/api/agents/ana/wrap-up/extend", 200),
    ("POST", "/api/agents/ana/escalate", 200),
    ("GET", "/api/contacts/c1/explain", 200),
    ("GET", "/api/waits", 200),
    ("GET", "/api/config", 200),
    ("GET", "/api/kpis", 200),
    ("GET", "/api/kpis/definitions", 200),
    ("GET", "/api/kpis/contacts?figure=abandoned", 200),
    ("POST", "/api/config/apply-to-waiting", 200),
    ("GET", "/api/events", 101),
    ("GET", "/api/web-phone", 200),
    ("GET", "/api/contract/openapi.json", 200),
    ("GET", "/api/webhooks", 200),
    ("GET", "/api/webhooks/crm/dead", 200),
    ("POST", "/api/webhooks/crm/resend", 200),
    ("POST", "/api/webhooks/crm/test", 200),
    ("POST", "/api/webhooks/crm/enable", 200),
    ("GET", "/nothing/here", 404),
    ("PUT", "/api/live", 405),
]
BEARER = {"Authorization": f"Bearer {TOKEN}"}
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
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


def test_the_table_above_has_every_route(server: FakeServer) -> None:
    """A new route cannot be forgotten in the table of who may ask."""
    app = make_app(server.ports())
    served = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    names = {"ana": "{name}", "app-AAAA.js": "{name}", "c1": "{id}", "k1": "{id}", "C-7": "{ref}"}
    names |= {"openapi.json": "{document}", "crm": "{name}"}
    tabled = {
        (method, "/".join(names.get(part, part) for part in path.partition("?")[0].split("/")))
        for method, path, good in ROUTES
        if good < 400
    }

    assert served == tabled | {("GET", "/health")}


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
    """Guessing gets a page that says how to come in, nothing more."""
    async with http.get(f"{base}/?token=wrong", allow_redirects=False) as answer:
        assert answer.status == 401
        assert "Set-Cookie" not in answer.headers
        assert "centralita run" in await answer.text()


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

    assert (await ask(http, base, method, path, {"Cookie": pair, **own}))[0] == status


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
