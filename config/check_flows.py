"""Does every caller of a flow get somewhere, whatever they key?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from config.findings import Findings
from config.problems import KeyPath
from config.schema import (
    Centre,
    EnqueueNode,
    Flow,
    GoodbyeNode,
    HoursNode,
    LanguageNode,
    MenuNode,
    Node,
    SayNode,
)

_PERSON_FIX = ('añada «"0": nodo» con {enqueue: cola}', "add '\"0\": node' with {enqueue: queue}")
_LABEL_FIX = ("póngala en «keys» o quite su «labels»", 'put it into "keys" or take its label away')
_LOOP_FIX = ("haga que «next» u «otherwise» acabe en una cola", 'let "next" or "otherwise" end in a queue')


def check_flows(centre: Centre, found: Findings) -> None:
    """
    Add what is wrong in the flows.

    Where a node was left out, reachability says nothing and is not judged.
    """
    for name, flow in centre.flows.items():
        path = ("flows", name)
        nodes: set[str] = set(found.tree.value["flows"][name]["nodes"])
        found.refer("nodes", flow.start, nodes, (*path, "start"))
        for node_id, node in flow.nodes.items():
            _check_node(centre, found, (*path, "nodes", node_id), node)
            for where, target in _exits(node):
                found.refer("nodes", target, nodes, (*path, "nodes", node_id, *where))
        if found.whole(*path):
            _check_graph(found, path, flow)


def _check_node(centre: Centre, found: Findings, path: KeyPath, node: Node) -> None:
    prompts = found.prompts()
    match node:
        case SayNode():
            for index, prompt in enumerate(node.say):
                found.refer("prompts", prompt, prompts, (*path, "say", index))
        case MenuNode():
            for key, said in (("menu", node.menu), ("invalid", node.invalid), ("silence", node.silence)):
                found.refer("prompts", said, prompts, (*path, key))
            for digit in sorted(node.labels.keys() - node.keys.keys()):
                es, en = f"el menú no tiene la tecla «{digit}»", f'the menu has no key "{digit}"'
                found.error("unknown-key", (*path, "labels", digit), es, en, _LABEL_FIX, at_key=True)
        case EnqueueNode():
            found.refer("queues", node.enqueue, found.names("queues"), (*path, "enqueue"))
        case GoodbyeNode():
            found.refer("prompts", node.goodbye, prompts, (*path, "goodbye"))
        case HoursNode():
            found.refer("hours", node.hours, found.names("hours"), (*path, "hours"))
        case LanguageNode():
            if found.whole("languages"):
                found.refer("languages", node.language, centre.languages, (*path, "language"))
        case _:
            assert_never(node)


def _exits(node: Node) -> Iterator[tuple[KeyPath, str]]:
    """Where a node leads, and where in the node that stands."""
    if isinstance(node, MenuNode):
        yield from ((("keys", digit), target) for digit, target in node.keys.items())
    yield from _onward(node)


def _check_graph(found: Findings, path: KeyPath, flow: Flow) -> None:
    for node_id, node in flow.nodes.items():
        if isinstance(node, MenuNode) and not _reaches_person(flow.nodes, node):
            es, en = "con la tecla 0 no se llega a una persona", "key 0 does not reach a person"
            found.error("no-person", (*path, "nodes", node_id), es, en, _PERSON_FIX, at_key=True)
    targets = [flow.start, *(target for node in flow.nodes.values() for _, target in _exits(node))]
    # A loop, or a misspelt name, makes what lies behind look unreachable: one mistake, one message.
    if not _check_loops(found, path, flow) and all(target in flow.nodes for target in targets):
        for node_id in flow.nodes.keys() - _reachable(flow):
            es, en = "no se llega nunca a este nodo", "this node is never reached"
            fix = ("enlácelo desde otro nodo o bórrelo", "link to it or delete it")
            found.error("unreachable", (*path, "nodes", node_id), es, en, fix, at_key=True)


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
    """
    Key 0 leads to a queue, with at most words on the way.

    By the clock it is enough that the open way does. Unknown names are reported elsewhere.
    """
    node_id = menu.keys.get("0")
    for _ in range(len(nodes)):
        match nodes.get(node_id or ""):
            case SayNode(next=following) | LanguageNode(next=following) | HoursNode(open=following):
                node_id = following
            case node:
                return isinstance(node, EnqueueNode) or (node is None and node_id is not None)
    return False


def _check_loops(found: Findings, path: KeyPath, flow: Flow) -> bool:
    """A caller who keys nothing must come to an end, whatever the time: no way onward leads back."""
    done: set[str] = set()
    loops = [loop for start in flow.nodes if (loop := _loop(flow.nodes, start, done))]
    for loop in loops:
        es, en = (f"{word}: {' → '.join(loop)}" for word in ("bucle sin salida", "endless loop"))
        found.error("endless-loop", (*path, "nodes", loop[0]), es, en, _LOOP_FIX, at_key=True)
    return bool(loops)


def _loop(nodes: Mapping[str, Node], start: str, done: set[str]) -> list[str]:
    """The first loop on the ways onward from here, e.g. [a, b, a]; `done` are nodes already judged."""
    walked: list[str] = []
    ahead = [iter([start])]
    while ahead:
        node_id = next(ahead[-1], None)
        if node_id is None:
            ahead.pop()
            if walked:
                done.add(walked.pop())
        elif node_id in walked:
            done.update(walked)
            return [*walked[walked.index(node_id) :], node_id]
        elif node_id in nodes and node_id not in done:
            walked.append(node_id)
            ahead.append(target for _, target in _onward(nodes[node_id]))
    return []


def _onward(node: Node) -> Iterator[tuple[KeyPath, str]]:
    """Where a caller can get who keys nothing; nowhere at an end."""
    match node:
        case SayNode() | LanguageNode():
            yield ("next",), node.next
        case MenuNode():
            yield ("otherwise",), node.otherwise
        case HoursNode():
            yield ("open",), node.open
            yield ("closed",), node.closed
        case EnqueueNode() | GoodbyeNode():
            return
        case _:
            assert_never(node)
