"""Are there people for what queues ask, and for every step of the wait?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from config.lint.pools import Pools
from config.lint.report import Report
from config.problems import KeyPath
from config.queues import Need, Queue
from config.schema import Centre
from config.steps import Asked, asked

_FIX_STEP: tuple[str, str] = (
    "baje «need», amplíe «relax» o suba las habilidades",
    'lower "need", widen "relax" or raise skills',
)


def lint_people(centre: Centre, report: Report, pools: Pools) -> None:
    """Add what is wrong between queues and the agents' skills. All agents and queues must be sound."""
    _unheld(centre, report, pools)
    _single_holders(centre, report, pools)
    for name, queue in centre.queues.items():
        ordinary = [step for step in queue.steps if step.prefer is None]
        if all(one.from_ms < other.from_ms for one, other in pairwise(ordinary)):
            _steps(("queues", name), queue, report, pools)


def _unheld(centre: Centre, report: Report, pools: Pools) -> None:
    for skill in centre.skills:
        if not pools.holders(skill, 1):
            said = (f"ningún agente tiene «{skill}»", f'no agent has "{skill}"')
            fix = ("désela a alguien o bórrela", "give it to somebody or delete it")
            report.say("skill-nobody-holds", ("skills", skill), said, fix, at_key=True)


def _single_holders(centre: Centre, report: Report, pools: Pools) -> None:
    """Said once of a skill, at the queue that asks for it first: one absence closes what depends on it."""
    if len(centre.agents) < 2:
        return
    told: set[str] = set()
    for path, need in _needs(centre):
        for skill in pools.skills_of(need.skill):
            holders = pools.holders(skill, need.at_least)
            if holders.bit_count() == 1 and skill not in told:
                told.add(skill)
                who = pools.first(holders)
                said = (
                    f"«{skill}» a {need.at_least}/10 solo la tiene {who}",
                    f'only {who} has "{skill}" at {need.at_least}/10',
                )
                fix = ("désela a alguien más", "give it to somebody else too")
                report.say("skill-single-holder", path, said, fix)


def _needs(centre: Centre) -> Iterator[tuple[KeyPath, Need]]:
    for name, queue in centre.queues.items():
        for index, need in enumerate(queue.need):
            yield ("queues", name, "need", index), need


def _steps(path: KeyPath, queue: Queue, report: Report, pools: Pools) -> None:
    places = {step.id: number for number, step in enumerate(queue.steps)}
    before: tuple[Asked, tuple[int, ...]] | None = None
    for step in asked(queue):
        now = pools.fitting(step)
        if step.step:
            number = places[step.step]
            here = (*path, "steps", number)
            if not any(now):
                _impossible(here, step, report, pools)
            elif before is not None and not queue.steps[number].narrow:
                _shrinks(here, step, before[0], _lost(before[1], now), report, pools)
        before = (step, now)


def _lost(before: tuple[int, ...], now: tuple[int, ...]) -> int:
    """Agents who served callers of some language and no longer do."""
    lost = 0
    for earlier, later in zip(before, now, strict=True):
        lost |= earlier & ~later
    return lost


def _impossible(path: KeyPath, step: Asked, report: Report, pools: Pools) -> None:
    alone = [
        f"{skill} >= {level}/10"
        for skill, level in step.needs.items()
        if not any(pools.holders(one, level) for one in pools.skills_of(skill))
    ]
    at = f" ({', '.join(step.sites)})" if step.sites else ""
    why_es = f": nadie tiene {', '.join(alone)}" if alone else f": nadie lo reúne todo{at}"
    why_en = f": nobody has {', '.join(alone)}" if alone else f": nobody has it all{at}"
    said = (
        f"nadie podría atender en el paso «{step.step}»{why_es}",
        f'nobody could ever serve in step "{step.step}"{why_en}',
    )
    report.say("step-impossible", path, said, _FIX_STEP)


def _shrinks(path: KeyPath, step: Asked, before: Asked, lost: int, report: Report, pools: Pools) -> None:
    if not lost:
        return
    one = pools.first(lost)
    others = lost.bit_count() - 1
    es, en = (f"{one} y {others} más", f"{one} and {others} more") if others else (one, one)
    was_es, was_en = (
        (f"«{before.step}»", f'"{before.step}"') if before.step else ("el principio", "the start")
    )
    said = (
        f"en «{step.step}» ya no sirve quien servía en {was_es}: {es}",
        f'in "{step.step}" those no longer fit who did in {was_en}: {en}',
    )
    fix = (
        "pida menos que en el paso anterior, o «narrow: true»",
        'ask for less than before, or "narrow: true"',
    )
    report.say("pool-shrinks", path, said, fix)
