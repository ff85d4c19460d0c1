"""The agents of the demonstration: headless agents, each with a script of this folder."""

from __future__ import annotations

import random
from collections.abc import Mapping
from importlib import resources
from typing import Any

import structlog

from centralita.headless.agent import HeadlessAgent, Person
from centralita.headless.command import account_of, centre_of, prepare
from centralita.headless.reading import read
from centralita.headless.script import Script
from centralita.headless.voice import Voice
from centralita.headless.words import Words

_log = structlog.get_logger("demo.agents")

SCRIPTS: Mapping[str, str] = {"kate": "agent.yaml"}
"""Who has a script other than the usual one."""
USUAL = "agente.yaml"


def script(name: str) -> Script:
    """One of this folder."""
    text = (resources.files("centralita.demo") / name).read_text(encoding="utf-8")
    return read(text, name)


async def agents(facts: Mapping[str, Any], voice: Voice, chance: random.Random) -> list[HeadlessAgent]:
    """Everybody in the configuration, ready to begin."""
    centre, found = centre_of(facts), []
    words = Words(lambda line: _log.debug("demo.agent", does=line), spanish=True)
    scripts = {name: script(name) for name in (USUAL, *SCRIPTS.values())}
    for one in scripts.values():
        await prepare(voice, one, words)
    for name in sorted(facts["agents"]):
        followed = scripts[SCRIPTS.get(name, USUAL)]
        person = Person(name, account_of(facts, name), followed, voice, words, chance)
        found.append(HeadlessAgent(person, centre))
    return found
