from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from centralita.web.ports import CustomerPut, Wrong
from tests.unit.web.fakes import TOKEN, FakeServer

pytestmark = pytest.mark.unit

BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def put(
    http: aiohttp.ClientSession, url: str, body: object, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    async with http.put(url, headers=BEARER | (headers or {}), json=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_customer_is_put_under_its_own_key(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """Whatever that key looks like; a new customer is 201, a replaced one 200, both told whole."""
    body = {"name": "Marta", "numbers": ["911 23 45 67"], "fields": {"pedidos": 3}}
    replaced = await put(http, base + "/api/customers/by-ref/C-7", body)
    server.customers.result = CustomerPut(created=True)
    created = await put(http, base + "/api/customers/by-ref/C%207%2F%C3%B1?move=true", {})

    assert replaced == (200, {"id": "k1", "ref": "C-7"})
    assert created == (201, {"id": "k1", "ref": "C 7/ñ"})
    assert server.customers.put_ == [("C-7", body, False, False), ("C 7/ñ", {}, True, False)]


async def test_a_dry_run_says_what_would_happen(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """The record that is there is not told as if it had been written."""
    server.customers.result = CustomerPut(created=True)
    answer = await put(http, base + "/api/customers/by-ref/C-7?dry_run=true", {})

    assert answer == (200, {"status": "ok", "created": True})
    assert server.customers.put_ == [("C-7", {}, False, True)]


async def test_all_that_is_wrong_is_named_at_once(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """Which value, where it stands and why, for programs and for people."""
    server.customers.result = CustomerPut(
        wrong=(
            Wrong("numbers[1]", "91123", "le faltan cifras para ES", "too few digits for ES"),
            Wrong("segment", "plata", "se espera: uno de oro", "expected: one of oro"),
        )
    )
    status, problem = await put(http, base + "/api/customers/by-ref/C-7", {})

    assert status == 422
    assert problem["es"] == (
        "numbers[1] «91123»: le faltan cifras para ES; segment «plata»: se espera: uno de oro."
    )
    assert [(wrong["key"], wrong["value"]) for wrong in problem["wrong"]] == [
        ("numbers[1]", "91123"),
        ("segment", "plata"),
    ]


async def test_a_number_of_somebody_else_names_the_owner(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """409, whose it is, and how to take it all the same."""
    server.customers.result = CustomerPut(taken=(("+34911234567", "C-1"),))
    status, problem = await put(http, base + "/api/customers/by-ref/C-7", {})

    assert (status, problem["taken"]) == (409, [{"number": "+34911234567", "ref": "C-1"}])
    assert "C-1" in problem["es"] and "move=true" in problem["en"]


@pytest.mark.parametrize(
    ("path", "body", "hint"),
    [
        ("/api/customers/by-ref/C-7", {"nmae": "Marta"}, "name"),
        ("/api/customers/by-ref/C-7", ["Marta"], "JSON"),
        ("/api/customers/by-ref/C-7?move=yes", {}, "true"),
        ("/api/customers/by-ref/C-7?moove=true", {}, "move"),
    ],
)
async def test_a_wrong_request_is_told_from_a_wrong_customer(
    http: aiohttp.ClientSession, base: str, server: FakeServer, path: str, body: object, hint: str
) -> None:
    """400 with the word that was meant; nothing is asked of the database."""
    status, problem = await put(http, base + path, body)

    assert status == 400
    assert hint in problem["en"]
    assert server.customers.put_ == []


async def test_a_database_that_does_not_take_it_is_503(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """The sender knows to try again."""
    server.customers.down = True

    assert (await put(http, base + "/api/customers/by-ref/C-7", {}))[0] == 503
