"""Can a queue keep what it promises: the preferred agent, somebody left free, a next tier that knows more?"""

from __future__ import annotations

from collections.abc import Iterator

from config.lint.pools import Pools
from config.lint.report import Report
from config.problems import KeyPath
from config.queues import Queue
from config.schema import Centre
from config.steps import Asked, asked, preferred
from config.times import written


def lint_promises(centre: Centre, report: Report, pools: Pools) -> None:
    """Add promises that nobody could keep. All agents and queues must be sound."""
    _preferred(centre, report, pools)
    for name, queue in centre.queues.items():
        path = ("queues", name)
        _hold(path, queue, report)
        _kept_free(path, queue, report, pools)
        if queue.escalate is not None and _asks_less(queue, centre.queues[queue.escalate]):
            said = (
                f"«{queue.escalate}» pide menos que esta cola",
                f'"{queue.escalate}" asks for less than this queue',
            )
            fix = ("escale a quien sepa más", "escalate to those who know more")
            report.say("escalates-down", (*path, "escalate"), said, fix)


def _preferred(centre: Centre, report: Report, pools: Pools) -> None:
    heeding = [(name, queue) for name, queue in centre.queues.items() if preferred(queue) is not None]
    wishes = [(index, rule) for index, rule in enumerate(centre.classify) if rule.set.prefer]
    for index, _ in wishes if not heeding else ():
        said = ("ninguna cola tiene en cuenta a los preferidos", "no queue heeds who is preferred")
        fix = (
            "añada a la cola el paso {id: suyo, from: 0s, prefer: prefer, hold_for: 15s}",
            "add the step {id: own, from: 0s, prefer: prefer, hold_for: 15s} to a queue",
        )
        report.say("prefer-unheeded", ("classify", index, "set", "prefer"), said, fix, at_key=True)
    for name, queue in heeding if not wishes else ():
        place = next(number for number, step in enumerate(queue.steps) if step.prefer is not None)
        said = ("ninguna regla dice quién se prefiere", "no rule says who is preferred")
        fix = ("p. ej. set: {prefer: history.last_agent}", "e.g. set: {prefer: history.last_agent}")
        report.say("prefer-nobody", ("queues", name, "steps", place, "prefer"), said, fix, at_key=True)
    _needed_by_rules(centre, report, pools)
    if heeding:
        _unable(centre, report, pools, [queue for _, queue in heeding])


def _unable(centre: Centre, report: Report, pools: Pools, heeding: list[Queue]) -> None:
    able = 0
    for kept in map(preferred, heeding):
        for agents in () if kept is None else pools.fitting(kept[1]):
            able |= agents
    for path, name in _named_agents(centre):
        if not able >> pools.names.index(name) & 1:
            said = (
                f"{name} no podría atender en ninguna cola que espere a los preferidos",
                f"{name} could serve in no queue that waits for the preferred",
            )
            fix = ("prefiera a otra persona o suba sus habilidades", "prefer somebody else or raise skills")
            report.say("prefer-unable", path, said, fix)


def _needed_by_rules(centre: Centre, report: Report, pools: Pools) -> None:
    for index, rule in enumerate(centre.classify):
        needs = {need.skill: need.at_least for need in rule.set.need}
        if needs and not any(pools.fitting(Asked("", 0, needs))):
            asked_for = ", ".join(f"{skill} >= {at_least}/10" for skill, at_least in needs.items())
            said = (f"nadie tiene a la vez {asked_for}", f"nobody has all of {asked_for}")
            fix = ("pida menos o suba las habilidades de alguien", "ask for less or raise somebody's skills")
            report.say("rule-need-nobody", ("classify", index, "set", "need"), said, fix, at_key=True)


def _named_agents(centre: Centre) -> Iterator[tuple[KeyPath, str]]:
    """Where a rule names an agent outright; whom a fact names nobody knows before the call."""
    for index, rule in enumerate(centre.classify):
        for place, text in enumerate(rule.set.prefer):
            if text.strip() in centre.agents:
                yield ("classify", index, "set", "prefer", place), text.strip()


def _hold(path: KeyPath, queue: Queue, report: Report) -> None:
    kept = preferred(queue)
    if kept is None or queue.on is None or kept[0] < min(queue.on.waited):
        return
    place = next(number for number, step in enumerate(queue.steps) if step.prefer is not None)
    first = written(min(queue.on.waited))
    said = (
        f"a los {first} ya sale de la cola, y nadie más ha podido atender",
        f"leaves the queue at {first}, before anybody else could serve",
    )
    fix = (f"menos de {first}", f"less than {first}")
    report.say("hold-too-long", (*path, "steps", place, "hold_for"), said, fix)


def _kept_free(path: KeyPath, queue: Queue, report: Report, pools: Pools) -> None:
    able = pools.ever(queue).bit_count()
    if able and queue.keep_free >= able:
        said = (
            f"solo {able} podrían atender esta cola: los demás clientes no los tendrían nunca",
            f"only {able} could serve this queue: other callers would never get them",
        )
        fix = (f"menos de {able}", f"less than {able}") if able > 1 else ("quítelo", "remove it")
        report.say("keep-free-all", (*path, "keep_free"), said, fix)


def _asks_less(queue: Queue, tier: Queue) -> bool:
    """At their doors: nothing more of any skill, and less of one."""
    ours, theirs = asked(queue)[0].needs, asked(tier)[0].needs
    more = any(level > ours.get(skill, 0) for skill, level in theirs.items())
    return not more and any(theirs.get(skill, 0) < level for skill, level in ours.items())
