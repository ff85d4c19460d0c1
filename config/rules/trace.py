"""Why a rule came out as it did, in words that may be shown and kept."""

from __future__ import annotations

from dataclasses import dataclass

from config.rules.facts import Fact
from config.rules.types import UNKNOWN, Unknown, Value, shown

MASK_AFTER = 4
"""Characters of a telephone number, or of a text from a customer's record, that traces show."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a rule: `customer.tier == gold`, its result, and what it was told."""

    text: str
    result: str
    """`true`, `false` or `unknown`; of a mere value, the value as a rule would write it."""
    facts: tuple[tuple[str, str], ...]
    """Name and value of each fact that it uses; masked where it could name a person."""


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """One rule for one call."""

    rule: str
    result: str
    """`true`: the rule applied. `false` or `unknown`: it did not."""
    clauses: tuple[Clause, ...]
    set: tuple[tuple[str, str], ...] = ()
    """What it set and to which value; empty unless it applied."""


def shown_fact(fact: Fact, value: Value | Unknown) -> str:
    """
    A fact's value as a trace shows it.

    Telephone numbers and texts from a customer's record keep only their first
    four characters.
    """
    text = shown(value, fact.type)
    if value is UNKNOWN or not fact.private:
        return text
    return f"{text[:MASK_AFTER]}…"
