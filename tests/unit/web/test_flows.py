"""`GET /api/flows`: the live flows as the page draws them."""

from __future__ import annotations

import aiohttp
import pytest

from config.loader import example, load
from tests.unit.web.fakes import TOKEN

pytestmark = pytest.mark.unit


async def test_the_live_flows_are_told_as_drawings(http: aiohttp.ClientSession, base: str) -> None:
    """Every flow with its nodes in layers and its edges by name; nothing for strangers."""
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    loaded = load(example())

    async with http.get(f"{base}/api/flows", headers=bearer) as answer:
        told = await answer.json()
    async with http.get(f"{base}/api/flows") as refused:
        assert refused.status == 401
    async with http.get(f"{base}/api/flows?x=1", headers=bearer) as refused:
        assert refused.status == 400

    assert (answer.status, told["version"]) == (200, loaded.version)
    assert [flow["id"] for flow in told["flows"]] == list(loaded.config.flows)
    first = told["flows"][0]
    menu = next(node for node in first["nodes"] if node["id"] == "opciones")
    assert (first["start"], menu["kind"], menu["listens"]) == ("saludo", "menu", True)
    assert menu["phrases"]["1"]["es"] == ["ventas", "comprar"]
    to_sales = {
        "from": "opciones",
        "to": "ventas",
        "kind": "key",
        "label": "1 · Quiere comprar",
        "shared": False,
    }
    assert to_sales in first["edges"]
