"""
A flow as a drawing: nodes in layers, edges with their meaning. Pure; who draws it decides the rest.

The layer of a node is how many steps it is from the start; within a layer nodes stand near
those they come from, so that few lines cross.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from config import flow_nodes as nodes
from config.build_flows import spoken_in
from config.check_nodes import prompts_of
from config.flow_nodes import Flow, Node, node_kind
from config.flow_ways import ASKING, EXITS, PERSON, Way, ways
from config.schema import Centre
from config.times import written

EXAMPLES_SHOWN = 5
"""Of an intent, in each language."""
_SWEEPS = 4
"""Passes that put the nodes of a layer in order; more change little."""


@dataclass(frozen=True, slots=True)
class Meant:
    """An intent that a node asks for."""

    id: str
    label: str
    examples: Mapping[str, Sequence[str]]
    """By language, the first ones."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A node."""

    id: str
    kind: str
    """The key of the file: `menu`, `ask`, `lookup`, …"""
    title: str
    """What it is about, by name: a prompt, a queue, a source; else its own name."""
    layer: int
    """0 is the start; nodes that nothing leads to come last."""
    row: int
    """Within its layer, from 0."""
    listens: bool
    """Callers may answer by voice."""
    asks: bool
    person: bool
    """A person comes."""
    prompts: Mapping[str, str]
    """What is said there, by language."""
    phrases: Mapping[str, Mapping[str, Sequence[str]]]
    """By key, then by language."""
    intents: tuple[Meant, ...]
    facts: Mapping[str, str]
    """What else the file says of it."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a node to another."""

    source: str
    target: str
    kind: str
    """The key of the file: `next`, `key`, `intent`, `too_many`, …"""
    label: str
    """The key, what it stands for, the condition; empty where the kind says all."""
    is_exit: bool
    """One of the five that every node has, not what the node is for."""
    is_shared: bool
    """The flow's `on` says it, not the node."""


@dataclass(frozen=True, slots=True)
class Graph:
    flow: str
    start: str
    nodes: tuple[Drawn, ...]
    """By layer and row."""
    edges: tuple[Edge, ...]


def graph(centre: Centre, name: str) -> Graph:
    """
    Draw one flow.

    Args:
        centre: The configuration; need not be free of errors.
        name: Of one of its flows.

    Raises:
        KeyError: There is no such flow.
    """
    flow = centre.flows[name]
    rows = _ordered(flow, _layers(flow))
    drawn = tuple(
        _drawn(centre, node_id, flow.nodes[node_id], layer, place)
        for layer, row in enumerate(rows)
        for place, node_id in enumerate(row)
    )
    return Graph(name, flow.start, drawn, tuple(_edges(centre, flow)))


def _layers(flow: Flow) -> Mapping[str, int]:
    """Steps from the start by the ways that nodes are for, then by their exits."""
    layers = {flow.start: 0} if flow.start in flow.nodes else {}
    for with_exits in (False, True):
        line = list(layers)
        while line:
            node_id = line.pop(0)
            for way in ways(flow, node_id):
                leads = with_exits or way.kind not in EXITS
                if leads and way.target in flow.nodes and way.target not in layers:
                    layers[way.target] = layers[node_id] + 1
                    line.append(way.target)
    last = max(layers.values(), default=-1) + 1
    return {**layers, **{node_id: last for node_id in flow.nodes if node_id not in layers}}


def _ordered(flow: Flow, layers: Mapping[str, int]) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for node_id in flow.nodes:
        rows[layers[node_id]].append(node_id)
    before: dict[str, list[str]] = {node_id: [] for node_id in flow.nodes}
    for node_id in flow.nodes:
        for way in ways(flow, node_id):
            if way.target in before and layers[way.target] == layers[node_id] + 1:
                before[way.target].append(node_id)
    for _ in range(_SWEEPS):
        for above, row in pairwise(rows):
            place = {node_id: index for index, node_id in enumerate(above)}
            row.sort(key=lambda node_id: (_middle([place[one] for one in before[node_id]]), node_id))
    return rows


