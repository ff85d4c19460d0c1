"""What each agent has had of a contact: nobody is charged with the talk of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, Any]


_SUMS = ("talks", "talk_ms", "hold_ms", "consult_ms", "conference_ms")


def agent_parts(segments: Sequence[Mapping[str, Any]]) -> list[Row]:
    """
    One row for each agent, in the order in which they came to the contact.

    Args:
        segments: Rows of `segment`, by position.
    """
    found: dict[str, Row] = {}
    for part in sorted(segments, key=lambda part: (part["start_ms"], part["position"])):
        agent, lasted_ms = part["agent"], part["end_ms"] - part["start_ms"]
        if agent is None or part["kind"] not in ("talking", "consult", "conference"):
            continue
        own = found.setdefault(agent, {"agent": agent, **dict.fromkeys(_SUMS, 0)})
        if part["kind"] != "talking":
            own[f"{part['kind']}_ms"] += lasted_ms
        else:
            own["talks"] += 1
            own["talk_ms"] += lasted_ms
            own["hold_ms"] += part["hold_ms"]
    return list(found.values())
