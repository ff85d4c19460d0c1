"""From the tree of a rule to its meaning: every name resolved, every type compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from config.problems import did_you_mean
from config.rules import language as tree
from config.rules.errors import Refusal, RuleError, RuleProblem, refuse
from config.rules.facts import Fact
from config.rules.meaning import (
    All,
    Compare,
    Const,
    Either,
    Func,
    Function,
    Input,
    IsTrue,
    Known,
    Not,
    OneOf,
    Operand,
    Prefix,
    Test,
    Total,
    Truth,
    Typed,
)
from config.rules.types import BOOL, DURATION, INT, LANG, MONEY, NUMERIC, TEXT, Kind, Type
from config.rules.variables import is_date

_ADDED = (Kind.INT, Kind.DURATION, Kind.MONEY)
FUNCTIONS = ("first_known", "known", "max", "min", "prefix", "prefix_language")

_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_LANG = re.compile(r"[a-z]{2}")
_OPERANDS = tree.Word | tree.Quoted
_NOT_WORDS = NUMERIC | {Kind.BOOL, Kind.TEXT, Kind.E164, Kind.DATE}
"""Kinds whose values are no bare words."""


def understand(text: str, facts: Mapping[str, Fact], wanted: Type) -> Typed:
    """
    Read a rule and check it.

    Raises:
        RuleError: With everything that is wrong, as far as it can be told apart.
    """
    try:
        parsed = tree.parse(text)
    except Refusal as refusal:
        raise RuleError(text, [refusal.problem]) from refusal
    checker = _Checker(facts)
    found = checker.whole(parsed, wanted)
    if found is None or checker.problems:
        raise RuleError(text, checker.problems)
    return found


class _Checker:
    """One reading of one rule; goes on after a problem where the rest can still be judged."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = facts
        self.problems: list[RuleProblem] = []

    def whole(self, node: tree.Node, wanted: Type) -> Typed | None:
        try:
            if wanted.kind is Kind.BOOL:
                return self._test(node)
            found = self._operand(node, wanted)
            _same(found, wanted, node)
        except Refusal as refusal:
            self.problems.append(refusal.problem)
            return None
        return found

    def _test(self, node: tree.Node) -> Test | None:
        """None only if a problem was noted."""
        match node:
            case tree.Junction():
                return self._junction(node)
            case tree.Negation():
                inside = self._test(node.of)
                return None if inside is None else Not(node.start, node.end, inside)
            case tree.Chain() | tree.Among() | tree.Call() | tree.FactName() | tree.Word():
                try:
                    return self._clause(node)
                except Refusal as refusal:
                    self.problems.append(refusal.problem)
                    return None
            case _:
                self.problems.append(_no_condition(node).problem)
                return None

    def _junction(self, node: tree.Junction) -> Test | None:
        parts = [self._test(part) for part in node.parts]
        sound = tuple(part for part in parts if part is not None)
        if len(sound) < len(parts):
            return None
        kind = All if node.word == "and" else Either
        return kind(node.start, node.end, sound)

    def _clause(self, node: tree.Node) -> Test:
        match node:
            case tree.Chain():
                return self._chain(node)
            case tree.Among():
                return self._among(node)
            case tree.Word(name="true" | "false" as name):
                return Truth(node.start, node.end, name == "true")
            case tree.Call(name="known"):
                (operand,) = self._args(node, 1, 1)
                return Known(node.start, node.end, operand)
            case tree.Call(name="prefix"):
                return self._prefix(node)
        operand = self._operand(node)
        if operand.type.kind is not Kind.BOOL:
            raise _no_condition(node)
        return IsTrue(node.start, node.end, operand)

    def _chain(self, node: tree.Chain) -> Test:
        of = self._common_type(node.operands, node)
        typed = [self._operand(operand, of) for operand in node.operands]
        for left, right in pairwise(typed):
            _comparable(left, right)
        for operator in node.operators:
            if operator not in {"==", "!="} and not typed[0].type.ordered:
                raise _no_order(node, typed[0].type)
        tests = tuple(
            Compare(left.start, right.end, operator, left, right)
            for (left, right), operator in zip(pairwise(typed), node.operators, strict=True)
        )
        return tests[0] if len(tests) == 1 else All(node.start, node.end, tests)

    def _among(self, node: tree.Among) -> Test:
        operand = self._operand(node.operand)
        values = []
        for value in node.values:
            typed = self._operand(value, operand.type)
            if not isinstance(typed, Const):
                said = ("una lista solo lleva valores fijos", "a list has fixed values only")
                raise refuse(
                    "list-value", value.start, value.end, said, ("p. ej. in [es, en]", "e.g. in [es, en]")
                )
            _comparable(operand, typed)
            values.append(typed.value)
        return OneOf(node.start, node.end, operand, tuple(dict.fromkeys(values)), node.negated)

    def _prefix(self, node: tree.Call) -> Test:
        if len(node.args) != 2:
            raise _argument_count(node, "2")
        operand = self._operand(node.args[0])
        _want_kind(operand, node.args[0], Kind.E164, Kind.TEXT)
        literal = node.args[1]
        digits = operand.type.kind is Kind.E164
        if not isinstance(literal, tree.Quoted) or not literal.text:
            said = ("el comienzo se escribe entre comillas", "the beginning is written in quotes")
            raise refuse("bad-prefix", literal.start, literal.end, said, ('"+34"', '"+34"'))
        if digits and not re.fullmatch(r"\+[0-9]{0,15}", literal.text):
            said = ("un teléfono empieza por + y cifras", "a number begins with + and digits")
            raise refuse("bad-prefix", literal.start, literal.end, said, ('"+34"', '"+34"'))
        return Prefix(node.start, node.end, operand, literal.text)

    def _common_type(self, nodes: tuple[tree.Node, ...], node: tree.Node) -> Type | None:
        """The type of the first operand that has one by itself: words take theirs from it."""
        for operand in nodes:
            if not isinstance(operand, _OPERANDS):
                return self._operand(operand).type
        for operand in nodes:
            if isinstance(operand, tree.Word):
                self._operand(operand)
        raise refuse(
            "nothing-to-compare", node.start, node.end,
            ("aquí no se compara ningún dato", "no fact is compared here"),
            ("p. ej. call.language == es", "e.g. call.language == es"),
        )  # fmt: skip

    def _operand(self, node: tree.Node, context: Type | None = None) -> Operand:
        """`context` is what a bare word or a quoted text would be here."""
        match node:
            case tree.Word():
                return self._word(node, context)
            case tree.Quoted():
                return _quoted(node, context)
            case tree.Whole() | tree.Amount() | tree.Span():
                return _figure(node, context)
            case tree.FactName():
                return self._fact(node)
            case tree.Call():
                return self._function(node, context)
            case tree.Sum():
                return self._total(node)
        said = ("una condición no es un valor", "a condition is not a value")
        raise refuse("not-a-value", node.start, node.end, said, ("use and, or, not", "use and, or, not"))

    def _fact(self, node: tree.FactName) -> Operand:
        fact = self._facts.get(node.name)
        if fact is None:
            said = (f"dato desconocido «{node.name}»", f'unknown fact "{node.name}"')
            mend = did_you_mean(node.name, self._facts)
            raise refuse("unknown-fact", node.start, node.end, said, mend, node.name)
        return Input(node.start, node.end, fact.type, node.name)

    def _word(self, node: tree.Word, context: Type | None) -> Operand:
        if node.name in {"true", "false"} and (context is None or context.kind is Kind.BOOL):
            return Const(node.start, node.end, BOOL, node.name == "true")
        if context is None or context.kind in _NOT_WORDS:
            raise self._lost_word(node, context)
        return _one_of_words(node, node.name, context)

    def _lost_word(self, node: tree.Word, context: Type | None) -> Refusal:
        said = (f"palabra desconocida «{node.name}»", f'unknown word "{node.name}"')
        near = [name for name in self._facts if name.endswith(f".{node.name}")]
        if near:
            fix = (f"¿quiso decir «{near[0]}»?", f'did you mean "{near[0]}"?')
        elif context is not None and context.kind in {Kind.TEXT, Kind.E164}:
            fix = (f'los textos van entre comillas: "{node.name}"', f'texts are quoted: "{node.name}"')
        elif context is not None:
            fix = (f"aquí va {context.es}", f"{context.en} goes here")
        else:
            fix = did_you_mean(node.name, [*self._facts, *FUNCTIONS])
        return refuse("unknown-word", node.start, node.end, said, fix, node.name)

    def _function(self, node: tree.Call, context: Type | None) -> Operand:
        match node.name:
            case "first_known":
                args = self._alike(node, 2, context)
                return Function(node.start, node.end, args[0].type, Func.FIRST_KNOWN, args)
            case "min" | "max":
                args = self._alike(node, 2, context)
                for arg, written in zip(args, node.args, strict=True):
                    _want_kind(arg, written, *_ADDED)
                return Function(node.start, node.end, args[0].type, Func(node.name), args)
            case "prefix_language":
                args = self._args(node, 1, 1)
                _want_kind(args[0], node.args[0], Kind.E164)
                return Function(node.start, node.end, LANG, Func.PREFIX_LANGUAGE, args)
            case "known" | "prefix":
                said = (
                    f"«{node.name}» es una condición, no un valor",
                    f'"{node.name}" is a condition, not a value',
                )
                raise refuse(
                    "not-a-value", node.start, node.end, said, ("use and, or, not", "use and, or, not")
                )
        said = (f"función desconocida «{node.name}»", f'unknown function "{node.name}"')
        raise refuse(
            "unknown-function", node.start, node.end, said, did_you_mean(node.name, FUNCTIONS), node.name
        )

    def _alike(self, node: tree.Call, at_least: int, context: Type | None) -> tuple[Operand, ...]:
        """Arguments that are all of one type."""
        if len(node.args) < at_least:
            raise _argument_count(node, f"{at_least}+")
        of = context or self._common_type(node.args, node)
        args = tuple(self._operand(arg, of) for arg in node.args)
        for left, right in pairwise(args):
            _comparable(left, right)
        return args

    def _args(self, node: tree.Call, at_least: int, at_most: int) -> tuple[Operand, ...]:
        if not at_least <= len(node.args) <= at_most:
            raise _argument_count(node, str(at_least))
        return tuple(self._operand(arg) for arg in node.args)

    def _total(self, node: tree.Sum) -> Operand:
        typed = [(sign, self._operand(term)) for sign, term in node.terms]
        first = typed[0][1]
        for (_, term), (_, written) in zip(typed, node.terms, strict=True):
            _want_kind(term, written, *_ADDED)
            _comparable(first, term)
        if all(isinstance(term, Const) for _, term in typed):
            value = sum(sign * int(term.value) for sign, term in typed if isinstance(term, Const))
            return Const(node.start, node.end, first.type, value)
        return Total(node.start, node.end, first.type, tuple(typed))


