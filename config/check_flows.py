"""Does every caller of a flow get somewhere, whatever they key or say?"""

from __future__ import annotations

from collections.abc import Iterator

from config.check_nodes import check_node
from config.findings import Findings
from config.flow_nodes import AskNode, Flow, MenuNode, SurveyNode
from config.flow_people import steps_to_person
from config.flow_ways import ASKING, EXITS, unasked, ways
from config.flow_words import AGAIN, END
from config.problems import KeyPath
from config.schema import Centre

STEPS_MAX = 2
"""Answers that a caller gives, at most, before a person comes."""

_PERSON_FIX = ('añada «"0": nodo» con {enqueue: cola}', "add '\"0\": node' with {enqueue: queue}")
_LOOP_FIX = ("haga que «next» o «too_many» acabe en una cola", 'let "next" or "too_many" end in a queue')


def check_flows(centre: Centre, found: Findings) -> None:
    """
    Add what is wrong in the flows.

    Where a node was left out, reachability says nothing and is not judged.
    """
    after_talk = {queue.survey for queue in centre.queues.values()}
    for name, flow in centre.flows.items():
        path = ("flows", name)
        nodes: set[str] = set(found.tree.value["flows"][name]["nodes"])
        found.refer("nodes", flow.start, nodes, (*path, "start"))
        _check_on(found, path, flow, nodes)
        for node_id, node in flow.nodes.items():
            check_node(centre, found, (*path, "nodes", node_id), node)
            if node_id in (AGAIN, END):
                es, en = f"«{node_id}» no puede ser un nodo", f'"{node_id}" cannot be a node'
                fix = ("póngale otro nombre", "give it another name")
                found.error("node-reserved", (*path, "nodes", node_id), es, en, fix, at_key=True)
            for way in ways(flow, node_id):
                if way.place[0] != "on":
                    found.refer("nodes", way.target, nodes, (*path, *way.place))
        if found.whole(*path) and _check_exits(found, path, flow):
            _check_graph(found, path, flow, asks_after=name in after_talk)


def _check_on(found: Findings, path: KeyPath, flow: Flow, nodes: set[str]) -> None:
    if flow.on is not None:
        words = {"no_input": {AGAIN}, "no_match": {AGAIN}, "hang_up": {END}}
        for kind in EXITS:
            known = nodes | words.get(kind, set())
            found.refer("nodes", getattr(flow.on, kind), known, (*path, "on", kind))


def _check_exits(found: Findings, path: KeyPath, flow: Flow) -> bool:
    """Every node names all its exits, or its flow does for it; said once for the whole flow."""
    missing: dict[str, list[str]] = {}
    for node_id, node in flow.nodes.items() if flow.on is None else ():
        kinds = [kind for kind in EXITS if kind in type(node).model_fields and getattr(node, kind) is None]
        # Words alone may do without: who hangs up meanwhile has heard enough.
        if kinds and "failure" in type(node).model_fields:
            missing[node_id] = kinds
    if missing:
        node_id, kinds = next(iter(missing.items()))
        others = f" (y {len(missing) - 1} más)" if len(missing) > 1 else ""
        others_en = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        es = f"no se dice a dónde llevan {', '.join(kinds)} de «{node_id}»{others}"
        en = f'nothing says where {", ".join(kinds)} of "{node_id}"{others_en} lead'
        words = {"no_input": AGAIN, "no_match": AGAIN, "hang_up": END}
        rows = ", ".join(f"{kind}: {words.get(kind, '…')}" for kind in EXITS)
        fix = (f"añada a este flujo on: {{{rows}}}", f"add to this flow on: {{{rows}}}")
        found.error("missing-exit", path, es, en, fix, at_key=True)
    return not missing


def _check_graph(found: Findings, path: KeyPath, flow: Flow, *, asks_after: bool) -> None:
    if not asks_after:
        _check_people(found, path, flow)
    targets = [flow.start, *(way.target for node_id in flow.nodes for way in ways(flow, node_id))]
    # A loop, or a misspelt name, makes what lies behind look unreachable: one mistake, one message.
    if not _check_loops(found, path, flow) and all(target in flow.nodes for target in targets):
        for node_id in flow.nodes.keys() - _reachable(flow):
            es, en = "no se llega nunca a este nodo", "this node is never reached"
            fix = ("enlácelo desde otro nodo o bórrelo", "link to it or delete it")
            found.error("unreachable", (*path, "nodes", node_id), es, en, fix, at_key=True)


def _check_people(found: Findings, path: KeyPath, flow: Flow) -> None:
    """Nobody is kept by a machine: key 0, and a person after two answers wherever something is asked."""
    steps = steps_to_person(flow)
    for node_id, node in flow.nodes.items():
        here = (*path, "nodes", node_id)
        by_zero = _by_zero(flow, node_id)
        if by_zero is not None and steps.get(by_zero, 0) > 0:
            es, en = "con la tecla 0 no se llega a una persona", "key 0 does not reach a person"
            found.error("no-person", here, es, en, _PERSON_FIX, at_key=True)
        elif isinstance(node, ASKING) and not isinstance(node, SurveyNode) and steps[node_id] > STEPS_MAX:
            es = f"desde aquí hacen falta más de {STEPS_MAX} respuestas para llegar a una persona"
            en = f"from here a person is more than {STEPS_MAX} answers away"
            fix = (
                "lleve «too_many» a un nodo {enqueue: cola}",
                'let "too_many" lead to a node {enqueue: queue}',
            )
            found.error("person-far", here, es, en, fix, at_key=True)


def _by_zero(flow: Flow, node_id: str) -> str | None:
    """Where key 0 leads; "" if nowhere; None: this node is not asked for it."""
    match flow.nodes[node_id]:
        case MenuNode() as menu:
            return menu.keys.get("0", "")
        case AskNode() as asking:
            shared = "" if flow.on is None else flow.on.too_many
            return asking.person or asking.too_many or shared
        case _:
            return None


def _reachable(flow: Flow) -> set[str]:
    reached: set[str] = set()
    ahead = [flow.start]
    while ahead:
        node_id = ahead.pop()
        if node_id in flow.nodes and node_id not in reached:
            reached.add(node_id)
            ahead.extend(way.target for way in ways(flow, node_id))
    return reached


def _check_loops(found: Findings, path: KeyPath, flow: Flow) -> bool:
    """A caller who answers nothing must come to an end, whatever the time: no way onward leads back."""
    done: set[str] = set()
    loops = [loop for start in flow.nodes if (loop := _loop(flow, start, done))]
    for loop in loops:
        es, en = (f"{word}: {' → '.join(loop)}" for word in ("bucle sin salida", "endless loop"))
        found.error("endless-loop", (*path, "nodes", loop[0]), es, en, _LOOP_FIX, at_key=True)
    return bool(loops)


def _loop(flow: Flow, start: str, done: set[str]) -> list[str]:
    """The first loop on the ways onward from here, e.g. [a, b, a]; `done` are nodes already judged."""
    walked: list[str] = []
    ahead: list[Iterator[str]] = [iter([start])]
    while ahead:
        node_id = next(ahead[-1], None)
        if node_id is None:
            ahead.pop()
            if walked:
                done.add(walked.pop())
        elif node_id in walked:
            done.update(walked)
            return [*walked[walked.index(node_id) :], node_id]
        elif node_id in flow.nodes and node_id not in done:
            walked.append(node_id)
            ahead.append(way.target for way in unasked(flow, node_id))
    return []
