"""Do the names lead anywhere, and can the centre work? Queues, hours and flows have modules of their own."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from config.check_flows import check_flows
from config.check_hours import check_hours
from config.check_policy import check_policy
from config.check_prompts import check_prompts
from config.check_queues import check_queues
from config.check_services import check_services
from config.check_unused import check_unused
from config.check_webhooks import check_webhooks
from config.findings import Findings
from config.problems import KeyPath
from config.schema import Agent, Centre
from config.steps import named
from config.words import LANGUAGE_NEED

RESERVED_PHONES = frozenset({"llamante", "llamantes", "navegador"})
"""Accounts of the house: of those who call in, with a telephone or a browser."""


def check(centre: Centre, found: Findings) -> None:
    """
    Add what is wrong between the parts of a configuration.

    Args:
        centre: The sound part of it.
        found: Where problems go.
    """
    _check_agents(centre, found)
    _check_phones(found)
    _check_trunks(centre, found)
    check_hours(centre, found)
    _check_entries(centre, found)
    check_flows(centre, found)
    check_queues(centre, found)
    if found.whole("agents") and found.whole("queues") and not found.dangling("skills", "sites"):
        _check_serviceable(centre, found)
    _check_fallback(centre, found)
    check_prompts(centre, found)
    check_services(centre, found)
    check_policy(centre, found)
    check_webhooks(centre, found)
    check_unused(centre, found)


def _check_agents(centre: Centre, found: Findings) -> None:
    owners: dict[str, str] = {}
    for agent_id, agent in centre.agents.items():
        path = ("agents", agent_id)
        found.refer("phones", agent.phone, found.names("phones"), (*path, "phone"))
        found.refer("sites", agent.site, found.names("sites"), (*path, "site"))
        for skill in agent.skills:
            found.refer("skills", skill, found.names("skills"), (*path, "skills", skill), at_key=True)
        owner = owners.setdefault(agent.phone, agent_id)
        if owner != agent_id:
            es, en = f"el teléfono «{agent.phone}» ya es de {owner}", f'phone "{agent.phone}" is {owner}\'s'
            fix = ("un teléfono por agente", "one phone for each agent")
            found.error("phone-shared", (*path, "phone"), es, en, fix)


def _check_phones(found: Findings) -> None:
    for name in sorted(found.names("phones") & RESERVED_PHONES):
        es, en = f"«{name}» es una cuenta de la casa", f'"{name}" is an account of the house'
        fix = ("póngale otro nombre", "give it another name")
        found.error("phone-reserved", ("phones", name), es, en, fix, at_key=True)


def _check_trunks(centre: Centre, found: Findings) -> None:
    for name, trunk in centre.trunks.items():
        path = ("trunks", name)
        for index, network in enumerate(trunk.from_):
            _check_network(found, (*path, "from", index), network)
        for called, number in trunk.numbers.items() if found.names("entry") else ():
            found.refer("entry", number, found.names("entry"), (*path, "numbers", called))


def _check_network(found: Findings, path: KeyPath, network: str) -> None:
    try:
        ipaddress.IPv4Network(network)
    except ValueError:
        try:
            meant = str(ipaddress.IPv4Network(network, strict=False))
        except ValueError:
            meant = "203.0.113.0/24"
        es, en = f"«{network}» no es una red", f'"{network}" is no network'
        found.error("network", path, es, en, (f"p. ej. {meant}", f"e.g. {meant}"))


def _check_entries(centre: Centre, found: Findings) -> None:
    if not found.names("entry"):
        fix = ('p. ej. entry: {"900": {flow: principal}}', 'e.g. entry: {"900": {flow: main}}')
        found.error("no-entry", ("entry",), "no hay ningún número que atender", "no number to answer", fix)
    for number, entry in centre.entry.items():
        found.refer("flows", entry.flow, found.names("flows"), ("entry", number, "flow"))


def _check_serviceable(centre: Centre, found: Findings) -> None:
    """Of queues without steps; about those with steps lint knows more."""
    for name, queue in centre.queues.items():
        needs = {need.skill: need.at_least for need in queue.need if need.skill != LANGUAGE_NEED}
        sites = named(queue.sites)
        there = (agent for agent in centre.agents.values() if not sites or agent.site in sites)
        if not queue.steps and not any(_serves(agent, needs.items()) for agent in there):
            found.warn(
                "nobody-could-serve",
                ("queues", name),
                "ningún agente podría atender esta cola",
                "no agent could ever serve this queue",
                ("baje «need» o suba las habilidades", 'lower "need" or raise skills'),
            )


def _serves(agent: Agent, needs: Iterable[tuple[str, int]]) -> bool:
    return all(agent.skills.get(skill, 0) >= at_least for skill, at_least in needs)


def _check_fallback(centre: Centre, found: Findings) -> None:
    found.refer("phones", centre.fallback.dial, found.names("phones"), ("fallback", "dial"))
    found.refer("prompts", centre.fallback.say, found.prompts(), ("fallback", "say"))