def _figure(node: tree.Whole | tree.Amount | tree.Span, context: Type | None) -> Const:
    match node:
        case tree.Span():
            return Const(node.start, node.end, DURATION, node.ms)
        case tree.Amount():
            return Const(node.start, node.end, MONEY, node.cents)
        case tree.Whole() if context is not None and context.kind is Kind.MONEY:
            return Const(node.start, node.end, MONEY, node.value * 100)
        case tree.Whole():
            return Const(node.start, node.end, INT, node.value)


def _quoted(node: tree.Quoted, context: Type | None) -> Const:
    of = context or TEXT
    match of.kind:
        case Kind.E164:
            if not _E164.fullmatch(node.text):
                said = (
                    "un teléfono se escribe con + y el país",
                    "a number is written with + and the country",
                )
                raise refuse("bad-number", node.start, node.end, said, ('"+34910000001"', '"+34910000001"'))
        case Kind.ENUM | Kind.LANG | Kind.AGENT:
            return _one_of_words(node, node.text, of)
        case Kind.DATE:
            if not is_date(node.text):
                said = ("una fecha se escribe año-mes-día", "a date is written year-month-day")
                raise refuse("bad-date", node.start, node.end, said, ('"2026-12-24"', '"2026-12-24"'))
        case Kind.INT | Kind.DURATION | Kind.BOOL | Kind.MONEY:
            of = TEXT
    return Const(node.start, node.end, of, node.text)


