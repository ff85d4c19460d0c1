"""The routing policies by name; docs/policies.md has their formulas for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from acd.model import PolicyRules, Routing
from acd.routing.policies.fair import Fair
from acd.routing.policies.rule import Rule
from acd.routing.policies.smart import Smart
from acd.routing.policies.tuned import Tuned
from acd.routing.policy import Policy

POLICIES: Mapping[str, Callable[[PolicyRules, Routing], Policy]] = {
    "fair": Fair,
    "smart": Smart,
    "tuned": Tuned,
    "rule": Rule,
}


def build(rules: PolicyRules, routing: Routing) -> Policy:
    """
    Make the policy that the rules name.

    Args:
        rules: Name and settings.
        routing: The configuration that it will work on.

    Raises:
        ValueError: An unknown policy, number or word; the message names those that are known.
    """
    if rules.name not in POLICIES:
        raise ValueError(f"unknown routing policy {rules.name!r}: known are {', '.join(POLICIES)}")
    return POLICIES[rules.name](rules, routing)