def _middle(places: Sequence[int]) -> float:
    return sum(places) / len(places) if places else float("inf")


def _drawn(centre: Centre, node_id: str, node: Node, layer: int, row: int) -> Drawn:
    kind = (node_kind(node) or "").strip("<>")
    return Drawn(
        id=node_id,
        kind=kind,
        title=_title(node, kind) or node_id,
        layer=layer,
        row=row,
        listens=isinstance(node, nodes.AskNode) or getattr(node, "spoken", None) is not None,
        asks=isinstance(node, ASKING),
        person=isinstance(node, PERSON),
        prompts={lang: text for lang in centre.languages if (text := _said(centre, node, lang))},
        phrases=_phrases(centre, node),
        intents=tuple(_meant(centre, node)),
        facts=_facts(node),
    )


def _title(node: Node, kind: str) -> str:
    match node:
        case nodes.SayNode():
            return node.say[0]
        case nodes.SetNode():
            return ", ".join(node.set)
        case nodes.BranchNode():
            return ""
        case nodes.TransferNode():
            return node.transfer.agent or node.transfer.number or ""
        case _:
            return str(getattr(node, kind) or "")


def _said(centre: Centre, node: Node, lang: str) -> str:
    """Its questions and words; not what is said after a wrong answer."""
    named = [prompt for place, prompt in prompts_of(node) if place[0] not in {"invalid", "silence"}]
    if isinstance(node, nodes.SurveyNode) and node.survey in centre.surveys:
        named += [question.prompt for question in centre.surveys[node.survey].questions]
    wordings = (centre.prompts.get(prompt, {}).get(lang) for prompt in named)
    return " · ".join(said.text or said.file or "" for said in wordings if said is not None)


def _phrases(centre: Centre, node: Node) -> Mapping[str, Mapping[str, Sequence[str]]]:
    if not isinstance(node, nodes.MenuNode):
        return {}
    return {key: spoken_in(centre.languages, texts) for key, texts in node.phrases.items()}


def _meant(centre: Centre, node: Node) -> Iterator[Meant]:
    for name in node.intents if isinstance(node, nodes.AskNode) else ():
        intent = centre.intents.get(name)
        if intent is not None:
            examples = {lang: texts[:EXAMPLES_SHOWN] for lang, texts in intent.examples.items()}
            yield Meant(name, intent.label, examples)


def _facts(node: Node) -> Mapping[str, str]:
    match node:
        case nodes.DigitsNode():
            told = {"into": node.into, "length": "-".join(dict.fromkeys(map(str, node.length)))}
            told |= {} if node.check == "none" else {"check": node.check}
            return told | ({"secret": "true"} if node.secret else {})
        case nodes.AskNode():
            return {f"slots.{slot}": name for slot, name in node.slots.items()}
        case nodes.LookupNode():
            return {f"with.{name}": variable for name, variable in node.with_.items()}
        case nodes.IdentifyNode():
            return {"value": node.value, "tries": str(node.tries)}
        case nodes.SetNode():
            return dict(node.set)
        case nodes.TransferNode():
            return {"ring": written(node.ring)}
        case nodes.VoicemailNode():
            return {"longest": written(node.longest)}
        case _:
            return {}


def _edges(centre: Centre, flow: Flow) -> Iterator[Edge]:
    for node_id, node in flow.nodes.items():
        for way in ways(flow, node_id):
            is_exit, is_shared = way.kind in EXITS, way.place[0] == "on"
            yield Edge(node_id, way.target, way.kind, _label(centre, node, way), is_exit, is_shared)


def _label(centre: Centre, node: Node, way: Way) -> str:
    if way.kind == "key" and isinstance(node, nodes.MenuNode) and way.of in node.labels:
        return f"{way.of} · {node.labels[way.of]}"
    if way.kind == "intent" and way.of in centre.intents:
        return centre.intents[way.of].label
    if way.kind == "keypad" and isinstance(node, nodes.AskNode):
        return node.keypad_key
    if way.kind == "person" and isinstance(node, nodes.AskNode):
        return node.key
    return way.of
