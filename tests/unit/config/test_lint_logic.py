"""What lint can prove of conditions."""

from __future__ import annotations

import pytest

from config.lint.domain import Numbers, Texts, meet, pick
from config.lint.logic import Condition, always_false, certainly_true, together
from config.rules.expression import Expression, compile_expression
from config.rules.facts import facts_of
from config.rules.types import BOOL, Kind
from tests.unit.config.rules_scene import centre

pytestmark = pytest.mark.unit

FACTS = facts_of(centre())


def rule(text: str) -> Expression:
    return compile_expression(text, FACTS, BOOL)


IMPOSSIBLE = [
    "false",
    "3 < 2",
    "not true",
    "customer.tier == gold and customer.tier == silver",
    "customer.tier < bronze",
    "bronze > customer.tier",
    "silver < customer.tier < gold",
    "customer.tier in [bronze] and customer.tier not in [bronze, silver]",
    "not (customer.tier <= gold)",
    "history.calls_24h < 0",
    "0 > history.calls_24h",
    "3 < history.calls_24h < 4",
    "history.calls_24h > 2 and not (history.calls_24h >= 1)",
    "history.calls_24h in [1, 2] and history.calls_24h > 2",
    "history.calls_24h >= 1 and history.calls_24h <= 2 and history.calls_24h not in [1, 2]",
    "history.since_last < 5m and history.since_last > 1h",
    "customer.debt and not customer.debt",
    "customer.debt == true and customer.debt == false",
    'prefix(call.from, "+34") and prefix(call.from, "+33")',
    'prefix(call.from, "+346") and not prefix(call.from, "+34")',
    'call.from == "+34600" and prefix(call.from, "+33")',
    'call.to == "900" and call.to == "901"',
    'call.to in ["900", "901"] and call.to not in ["900", "901"]',
    "known(call.from) and not known(call.from)",
    "not known(call.language) and call.language == es",
    "customer.known == false and customer.tier == gold",
    'call.withheld and prefix(call.from, "+34")',
    "(customer.tier == gold and customer.tier == silver) or false",
]
POSSIBLE = [
    "customer.tier == gold or customer.tier == silver",
    "customer.tier >= bronze",
    "silver <= customer.tier < gold",
    "0 < history.calls_24h",
    "customer.open_cases < 0",
    "2 <= history.calls_24h < 3",
    "history.calls_24h >= 1 and history.calls_24h <= 2 and history.calls_24h != 1",
    'prefix(call.from, "+34") and prefix(call.from, "+346")',
    'prefix(call.from, "+34") and not prefix(call.from, "+346")',
    'call.from == "+34600" and prefix(call.from, "+346")',
    "not known(customer.tier) and customer.known",
    "customer.known == false and call.trust == presented",
    "history.calls_24h + 1 < 0",
    "prefix_language(call.from) == es and prefix_language(call.from) == en",
]


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_a_contradiction_is_proved(text: str) -> None:
    """Words, numbers, durations, beginnings of texts, known and unknown."""
    assert always_false(rule(text).meaning)


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_the_contrary_of_a_contradiction_is_always_true(text: str) -> None:
    """Whatever its facts are, once they are known."""
    assert certainly_true(rule(f"not ({text})").meaning)


@pytest.mark.parametrize("text", POSSIBLE)
def test_what_can_be_or_cannot_be_judged_is_left_alone(text: str) -> None:
    """No finding without a proof: functions and sums are not looked into."""
    assert not always_false(rule(text).meaning)


@pytest.mark.parametrize(
    "text", ["history.calls_24h >= 0", "0s <= history.since_last", "customer.debt or not customer.debt"]
)
def test_what_distinguishes_nothing_is_proved(text: str) -> None:
    """Counts and times of our own records are never below 0."""
    assert certainly_true(rule(text).meaning)


@pytest.mark.parametrize("text", ["customer.open_cases >= 0", "customer.tier >= silver", "customer.debt"])
def test_what_may_be_false_is_not_called_always_true(text: str) -> None:
    """A number of the customer's record may be negative."""
    assert not certainly_true(rule(text).meaning)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("customer.tier >= silver", "customer.tier < gold"),
        ("history.calls_24h > 2", "5 > history.calls_24h"),
        ('prefix(call.from, "+34")', 'prefix(call.from, "+346")'),
        ('call.to in ["900", "901"]', 'call.to != "900"'),
        ("customer.debt or customer.tier == gold", "not customer.debt"),
        ("call.language not in [es, en]", "call.language != pt"),
        ("history.last_agent == ana", "known(history.last_agent)"),
        ("prefix_language(call.from) == es", 'prefix(call.from, "+346")'),
        ("customer.open_cases < 0", "customer.open_cases != -1"),
    ],
)
def test_an_overlap_is_shown_by_facts(one: str, other: str) -> None:
    """The facts that are told make both rules true."""
    first, second = rule(one), rule(other)
    facts = together(Condition.of(first), Condition.of(second))

    assert facts is not None
    assert first.evaluate(facts) is second.evaluate(facts) is True


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("customer.tier == gold", "customer.tier == silver"),
        ("history.calls_24h > 2", "history.calls_24h <= 2"),
        ('prefix(call.from, "+34")', 'not prefix(call.from, "+3")'),
        ("prefix_language(call.from) == es", 'prefix(call.from, "+44")'),
        ("known(customer.tier)", "not known(customer.tier)"),
    ],
)
def test_no_overlap_is_shown_where_there_is_none(one: str, other: str) -> None:
    """Nothing is reported that does not hold for some call."""
    assert together(Condition.of(rule(one)), Condition.of(rule(other))) is None


def test_a_condition_of_too_many_ways_is_not_judged() -> None:
    """Eight times either-or of three is 6,561 ways: no proof, and no long wait."""
    either = "(history.calls_24h != {0} or customer.open_cases != {0} or call.to != '{0}')"
    text = " and ".join(either.format(number) for number in range(8))

    assert not always_false(rule(text).meaning)
    assert together(Condition.of(rule(text)), Condition.of(rule("true"))) is None


def test_a_domain_without_values_is_none() -> None:
    """Of numbers with holes and of texts with forbidden beginnings."""
    assert meet(Numbers(1, 3, frozenset({1, 3})), Numbers(but=frozenset({2}))) is None
    assert meet(Texts(begins="+34"), Texts(never=frozenset({"+3"}))) is None
    assert pick(Texts(begins="+34", never=frozenset({"+346"})), Kind.E164) == "+34111111111"
    assert pick(Texts(but=frozenset({"es"})), Kind.LANG) == "en"
    assert pick(Numbers(high=-2, but=frozenset({-2})), Kind.INT) == -3
