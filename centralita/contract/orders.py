"""The commands of agents in the contract, from the types by which they are read."""

from __future__ import annotations

from typing import Any

from centralita.contract.schema import Schema, components
from centralita.web.orders import BY_SCREEN, Text


def by_screen(place: str) -> tuple[Schema, dict[str, Schema]]:
    """
    A command as a WebSocket takes it: as over HTTP, with the agent beside it.

    Args:
        place: Where the named schemas will stand, see `schema.components`.

    Returns:
        The schema of any command, and the named ones that it refers to.
    """
    (agent,), _ = components([Text], place)
    found, named = components(list(BY_SCREEN.values()), place)
    for kind in BY_SCREEN.values():
        _add_agent(named[kind.__name__], agent)
    return {"oneOf": found}, named


def _add_agent(order: dict[str, Any], agent: Schema) -> None:
    order["properties"]["agent"] = {"description": "Whose phone, presence or contact it is about.", **agent}
    order["required"].append("agent")
