"""Do queues ask for what exists, and do all their ways out lead on?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from config.check_tiers import check_tiers
from config.findings import Findings
from config.flow_nodes import (
    BranchNode,
    EnqueueNode,
    HoursNode,
    IdentifyNode,
    LanguageNode,
    LookupNode,
    SetNode,
)
from config.flow_ways import ways
from config.problems import KeyPath
from config.queues import Exit, Exits, Queue, Step
from config.schema import Centre
from config.times import duration_ms
from config.words import LANGUAGE_NEED

_SILENT = (HoursNode, LanguageNode, SetNode, BranchNode, LookupNode, IdentifyNode)
AT_ONCE = ("closed", "full", "long_wait", "nobody_signed_in", "nobody_could_ever")
"""Exits that a caller can take in the moment of joining; `waited` takes its time."""


def check_queues(centre: Centre, found: Findings) -> None:
    """Add what is wrong with needs, steps, sites, hours, tiers and exits."""
    for name, queue in centre.queues.items():
        path = ("queues", name)
        found.refer("hours", queue.hours, found.names("hours"), (*path, "hours"))
        for place, skill in _skills(queue):
            if skill != LANGUAGE_NEED:
                here = (*path, *place)
                found.refer("skills", skill, found.names("skills"), here, at_key="relax" in place)
        for place, site in _sites(queue):
            found.refer("sites", site, found.names("sites"), (*path, *place))
        found.refer("flows", queue.survey, found.names("flows"), (*path, "survey"))
        for segment in queue.values:
            known = found.names("segments")
            found.refer("segments", segment, known, (*path, "values", segment), at_key=True)
        _check_order(found, path, queue.steps)
        _check_relax(found, path, queue)
        if queue.on is not None:
            _check_exits(found, path, queue.on)
    for number, rule in enumerate(centre.classify):
        for index, need in enumerate(rule.set.need):
            if need.skill != LANGUAGE_NEED:
                at: KeyPath = ("classify", number, "set", "need", index)
                found.refer("skills", need.skill, found.names("skills"), at)
    _check_languages(centre, found)
    _check_circles(centre, found)
    check_tiers(centre, found)


def exits_of(on: Exits) -> Iterator[tuple[KeyPath, Exit]]:
    """Every exit, and where in `on` it stands; a wait is named in milliseconds."""
    yield ("closed",), on.closed
    yield ("full", "to"), on.full.to
    yield ("nobody_signed_in",), on.nobody_signed_in
    yield ("nobody_could_ever",), on.nobody_could_ever
    for wait_ms, way in on.waited.items():
        yield ("waited", wait_ms), way
    if on.long_wait is not None:
        yield ("long_wait", "to"), on.long_wait.to


def _skills(queue: Queue) -> Iterator[tuple[KeyPath, str]]:
    """Every skill that is asked for or lowered, and where."""
    for index, need in enumerate(queue.need):
        yield ("need", index), need.skill
    for number, step in enumerate(queue.steps):
        for index, need in enumerate(step.need):
            yield ("steps", number, "need", index), need.skill
        for skill in step.relax:
            yield ("steps", number, "relax", skill), skill


def _sites(queue: Queue) -> Iterator[tuple[KeyPath, str]]:
    """Every site whose agents are asked for, and where."""
    for index, site in enumerate(() if isinstance(queue.sites, str) else queue.sites):
        yield ("sites", index), site
    for number, step in enumerate(queue.steps):
        for index, site in enumerate(step.sites if isinstance(step.sites, list) else ()):
            yield ("steps", number, "sites", index), site


def _check_languages(centre: Centre, found: Findings) -> None:
    """`lang(language)` wants a skill of each language; said where it is asked for first."""
    asked = [
        ("queues", name, *place)
        for name, queue in centre.queues.items()
        for place, skill in _skills(queue)
        if skill == LANGUAGE_NEED
    ]
    missing = [f"lang.{lang}" for lang in centre.languages if f"lang.{lang}" not in found.names("skills")]
    if asked and missing and found.whole("languages"):
        es = f"para lang(language) falta la habilidad {', '.join(missing)}"
        en = f"lang(language) wants the skill {', '.join(missing)}"
        rows = ", ".join(f"{skill}: 0..10" for skill in missing)
        fix = (f"añada a «skills»: {rows}", f'add to "skills": {rows}')
        found.error("language-skill", asked[0], es, en, fix, at_key="relax" in asked[0])


def _check_order(found: Findings, path: KeyPath, steps: list[Step]) -> None:
    for index, step in enumerate(steps):
        if step.prefer is not None and index > 0:
            es, en = "los preferidos van en el primer paso", "the preferred belong into the first step"
            fix = ("póngalo el primero, y solo uno", "put it first, and only one")
            found.error("prefer-step", (*path, "steps", index, "prefer"), es, en, fix, at_key=True)
    for index, (one, other) in enumerate(pairwise(steps), start=1):
        if other.from_ms <= one.from_ms and one.prefer is None and other.prefer is None:
            es, en = (
                f"va después de «{one.id}», pero no empieza más tarde",
                f'begins no later than "{one.id}"',
            )
            fix = ("ordene los pasos por «from»", 'order the steps by "from"')
            found.error("step-order", (*path, "steps", index, "from"), es, en, fix)
    seen: set[str] = set()
    for index, step in enumerate(steps):
        if step.id in seen:
            es, en = f"otro paso se llama ya «{step.id}»", f'another step is called "{step.id}" already'
            found.error("step-twice", (*path, "steps", index, "id"), es, en, ("otro nombre", "another name"))
        seen.add(step.id)


def _check_relax(found: Findings, path: KeyPath, queue: Queue) -> None:
    for index, step in enumerate(queue.steps):
        needed = {need.skill for need in (*queue.need, *step.need)}
        for skill in step.relax:
            known = skill in found.names("skills") or skill == LANGUAGE_NEED
            if known and skill not in needed and found.whole(*path, "need") and not found.dangling("skills"):
                es, en = f"esta cola no pide «{skill}»", f'this queue does not ask for "{skill}"'
                fix = ("quítelo de «relax»", 'remove it from "relax"')
                found.error(
                    "relax-nothing", (*path, "steps", index, "relax", skill), es, en, fix, at_key=True
                )


def _check_exits(found: Findings, path: KeyPath, on: Exits) -> None:
    written = _waits_as_written(found, path)
    for place, way in exits_of(on):
        # The schema has made milliseconds of `20m`; the file has not.
        words = written.get(place[1], "") if place[0] == "waited" else None
        here = (*path, "on", *(place if words is None else ("waited", words)))
        for prompt in way.say:
            found.refer("prompts", prompt, found.prompts(), here)
        if way.then == "queue":
            found.refer("queues", way.name, found.names("queues"), here)
        if way.then == "flow":
            found.refer("flows", way.name, found.names("flows"), here)


def _waits_as_written(found: Findings, path: KeyPath) -> Mapping[str | int, str]:
    """Milliseconds -> how they stand in the file; the same wait written twice is an error."""
    value = found.tree.value
    for part in (*path, "on", "waited"):
        value = value[part]
    written: dict[str | int, str] = {}
    for text in value:
        if not found.whole(*path, "on", "waited", text):
            continue
        first = written.setdefault(duration_ms(text), text)
        if first != text:
            es, en = f"es lo mismo que {first}", f"is the same as {first}"
            fix = ("deje solo uno", "keep only one")
            found.error("wait-twice", (*path, "on", "waited", text), es, en, fix, at_key=True)
    return written


def _check_circles(centre: Centre, found: Findings) -> None:
    """
    No caller is sent round from queue to queue without waiting or hearing anything.

    A queue that is closed, full or without agents sends on at once. Where these
    ways come back to where they began, a night would be one long whirl.
    """
    ahead = {name: _sent_to(centre, queue) for name, queue in centre.queues.items()}
    reported: set[str] = set()
    for start in ahead:
        circle = _circle(ahead, start)
        if circle and reported.isdisjoint(circle):
            kind = ahead[circle[0]][circle[1]]
            es = f"un cliente daría vueltas sin esperar: {' → '.join(circle)}"
            en = f"a caller would go round without waiting: {' → '.join(circle)}"
            fix = (
                "deje que una de estas salidas acabe en hang_up, keep_waiting o un flujo que hable",
                "let one of these exits end in hang_up, keep_waiting or a flow that speaks",
            )
            found.error("exit-circle", ("queues", circle[0], "on", *kind), es, en, fix)
        reported.update(circle)


def _sent_to(centre: Centre, queue: Queue) -> dict[str, KeyPath]:
    """Queues that callers of this one are sent to at once, and by which exit (the first of several)."""
    found: dict[str, KeyPath] = {}
    for place, way in () if queue.on is None else exits_of(queue.on):
        if place[0] in AT_ONCE and way.name is not None:
            for name in [way.name] if way.then == "queue" else _silently_to(centre, way.name):
                found.setdefault(name, place)
    return found


def _silently_to(centre: Centre, flow_name: str) -> list[str]:
    """Queues that a flow leads to without a word."""
    flow = centre.flows.get(flow_name)
    found: list[str] = []
    ahead, seen = [] if flow is None else [flow.start], set[str]()
    while flow is not None and ahead:
        node_id = ahead.pop()
        node = None if node_id in seen else flow.nodes.get(node_id)
        seen.add(node_id)
        if isinstance(node, EnqueueNode):
            found.append(node.enqueue)
        if isinstance(node, _SILENT):
            ahead += [way.target for way in ways(flow, node_id) if way.kind != "hang_up"]
    return found


def _circle(ahead: Mapping[str, Mapping[str, KeyPath]], start: str) -> list[str]:
    """A way from this queue back to it; empty if there is none."""
    came_from: dict[str, str] = {}
    line = [start]
    while line:
        here = line.pop(0)
        for name in ahead.get(here, {}):
            if name == start:
                way = [start, here]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if name not in came_from:
                came_from[name] = here
                line.append(name)
    return []
