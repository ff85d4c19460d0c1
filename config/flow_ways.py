"""
All the ways out of a node: what the checks walk, and what the drawing shows.

Every way is named after the key of the file that holds it, so that one word
means the same in the file, in messages and on the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from config import flow_nodes as nodes
from config.build_flows import exit_of
from config.flow_words import AGAIN, END
from config.problems import KeyPath

EXITS = ("no_input", "no_match", "too_many", "failure", "hang_up")
"""Those that a flow's `on` has for all its nodes."""

ASKING = (nodes.MenuNode, nodes.AskNode, nodes.DigitsNode, nodes.CallbackNode, nodes.SurveyNode)
"""Nodes that wait for an answer of the caller."""
SPEAKING = (*ASKING, nodes.SayNode, nodes.VoicemailNode, nodes.TransferNode, nodes.EnqueueNode)
"""Nodes that make no sense without a caller."""
PERSON = (nodes.EnqueueNode, nodes.TransferNode)
"""Nodes that lead to a person."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a node to another."""

    kind: str
    """`next`, `key`, `intent`, `case`, …: the key of the file, `key` for those of `keys`."""
    of: str
    """Which key, intent or condition; empty for all other kinds."""
    target: str
    place: KeyPath
    """Below the flow: ("nodes", "menu", "keys", "1"), or ("on", "failure") if the flow says it."""


def ways(flow: nodes.Flow, node_id: str) -> Iterator[Way]:
    """Of a node of this flow, in the order of the file; asking again and ending are no ways."""
    node = flow.nodes[node_id]
    here: KeyPath = ("nodes", node_id)
    for kind, of, target, place in _purposes(node):
        yield Way(kind, of, target, (*here, *place))
    for kind in EXITS:
        found = exit_of(node, flow.on, kind)
        if found is not None and found not in _WORDS.get(kind, ()):
            own = getattr(node, kind) is not None
            yield Way(kind, "", found, (*here, kind) if own else ("on", kind))


_WORDS = {"no_input": (AGAIN,), "no_match": (AGAIN,), "hang_up": (END,)}
"""What may stand in place of a node."""


def _purposes(node: nodes.Node) -> Iterator[tuple[str, str, str, KeyPath]]:
    """The ways that a node is for."""
    match node:
        case nodes.MenuNode():
            for digit, target in node.keys.items():
                yield "key", digit, target, ("keys", digit)
        case nodes.AskNode():
            for intent, target in node.intents.items():
                yield "intent", intent, target, ("intents", intent)
        case nodes.BranchNode():
            for index, case in enumerate(node.branch):
                yield "case", case.when, case.to, ("branch", index, "to")
    for field in _FIELDS.get(type(node), ()):
        target = getattr(node, field)
        if target is not None:
            yield field, "", target, (field,)


_FIELDS: dict[type, tuple[str, ...]] = {
    nodes.SayNode: ("next",),
    nodes.AskNode: ("keypad", "person"),
    nodes.DigitsNode: ("next",),
    nodes.LookupNode: ("found", "not_found"),
    nodes.IdentifyNode: ("next", "again"),
    nodes.SetNode: ("next",),
    nodes.BranchNode: ("otherwise",),
    nodes.HoursNode: ("open", "closed"),
    nodes.LanguageNode: ("next",),
    nodes.CallbackNode: ("accepted", "declined"),
    nodes.VoicemailNode: ("next",),
    nodes.SurveyNode: ("next",),
}

_ANSWERED = frozenset({"key", "intent", "person", "accepted", "no_match"})
"""Ways that only an answer opens."""


def unasked(flow: nodes.Flow, node_id: str) -> Iterator[Way]:
    """The ways that a caller can be taken who never says or keys anything."""
    waits = isinstance(flow.nodes[node_id], (*ASKING, nodes.VoicemailNode))
    for way in ways(flow, node_id):
        if way.kind != "hang_up" and way.kind not in _ANSWERED and not (waits and way.kind == "next"):
            yield way
