"""`python -m centralita.demo`: the people of the demonstration, for the centre in CENTRALITA_HOME."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path
from typing import Any

import structlog

from centralita.demo.agents import agents
from centralita.demo.callers import Street
from centralita.demo.desk import enter_customers
from centralita.demo.people import PEOPLE, caller_texts
from centralita.headless.command import centre_of
from centralita.headless.voice import Voice
from centralita.home import ENVIRONMENT, Home
from centralita.logs import configure_logs
from centralita.tasks import spawn
from cti.softphone.baresip import BaresipStack

_log = structlog.get_logger("demo")


async def people_at_work(home: Home) -> None:
    """Until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    facts, chance, voice = home.read_centre(), random.Random(), Voice(home.sounds, home.sounds)
    for why in await voice.prepare(caller_texts()):
        _log.warning("demo.silent", why=why)
    team = await agents(facts, voice, chance)
    await enter_customers(centre_of(facts))
    async with BaresipStack(spawn, keep_audio=False) as stack:
        for agent in team:
            spawn(agent.run(stack), name="demo agent")
        await _open(stack, facts, voice, chance)
        _log.info("demo.running")
        await stop.wait()


async def _open(stack: BaresipStack, facts: dict[str, Any], voice: Voice, chance: random.Random) -> None:
    """The street wakes up."""
    domain = f"{facts['ports']['bind']}:{facts['ports']['sip']}"
    callers = {person.number: await stack.user_agent(person.number, domain) for person in PEOPLE}
    street = Street(callers, f"sip:{facts['entry']}@{domain}", voice, chance, spawn)
    spawn(street.live(), name="demo street")


def main() -> None:
    home = Home(Path(os.environ[ENVIRONMENT]))
    configure_logs(home.log / "demo.log")
    asyncio.run(people_at_work(home))


if __name__ == "__main__":
    main()
