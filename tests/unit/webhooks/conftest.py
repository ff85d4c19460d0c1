from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web

from acd.model import ContactId
from acd.records import Record
from centralita.clock import wall_clock_ms
from centralita.home import Home
from centralita.store.outbox import Outbox
from centralita.store.projection import Projection
from centralita.store.rows import Aside
from centralita.tasks import spawn
from centralita.webhooks.courier import Ports
from centralita.webhooks.filters import Sources
from centralita.webhooks.keys import Keys
from centralita.webhooks.pace import Pace
from centralita.webhooks.resolver import Lookup, SystemLookup
from centralita.webhooks.service import Webhooks
from config.webhooks import Webhook
from cti.desktop.known import Story
from tests.support.receiver import Receiver
from tests.unit.store.samples import NUMBER

QUICK = Pace(
    first_ms=40,
    factor=2,
    longest_ms=200,
    rest_ms=20,
    rest_max_ms=100,
    look_ms=20,
    recount_ms=100,
    total_ms=400,
)


@dataclass
class Scene:
    """Webhooks on a real database; the test says what the engine told."""

    home: Home
    pace: Pace = QUICK
    lookup: Lookup = field(default_factory=SystemLookup)
    configured: Mapping[str, Webhook] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    """Of contacts on the line."""

    async def start(self) -> None:
        self.projection = Projection(
            f"sqlite+aiosqlite:///{self.home.path / 'a.db'}", spawn, retry_first_ms=5
        )
        assert await self.projection.start()
        self.seq = self.projection.last_seq()
        self.outbox = Outbox(self.projection.engine, self.projection)
        keys = Keys(self.home)
        ports = Ports(
            self.outbox, keys, self.projection.committed, self.lookup, spawn, wall_clock_ms, self.pace
        )
        sources = Sources(_customer, lambda _: Story(), self.queues.get, wall_clock_ms)
        self.keys = keys
        self.webhooks = Webhooks(ports, sources, lambda: self.configured)

    async def close(self) -> None:
        await self.webhooks.close()
        await self.projection.close()

    def endpoint(self, name: str, url: str, *events: str, queues: Sequence[str] = ()) -> None:
        one = Webhook(url=url, events=list(events or ("*",)), queues=list(queues), allow_private=True)
        self.configured = {**self.configured, name: one}

    def tell(self, *records: Record, beside: Sequence[Aside] = ()) -> int:
        """One journal entry, as the single writer tells of it; how many events were written."""
        self.seq += 1
        events = self.webhooks.follow(self.seq, records)
        self.projection.put(self.seq, wall_clock_ms(), records, [*beside, *events])
        return len(events)

    async def status(self, name: str) -> Mapping[str, object]:
        return next(one for one in await self.webhooks.status() if one["name"] == name)


def _customer(_contact_id: ContactId) -> Mapping[str, object]:
    return {"number": NUMBER, "name": "Marta Ruiz", "known": True}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    home = Home(tmp_path)
    home.make()
    scene = Scene(home)
    await scene.start()
    yield scene
    await scene.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver.running() as running:
        yield running


__all__ = ["QUICK", "Scene", "replace", "web"]
