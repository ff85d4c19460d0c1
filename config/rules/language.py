"""
The grammar of rules: tokens to a tree. What is not written here is refused.

    either     = both ("or" both)*
    both       = negation ("and" negation)*
    negation   = "not" negation | comparison
    comparison = sum (("==" | "!=" | "<" | "<=" | ">" | ">=") sum)* | sum ["not"] "in" list
    sum        = term (("+" | "-") term)*
    term       = ["+" | "-"] (number | duration | amount) | text | word | fact | call | "(" either ")"
    call       = function "(" sum, … ")"
    list       = "[" term, … "]"

Python's own parser never sees what an administrator wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from config.rules.errors import Refusal, refuse
from config.rules.tokens import Mark, Token, tokens

DEPTH_MAX = 20
"""Brackets, functions and negations inside each other."""

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_BETWEEN = {"y": "and", "o": "or", "no": "not", "e": "and", "u": "or"}


@dataclass(frozen=True, slots=True)
class Node:
    start: int
    """Offset in the text of the rule."""
    end: int


@dataclass(frozen=True, slots=True)
class Word(Node):
    """A bare word: what it is depends on what it is compared with."""

    name: str


@dataclass(frozen=True, slots=True)
class Quoted(Node):
    text: str


@dataclass(frozen=True, slots=True)
class Whole(Node):
    value: int


@dataclass(frozen=True, slots=True)
class Span(Node):
    """A duration."""

    ms: int


@dataclass(frozen=True, slots=True)
class Amount(Node):
    """Of money: `12.50`."""

    cents: int


@dataclass(frozen=True, slots=True)
class FactName(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Call(Node):
    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Sum(Node):
    """Terms added (+1) and taken away (-1), in order."""

    terms: tuple[tuple[int, Node], ...]


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """`a < b <= c`: one operator fewer than operands."""

    operands: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Among(Node):
    operand: Node
    values: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Negation(Node):
    of: Node


@dataclass(frozen=True, slots=True)
class Junction(Node):
    """Several conditions under one `and` or one `or`."""

    word: str
    parts: tuple[Node, ...]


def parse(text: str) -> Node:
    """
    Read one rule.

    Raises:
        Refusal: It is not of this language.
    """
    parser = _Parser(tokens(text))
    tree = parser.either()
    parser.finish()
    return tree


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    def either(self) -> Node:
        return self._junction("or", self._both)

    def finish(self) -> None:
        if self._now.mark is not Mark.END:
            raise self._unexpected("se esperaba un operador", "an operator was expected")

    def _both(self) -> Node:
        return self._junction("and", self._negation)

    def _junction(self, word: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self._take_word(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Junction(parts[0].start, parts[-1].end, word, tuple(parts))

    def _negation(self) -> Node:
        start = self._now.start
        if not self._take_word("not"):
            return self._comparison()
        self._deeper()
        of = self._negation()
        self._depth -= 1
        return Negation(start, of.end, of)

    def _comparison(self) -> Node:
        first = self._sum()
        if self._now.text in {"in", "not"} and self._now.mark is Mark.WORD:
            return self._among(first)
        operands, operators = [first], []
        while self._now.text in COMPARISONS:
            operators.append(self._next().text)
            operands.append(self._sum())
        if not operators:
            return first
        return Chain(first.start, operands[-1].end, tuple(operands), tuple(operators))

    def _among(self, operand: Node) -> Node:
        negated = self._take_word("not")
        if not self._take_word("in"):
            raise self._unexpected("se esperaba «in»", '"in" was expected')
        self._want("[")
        values = [self._term()]
        while self._take(","):
            values.append(self._term())
        end = self._want("]").end
        return Among(operand.start, end, operand, tuple(values), negated)

    def _sum(self) -> Node:
        terms = [(1, self._term())]
        while self._now.text in {"+", "-"}:
            sign = 1 if self._next().text == "+" else -1
            terms.append((sign, self._term()))
        if len(terms) == 1:
            return terms[0][1]
        return Sum(terms[0][1].start, terms[-1][1].end, tuple(terms))

    def _term(self) -> Node:
        token = self._next()
        start, end = token.start, token.end
        match token.mark:
            case Mark.FACT:
                self._no_call(token)
                return FactName(start, end, token.text)
            case Mark.TEXT:
                return Quoted(start, end, str(token.value))
            case Mark.INT:
                return Whole(start, end, int(token.value))
            case Mark.DURATION:
                return Span(start, end, int(token.value))
            case Mark.MONEY:
                return Amount(start, end, int(token.value))
            case Mark.WORD:
                return self._word(token)
            case Mark.SIGN if token.text in {"+", "-"}:
                return self._signed(token)
            case Mark.SIGN if token.text == "(":
                return self._bracket()
            case _:
                self._at -= 1
                raise self._unexpected("se esperaba un valor", "a value was expected")

    def _word(self, token: Token) -> Node:
        if token.text in {"and", "or", "not", "in"}:
            self._at -= 1
            raise self._unexpected("se esperaba un valor", "a value was expected")
        if self._now.mark is Mark.TEXT and self._now.start == token.end:
            said = ("un texto no lleva letras delante", "a text has no letters before it")
            raise refuse("not-in-language", token.start, token.end, said, ("quítelas", "remove them"))
        return self._call(token) if self._now.text == "(" else Word(token.start, token.end, token.text)

    def _call(self, name: Token) -> Node:
        self._deeper()
        self._want("(")
        args: list[Node] = []
        while not self._take(")"):
            if args:
                self._want(",")
            args.append(self._sum())
        self._depth -= 1
        return Call(name.start, self._tokens[self._at - 1].end, name.text, tuple(args))

    def _signed(self, sign: Token) -> Node:
        token = self._next()
        factor = -1 if sign.text == "-" else 1
        if token.mark is Mark.INT:
            return Whole(sign.start, token.end, factor * int(token.value))
        if token.mark is Mark.DURATION:
            return Span(sign.start, token.end, factor * int(token.value))
        if token.mark is Mark.MONEY:
            return Amount(sign.start, token.end, factor * int(token.value))
        self._at -= 1
        raise self._unexpected("se esperaba un número o una duración", "a number or a duration was expected")

    def _bracket(self) -> Node:
        self._deeper()
        inside = self.either()
        self._want(")")
        self._depth -= 1
        return inside

    def _no_call(self, token: Token) -> None:
        if self._now.text in {"(", "["} and self._now.mark is Mark.SIGN:
            said = (f"«{token.text}» es un dato, no una función", f'"{token.text}" is a fact, not a function')
            raise refuse(
                "not-a-function",
                token.start,
                self._now.end,
                said,
                ("quite los paréntesis", "remove the brackets"),
            )

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            said = (
                f"más de {DEPTH_MAX} niveles de paréntesis o «not»",
                f'more than {DEPTH_MAX} levels of brackets or "not"',
            )
            raise refuse(
                "too-deep", self._now.start, self._now.end, said, ("divida la regla", "split the rule")
            )

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._now
        if token.mark is Mark.END:
            raise self._unexpected("se esperaba un valor", "a value was expected")
        self._at += 1
        return token

    def _take(self, sign: str) -> bool:
        taken = self._now.mark is Mark.SIGN and self._now.text == sign
        self._at += taken
        return taken

    def _take_word(self, word: str) -> bool:
        taken = self._now.mark is Mark.WORD and self._now.text == word
        self._at += taken
        return taken

    def _want(self, sign: str) -> Token:
        if not self._take(sign):
            raise self._unexpected(f"se esperaba «{sign}»", f'"{sign}" was expected')
        return self._tokens[self._at - 1]

    def _unexpected(self, es: str, en: str) -> Refusal:
        token = self._now
        if token.mark is Mark.END:
            return refuse("syntax", token.start, token.end, (f"{es} al final", f"{en} at the end"))
        hint = _BETWEEN.get(token.text)
        fix = (f"¿quiso decir «{hint}»?", f'did you mean "{hint}"?') if hint else ("", "")
        said = (f"{es}, y hay «{token.text}»", f'{en}, but there is "{token.text}"')
        return refuse("syntax", token.start, token.end, said, fix)
