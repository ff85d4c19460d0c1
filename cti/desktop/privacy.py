"""Who hears what tells who somebody is: an agent of their own contacts only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from acd.model import ContactId


@dataclass(frozen=True, slots=True)
class Privacy:
    """What the hub asks about it; neither waits."""

    handlers: Callable[[ContactId], Collection[str]]
    """Agents to whom the contact is offered, who hold it, are asked about it or wrap it up."""
    masked: Callable[[Mapping[str, Any], str], Mapping[str, Any]]
    """A whole state as this agent may see it; "" for one who may see nobody's data."""


def nobody(_contact_id: ContactId) -> Collection[str]:
    return ()


def nothing(_state: Mapping[str, Any], _agent: str) -> Mapping[str, Any]:
    return {}


CLOSED = Privacy(nobody, nothing)
"""Of a hub that has not been told: who may not see all sees nothing."""
