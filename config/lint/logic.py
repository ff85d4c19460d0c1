"""
What can be proved of conditions: that one is never true, always true, or true together with another.

A condition is taken apart into ways: each says for some facts what they must be
for it to be true (or false). What cannot be reasoned about (functions, two
facts compared) is taken as possible. So a proof of "never" is one, and "both at
once" is shown by facts under which the compiled rules are in fact both true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Self

from config.lint.domain import Domain, Missing, Numbers, Texts, Words, known, meet, pick
from config.rules.compile import compiled
from config.rules.expression import Expression
from config.rules.facts import Source
from config.rules.meaning import (
    All,
    Clause,
    Compare,
    Const,
    Either,
    Input,
    IsTrue,
    Known,
    Not,
    OneOf,
    Prefix,
    Test,
    Truth,
    Typed,
    inputs,
)
from config.rules.types import Kind, Type, Value

WAYS_MAX = 200
"""A condition with more is not judged."""
PAIRS_MAX = 400
"""Ways of two conditions that are tried together."""

Way = Mapping[str, Domain]
"""Facts that are not named may be anything."""

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


class _TooManyError(Exception):
    """More ways than anyone wants to wait for."""


def always_false(condition: Typed) -> bool:
    """No facts make it true. False also means: not proved."""
    return _none(condition, wanted=True)


def certainly_true(condition: Typed) -> bool:
    """No facts make it false: true whenever its facts are known. False also means: not proved."""
    return _none(condition, wanted=False)


def _none(condition: Typed, *, wanted: bool) -> bool:
    try:
        return not ways(condition, wanted=wanted)
    except _TooManyError:
        return False


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule's condition, taken apart once for all comparisons with others."""

    rule: Expression
    ways: Sequence[Way]
    """In which it is true; empty also if there are too many to judge."""

    @classmethod
    def of(cls, rule: Expression) -> Self:
        try:
            return cls(rule, ways(rule.meaning, wanted=True))
        except _TooManyError:
            return cls(rule, ())


def together(one: Condition, other: Condition) -> Mapping[str, Value] | None:
    """Facts that make both true, tried on the rules themselves; None if none were found."""
    types = {fact.name: fact.type for fact in (*one.rule.facts, *other.rule.facts)}
    for pair in islice(product(one.ways, other.ways), PAIRS_MAX):
        way = _joined(*pair)
        facts = None if way is None else _facts(way, types)
        if facts is not None and one.rule.evaluate(facts) is True and other.rule.evaluate(facts) is True:
            return facts
    return None


def _facts(way: Way, types: Mapping[str, Type]) -> Mapping[str, Value] | None:
    found: dict[str, Value] = {}
    for name, domain in way.items():
        if not isinstance(domain, Missing):
            value = pick(domain, types[name].kind)
            if value is None:
                return None
            found[name] = value
    return found


def ways(condition: Typed, *, wanted: bool) -> list[Way]:
    """
    All ways in which a condition is true, or false.

    Raises:
        _TooManyError: There are more than `WAYS_MAX`.
    """
    match condition:
        case Not(of=inside):
            return ways(inside, wanted=not wanted)
        case All(parts=parts) | Either(parts=parts):
            each = [ways(part, wanted=wanted) for part in parts]
            if isinstance(condition, All) is wanted:
                return _bounded(_products(each))
            return _bounded(way for part in each for way in part)
        case Compare() | OneOf() | Prefix() | Known() | IsTrue() | Truth():
            return _of_clause(condition, wanted=wanted)
        case _:
            return [{}]


def _bounded(found: Iterator[Way]) -> list[Way]:
    kept: list[Way] = []
    for way in found:
        kept.append(way)
        if len(kept) > WAYS_MAX:
            raise _TooManyError
    return kept


def _products(each: list[list[Way]]) -> Iterator[Way]:
    """One way of every part at once, without those that contradict themselves."""
    found: list[Way] = [{}]
    for part in each:
        if len(found) * len(part) > WAYS_MAX * 10:
            raise _TooManyError
        found = [way for pair in product(found, part) if (way := _joined(*pair)) is not None]
        if len(found) > WAYS_MAX:
            raise _TooManyError
    yield from found


