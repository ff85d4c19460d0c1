"""
From the meaning of a rule to one Python code object.

The code is built node by node from `config.rules.meaning`; no text of an
administrator is ever compiled or evaluated. It has no builtins and sees nothing
but `get` of the mapping of facts and the constants given to it here.

Logic is Kleene's. Each test is written twice, as the condition under which it
is certainly true and that under which it is certainly false; where neither
holds it is unknown. Inside the code unknown is None.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import CodeType, FunctionType
from typing import Any, assert_never, cast

from config.rules.meaning import (
    All,
    Clause,
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
from config.rules.prefixes import language_of
from config.rules.types import UNKNOWN, Kind, Type, Unknown, Value

Evaluate = Callable[[Mapping[str, object]], Value | Unknown]

_OPERATORS: dict[str, ast.cmpop] = {
    "==": ast.Eq(), "!=": ast.NotEq(), "<": ast.Lt(), "<=": ast.LtE(), ">": ast.Gt(), ">=": ast.GtE(),
}  # fmt: skip
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_NONE = ast.Constant(None)

Pair = tuple[ast.expr, ast.expr]
"""When a test is true, and when it is false."""


def compiled(meaning: Typed) -> Evaluate:
    """
    A function from facts to the value of a rule.

    It is total: a fact that is missing, None, UNKNOWN or of another type than
    its own counts as unknown, and no mapping makes it raise.
    """
    maker = _Maker()
    if isinstance(meaning, Const | Input | Total | Function):
        slot = maker.operand(meaning)
        result = _when(_is_none(slot), _name("UNKNOWN"), slot)
    else:
        true, false = maker.test(meaning)
        result = _when(true, ast.Constant(True), _when(false, ast.Constant(False), _name("UNKNOWN")))
    return maker.function(result)


class _Maker:
    """The statements and constants of one function."""

    def __init__(self) -> None:
        self._body: list[ast.stmt] = [_assign("get", ast.Attribute(_name("values"), "get", ast.Load()))]
        self._slots: dict[object, str] = {}
        self._globals: dict[str, Any] = {
            "__builtins__": {}, "UNKNOWN": UNKNOWN, "str": str, "int": int,
            "text_of": _text_of, "int_of": _int_of, "language_of": language_of,
        }  # fmt: skip

    def function(self, result: ast.expr) -> Evaluate:
        arguments = ast.arguments(
            posonlyargs=[ast.arg("values")], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]
        )
        body = [*self._body, ast.Return(result)]
        module = ast.Module([ast.FunctionDef("rule", arguments, body, [])], [])
        code = compile(ast.fix_missing_locations(module), "<rule>", "exec")
        inner = next(const for const in code.co_consts if isinstance(const, CodeType))
        return cast("Evaluate", FunctionType(inner, self._globals))

    def operand(self, of: Operand) -> ast.expr:
        """A constant, or the name of a slot that holds the value or None."""
        if isinstance(of, Const):
            return ast.Constant(of.value)
        key = _key(of)
        if key not in self._slots:
            value = self._value(of)
            self._slots[key] = slot = f"s{len(self._slots)}"
            self._body.append(_assign(slot, value))
            if isinstance(of, Input):
                self._body.append(_read(slot, of.type))
        return _name(self._slots[key])

    def _value(self, of: Input | Total | Function) -> ast.expr:
        match of:
            case Input(name=name):
                return _call("get", ast.Constant(name))
            case Total(terms=terms):
                return self._total(terms)
            case Function(func=Func.FIRST_KNOWN, args=args):
                slots = [self.operand(arg) for arg in args]
                found = slots[-1]
                for slot in reversed(slots[:-1]):
                    found = _when(_is_none(slot), found, slot)
                return found
            case Function(func=Func.PREFIX_LANGUAGE, args=args):
                slot = self.operand(args[0])
                return _when(_is_none(slot), _NONE, _call("language_of", slot))
            case Function(func=func, args=args):
                return self._extreme(func, [self.operand(arg) for arg in args])

    def _total(self, terms: tuple[tuple[int, Operand], ...]) -> ast.expr:
        slots = [self.operand(term) for _, term in terms]
        total: ast.expr = ast.Constant(0)
        for (sign, _), slot in zip(terms, slots, strict=True):
            total = ast.BinOp(total, ast.Add() if sign > 0 else ast.Sub(), slot)
        return _when(_any_none(slots), _NONE, total)

    def _extreme(self, func: Func, slots: list[ast.expr]) -> ast.expr:
        """Unknown if any argument is: the missing one might have been the extreme."""
        operator = ast.Lt() if func is Func.MIN else ast.Gt()
        found = slots[0]
        for number, slot in enumerate(slots[1:]):
            better = ast.Compare(found, [operator], [slot])
            name = f"e{len(self._slots)}_{number}"
            value = _when(_any_none([found, slot]), _NONE, _when(better, found, slot))
            self._body.append(_assign(name, value))
            found = _name(name)
        return found

    def test(self, of: Test) -> Pair:
        match of:
            case All(parts=parts):
                pairs = [self.test(part) for part in parts]
                return _and([true for true, _ in pairs]), _or([false for _, false in pairs])
            case Either(parts=parts):
                pairs = [self.test(part) for part in parts]
                return _or([true for true, _ in pairs]), _and([false for _, false in pairs])
            case Not(of=inside):
                true, false = self.test(inside)
                return false, true
            case _:
                return self._clause(of)

    def _clause(self, of: Clause) -> Pair:
        match of:
            case Truth(value=value):
                return ast.Constant(value), ast.Constant(not value)
            case Known(operand=operand):
                slot = self.operand(operand)
                return _not_none(slot), _is_none(slot)
            case IsTrue(operand=operand):
                slot = self.operand(operand)
                return _same(slot, ast.Constant(True)), _same(slot, ast.Constant(False))
            case Prefix(operand=operand, beginning=beginning):
                return self._prefix(self.operand(operand), beginning)
            case OneOf(operand=operand, values=values, negated=negated):
                return self._one_of(self.operand(operand), values, negated=negated)
            case Compare():
                return self._compare(of)
            case _:
                assert_never(of)

    def _prefix(self, slot: ast.expr, beginning: str) -> Pair:
        if isinstance(slot, ast.Constant):
            begins = str(slot.value).startswith(beginning)
            return ast.Constant(begins), ast.Constant(not begins)
        part = ast.Subscript(slot, ast.Slice(None, ast.Constant(len(beginning))), ast.Load())
        equal, other = (
            ast.Compare(part, [operator], [ast.Constant(beginning)]) for operator in (ast.Eq(), ast.NotEq())
        )
        return _and([_not_none(slot), equal]), _and([_not_none(slot), other])

    def _one_of(self, slot: ast.expr, values: tuple[Value, ...], *, negated: bool) -> Pair:
        inside = ast.Compare(slot, [ast.In()], [_words(values)])
        outside = _and([_not_none(slot), ast.Compare(slot, [ast.NotIn()], [_words(values)])])
        return (outside, inside) if negated else (inside, outside)

    def _compare(self, of: Compare) -> Pair:
        left, right = self.operand(of.left), self.operand(of.right)
        if of.left.type.kind is Kind.ENUM and of.operator not in {"==", "!="}:
            left, right = self._rank(left, of.left.type), self._rank(right, of.left.type)
        known = [_not_none(slot) for slot in (left, right) if not _never_none(slot)]
        return (
            self._holds(of.operator, left, right, known),
            self._holds(_OPPOSITE[of.operator], left, right, known),
        )

    def _holds(self, operator: str, left: ast.expr, right: ast.expr, known: list[ast.expr]) -> ast.expr:
        comparison = ast.Compare(left, [_OPERATORS[operator]], [right])
        if operator == "==" and len(known) == 1:
            # None equals no constant: asking whether it is known would cost and change nothing.
            return comparison
        return _and([*known, comparison])

    def _rank(self, slot: ast.expr, of: Type) -> ast.expr:
        """The place of a word in its enum, from 0; None if unknown."""
        if isinstance(slot, ast.Constant):
            return ast.Constant(of.words.index(slot.value))
        key = ("rank", slot.id if isinstance(slot, ast.Name) else "")
        if key not in self._slots:
            table = f"r{len(self._slots)}"
            self._slots[key] = name = f"s{len(self._slots)}"
            self._globals[table] = {None: None} | {word: rank for rank, word in enumerate(of.words)}
            self._body.append(_assign(name, ast.Subscript(_name(table), slot, ast.Load())))
        return _name(self._slots[key])


def _read(slot: str, of: Type) -> ast.stmt:
    """What is not a value of its type becomes unknown, so that nothing later can fail on it."""
    name = _name(slot)
    match of.kind:
        case Kind.ENUM:
            wrong: ast.expr = ast.Compare(name, [ast.NotIn()], [_words(of.words)])
            return ast.If(wrong, [_assign(slot, _NONE)], [])
        case Kind.BOOL:
            wrong = ast.BoolOp(
                ast.And(),
                [ast.Compare(name, [ast.IsNot()], [ast.Constant(value)]) for value in (True, False)],
            )
            return ast.If(wrong, [_assign(slot, _NONE)], [])
        case Kind.INT | Kind.DURATION | Kind.MONEY:
            return _of_class(slot, "int", "int_of")
        case _:
            return _of_class(slot, "str", "text_of")


def _of_class(slot: str, wanted: str, reader: str) -> ast.stmt:
    found = ast.Attribute(_name(slot), "__class__", ast.Load())
    wrong = ast.Compare(found, [ast.IsNot()], [_name(wanted)])
    return ast.If(wrong, [_assign(slot, _call(reader, _name(slot)))], [])


def _text_of(value: object) -> str | None:
    """The rare case: an enum member that is a text, or nothing usable."""
    return str.__str__(value) if isinstance(value, str) else None


def _int_of(value: object) -> int | None:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _key(of: Input | Total | Function) -> object:
    """Equal for operands that have the same value wherever they stand."""
    match of:
        case Input(name=name):
            return name
        case Total(terms=terms):
            return ("+", *((sign, _key_or_value(term)) for sign, term in terms))
        case Function(func=func, args=args):
            return (func, *(_key_or_value(arg) for arg in args))


def _key_or_value(of: Operand) -> object:
    return ("const", of.type.kind, of.value) if isinstance(of, Const) else _key(of)


def _words(values: tuple[Value, ...]) -> ast.expr:
    # A tuple is a constant to the compiler, though not to its type stubs.
    return ast.Constant(cast("Any", values))


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _assign(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _call(function: str, argument: ast.expr) -> ast.expr:
    return ast.Call(_name(function), [argument], [])


def _when(condition: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    return ast.IfExp(condition, then, otherwise)


def _same(slot: ast.expr, other: ast.expr) -> ast.expr:
    return ast.Compare(slot, [ast.Is()], [other])


def _never_none(slot: ast.expr) -> bool:
    return isinstance(slot, ast.Constant) and slot.value is not None


def _is_none(slot: ast.expr) -> ast.expr:
    return ast.Constant(False) if _never_none(slot) else _same(slot, _NONE)


def _not_none(slot: ast.expr) -> ast.expr:
    return ast.Constant(True) if _never_none(slot) else ast.Compare(slot, [ast.IsNot()], [_NONE])


def _any_none(slots: list[ast.expr]) -> ast.expr:
    return _or([_is_none(slot) for slot in slots])


def _and(parts: list[ast.expr]) -> ast.expr:
    return parts[0] if len(parts) == 1 else ast.BoolOp(ast.And(), parts)


def _or(parts: list[ast.expr]) -> ast.expr:
    return parts[0] if len(parts) == 1 else ast.BoolOp(ast.Or(), parts)
