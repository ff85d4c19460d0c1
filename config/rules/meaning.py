"""
What a rule means once every name is known and every type fits.

Values: `Const`, `Input`, `Total`, `Function`. Tests, which are true, false or
unknown: `Compare`, `OneOf`, `Prefix`, `Known`, `IsTrue`, `Truth`, joined by
`Not`, `All` and `Either`. Two consumers: `config.rules.compile` makes code of
it, `config.lint.domain` reasons about it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from config.rules.types import BOOL, Type, Value


class Func(enum.StrEnum):
    """Functions that give a value."""

    FIRST_KNOWN = "first_known"
    MIN = "min"
    MAX = "max"
    PREFIX_LANGUAGE = "prefix_language"


@dataclass(frozen=True, slots=True)
class Meaning:
    start: int
    """Offset in the text of the rule."""
    end: int


@dataclass(frozen=True, slots=True)
class Const(Meaning):
    type: Type
    value: Value


@dataclass(frozen=True, slots=True)
class Input(Meaning):
    """A fact."""

    type: Type
    name: str


@dataclass(frozen=True, slots=True)
class Total(Meaning):
    """Numbers or durations added (+1) and taken away (-1)."""

    type: Type
    terms: tuple[tuple[int, Operand], ...]


@dataclass(frozen=True, slots=True)
class Function(Meaning):
    type: Type
    func: Func
    args: tuple[Operand, ...]


Operand = Const | Input | Total | Function


@dataclass(frozen=True, slots=True)
class Compare(Meaning):
    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class OneOf(Meaning):
    operand: Operand
    values: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Prefix(Meaning):
    operand: Operand
    beginning: str


@dataclass(frozen=True, slots=True)
class Known(Meaning):
    operand: Operand


@dataclass(frozen=True, slots=True)
class IsTrue(Meaning):
    """A yes-or-no value as a condition."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Truth(Meaning):
    value: bool


@dataclass(frozen=True, slots=True)
class Not(Meaning):
    of: Test


@dataclass(frozen=True, slots=True)
class All(Meaning):
    parts: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Either(Meaning):
    parts: tuple[Test, ...]


Clause = Compare | OneOf | Prefix | Known | IsTrue | Truth
"""A test that holds no other: what traces show one by one."""

Test = Clause | Not | All | Either
Typed = Operand | Test


def type_of(of: Typed) -> Type:
    return of.type if isinstance(of, Const | Input | Total | Function) else BOOL


def clauses(of: Typed) -> Iterator[Clause]:
    """The clauses of a rule from left to right; none in a mere value."""
    match of:
        case All(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from clauses(part)
        case Not(of=inside):
            yield from clauses(inside)
        case Compare() | OneOf() | Prefix() | Known() | IsTrue() | Truth():
            yield of


def inputs(of: Typed) -> Iterator[Input]:
    """Every place where a fact is used, from left to right."""
    match of:
        case Input():
            yield of
        case Total(terms=terms):
            for _, term in terms:
                yield from inputs(term)
        case Function(args=args):
            for arg in args:
                yield from inputs(arg)
        case Compare(left=left, right=right):
            yield from inputs(left)
            yield from inputs(right)
        case (
            OneOf(operand=operand)
            | Prefix(operand=operand)
            | Known(operand=operand)
            | IsTrue(operand=operand)
        ):
            yield from inputs(operand)
        case All(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from inputs(part)
        case Not(of=inside):
            yield from inputs(inside)
