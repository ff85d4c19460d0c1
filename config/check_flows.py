"""Does every caller of a flow get somewhere, whatever they key?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from config.check import Findings, prompts_known
from config.problems import KeyPath
from config.schema import Centre, EnqueueNode, Flow, GoodbyeNode, MenuNode, SayNode

Node = SayNode | MenuNode | EnqueueNode | GoodbyeNode

_PERSON_FIX = ('añada «"0": nodo» con {enqueue: cola}', "add '\"0\": node' with {enqueue: queue}")
_LOOP_FIX = ("haga que «next» u «otherwise» acabe en una cola", 'let "next" or "otherwise" end in a queue')


def check_flows(centre: Centre, found: Findings, left_out: frozenset[KeyPath]) -> None:
    """
    Add what is wrong in the flows.

    Args:
        centre: The sound part of the configuration.
        found: Where problems go.
        left_out: Items that are in the file but not in `centre`; where a node
            is missing, reachability says nothing and is not judged.
    """
    for name, flow in centre.flows.items():
        path = ("flows", name)
        nodes = _names(found, name)
        found.refer("nodes", flow.start, nodes, (*path, "start"))
        for node_id, node in flow.nodes.items():
            _check_node(found, (*path, "nodes", node_id), node, nodes)
        if set(flow.nodes) == nodes and not any(lost[:2] == path for lost in left_out):
            _check_graph(found, path, flow)
    _check_used_prompts(centre, found)


def _names(found: Findings, flow: str) -> set[str]:
    value: Any = found.tree.value["flows"][flow]
    return set(value["nodes"])


def _check_node(found: Findings, path: KeyPath, node: Node, nodes: set[str]) -> None:
    prompts = prompts_known(found)
    match node:
        case SayNode():
            for index, prompt in enumerate(node.say):
                found.refer("prompts", prompt, prompts, (*path, "say", index))
        case MenuNode():
            for key, said in (("menu", node.menu), ("invalid", node.invalid), ("silence", node.silence)):
                found.refer("prompts", said, prompts, (*path, key))
        case EnqueueNode():
            found.refer("queues", node.enqueue, found.names("queues"), (*path, "enqueue"))
        case GoodbyeNode():
            found.refer("prompts", node.goodbye, prompts, (*path, "goodbye"))
        case _:
            assert_never(node)
    for where, target in _exits(node):
        found.refer("nodes", target, nodes, (*path, *where))


def _exits(node: Node) -> Iterator[tuple[KeyPath, str]]:
    """Where a node leads, and where in the node that stands."""
    if isinstance(node, SayNode):
        yield ("next",), node.next
    if isinstance(node, MenuNode):
        yield from ((("keys", digit), target) for digit, target in node.keys.items())
        yield ("otherwise",), node.otherwise


def _check_graph(found: Findings, path: KeyPath, flow: Flow) -> None:
    reached = _reachable(flow)
    if any(target not in flow.nodes for node in flow.nodes.values() for _, target in _exits(node)):
        # A misspelt name would make its real target look unreachable: one mistake, one message.
        reached = set(flow.nodes)
    for node_id, node in flow.nodes.items():
        here = (*path, "nodes", node_id)
        if node_id not in reached:
            es, en = "no se llega nunca a este nodo", "this node is never reached"
            fix = ("enlácelo desde otro nodo o bórrelo", "link to it or delete it")
            found.error("unreachable", here, es, en, fix, at_key=True)
        if isinstance(node, MenuNode) and not _reaches_person(flow.nodes, node):
            es, en = "con la tecla 0 no se llega a una persona", "key 0 does not reach a person"
            found.error("no-person", here, es, en, _PERSON_FIX, at_key=True)
    _check_loops(found, path, flow)


def _reachable(flow: Flow) -> set[str]:
    reached: set[str] = set()
    ahead = [flow.start]
    while ahead:
        node_id = ahead.pop()
        if node_id in flow.nodes and node_id not in reached:
            reached.add(node_id)
            ahead.extend(target for _, target in _exits(flow.nodes[node_id]))
    return reached


def _reaches_person(nodes: Mapping[str, Node], menu: MenuNode) -> bool:
    """Key 0 leads to a queue, with at most words on the way. Unknown names are reported elsewhere."""
    node_id = menu.keys.get("0")
    for _ in range(len(nodes)):
        node = None if node_id is None else nodes.get(node_id)
        if not isinstance(node, SayNode):
            return isinstance(node, EnqueueNode) or (node is None and node_id is not None)
        node_id = node.next
    return False


def _check_loops(found: Findings, path: KeyPath, flow: Flow) -> None:
    """A caller who keys nothing must come to an end: follow `next` and `otherwise` from every node."""
    ending: set[str] = set()
    reported: set[str] = set()
    for start in flow.nodes:
        walked: list[str] = []
        node_id: str | None = start
        while node_id in flow.nodes and node_id not in ending and node_id not in walked:
            walked.append(node_id)
            node_id = _onward(flow.nodes[node_id])
        if node_id is None or node_id not in walked:
            ending.update(walked)
            continue
        loop = walked[walked.index(node_id) :]
        if reported.isdisjoint(loop):
            es, en = (
                f"{word}: {' → '.join([*loop, node_id])}" for word in ("bucle sin salida", "endless loop")
            )
            found.error("endless-loop", (*path, "nodes", node_id), es, en, _LOOP_FIX, at_key=True)
        reported.update(walked)


def _onward(node: Node) -> str | None:
    """Where a caller goes who keys nothing; None at an end."""
    if isinstance(node, SayNode):
        return node.next
    return node.otherwise if isinstance(node, MenuNode) else None


def _check_used_prompts(centre: Centre, found: Findings) -> None:
    used = {centre.fallback.say} | {
        prompt for flow in centre.flows.values() for node in flow.nodes.values() for prompt in _spoken(node)
    }
    complete = set(centre.flows) == found.names("flows")
    for name in centre.prompts:
        if complete and name not in used and name not in prompts_known(found) - found.names("prompts"):
            _warn_unused(found, name)


def _spoken(node: Node) -> list[str | None]:
    match node:
        case SayNode():
            return [*node.say]
        case MenuNode():
            return [node.menu, node.invalid, node.silence]
        case GoodbyeNode():
            return [node.goodbye]
        case EnqueueNode():
            return []
        case _:
            assert_never(node)


def _warn_unused(found: Findings, prompt: str) -> None:
    fix = ("úsela o bórrela", "use it or delete it")
    found.warn("unused", ("prompts", prompt), "esta locución no se usa", "this prompt is never used", fix)
