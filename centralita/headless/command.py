"""`centralita agent NAME`: one headless agent at the terminal, until Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import re
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from centralita.asking import trusting
from centralita.headless.agent import Account, HeadlessAgent, Person
from centralita.headless.desk import Centre
from centralita.headless.reading import load, usual
from centralita.headless.script import Script
from centralita.headless.voice import Voice
from centralita.headless.words import Words
from centralita.home import Home, nobody_here
from centralita.install.cache import cache_dir
from centralita.logs import configure_logs
from centralita.tasks import cancel_all, spawn
from config.problems import did_you_mean
from cti.softphone.baresip import BaresipStack

_ACCOUNT = re.compile(r"(?P<user>[^:@]+):(?P<password>[^@]+)@(?P<host>[^:@]+)(?::(?P<port>[0-9]{1,5}))?")
SIP_PORT = 5060

Say = Callable[[str], None]


class AgentError(Exception):
    """The agent cannot begin; the message says why and how to mend it, in both languages."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent works: the centre, its telephone, and a folder for what it says."""

    centre: Centre
    account: Account
    sounds: Path


def place_of_home(home: Home, agent: str) -> Place:
    """Of the centre that runs here. Raises AgentError."""
    try:
        facts = home.read_centre()
    except FileNotFoundError as error:
        raise AgentError(f"{nobody_here(home.path)} (o/or --url)") from error
    if agent not in facts["agents"]:
        es, en = did_you_mean(agent, facts["agents"])
        raise AgentError(f"No hay agente «{agent}»: {es} / there is no agent '{agent}': {en}")
    return Place(centre_of(facts), account_of(facts, agent), home.sounds)


def centre_of(facts: Mapping[str, Any]) -> Centre:
    """By `centre.json`."""
    web = facts["http"]
    return Centre(web["url"], web["token"], trusting(web.get("certificate", "")))


def account_of(facts: Mapping[str, Any], agent: str) -> Account:
    """By `centre.json`."""
    known, ports = facts["phones"][facts["agents"][agent]], facts["ports"]
    return Account(known["user"], known["password"], f"{ports['bind']}:{ports['sip']}")


def place_of_url(url: str, token: str, sip: str) -> Place:
    """
    Of a centre elsewhere.

    Args:
        url: `http://host:port`.
        token: That may command this agent.
        sip: `USER:PASSWORD@HOST:PORT` of the agent's telephone.

    Raises:
        AgentError: Something is missing, or not written like that.
    """
    found = _ACCOUNT.fullmatch(sip)
    if not token or found is None or not re.match("https?://", url):
        raise AgentError(
            "Con --url hacen falta --token y --sip: --url http://HOST:PUERTO --token T "
            "--sip USUARIO:CLAVE@HOST:PUERTO / --url needs --token and --sip: --url http://HOST:PORT "
            "--token T --sip USER:PASSWORD@HOST:PORT"
        )
    account = Account(found["user"], found["password"], f"{found['host']}:{found['port'] or SIP_PORT}")
    return Place(Centre(url.rstrip("/"), token), account, cache_dir(os.environ) / "voices")


def script_of(file: Path | None) -> Script:
    """Raises ConfigError."""
    return usual() if file is None else load(file)


async def work(name: str, place: Place, script: Script, recordings: Path, words: Words) -> None:
    """
    Until SIGINT or SIGTERM.

    Raises:
        DeskError: The centre will not have us.
        SoundError: A recording of the script cannot be used.
        SoftphoneUnavailable: There is no SIP stack.
    """
    configure_logs(None, logging.WARNING)
    # What goes wrong with the telephone is said in words of ours.
    logging.getLogger("baresip").setLevel(logging.CRITICAL)
    voice = Voice(place.sounds, recordings)
    await prepare(voice, script, words)
    host = place.account.domain.rpartition(":")[0]
    async with BaresipStack(spawn, address=local_address(host), keep_audio=False) as stack:
        person = Person(name, place.account, script, voice, words, random.Random())  # noqa: S311
        agent = HeadlessAgent(person, place.centre)
        await _until_signal(agent, stack)
    await cancel_all()


async def prepare(voice: Voice, script: Script, words: Words) -> None:
    """Have all that is said. Raises SoundError."""
    said = [text for step in script.steps() for text in step.options.get("say", ())]
    for why in await voice.prepare([(text, script.language) for text in said]):
        words("silent", why=why)
    for step in script.steps():
        if "play" in step.options:
            voice.recording(step.options["play"])


async def _until_signal(agent: HeadlessAgent, stack: BaresipStack) -> None:
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[None] = loop.create_future()

    def stop() -> None:
        if not stopped.done():
            stopped.set_result(None)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    running = asyncio.ensure_future(agent.run(stack))
    await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        await agent.go_home()
        running.cancel()
        await asyncio.wait({running})
        return
    await running


def local_address(host: str) -> str:
    """The address of this machine that the switch sees."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, SIP_PORT))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def stamped(say: Say, name: str) -> Say:
    """Each line with the time of day and who it is."""
    return lambda line: say(f"{time.strftime('%H:%M:%S')} {name}: {line}")
