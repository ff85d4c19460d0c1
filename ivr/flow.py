"""
A menu as data: nodes that speak, ask, look at the clock, change the language, queue or say goodbye.

Everything here is a frozen value without behaviour. `config` builds and checks
flows; `ivr.interpreter` walks them and stays total even over a flow that was
never checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

NodeId = NewType("NodeId", str)
"""A node's name, unique within its flow."""

PromptId = NewType("PromptId", str)
"""A prompt's name in the configuration; one text (or recording) per language."""

DIGITS = "0123456789*#"
"""All that a caller can key."""


@dataclass(frozen=True, slots=True)
class Say:
    """Speak, then go on. A key pressed meanwhile counts for the menu it leads into."""

    prompts: tuple[PromptId, ...]
    next: NodeId


@dataclass(frozen=True, slots=True)
class Menu:
    """
    Ask for one key.

    `tries` counts how often the question is put, 1 or more; after the last
    one without a valid key the caller goes to `otherwise`. `timeout_ms` runs
    from the end of the prompt.
    """

    prompt: PromptId
    keys: Mapping[str, NodeId]
    otherwise: NodeId
    tries: int = 3
    timeout_ms: int = 5_000
    invalid: PromptId | None = None
    """Said after a key that the menu does not have; None repeats the question only."""
    silence: PromptId | None = None
    """Said after no key at all."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What a key stands for, in words for agents; without one, the name of the node it leads to."""

    def label(self, key: str) -> str:
        """Of a key that the menu has."""
        return self.labels.get(key) or self.keys[key]


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Wait for a person in this queue."""

    queue: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    """End the call, after a last word if there is one."""

    prompt: PromptId | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """Which way by the clock: the hours of this name hold now, or they do not."""

    hours: str
    open: NodeId
    closed: NodeId


@dataclass(frozen=True, slots=True)
class Language:
    """From here on the caller is spoken to in this language ("es", "en")."""

    language: str
    next: NodeId


Node = Say | Menu | Enqueue | Goodbye | Hours | Language


@dataclass(frozen=True, slots=True)
class Flow:
    """
    One menu tree.

    `refuge` is where a caller goes who wanders too long or whom the flow leads
    nowhere: an `Enqueue` wherever the flow has one.
    """

    id: str
    start: NodeId
    nodes: Mapping[NodeId, Node]
    refuge: NodeId
