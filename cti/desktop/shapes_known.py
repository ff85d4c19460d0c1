"""What follows a contact from agent to agent, as `shapes`: nothing has to be asked twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from acd.model import AgentId


class AttachedData(TypedDict):
    """One thing that a program has attached: a cart, an order, a campaign."""

    value: Any
    """Any JSON."""
    source: str
    """Who attached it; empty when it did not say."""
    of: Literal["contact", "customer", "number"]
    """To what it was attached: a contact's goes before a customer's, and that before a number's."""
    at_ms: int
    expires_ms: int
    left_out: bool
    """True: `value` is null here, as the message would be too long; `GET .../data/{key}` has it."""


class PassedData(TypedDict):
    """One node of a menu that the caller came by."""

    flow: str
    node: str
    key: str
    """What was pressed there; empty for nothing. Never digits that could be a card's."""
    label: str
    """What the key stands for; empty without key."""
    at_ms: int


class IvrData(TypedDict):
    """How the caller came in and what was said to the menu; empty fields for what is not known."""

    entry: str
    """The number of ours that was dialled."""
    trunk: str
    """The line by which the call came."""
    path: Sequence[PassedData]
    inputs: Mapping[str, str]
    """By "flow/node", what was pressed there last."""
    intent: str
    """What the last choice stands for: the reason of the call."""
    said: str
    """In which words, if it was said and not pressed; long numbers hidden."""
    sure: float
    """How sure it is that these words were understood, 0 to 1; 0 where nothing was said."""
    verified: bool | None
    """true: proven in this call who they are; false: tried in vain; null: nobody has asked."""
    mode: str
    """How the caller answers: speech, keys; empty: not known."""
    values: Mapping[str, str]
    """By variable of the flow, what was keyed, said or looked up. Nothing secret."""


class HandedData(TypedDict):
    """One hand-over from an agent."""

    agent: AgentId
    """Who handed it over."""
    to: str
    """Agent or queue; empty for somebody outside."""
    kind: Literal["escalated", "blind", "attended"]
    at_ms: int


class DisposedData(TypedDict):
    """How a contact went, in the words of one agent."""

    agent: str
    disposition: str
    tags: Sequence[str]
    note: str
    at_ms: int
