"""Are there people where queues look for them?"""

from __future__ import annotations

from itertools import pairwise

from config.lint.pools import Pools
from config.lint.report import Report
from config.queues import Queue
from config.schema import Centre
from config.steps import Asked, asked


def lint_sites(centre: Centre, report: Report, pools: Pools) -> None:
    """Add what is wrong with sites. All agents and queues must be sound, and the names of sites right."""
    for index, site in enumerate(centre.sites):
        if not pools.at((site,)):
            said = (f"ningún agente es de «{site}»", f'no agent belongs to "{site}"')
            fix = (f"añada «site: {site}» a alguien o borre la sede", f'add "site: {site}" or delete it')
            report.say("site-without-agents", ("sites", index), said, fix)
    for name, queue in centre.queues.items():
        if queue.sites != "any" or any(step.sites is not None for step in queue.steps):
            _openings(name, queue, report, pools)


def _openings(name: str, queue: Queue, report: Report, pools: Pools) -> None:
    """Where a step adds sites, somebody there must be able."""
    places = {step.id: number for number, step in enumerate(queue.steps)}
    for before, step in pairwise(asked(queue)):
        if not step.step or queue.steps[places[step.step]].sites is None or not _opens(before, step):
            continue
        fresh = pools.at(step.sites) & ~pools.at(before.sites)
        if not any(agents & fresh for agents in pools.fitting(step)):
            said = (
                f"en «{step.step}» se abren sedes donde nadie podría atender",
                f'"{step.step}" opens sites where nobody could serve',
            )
            fix = ("amplíe «relax» o quite «sites»", 'widen "relax" or remove "sites"')
            report.say("site-adds-nobody", ("queues", name, "steps", places[step.step], "sites"), said, fix)


def _opens(before: Asked, step: Asked) -> bool:
    return bool(before.sites) and (not step.sites or not set(step.sites) <= set(before.sites))
