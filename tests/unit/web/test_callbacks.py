"""The API of callbacks: by programs with their rights, by pages of the sites that the configuration names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from centralita.web.app import make_app, make_runner
from centralita.web.callbacks_ports import Json, Made, NotMade, Site, Wish
from centralita.web.callbacks_public import ADDRESS_PER_HOUR
from tests.unit.web.fakes import TOKEN, FakeServer

pytestmark = pytest.mark.unit

BEARER = {"Authorization": f"Bearer {TOKEN}"}
SHOP = {"Origin": "https://tienda.example"}
PUBLIC = "/api/callbacks/public/web"
HOUR_MS = 3_600_000


@dataclass
class Desk:
    """Promises whatever it is asked, and remembers it."""

    answer: Made | NotMade = field(
        default_factory=lambda: Made("c1", "ventas", 2, (60_000, 120_000), again=False)
    )
    why: str | None = None
    wishes: list[Wish] = field(default_factory=list)
    at_ms: int = HOUR_MS
    per_hour: int = 30

    async def ask(self, wish: Wish) -> Made | NotMade:
        self.wishes.append(wish)
        return self.answer

    async def cancel(self, contact_id: str) -> str | None:
        return self.why

    async def listed(self) -> Mapping[str, Sequence[Json]]:
        return {"waiting": [], "done": []}

    def site(self, name: str) -> Site | None:
        known = Site("web", ("https://tienda.example",), "ventas", self.per_hour)
        return known if name == "web" else None

    def now_ms(self) -> int:
        return self.at_ms


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def ask(server: FakeServer, desk: Desk, static: Path) -> Any:
    """`ask(method, path, body, headers)`: status, JSON and headers of the answer."""
    ports = server.ports()
    object.__setattr__(ports, "callbacks", desk)
    runner = make_runner(make_app(ports, static=static))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as session:

        async def request(
            method: str, path: str, body: Any = None, headers: Mapping[str, str] = BEARER
        ) -> tuple[int, Any, Mapping[str, str]]:
            async with session.request(
                method, f"http://{host}:{port}{path}", json=body, headers=headers
            ) as answer:
                said = await answer.json(content_type=None) if answer.content_type.endswith("json") else None
                return answer.status, said, answer.headers

        yield request
    await runner.cleanup()


async def test_a_program_promises_a_call(ask: Any, desk: Desk) -> None:
    """With all that the customer said; the key is the program's own."""
    body = {
        "number": "911 234 567",
        "queue": "ventas",
        "name": "Zoe",
        "note": "la factura",
        "customer": "C-7",
    }
    status, said, _ = await ask("POST", "/api/callbacks", body, {**BEARER, "Idempotency-Key": "k1"})

    assert (status, said["contact"], said["position"], said["wait_ms"]) == (201, "c1", 2, [60_000, 120_000])
    (wish,) = desk.wishes
    assert (wish.number, wish.queue, wish.source, wish.note, wish.customer) == (
        "911234567",
        "ventas",
        "api",
        "la factura",
        "C-7",
    )
    assert wish.key is not None and wish.key.endswith(":k1") and wish.key != ":k1"


async def test_what_was_promised_before_is_no_news(ask: Any, desk: Desk) -> None:
    """200 instead of 201."""
    desk.answer = Made("c1", "ventas", 1, None, again=True)
    assert (await ask("POST", "/api/callbacks", {"number": "911234567", "queue": "ventas"}))[0] == 200


@pytest.mark.parametrize(
    ("body", "key"),
    [({"queue": "ventas"}, "number"), ({"number": "911234567"}, "queue"), ({"nunber": "1"}, "nunber")],
)
async def test_what_is_wrong_is_named(ask: Any, body: dict[str, str], key: str) -> None:
    """400 with the field."""
    status, said, _ = await ask("POST", "/api/callbacks", body)
    assert (status, said["key"]) == (400, key)