def _one_of_words(node: tree.Node, word: str, of: Type) -> Const:
    sound = word in of.words or (not of.words and of.kind is Kind.AGENT)
    if of.kind is Kind.LANG and not of.words:
        sound = _LANG.fullmatch(word) is not None
    if not sound:
        said = (f"«{word}» no es {of.es}", f'"{word}" is not {of.en}')
        mend = (
            ("p. ej. es, en", "e.g. es, en")
            if of.kind is Kind.LANG and not of.words
            else did_you_mean(word, of.words)
        )
        raise refuse("unknown-value", node.start, node.end, said, mend, word)
    return Const(node.start, node.end, of, word)


def _comparable(left: Operand, right: Operand) -> None:
    if left.type.like(right.type):
        return
    said = (
        f"se compara {left.type.es} con {right.type.es}",
        f"{left.type.en} is compared with {right.type.en}",
    )
    fix = ("p. ej. 3 para números, 10m para duraciones", "e.g. 3 for numbers, 10m for durations")
    raise refuse("different-types", right.start, right.end, said, fix)


def _same(found: Operand, wanted: Type, node: tree.Node) -> None:
    if not found.type.like(wanted):
        said = (f"es {found.type.es}, y se espera {wanted.es}", f"is {found.type.en}, {wanted.en} is wanted")
        raise refuse("wrong-type", node.start, node.end, said)


def _want_kind(operand: Operand, node: tree.Node, *kinds: Kind) -> None:
    if operand.type.kind not in kinds:
        es = " o ".join(Type(kind).es for kind in kinds)
        en = " or ".join(Type(kind).en for kind in kinds)
        said = (f"es {operand.type.es}, y aquí va {es}", f"is {operand.type.en}, {en} goes here")
        raise refuse("wrong-type", node.start, node.end, said)


def _no_order(node: tree.Node, of: Type) -> Refusal:
    said = (f"{of.es} no es mayor ni menor que otro", f"{of.en} is neither more nor less than another")
    return refuse("no-order", node.start, node.end, said, ("use ==, !=, in", "use ==, !=, in"))


def _no_condition(node: tree.Node) -> Refusal:
    said = ("esto no es cierto ni falso", "this is neither true nor false")
    fix = ("compárelo: dato == valor", "compare it: fact == value")
    return refuse("not-a-condition", node.start, node.end, said, fix)


def _argument_count(node: tree.Call, wanted: str) -> Refusal:
    said = (f"argumentos de «{node.name}»: {wanted}", f'arguments of "{node.name}": {wanted}')
    return refuse("arguments", node.start, node.end, said)
