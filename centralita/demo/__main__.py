"""`python -m centralita.demo`: the people of the demonstration, for the centre in CENTRALITA_HOME."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path
from typing import Any

import structlog

from centralita.demo.agents import World, work
from centralita.demo.callers import Street
from centralita.demo.desk import Desk
from centralita.demo.people import PEOPLE
from centralita.demo.voices import Voices
from centralita.home import ENVIRONMENT, Home
from centralita.logs import configure_logs
from centralita.tasks import spawn
from cti.softphone.baresip import BaresipStack

_log = structlog.get_logger("demo")
REGISTER_EVERY_S = 60


async def people_at_work(home: Home) -> None:
    """Until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    facts = home.read_centre()
    desk, voices = Desk(facts), Voices(home.sounds)
    await voices.make()
    await desk.customers()
    world = World(desk, voices, random.Random())
    async with BaresipStack(spawn, keep_audio=False) as stack:
        await _open(stack, facts, world)
        _log.info("demo.running")
        await stop.wait()
    await desk.close()


async def _open(stack: BaresipStack, facts: dict[str, Any], world: World) -> None:
    """Agents sit down one after the other, then the street wakes up."""
    domain = f"{facts['ports']['bind']}:{facts['ports']['sip']}"
    for name, phone in sorted(facts["agents"].items()):
        account = facts["phones"][phone]
        agent = await stack.user_agent(
            account["user"], domain, account["password"], register_every_s=REGISTER_EVERY_S
        )
        await agent.register()
        spawn(work(name, agent, world), name=f"demo agent {name}")
    callers = {person.number: await stack.user_agent(person.number, domain) for person in PEOPLE}
    street = Street(callers, f"sip:{facts['entry']}@{domain}", world, spawn)
    spawn(street.live(), name="demo street")


def main() -> None:
    home = Home(Path(os.environ[ENVIRONMENT]))
    configure_logs(home.log / "demo.log")
    asyncio.run(people_at_work(home))


if __name__ == "__main__":
    main()
