"""A client on a fake switch, for the tests of the AMI client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from centralita.tasks import spawn
from cti.asterisk.ami.client import AmiClient
from cti.asterisk.ami.codec import Message
from cti.asterisk.ami.link import AmiLimits
from tests.support.fake_ami import FakeAmi

FAST = AmiLimits(
    connect_timeout_ms=1_000,
    login_timeout_ms=1_000,
    action_timeout_ms=2_000,
    ping_interval_ms=60_000,
    ping_timeout_ms=100,
    backoff_min_ms=2,
    backoff_max_ms=20,
    max_block_bytes=50_000,
)
WATCHED = AmiLimits(ping_interval_ms=30, ping_timeout_ms=60, backoff_min_ms=2, backoff_max_ms=20)


class Seen:
    """What the client told us, in order."""

    def __init__(self) -> None:
        self.events: list[Message] = []
        self.log: list[str] = []

    async def up(self) -> None:
        self.log.append("up")

    def down(self, reason: str) -> None:
        self.log.append(f"down: {reason}")


@asynccontextmanager
async def connected(
    fake: FakeAmi,
    seen: Seen,
    *,
    limits: AmiLimits = FAST,
    wrong: bool = False,
    on_up: Callable[[], Awaitable[None]] | None = None,
    on_event: Callable[[Message], None] | None = None,
    wait: bool = True,
) -> AsyncIterator[AmiClient]:
    client = AmiClient(
        "127.0.0.1",
        fake.port,
        "cc",
        "wrong-secret" if wrong else "right",
        events=frozenset({"Hangup", "OriginateResponse"}),
        on_event=on_event or seen.events.append,
        on_up=on_up or seen.up,
        on_down=seen.down,
        spawn=spawn,
        limits=limits,
    )
    client.start()
    try:
        if wait:
            async with asyncio.timeout(5):
                await client.wait_ready()
        yield client
    finally:
        await client.close()


def our_tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("ami.")]