@pytest.mark.parametrize(("code", "status"), [("queue_closed", 409), ("not_written", 503)])
async def test_a_refusal_says_why(ask: Any, desk: Desk, code: str, status: int) -> None:
    """In both languages; 503 for what may work in a moment."""
    desk.answer = NotMade(code, "Ahora no.", "Not now.")
    answered, said, _ = await ask("POST", "/api/callbacks", {"number": "911234567", "queue": "ventas"})
    assert (answered, said["title"], said["es"]) == (status, code, "Ahora no.")


@pytest.mark.parametrize(
    ("why", "status"), [(None, 200), ("unknown contact", 404), ("no promise", 404), ("being called", 409)]
)
async def test_taking_a_promise_back(ask: Any, desk: Desk, why: str | None, status: int) -> None:
    """Until the customer's telephone rings."""
    desk.why = why
    assert (await ask("DELETE", "/api/callbacks/c1"))[0] == status


async def test_a_page_of_the_site_may_ask_without_an_account(ask: Any, desk: Desk) -> None:
    """The browser asks first; the answer is for that origin alone, and tells no id."""
    status, _, headers = await ask("OPTIONS", PUBLIC, None, SHOP)
    assert (status, headers["Access-Control-Allow-Origin"]) == (204, SHOP["Origin"])
    assert headers["Access-Control-Allow-Headers"] == "content-type"
    status, said, headers = await ask("POST", PUBLIC, {"number": "911234567", "key": "k"}, SHOP)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, SHOP["Origin"])
    assert said == {"status": "promised", "position": 2, "wait_ms": [60_000, 120_000], "again": False}
    assert (desk.wishes[0].queue, desk.wishes[0].site, desk.wishes[0].key) == ("ventas", "web", "web/k")


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://otra.example"}, {"Origin": "null"}])
@pytest.mark.parametrize("path", [PUBLIC, "/api/callbacks/public/nada"])
async def test_any_other_page_is_refused(ask: Any, desk: Desk, headers: dict[str, str], path: str) -> None:
    """With no header that would let it read the answer."""
    for method in ("OPTIONS", "POST"):
        status, _, told = await ask(method, path, None, headers)
        assert (status, "Access-Control-Allow-Origin" in told) == (403, False)
    assert desk.wishes == []


async def test_a_page_of_the_site_may_nothing_else(ask: Any) -> None:
    """Its origin opens no other door, not even with a token."""
    assert (await ask("POST", "/api/callbacks", {"number": "1"}, {**BEARER, **SHOP}))[0] == 403
    assert (await ask("GET", "/api/callbacks", None, {**BEARER, **SHOP}))[0] == 403


async def test_a_program_that_fills_every_field_gets_a_smile(ask: Any, desk: Desk) -> None:
    """Nobody sees that field: nothing is promised, and nobody is told."""
    status, said, _ = await ask("POST", PUBLIC, {"number": "911234567", "web": "http://x"}, SHOP)
    assert (status, said["status"], desk.wishes) == (200, "promised", [])


async def test_one_address_cannot_ask_for_ever(ask: Any, desk: Desk) -> None:
    """Nor a whole site; after a while it may again. The page can read why."""
    body = {"number": "911234567"}
    for _ in range(ADDRESS_PER_HOUR):
        assert (await ask("POST", PUBLIC, body, SHOP))[0] == 200
    status, said, headers = await ask("POST", PUBLIC, body, SHOP)
    assert (status, said["title"]) == (429, "too_many")
    assert headers["Access-Control-Allow-Origin"] == SHOP["Origin"] and int(headers["Retry-After"]) > 0
    desk.at_ms += HOUR_MS
    desk.per_hour = 2
    assert [(await ask("POST", PUBLIC, body, SHOP))[0] for _ in range(3)] == [200, 200, 429]


async def test_the_script_is_for_every_page(ask: Any) -> None:
    """Another origin may load it, and keep it for a moment; nobody has to be known."""
    status, _, headers = await ask("GET", "/llamame.js", None, {})
    assert (status, headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
