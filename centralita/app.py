"""
The composition root: core, telephone side and outer side put together.

Run as `python -m centralita.app` by the supervisor: everything is imported
first, then one line is awaited on standard input, so that a standby can take
over within a fraction of a second.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from acd import events as ev
from acd.commands import Command
from acd.model import AgentId, ContactId
from acd.records import Record
from centralita.commands.settings import answers_of
from centralita.core import Core
from centralita.front import Front
from centralita.home import ENVIRONMENT, Home
from centralita.live import Beside, Picture
from centralita.live_config import Phones
from centralita.logs import configure_logs
from centralita.process import until_stopped
from centralita.store.outbox import Delivery
from centralita.switching import Switching
from centralita.tasks import cancel_all, spawn
from cti.asterisk.instance import Changes

_log = structlog.get_logger("app")


class Server:
    """
    One running server.

    Args:
        home: The installation.
        facts: What the supervisor decided: `centre.json`.
    """

    def __init__(self, home: Home, facts: dict[str, Any]) -> None:
        self._picture = Picture()
        self._core = Core(home, facts, self)
        self._switching = Switching(self._core)
        self._front = Front(self._core, self._switching, self.live)

    async def start(self) -> tuple[asyncio.Task[None], ...]:
        """Calls first, everything else after. Returns the tasks without which a server is worth nothing."""
        core = self._core
        vital = [
            spawn(core.runtime.run(), name="runtime"),
            spawn(core.runtime.keep_synced(), name="journal sync"),
        ]
        routing = core.config.routing()
        core.config.restore()
        if core.state().routing != routing:
            core.runtime.post(ev.ConfigPublished(routing))
        await core.hours.look()  # nobody is called in the first moment whose queue has closed meanwhile
        vital += await self._switching.start()
        spawn(core.hours.run(), name="hours of callbacks")
        spawn(self._catch_up(), name="projection start")
        await self._front.start()
        self._switching.desktops.start()
        core.config.start()
        spawn(core.waits_keeper.run(), name="waits keeper")
        _log.info("server.started", contacts=len(core.state().contacts), skew_ms=core.clock.skew_ms)
        return tuple(vital)

    async def stop(self) -> None:
        """Close what listens, write what is in memory. Calls stay on the switch."""
        core = self._core
        await self._front.close_pages()
        await self._switching.close()
        await self._front.close()
        await core.projection.close(within_ms=2_000)
        await cancel_all()
        core.events.close()
        core.journal.close()

    async def _catch_up(self) -> None:
        await self._core.catch_up()
        await self._front.tell()

    def execute(self, command: Command) -> None:
        """See `core.Sides`, as for the others below."""
        self._switching.execute(command)

    async def reload(self, changes: Changes, phones: Phones) -> None:
        await self._switching.reload(changes, phones)

    async def published(self) -> None:
        await self._switching.conversing.published()

    def deliveries(self, seq: int, records: Sequence[Record]) -> Sequence[Delivery]:
        return self._front.webhooks.follow(seq, records)

    def follow(self, records: Sequence[Record]) -> None:
        self._switching.follow(records)

    @property
    def watched(self) -> bool:
        return self._front.watched

    def live(self) -> Any:
        core = self._core

        def number(contact_id: ContactId) -> str | None:
            identity = core.parties.identity(contact_id)
            return identity.number if identity is not None else None

        config = core.config.live.config
        beside = Beside(
            seq=core.journal.seq,
            number=number,
            customer=core.parties.customer_name,
            verified=core.following.walks.verdict,
            alarms=self._alarms(),
            opening=core.config.live.openings.of,
            names={AgentId(name): agent.name for name, agent in config.agents.items()},
            queue_wait=core.waits.of_queue,
            answers=lambda agent: answers_of(config, agent),
            waits=core.waits.of_contacts(),
            speech=self._switching.conversing.figures(),
        )
        return self._picture.read(core.state(), core.clock.now_ms(), beside)

    def _alarms(self) -> list[str]:
        found = [*self._core.alarms(), self._front.redis.why, *self._core.config.alarms()]
        found += self._switching.switch.trunk_trouble().values()
        found += self._front.webhooks.alarms()
        found += self._switching.conversing.alarms()
        return [why for why in found if why]


def main() -> None:
    home = Home(Path(os.environ[ENVIRONMENT]))
    configure_logs(home.log / "server.log")
    if sys.stdin.readline().strip() != "go":
        return
    asyncio.run(until_stopped(lambda: Server(home, home.read_centre())))


if __name__ == "__main__":
    main()
