"""The examples of docs/data.md do what the page says, as they stand there."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from aiohttp import web

from centralita.web.app import make_app, make_runner
from centralita.web.attached_ports import Attaching
from tests.unit.web.fakes import TOKEN, FakeServer
from tests.unit.web.test_attached import ITEM, Shelf

pytestmark = pytest.mark.unit

PAGE = Path(__file__).parents[3] / "docs/data.md"
CART = {"total": 42.5}


@pytest.mark.parametrize(
    ("language", "program", "at", "key", "value"),
    [
        (
            "sh",
            "bash -c",
            Attaching("customer", "C-7"),
            "cart",
            CART | {"url": "https://tienda.example/carrito/77"},
        ),
        ("python", f"{sys.executable} -c", Attaching("number", "+34911234567"), "campaign", "otoño"),
        ("js", "node -e", Attaching("contact", "c1"), "cart", CART),
    ],
)
async def test_an_example_attaches_what_it_says(
    tmp_path: Path, language: str, program: str, at: Attaching, key: str, value: object
) -> None:
    """For an hour, on behalf of the shop; and it prints the server's answer."""
    if shutil.which(program.split(maxsplit=1)[0]) is None:
        pytest.skip(f"{program.split(maxsplit=1)[0]} is not installed")
    (example,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    shelf = Shelf()
    ports = FakeServer().ports()
    object.__setattr__(ports, "attached", shelf)
    runner = make_runner(make_app(ports, static=tmp_path))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    said = await _output(program, example, f"http://{host}:{port}")
    await runner.cleanup()

    assert shelf.asked == [(at, key, value, 3600, "tienda")]
    assert "tienda" in said
    if language == "sh":
        assert json.loads(said) == ITEM


async def _output(program: str, example: str, url: str) -> str:
    environ = {**os.environ, "CENTRALITA_URL": url, "CENTRALITA_TOKEN": TOKEN}
    process = await asyncio.create_subprocess_exec(
        *program.split(), example, env=environ, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    return out.decode()
