"""What stands in the configuration and is used by nothing: forgotten, or misspelt elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from config.check_nodes import prompts_of
from config.check_queues import exits_of
from config.findings import Findings
from config.flow_nodes import AskNode, HoursNode, LookupNode, Node, SurveyNode
from config.queues import Exit
from config.schema import Centre
from ivr.prompts import SERVICE_TEXTS


def check_unused(centre: Centre, found: Findings) -> None:
    """
    Warn of flows, prompts, hours and the like that nothing leads to; the last of all checks.

    Where a part was left out, or a name leads nowhere, nothing can be said.
    """
    if not centre.entry or not all(map(found.whole, ("flows", "queues", "entry", "surveys"))):
        return
    for section, names, used in (
        ("flows", list(centre.flows), _flows(centre)),
        ("prompts", list(centre.prompts), _prompts(centre)),
        ("hours", list(centre.hours), _hours(centre)),
        ("intents", list(centre.intents), _intents(centre)),
        ("lookups", list(centre.lookups), _lookups(centre)),
        ("surveys", list(centre.surveys), _surveys(centre)),
    ):
        if not found.dangling(section):
            for name in names:
                if name not in used and name not in SERVICE_TEXTS:
                    found.unused(section, name)


def _flows(centre: Centre) -> set[str | None]:
    ways = {way.name for way in _exits(centre) if way.then == "flow"}
    after = {queue.survey for queue in centre.queues.values()}
    return ways | after | {entry.flow for entry in centre.entry.values()}


def _prompts(centre: Centre) -> set[str | None]:
    said: set[str | None] = {prompt for node in _nodes(centre) for _, prompt in prompts_of(node)}
    said |= {question.prompt for survey in centre.surveys.values() for question in survey.questions}
    return said | {prompt for way in _exits(centre) for prompt in way.say} | {centre.fallback.say}


def _hours(centre: Centre) -> set[str | None]:
    asked = {node.hours for node in _nodes(centre) if isinstance(node, HoursNode)}
    return asked | {queue.hours for queue in centre.queues.values()}


def _intents(centre: Centre) -> set[str]:
    return {intent for node in _nodes(centre) if isinstance(node, AskNode) for intent in node.intents}


def _lookups(centre: Centre) -> set[str]:
    return {node.lookup for node in _nodes(centre) if isinstance(node, LookupNode)}


def _surveys(centre: Centre) -> set[str]:
    return {node.survey for node in _nodes(centre) if isinstance(node, SurveyNode)}


def _nodes(centre: Centre) -> Iterator[Node]:
    for flow in centre.flows.values():
        yield from flow.nodes.values()


def _exits(centre: Centre) -> Iterator[Exit]:
    for queue in centre.queues.values():
        if queue.on is not None:
            yield from (way for _, way in exits_of(queue.on))
