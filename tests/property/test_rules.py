"""Rules: the compiled code against a plain reading of the same tree, whatever the facts are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lint.logic import Condition, always_false, certainly_true, together
from config.rules.errors import RuleError
from config.rules.expression import compile_expression
from config.rules.facts import facts_of
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
    Total,
    Truth,
    Typed,
)
from config.rules.prefixes import language_of
from config.rules.types import BOOL, UNKNOWN, Kind, Type, Unknown, Value
from tests.unit.config.rules_scene import centre

pytestmark = pytest.mark.property

FACTS = facts_of(centre())
CHOSEN = [
    "customer.tier", "call.trust", "history.calls_24h", "customer.open_cases", "history.since_last",
    "customer.debt", "call.from", "customer.city", "call.language", "history.last_agent", "customer.known",
]  # fmt: skip

_numbers = st.integers(-3, 6).map(lambda n: (str(n), n))
_words = {
    "customer.tier": ["bronze", "silver", "gold"],
    "call.trust": ["none", "presented", "matched", "pin", "callback"],
    "call.language": ["es", "en", "fr"],
    "history.last_agent": ["ana", "ana-maria"],
}
_ordered = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
_equal = st.sampled_from(["==", "!="])


def _about(names: list[str], operators: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        st.sampled_from(names)
        .flatmap(lambda name: st.tuples(st.just(name), operators, st.sampled_from(_words[name])))
        .map(" ".join)
    )


_int_operands = st.one_of(
    st.integers(0, 5).map(str),
    st.sampled_from(["history.calls_24h", "customer.open_cases", "history.calls_24h + 1"]),
    st.just("min(history.calls_24h, customer.open_cases, 4)"),
    st.just("customer.open_cases - history.calls_24h + 2"),
    st.just("first_known(customer.open_cases, history.calls_24h, 1)"),
)
_clauses = st.one_of(
    _about(["customer.tier", "call.trust"], _ordered),
    _about(["call.language", "history.last_agent"], _equal),
    st.tuples(_int_operands, _ordered, _int_operands).map(" ".join),
    st.tuples(st.just("history.since_last"), _ordered, st.sampled_from(["0s", "5m", "1h"])).map(" ".join),
    st.sampled_from(
        [
            "customer.debt", "true", "false", "known(call.from)", "known(customer.debt)", "customer.known",
            'prefix(call.from, "+34")', 'prefix(call.from, "+346")', 'call.from == "+34600"',
            'customer.city == "Vitoria"',
            'customer.city in ["Vigo", "León"]', 'customer.city not in ["Vigo"]',
            'prefix(customer.city, "V")',
            "prefix_language(call.from) == es", "customer.debt == false", "customer.tier in [gold, silver]",
            "customer.tier not in [gold]", "silver <= customer.tier < gold", "0 < history.calls_24h <= 2",
            "customer.tier == customer.tier", "call.trust <= call.trust",
        ]
    ),
)  # fmt: skip
_rules = st.recursive(
    _clauses,
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + ") and (".join(parts) + ")"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + ") or (".join(parts) + ")"),
    ),
    max_leaves=6,
)
_good = {
    "customer.tier": st.sampled_from(_words["customer.tier"]),
    "call.trust": st.sampled_from(_words["call.trust"]),
    "history.calls_24h": st.integers(0, 5),
    "customer.open_cases": st.integers(-2, 5),
    "history.since_last": st.sampled_from([0, 299_999, 300_000, 3_600_001]),
    "customer.debt": st.booleans(),
    "customer.known": st.booleans(),
    "call.from": st.sampled_from(["+34600", "+34600111222", "+442071838750", "+41"]),
    "customer.city": st.sampled_from(["Vigo", "León", "", "Vitoria"]),
    "call.language": st.sampled_from(["es", "en", "fr"]),
    "history.last_agent": st.sampled_from(["ana", "ana-maria"]),
}
_junk = st.one_of(
    st.none(), st.just(UNKNOWN), st.integers(), st.text(max_size=3), st.booleans(), st.floats(),
    st.binary(max_size=2),
    st.lists(st.integers(), max_size=1), st.dictionaries(st.text(max_size=1), st.integers(), max_size=1),
)  # fmt: skip


def _values(of: dict[str, st.SearchStrategy[object]]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=of)


_facts = _values(dict(_good))
_any_facts = _values({name: st.one_of(strategy, _junk) for name, strategy in _good.items()})


def _sound(value: object, of: Type) -> Value | Unknown:
    """What a fact is worth: itself if it is of its type."""
    match of.kind:
        case Kind.BOOL:
            return value if isinstance(value, bool) else UNKNOWN
        case Kind.INT | Kind.DURATION:
            return value if isinstance(value, int) and not isinstance(value, bool) else UNKNOWN
        case Kind.ENUM:
            return value if isinstance(value, str) and value in of.words else UNKNOWN
        case _:
            return value if isinstance(value, str) else UNKNOWN


def _worth(of: Operand, facts: dict[str, object]) -> Value | Unknown:
    match of:
        case Const(value=value):
            return value
        case Input(name=name, type=kind):
            return _sound(facts.get(name), kind)
        case Total(terms=terms):
            values = [(sign, _worth(term, facts)) for sign, term in terms]
            if any(value is UNKNOWN for _, value in values):
                return UNKNOWN
            return sum(sign * value for sign, value in values if isinstance(value, int))
        case Function(func=func, args=args):
            found = [_worth(arg, facts) for arg in args]
            known = [value for value in found if value is not UNKNOWN]
            if func is Func.FIRST_KNOWN:
                return known[0] if known else UNKNOWN
            if len(known) < len(found):
                return UNKNOWN
            if func is Func.PREFIX_LANGUAGE:
                return language_of(str(known[0])) or UNKNOWN
            numbers = [value for value in known if isinstance(value, int)]
            return min(numbers) if func is Func.MIN else max(numbers)


def _plain(of: Typed, facts: dict[str, object]) -> Value | Unknown:
    """The meaning of a rule read straight off its tree, slowly."""
    match of:
        case All(parts=parts) | Either(parts=parts):
            results = [_plain(part, facts) for part in parts]
            decisive = isinstance(of, Either)
            if decisive in results:
                return decisive
            return UNKNOWN if UNKNOWN in results else not decisive
        case Not(of=inside):
            result = _plain(inside, facts)
            return UNKNOWN if result is UNKNOWN else not result
        case Truth(value=truth):
            return truth
        case Compare(operator=operator, left=left, right=right):
            return _compared(operator, _worth(left, facts), _worth(right, facts), left.type)
        case Known() | IsTrue() | Prefix() | OneOf():
            return _plain_clause(of, _worth(of.operand, facts))
        case _:
            return _worth(of, facts)


def _plain_clause(of: Known | IsTrue | Prefix | OneOf, value: Value | Unknown) -> Value | Unknown:
    if isinstance(of, Known):
        return value is not UNKNOWN
    if value is UNKNOWN or isinstance(of, IsTrue):
        return value
    if isinstance(of, Prefix):
        return str(value).startswith(of.beginning)
    return (value in of.values) is not of.negated


def _compared(operator: str, left: Value | Unknown, right: Value | Unknown, of: Type) -> bool | Unknown:
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if operator in {"==", "!="}:
        return (left == right) is (operator == "==")
    a, b = (of.words.index(str(v)) if of.kind is Kind.ENUM else int(v) for v in (left, right))
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator]


@given(text=_rules, facts=_any_facts)
def test_compiled_code_means_what_the_tree_means(text: str, facts: dict[str, object]) -> None:
    """For every rule and every mapping, junk included: the same value, and no exception."""
    rule = compile_expression(text, FACTS, BOOL)

    assert rule.evaluate(facts) is _plain(rule.meaning, facts)


@given(text=_rules, facts=_facts)
def test_more_knowledge_never_turns_a_result_round(text: str, facts: dict[str, object]) -> None:
    """What was true or false with a fact missing stays so when it is known, unless the rule asks `known`."""
    rule = compile_expression(text, FACTS, BOOL)
    if "known(" in text:
        return

    full = rule.evaluate(facts)
    for name in list(facts):
        less = rule.evaluate({key: value for key, value in facts.items() if key != name})
        assert less is UNKNOWN or less is full


@given(text=_rules, facts=_any_facts)
def test_a_trace_agrees_with_the_result(text: str, facts: dict[str, object]) -> None:
    """A rule of one clause has the clause's result, and every clause is a part of the rule's text."""
    rule = compile_expression(text, FACTS, BOOL)
    traced = rule.trace(facts)

    assert all(clause.result in {"true", "false", "unknown"} for clause in traced)
    assert all(clause.text in text for clause in traced)
    if len(traced) == 1 and "not" not in text:
        result = rule.evaluate(facts)
        assert traced[0].result == ("unknown" if result is UNKNOWN else str(result).lower())


_pieces = [
    "(", ")", "[", "]", "and", "or", "not", "in", "==", "<", "+", "-", ",", "call.from", "customer.tier",
    "gold", "10m", "3", '"x"', "known", "prefix", "first_known", "min", "true", "\0", "é", "'",
]  # fmt: skip
_texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_pieces), max_size=14).map(" ".join))


@given(text=_texts)
def test_any_text_is_a_rule_or_a_refusal(text: str) -> None:
    """Nothing but RuleError ever comes of reading, and its columns lie within the text."""
    try:
        compile_expression(text, FACTS, BOOL).evaluate({})
        columns = [1]
    except RuleError as error:
        columns = [problem.column for problem in error.problems]

    assert columns
    assert all(1 <= column <= len(text) + 1 for column in columns)


@given(text=_rules, facts=_facts)
def test_what_lint_calls_impossible_never_happens(text: str, facts: dict[str, object]) -> None:
    """A condition that lint proves false is never true, one that it proves true is never false."""
    rule = compile_expression(text, FACTS, BOOL)
    result = rule.evaluate(_of_this_world(facts))

    assert not (result is True and always_false(rule.meaning))
    assert not (result is False and certainly_true(rule.meaning))


@given(one=_rules, other=_rules)
def test_what_lint_calls_an_overlap_is_one(one: str, other: str) -> None:
    """Facts that are said to make both rules true do so, also read slowly."""
    first, second = (compile_expression(text, FACTS, BOOL) for text in (one, other))
    facts = together(Condition.of(first), Condition.of(second))

    if facts is not None:
        assert _plain(first.meaning, dict(facts)) is True
        assert _plain(second.meaning, dict(facts)) is True


def _of_this_world(facts: dict[str, object]) -> dict[str, object]:
    """Who has no record has nothing in it."""
    if facts.get("customer.known") is not False:
        return facts
    return {
        name: value
        for name, value in facts.items()
        if name == "customer.known" or not name.startswith("customer.")
    }
