"""The `classify` rules of a configuration: what they make of a caller, and why."""

from __future__ import annotations

from typing import Any

import pytest

from config.rules.classify import HEAD_START_MAX_MS, Classifier
from config.rules.errors import RuleError
from tests.unit.config.rules_scene import centre

pytestmark = pytest.mark.unit

RULES: list[dict[str, Any]] = [
    {
        "id": "gold",
        "when": "customer.tier == gold and call.trust >= matched",
        "set": {"segment": "vip", "head_start": "3m"},
    },
    {"id": "again", "when": "history.calls_24h >= 2", "set": {"head_start": "+90s"}},
    {
        "id": "speaks",
        "when": "true",
        "set": {"language": "first_known(customer.language, prefix_language(call.from), es)"},
    },
]


def classifier(*rules: dict[str, Any]) -> Classifier:
    return Classifier(centre(classify=list(rules or RULES)))


def test_every_rule_that_is_true_applies() -> None:
    """Top to bottom: segment and language are set, head starts add up, ids tell which rules it was."""
    found = classifier().classify(
        {"customer.tier": "gold", "call.trust": "pin", "history.calls_24h": 2, "call.from": "+442071838750"}
    )

    assert (found.segment, found.language, found.head_start_ms) == ("vip", "en", 270_000)
    assert found.rule_ids == ("gold", "again", "speaks")


def test_a_rule_that_is_unknown_does_not_apply() -> None:
    """A record that came too late makes no VIP, and the trace says that it was unknown, not false."""
    found = classifier().classify({"call.trust": "pin", "history.calls_24h": 0})

    assert (found.segment, found.head_start_ms, found.rule_ids) == (None, 0, ("speaks",))
    assert [(rule.rule, rule.result) for rule in found.trace] == [
        ("gold", "unknown"),
        ("again", "false"),
        ("speaks", "true"),
    ]
    assert found.trace[0].clauses[0].facts == (("customer.tier", "unknown"),)


def test_the_trace_tells_what_was_set_and_from_what() -> None:
    """Also the facts that a value was worked out from, numbers masked."""
    speaks = classifier().classify({"call.from": "+34600111222"}).trace[2]

    assert speaks.set == (("language", "es"),)
    assert ("call.from", "+346…") in speaks.clauses[-1].facts


def test_a_later_rule_replaces_an_earlier_one() -> None:
    """Of two rules that set the same thing the later holds."""
    found = classifier(
        {"id": "one", "when": "true", "set": {"segment": "base"}},
        {"id": "two", "when": "true", "set": {"segment": "plata"}},
    ).classify({})

    assert found.segment == "plata"


def test_preferred_agents_of_all_rules_go_in_order() -> None:
    """Those of the first rule first, each once; who is unknown or has left the company is nobody."""
    rules = classifier(
        {"id": "last", "when": "true", "set": {"prefer": "history.last_agent"}},
        {"id": "own", "when": "true", "set": {"prefer": ["customer.owner", "ana"]}},
        {"id": "never", "when": "false", "set": {"prefer": "ana-maria"}},
    )

    assert rules.classify({"customer.owner": "ana-maria"}).preferred == ("ana-maria", "ana")
    assert rules.classify({"history.last_agent": "ana"}).preferred == ("ana",)
    assert rules.classify({"history.last_agent": "pepe"}).preferred == ("ana",)
    assert rules.needed == {"history.last_agent", "customer.owner"}


def test_needs_of_all_rules_add_up_and_the_higher_holds() -> None:
    """What rules ask of an agent is collected from every rule that applies, and told in the trace."""
    rules = classifier(
        {"id": "one", "when": "true", "set": {"need": ["ventas >= 3/10"]}},
        {"id": "two", "when": "true", "set": {"need": ["ventas >= 7/10", "lang(language) >= 5/10"]}},
        {"id": "never", "when": "false", "set": {"need": ["ventas >= 9/10"]}},
    )
    found = rules.classify({})
    assert found.needs == (("ventas", 7), ("lang(language)", 5))
    assert found.trace[1].set == (("need", "ventas >= 7/10, lang(language) >= 5/10"),)
    assert found.trace[2].set == ()


def test_the_trace_tells_who_is_preferred_and_why() -> None:
    """The names, and the fact that they came from."""
    rules = classifier({"id": "last", "when": "true", "set": {"prefer": "history.last_agent"}})
    (last,) = rules.classify({"history.last_agent": "ana"}).trace

    assert last.set == (("prefer", "ana"),)
    assert ("history.last_agent", "ana") in last.clauses[-1].facts


def test_a_value_that_is_unknown_sets_nothing() -> None:
    """Neither a language nor a head start comes of a missing fact."""
    found = classifier(
        {"id": "one", "when": "true", "set": {"language": "es"}},
        {
            "id": "two",
            "when": "true",
            "set": {"language": "call.language", "head_start": "customer.contract"},
        },
    ).classify({})

    assert (found.language, found.head_start_ms) == ("es", 0)
    assert found.rule_ids == ("one", "two")
    assert found.trace[1].set == ()


def test_a_language_that_the_centre_does_not_speak_is_not_set() -> None:
    """A French record leaves a Spanish and English centre with no language, not with silence."""
    assert classifier().classify({"customer.language": "fr"}).language is None


@pytest.mark.parametrize(("set_to", "wanted"), [("20h + 20h", HEAD_START_MAX_MS), ("-5m", 0)])
def test_a_head_start_is_at_most_a_day_and_never_negative(set_to: str, wanted: int) -> None:
    """However many rules add to it."""
    found = classifier({"id": "one", "when": "true", "set": {"head_start": set_to}}).classify({})

    assert found.head_start_ms == wanted


def test_only_what_rules_ask_for_is_needed() -> None:
    """The names of facts in conditions and in values, and no others."""
    assert classifier().needed == {
        "customer.tier", "call.trust", "history.calls_24h", "customer.language", "call.from",
    }  # fmt: skip


def test_without_rules_nothing_is_said() -> None:
    """A centre that does not classify asks for no fact."""
    plain = Classifier(centre(classify=[]))

    assert plain.needed == frozenset()
    assert plain.classify({}).trace == ()


def test_a_wrong_rule_makes_no_classifier() -> None:
    """The loader refuses such a file; nobody gets past it by building one by hand."""
    with pytest.raises(RuleError):
        classifier({"id": "one", "when": "customer.teir == gold", "set": {"segment": "vip"}})
