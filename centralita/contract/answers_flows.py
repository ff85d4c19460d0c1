"""What the API answers of flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict


class MeantIntent(TypedDict):
    id: str
    label: str
    examples: Mapping[str, Sequence[str]]
    """By language, the first ones."""


class FlowNode(TypedDict):
    id: str
    kind: str
    """The key of the file: `say`, `menu`, `ask`, `lookup`..."""
    title: str
    """What it is about, by name; else its own name."""
    layer: int
    """0 is the start."""
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
    intents: Sequence[MeantIntent]
    facts: Mapping[str, str]
    """What else the file says of it."""


FlowEdge = TypedDict(
    "FlowEdge",
    {"from": str, "to": str, "kind": str, "label": str, "shared": bool},
)
"""`kind`: the key of the file (`next`, `key`, `too_many`...); `shared`: said once for all nodes."""


class DrawnFlow(TypedDict):
    id: str
    start: str
    nodes: Sequence[FlowNode]
    """By layer and row."""
    edges: Sequence[FlowEdge]


class Flows(TypedDict):
    version: str
    """Of the live configuration."""
    flows: Sequence[DrawnFlow]
    """In the order of the file."""
