"""
How explanations are stored: compact, without names, and read back with them.

`not_chosen` is a list of `{"reason", "mask"}`, the mask in hexadecimal over the
roster of the version in `roster`. Explanations of before revision 0003 hold
`{"reason", "agents"}` with the names themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acd.records import Explanation
from centralita.store.rosters import Roster

Stored = Mapping[str, Any]


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """The stored answer to "why this agent"; the order of the reasons is kept."""
    return {
        "config_version": explanation.config_version,
        "queue": explanation.queue,
        "waited_ms": explanation.waited_ms,
        "matched": list(explanation.matched),
        "rank": explanation.rank,
        "step": explanation.step,
        "policy": explanation.policy,
        "terms": [[name, value] for name, value in explanation.terms],
        "rules": list(explanation.rules),
        "runner_up": explanation.runner_up,
        "passed_over": [
            {"contact_id": contact_id, "reason": reason} for contact_id, reason in explanation.passed_over
        ],
        "roster": explanation.roster,
        "not_chosen": [
            {"reason": reason, "mask": f"{mask:x}"} for reason, mask in explanation.not_chosen.items()
        ],
    }


def roster_version(stored: Stored | None) -> str | None:
    """Whose roster is needed to read it; None for none."""
    return None if stored is None else stored.get("roster")


def with_names(stored: Stored, roster: Roster | None) -> dict[str, Any]:
    """
    The explanation as the API tells it: `not_chosen` is a list of `{"reason", "agents"}`.

    Args:
        stored: See `explanation_json`.
        roster: Of the version that it names; None if it was lost: then `agents` is null.
    """
    return {
        **stored,
        "not_chosen": [_group(group, roster) for group in stored.get("not_chosen", ())],
    }


def reason_against(stored: Stored, roster: Roster | None, agent: str) -> str | None:
    """Why this agent was not chosen; None if the explanation says nothing of them."""
    bit = roster.bit(agent) if roster is not None else None
    for group in stored.get("not_chosen", ()):
        if "agents" in group and agent in group["agents"]:
            return str(group["reason"])
        if bit is not None and int(group.get("mask", "0"), 16) & bit:
            return str(group["reason"])
    return None


def _group(group: Stored, roster: Roster | None) -> dict[str, Any]:
    if "agents" in group:
        return dict(group)
    names = None if roster is None else roster.names(int(group["mask"], 16))
    return {"reason": group["reason"], "agents": names}
