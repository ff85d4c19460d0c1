"""The real routes against what is published of them, asked anything that a client could think of."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from centralita.contract.routes import ROUTES
from centralita.web.app import make_app, make_runner
from tests.unit.contract.fakes import WholeServer
from tests.unit.web.fakes import TOKEN

pytestmark = pytest.mark.unit

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
)


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    runner = make_runner(make_app(WholeServer().ports(), static=tmp_path))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


COMMANDS = "/api/agents/{name}/commands"
"""A body of twenty kinds: going through all that each field could be, as for the others, takes minutes."""
RUNS = [
    (("--exclude-path", COMMANDS, "--phases", "examples,coverage,fuzzing", "--max-examples", "8"), -1),
    (("--include-path", COMMANDS, "--phases", "examples,fuzzing", "--max-examples", "60"), 1),
]


@pytest.mark.parametrize(("asked", "routes"), RUNS, ids=["all", "commands"])
async def test_no_request_leads_to_a_server_error_or_to_an_answer_beyond_the_contract(
    address: str, tmp_path: Path, asked: tuple[str, ...], routes: int
) -> None:
    """
    A thousand requests made from the published contract, good ones and bad ones.

    None is a server error, every answer is one of the contract, and what the contract forbids is refused.
    The stream is not asked: it has tests of its own.
    """
    program = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/api/contract/openapi.json",
        "--header", f"Authorization: Bearer {TOKEN}", "--exclude-path", "/api/events",
        *asked, "--seed", "20261122",
        "--checks", ",".join(CHECKS), "--no-color",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path,
    )  # fmt: skip
    said = (await asyncio.wait_for(program.communicate(), timeout=120))[0].decode()

    assert program.returncode == 0, said
    selected = routes if routes > 0 else len(ROUTES) - 1 + routes
    assert f"{selected} selected / {len(ROUTES)} total" in said, said
