"""A rule's expression, ready for use: its value for one call, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from config.rules.check import understand
from config.rules.compile import Evaluate, compiled
from config.rules.facts import Fact
from config.rules.meaning import Input, Typed, clauses, inputs, type_of
from config.rules.trace import Clause, shown_fact
from config.rules.types import Type, Unknown, Value, shown


class Expression:
    """
    Checked and immutable; compiled when it is first used.

    Attributes:
        text: As it was written.
        type: Of its value.
        meaning: The typed tree, for those who reason about rules.
        facts: Those it uses, in order of first use.

    """

    def __init__(self, text: str, meaning: Typed, facts: Mapping[str, Fact]) -> None:
        self.text = text
        self.type: Type = type_of(meaning)
        self.meaning = meaning
        self.facts: tuple[Fact, ...] = tuple(
            facts[name] for name in dict.fromkeys(use.name for use in inputs(meaning))
        )

    @cached_property
    def evaluate(self) -> Evaluate:
        """
        `evaluate(values)` gives the value, or UNKNOWN, in about a microsecond.

        `values` maps fact names to values as `config.rules.types.Value` describes
        them; a fact that is missing, None, UNKNOWN or of the wrong type is
        unknown. Never raises.
        """
        return compiled(self.meaning)

    def trace(self, values: Mapping[str, object]) -> tuple[Clause, ...]:
        """
        Each clause from left to right with its own result, also those that did not matter.

        A mere value has one clause, itself. What could name a person is masked.
        """
        return tuple(part.clause(values) for part in self._parts)

    @cached_property
    def _parts(self) -> tuple[_Part, ...]:
        found: list[Typed] = list(clauses(self.meaning)) or [self.meaning]
        known = {fact.name: fact for fact in self.facts}
        return tuple(_Part.of(part, self.text, known) for part in found)


@dataclass(frozen=True, slots=True)
class _Part:
    """One clause, compiled by itself."""

    text: str
    type: Type
    evaluate: Evaluate
    inputs: tuple[tuple[Fact, Evaluate], ...]

    @classmethod
    def of(cls, meaning: Typed, text: str, facts: Mapping[str, Fact]) -> _Part:
        used: dict[str, Input] = {use.name: use for use in inputs(meaning)}
        return cls(
            " ".join(text[meaning.start : meaning.end].split()),
            type_of(meaning),
            compiled(meaning),
            tuple((facts[name], compiled(use)) for name, use in used.items()),
        )

    def clause(self, values: Mapping[str, object]) -> Clause:
        result = self.evaluate(values)
        used = tuple((fact.name, shown_fact(fact, read(values))) for fact, read in self.inputs)
        return Clause(self.text, self._result(result), used)

    def _result(self, result: Value | Unknown) -> str:
        private = [fact for fact, _ in self.inputs if fact.private and fact.type.like(self.type)]
        return shown_fact(private[0], result) if private else shown(result, self.type)


def compile_expression(text: str, facts: Mapping[str, Fact], wanted: Type) -> Expression:
    """
    Read and check one expression.

    Args:
        text: At most 1,000 characters.
        facts: What it may ask, by name.
        wanted: What its value must be; BOOL for a condition.

    Raises:
        RuleError: It is refused; says where and why.
    """
    return Expression(text, understand(text, facts, wanted), facts)
