"""What stands in the configuration and is used by nothing: forgotten, or misspelt elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from config.check_queues import exits_of
from config.findings import Findings
from config.queues import Exit
from config.schema import Centre, GoodbyeNode, HoursNode, MenuNode, Node, SayNode
from ivr.prompts import SERVICE_TEXTS


def check_unused(centre: Centre, found: Findings) -> None:
    """
    Warn of flows, prompts and hours that nothing leads to; the last of all checks.

    Where a part was left out, or a name leads nowhere, nothing can be said.
    """
    if not centre.entry or not all(found.whole(section) for section in ("flows", "queues", "entry")):
        return
    for section, names, used in (
        ("flows", list(centre.flows), _flows(centre)),
        ("prompts", list(centre.prompts), _prompts(centre)),
        ("hours", list(centre.hours), _hours(centre)),
    ):
        if not found.dangling(section):
            for name in names:
                if name not in used and name not in SERVICE_TEXTS:
                    found.unused(section, name)


def _flows(centre: Centre) -> set[str | None]:
    ways = {way.name for way in _exits(centre) if way.then == "flow"}
    return ways | {entry.flow for entry in centre.entry.values()}


def _prompts(centre: Centre) -> set[str | None]:
    said = {prompt for node in _nodes(centre) for prompt in _spoken(node)}
    return said | {prompt for way in _exits(centre) for prompt in way.say} | {centre.fallback.say}


def _hours(centre: Centre) -> set[str | None]:
    asked = {node.hours for node in _nodes(centre) if isinstance(node, HoursNode)}
    return asked | {queue.hours for queue in centre.queues.values()}


def _nodes(centre: Centre) -> Iterator[Node]:
    for flow in centre.flows.values():
        yield from flow.nodes.values()


def _exits(centre: Centre) -> Iterator[Exit]:
    for queue in centre.queues.values():
        if queue.on is not None:
            yield from (way for _, way in exits_of(queue.on))


def _spoken(node: Node) -> list[str | None]:
    match node:
        case SayNode():
            return [*node.say]
        case MenuNode():
            return [node.menu, node.invalid, node.silence]
        case GoodbyeNode():
            return [node.goodbye]
        case _:
            return []
