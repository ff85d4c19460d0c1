from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.services.scene import Scene, servers


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with servers(tmp_path) as server:
        yield await server()
