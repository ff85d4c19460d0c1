"""The example centre's own data, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from centralita.example_data import FILE, ExampleData
from config.loader import example

pytestmark = pytest.mark.unit


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    tmp_path.joinpath(FILE).write_text('saldo:\n  "12345678Z": {saldo: 42.50 EUR}\n', encoding="utf-8")
    data = ExampleData(tmp_path)
    yield await data.start()
    await data.close()


async def test_what_is_known_is_told_either_way(address: str) -> None:
    """By address and by body; letters in any case."""
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{address}/saldo/12345678z") as answer:
            assert (answer.status, await answer.json()) == (200, {"data": {"saldo": "42.50 EUR"}})
        async with http.post(f"{address}/saldo", json={"documento": "12345678Z"}) as answer:
            assert (answer.status, await answer.json()) == (200, {"data": {"saldo": "42.50 EUR"}})


@pytest.mark.parametrize(("body", "status"), [({"x": "nobody"}, 404), ({}, 400), ([1], 400), ("x", 400)])
async def test_what_is_not_known_is_said(address: str, body: object, status: int) -> None:
    """404 for nothing found, 400 for a question that is none."""
    async with aiohttp.ClientSession() as http, http.post(f"{address}/saldo", json=body) as answer:
        assert answer.status == status


async def test_a_file_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    """The look-up then fails, and the flow says so."""
    data = ExampleData(tmp_path)
    address = await data.start()
    async with aiohttp.ClientSession() as http, http.get(f"{address}/saldo/1") as answer:
        assert answer.status == 500
    await data.close()


async def test_the_example_has_its_data() -> None:
    """The file that comes with the example centre answers what its flows ask."""
    data = ExampleData(example().parent)
    address = await data.start()
    async with aiohttp.ClientSession() as http:
        for path in ("saldo/12345678Z", "envio/12345670"):
            async with http.get(f"{address}/{path}") as answer:
                assert answer.status == 200, path
    await data.close()