def _joined(one: Way, other: Way) -> Way | None:
    both = dict(one)
    for name, domain in other.items():
        left = meet(both[name], domain) if name in both else domain
        if left is None:
            return None
        both[name] = left
    return both if _of_this_world(both) else None


def _of_this_world(way: Way) -> bool:
    """Who has no record has nothing in it; who hides the number has none."""
    unknown_customer = way.get("customer.known") == Words((False,))
    hidden = way.get("call.withheld") == Words((True,))
    for name, domain in way.items():
        if isinstance(domain, Missing):
            continue
        if unknown_customer and name.startswith("customer.") and name != "customer.known":
            return False
        if hidden and name == "call.from":
            return False
    return True


def _of_clause(clause: Clause, *, wanted: bool) -> list[Way]:
    if not any(True for _ in inputs(clause)):
        return [{}] if compiled(clause)({}) is wanted else []
    match clause:
        case Known(operand=Input() as fact):
            return _way(fact, _any(fact) if wanted else Missing())
        case IsTrue(operand=Input() as fact):
            return _way(fact, Words((wanted,)))
        case Prefix(operand=Input() as fact, beginning=beginning):
            return _way(fact, Texts(begins=beginning) if wanted else Texts(never=frozenset({beginning})))
        case OneOf(operand=Input() as fact, values=values, negated=negated):
            return _among(fact, values, inside=negated is not wanted)
        case Compare(operator=operator, left=Input() as fact, right=Const(value=value)):
            return _compared(fact, operator if wanted else _OPPOSITE[operator], value)
        case Compare(operator=operator, left=Const(value=value), right=Input() as fact):
            mirrored = _MIRRORED[operator]
            return _compared(fact, mirrored if wanted else _OPPOSITE[mirrored], value)
        case _:
            return [{}]


def _way(fact: Input, domain: Domain) -> list[Way]:
    left = domain if isinstance(domain, Missing) else meet(_any(fact), domain)
    return [] if left is None else [{fact.name: left}]


def _any(fact: Input) -> Domain:
    return known(fact.type, natural=fact.name.startswith(f"{Source.HISTORY}."))


def _among(fact: Input, values: tuple[Value, ...], *, inside: bool) -> list[Way]:
    if fact.type.numeric:
        numbers = [int(value) for value in values]
        if inside:
            return [way for value in numbers for way in _way(fact, Numbers(value, value))]
        return _way(fact, Numbers(but=frozenset(numbers)))
    if isinstance(whole := _any(fact), Words):
        return _way(fact, Words(tuple(word for word in whole.left if (word in values) is inside)))
    texts = frozenset(str(value) for value in values)
    return _way(fact, Texts(only=texts) if inside else Texts(but=texts))


def _compared(fact: Input, operator: str, value: Value) -> list[Way]:
    if operator in {"==", "!="}:
        return _among(fact, (value,), inside=operator == "==")
    if fact.type.kind is Kind.ENUM:
        rank = fact.type.words.index(str(value))
        kept = tuple(word for at, word in enumerate(fact.type.words) if _holds(operator, at, rank))
        return _way(fact, Words(kept))
    # Of dates it is enough that any may be: what two conditions say of one is tried on the rules themselves.
    return [{}] if fact.type.kind is Kind.DATE else _way(fact, _bounds(operator, int(value)))


def _holds(operator: str, left: int, right: int) -> bool:
    if operator in {"<", "<="}:
        return left < right or (left == right and operator == "<=")
    return left > right or (left == right and operator == ">=")


def _bounds(operator: str, value: int) -> Numbers:
    match operator:
        case "<":
            return Numbers(high=value - 1)
        case "<=":
            return Numbers(high=value)
        case ">":
            return Numbers(low=value + 1)
        case _:
            return Numbers(low=value)


def contradiction(condition: Typed) -> tuple[Test, Test] | None:
    """The first two parts of an `and` that exclude each other, if it is as plain as that."""
    if not isinstance(condition, All):
        return None
    parts = condition.parts
    for at, later in enumerate(parts):
        for earlier in parts[:at]:
            if always_false(All(earlier.start, later.end, (earlier, later))):
                return earlier, later
    return None
