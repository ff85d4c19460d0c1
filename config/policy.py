"""What a configuration may say of the way in which contacts and agents are brought together."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from config.part import Part
from config.times import PositiveDuration
from config.words import RelativePath

PolicyName = Literal["fair", "smart", "tuned"]
POLICY_DEFAULT: PolicyName = "smart"
"""Of a centre that does not choose."""


_WITH_EXPONENT = re.compile(r"[-+]?[0-9]{1,20}(\.[0-9]{1,20})?[eE][-+]?[0-9]{1,2}")


def _figure(value: Any) -> Any:
    """Programs write small numbers as `1e-05`, which is a text to everybody who writes by hand."""
    return float(value) if isinstance(value, str) and _WITH_EXPONENT.fullmatch(value) else value


Figure = Annotated[float, BeforeValidator(_figure)]


class RoutingChoice(Part):
    """Which policy routes, and its settings. Formulas: docs/policies.md."""

    policy: PolicyName = POLICY_DEFAULT
    pick: Literal["longest_idle", "best_fit", "least_skilled"] | None = None
    """Of the free agents who could serve a contact, whom policy `fair` asks first; None: longest_idle."""
    weights: Annotated[RelativePath | None, Field(exclude=True)] = None
    """A file beside this one that `centralita tune` has written; what stands in it becomes `numbers`."""
    numbers: dict[str, Figure] = Field(default_factory=dict)
    """Settings of the policy, where they differ from its own."""
    starve: PositiveDuration = 900_000
    """Who has waited longer than this goes first, by age, whatever the policy."""
