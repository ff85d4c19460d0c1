from __future__ import annotations

import aiohttp
import pytest

from tests.unit.web.fakes import TOKEN

pytestmark = pytest.mark.unit


async def test_the_api_says_what_is_estimated(http: aiohttp.ClientSession, base: str) -> None:
    """`GET /api/waits`, behind the same guard as the rest; an unknown parameter is refused."""
    bearer = {"Authorization": f"Bearer {TOKEN}"}

    async with http.get(f"{base}/api/waits", headers=bearer) as answer:
        assert (answer.status, await answer.json()) == (200, {})
    async with http.get(f"{base}/api/waits") as answer:
        assert answer.status == 401
    async with http.get(f"{base}/api/waits?x=1", headers=bearer) as answer:
        assert answer.status == 400
