from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from centralita.store.history import History
from centralita.store.projection import Projection
from centralita.tasks import spawn


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'db' / 'centralita.db'}"


@pytest.fixture
async def projection(url: str) -> AsyncIterator[Projection]:
    projection = Projection(url, spawn, retry_first_ms=5)
    assert await projection.start()
    yield projection
    await projection.close()


@pytest.fixture
def history(projection: Projection) -> History:
    return History(projection.engine)
