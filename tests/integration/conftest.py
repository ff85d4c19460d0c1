"""One SIP stack and one running centre for each module that asks for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from centralita.tasks import spawn
from cti.softphone.baresip import BaresipStack
from tests.support.centre import Centre
from tests.support.scene import Cast, Ears, config_text, write_config

AGENTS = {"ana": "{ventas: 8}", "beto": "{ventas: 5}", "carla": "{soporte: 7}", "dora": "{ventas: 9}"}


@pytest_asyncio.fixture(scope="module")
async def stack() -> AsyncIterator[BaresipStack]:
    """A stack for each module: one that outlives the centre it registered with can abort at its end."""
    async with BaresipStack(spawn) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("centre")
    config = write_config(folder / "config", config_text(AGENTS))
    async with Centre.running(folder / "home", config) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def cast(centre: Centre, stack: BaresipStack) -> AsyncIterator[Cast]:
    yield Cast(centre, stack)


@pytest.fixture(scope="module")
def ears(centre: Centre) -> Ears:
    return Ears(centre)
