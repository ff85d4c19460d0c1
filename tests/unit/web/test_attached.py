"""The API of attached data: strict about what comes in, and it says where and how to mend."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from centralita.web.app import make_app, make_runner
from centralita.web.attached import EXPIRES_MAX_S, EXPIRES_S, VALUE_MAX
from centralita.web.attached_ports import Attaching, AttachResult, Json
from centralita.web.ports import HistoryUnavailableError
from tests.unit.web.fakes import TOKEN, FakeServer

pytestmark = pytest.mark.unit

BEARER = {"Authorization": f"Bearer {TOKEN}"}
ITEM = {"key": "cart", "value": {"total": 42}, "source": "tienda", "at_ms": 1, "expires_ms": 9}
CONTACT, REF, NUMBER = (
    "/api/contacts/c1/data/cart",
    "/api/customers/by-ref/C-7/data/cart",
    "/api/customers/data/cart?number=%2B34911234567",
)


@dataclass
class Shelf:
    """What was asked; contact c1, customer C-7 and every number are known."""

    down: bool = False
    kept: str = "created"
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def get(self, at: Attaching, key: str) -> Json | None:
        return ITEM if self._known(at) and key == "cart" else None

    async def put(self, at: Attaching, key: str, value: bytes, expires_s: int, source: str) -> AttachResult:
        if not self._known(at):
            return AttachResult("nobody")
        self.asked.append((at, key, json.loads(value), expires_s, source))
        return AttachResult(self.kept, ITEM)

    async def delete(self, at: Attaching, key: str) -> bool:
        return self._known(at) and key == "cart"

    def _known(self, at: Attaching) -> bool:
        if self.down:
            raise HistoryUnavailableError
        return at.scope == "number" or at.name in ("c1", "C-7", "C 7/ñ")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def shop(server: FakeServer, shelf: Shelf, static: Path) -> Any:
    """The address of an application with this shelf."""
    ports = server.ports()
    object.__setattr__(ports, "attached", shelf)
    runner = make_runner(make_app(ports, static=static))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def ask(
    http: aiohttp.ClientSession, method: str, address: str, body: object = None
) -> tuple[int, dict[str, Any]]:
    raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    headers = BEARER | ({} if raw is None else {"Content-Type": "application/json"})
    async with http.request(method, address, data=raw, headers=headers) as answer:
        return answer.status, json.loads(await answer.read())


@pytest.mark.parametrize(
    ("path", "at"),
    [
        (CONTACT, Attaching("contact", "c1")),
        (REF, Attaching("customer", "C-7")),
        ("/api/customers/by-ref/C%207%2F%C3%B1/data/cart", Attaching("customer", "C 7/ñ")),
        (NUMBER, Attaching("number", "+34911234567")),
    ],
)
async def test_attach_read_and_remove(
    http: aiohttp.ClientSession, shop: str, shelf: Shelf, path: str, at: Attaching
) -> None:
    """To a contact, to a customer, to a number; for a day if nothing else is said."""
    assert await ask(http, "PUT", shop + path, {"value": {"total": 42}}) == (201, ITEM)
    shelf.kept = "replaced"
    given = {"value": None, "expires_s": EXPIRES_MAX_S, "source": "tienda"}
    assert await ask(http, "PUT", shop + path, given) == (200, ITEM)
    assert shelf.asked == [
        (at, "cart", {"total": 42}, EXPIRES_S, ""),
        (at, "cart", None, EXPIRES_MAX_S, "tienda"),
    ]
    assert await ask(http, "GET", shop + path) == (200, ITEM)
    assert await ask(http, "DELETE", shop + path) == (200, {"status": "deleted"})
    for method in ("GET", "DELETE"):
        status, problem = await ask(http, method, shop + path.replace("cart", "order"))
        assert (status, problem["title"]) == (404, "no_data")


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({}, "value"),
        ({"valor": 1}, "valor"),
        ({"value": 1, "expires_s": 59}, "expires_s"),
        ({"value": 1, "expires_s": EXPIRES_MAX_S + 1}, "expires_s"),
        ({"value": 1, "expires_s": True}, "expires_s"),
        ({"value": 1, "expires_s": "3600"}, "expires_s"),
        ({"value": 1, "expires_s": 3600.5}, "expires_s"),
        ({"value": 1, "source": 7}, "source"),
        ({"value": 1, "source": "x" * 61}, "source"),
        ({"value": 1, "source": "dos\nlíneas"}, "source"),
    ],
)
async def test_a_wrong_value_is_named(
    http: aiohttp.ClientSession, shop: str, shelf: Shelf, body: object, key: str
) -> None:
    """In both languages, and nothing is attached."""
    status, problem = await ask(http, "PUT", shop + CONTACT, body)

    assert (status, problem["title"], problem["key"]) == (400, "bad_request", key)
    assert problem["es"] and problem["en"]
    assert shelf.asked == []


@pytest.mark.parametrize("key", ["Cart", "1cart", "carro-1", "a" * 41, "ñ", "a%0A", "a%00", "..%2Fb", "_a"])
async def test_a_key_that_is_none_is_refused(http: aiohttp.ClientSession, shop: str, key: str) -> None:
    """With the words that everybody understands."""
    for method in ("GET", "PUT", "DELETE"):
        body = {"value": 1} if method == "PUT" else None
        status, problem = await ask(http, method, f"{shop}/api/contacts/c1/data/{key}", body)
        assert (status, problem["key"]) == (400, "key")
        assert "cart, order, campaign" in problem["en"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"value": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"value": 1e999}',
        b'{"value": NaN}',
        b'{"value": "\xff"}',
        b'{"value": "\\ud800"}',
        b"[1]",
        b"{",
    ],
)
async def test_what_is_no_sound_json_is_refused(http: aiohttp.ClientSession, shop: str, body: bytes) -> None:
    """Nothing of the kind ends as an error of ours, now or when it is read."""
    status, problem = await ask(http, "PUT", shop + CONTACT, body)

    assert (status, problem["title"]) == (400, "bad_json")


@pytest.mark.parametrize(
    "value",
    [
        "\u0000",
        "<script>alert(1)</script>",
        "'; DROP TABLE attached; --",
        "😀" * 100,
        2**70,
        -0.0,
        [[[]]],
        {"": 1},
    ],
)
async def test_any_json_is_a_value(
    http: aiohttp.ClientSession, shop: str, shelf: Shelf, value: object
) -> None:
    """As it came: what it looks like is the business of whoever shows it."""
    status, _ = await ask(http, "PUT", shop + CONTACT, {"value": value})

    assert (status, shelf.asked[0][2]) == (201, value)


async def test_a_value_has_its_size(http: aiohttp.ClientSession, shop: str) -> None:
    """Eight KiB as JSON, however it was written; one byte more is too much."""
    fits = "x" * (VALUE_MAX - 2)
    spaced = json.dumps({"value": [fits[:8_000]]}, indent=64).encode()

    assert (await ask(http, "PUT", shop + CONTACT, {"value": fits}))[0] == 201
    assert (await ask(http, "PUT", shop + CONTACT, spaced))[0] == 201
    status, problem = await ask(http, "PUT", shop + CONTACT, {"value": fits + "x"})
    assert (status, problem["title"]) == (413, "value_too_large")


@pytest.mark.parametrize(
    ("path", "code"),
    [("/api/contacts/c7/data/cart", "no_contact"), ("/api/customers/by-ref/C-8/data/cart", "no_customer")],
)
async def test_nobody_takes_nothing(http: aiohttp.ClientSession, shop: str, path: str, code: str) -> None:
    """The answer says where contacts are found, and how a customer is made."""
    status, problem = await ask(http, "PUT", shop + path, {"value": 1})

    assert (status, problem["title"]) == (404, code)
    assert "/api/" in problem["en"]


@pytest.mark.parametrize("query", ["", "?number=911234567", "?number=%2B34911234567&x=1"])
async def test_a_number_has_to_be_whole(http: aiohttp.ClientSession, shop: str, query: str) -> None:
    """International, and nothing else in the query."""
    for method in ("GET", "PUT", "DELETE"):
        body = {"value": 1} if method == "PUT" else None
        assert (await ask(http, method, f"{shop}/api/customers/data/cart{query}", body))[0] == 400


async def test_full_and_down_are_told_apart(http: aiohttp.ClientSession, shop: str, shelf: Shelf) -> None:
    """One is mended by removing something, the other by waiting."""
    shelf.kept = "full"
    status, problem = await ask(http, "PUT", shop + CONTACT, {"value": 1})
    assert (status, problem["title"]) == (409, "data_full")
    shelf.down = True
    for method in ("GET", "PUT", "DELETE"):
        body = {"value": 1} if method == "PUT" else None
        assert (await ask(http, method, shop + CONTACT, body))[0] == 503


async def test_without_token_nothing(http: aiohttp.ClientSession, shop: str, shelf: Shelf) -> None:
    """Not even whether there is something."""
    for path in (CONTACT, REF, NUMBER):
        async with http.put(shop + path, json={"value": 1}) as answer:
            assert answer.status == 401
    assert shelf.asked == []
