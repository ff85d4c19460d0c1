"""The rule language: what a rule means, what unknown does, and where a mistake is shown."""

from __future__ import annotations

import enum

import pytest

from config.rules.errors import RuleError
from config.rules.expression import Expression, compile_expression
from config.rules.facts import Source, facts_of
from config.rules.prefixes import language_of
from config.rules.trace import Clause
from config.rules.types import BOOL, DURATION, LANG, UNKNOWN, Kind, Type, shown
from tests.unit.config.rules_scene import centre

pytestmark = pytest.mark.unit

FACTS = facts_of(centre())
KNOWN = {
    "call.from": "+34600111222",
    "call.to": "900",
    "call.language": "es",
    "call.trust": "matched",
    "call.withheld": False,
    "customer.tier": "gold",
    "customer.city": "Málaga",
    "customer.open_cases": 2,
    "history.calls_24h": 3,
    "history.since_last": 600_000,
    "history.last_agent": "ana-maria",
}


def rule(text: str, wanted: Type = BOOL) -> Expression:
    return compile_expression(text, FACTS, wanted)


def refused(text: str, wanted: Type = BOOL) -> RuleError:
    with pytest.raises(RuleError) as caught:
        rule(text, wanted)
    return caught.value


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("customer.tier == gold", True),
        ("customer.tier != gold", False),
        ("customer.tier >= silver", True),
        ("customer.tier < silver", False),
        ("silver <= customer.tier", True),
        ("bronze < customer.tier <= gold", True),
        ("customer.tier in [bronze, silver]", False),
        ("customer.tier not in [bronze, silver]", True),
        ("call.trust >= matched", True),
        ("call.trust >= pin", False),
        ("history.calls_24h > 2 and not call.withheld", True),
        ("history.calls_24h + customer.open_cases >= 5", True),
        ("history.calls_24h - 1 == customer.open_cases", True),
        ("1 < history.calls_24h < 3", False),
        ("history.since_last == 10m", True),
        ("history.since_last - 5m < 301s", True),
        ("history.since_last < 1h + 500ms", True),
        ("history.last_agent == ana-maria", True),
        ("history.last_agent in [ana, ana-maria]", True),
        ('customer.city == "Málaga"', True),
        ("customer.city == 'Malaga'", False),
        ('call.to == "900"', True),
        ('call.from == "+34600111222"', True),
        ('prefix(call.from, "+34")', True),
        ('prefix(call.from, "+3460011122233")', False),
        ('prefix(call.to, "90")', True),
        ("prefix_language(call.from) == es", True),
        ("min(history.calls_24h, 2) == 2 and max(history.calls_24h, 2, 9) == 9", True),
        ("first_known(customer.owner, history.last_agent) == ana-maria", True),
        ("known(customer.owner) or known(customer.tier)", True),
        ("call.withheld == false", True),
        ("not (customer.tier == gold or true)", False),
        ("call.language in [es, en] and call.language != fr", True),
        ("-1 < history.calls_24h", True),
        ("3 > 2", True),
    ],
)
def test_a_rule_means_what_it_says(text: str, wanted: bool) -> None:
    """Every operator, function and kind of literal, on known facts."""
    assert rule(text).evaluate(KNOWN) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("customer.owner == ana", UNKNOWN),
        ("customer.owner != ana", UNKNOWN),
        ("not customer.debt", UNKNOWN),
        ("customer.owner in [ana]", UNKNOWN),
        ("customer.owner not in [ana]", UNKNOWN),
        ("customer.debt and true", UNKNOWN),
        ("customer.debt and false", False),
        ("customer.debt or true", True),
        ("customer.debt or false", UNKNOWN),
        ("known(customer.debt)", False),
        ("not known(customer.debt)", True),
        ('prefix(customer.mobile, "+34")', UNKNOWN),
        ("prefix_language(customer.mobile) == es", UNKNOWN),
        ("customer.contract + 1h > 2h", UNKNOWN),
        ("customer.contract == customer.contract", UNKNOWN),
        ("min(history.calls_24h, history.abandoned_24h) == 0", UNKNOWN),
        ("1 < history.abandoned_24h < 5", UNKNOWN),
    ],
)
def test_what_nobody_knows_is_neither_true_nor_false(text: str, wanted: object) -> None:
    """Comparing with a missing fact is unknown; and, or, not are Kleene's."""
    assert rule(text).evaluate(KNOWN) is wanted


@pytest.mark.parametrize("missing", [{}, {"customer.tier": None}, {"customer.tier": UNKNOWN}])
def test_all_ways_of_not_knowing_are_one(missing: dict[str, object]) -> None:
    """A fact that is absent, None or UNKNOWN is unknown."""
    assert rule("customer.tier == gold").evaluate(missing) is UNKNOWN


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("customer.tier != gold", "customer.tier", "platinum"),
        ("customer.tier < gold", "customer.tier", 3),
        ("history.calls_24h < 3", "history.calls_24h", "2"),
        ("history.calls_24h < 3", "history.calls_24h", True),
        ("history.since_last < 3m", "history.since_last", 2.5),
        ("not call.withheld", "call.withheld", 1),
        ('prefix(call.from, "+34")', "call.from", ["+34"]),
        ("known(call.from)", "call.from", 34),
    ],
)
def test_a_value_of_another_type_counts_as_unknown(text: str, name: str, value: object) -> None:
    """A record with nonsense in it cannot make a rule true, nor make it fail."""
    wanted = False if text.startswith("known") else UNKNOWN
    assert rule(text).evaluate({name: value}) is wanted


def test_members_of_an_enum_are_their_text() -> None:
    """Callers may hand over StrEnum members as they are."""

    class Trust(enum.StrEnum):
        PIN = "pin"

    assert rule("call.trust >= matched").evaluate({"call.trust": Trust.PIN}) is True
    assert rule("history.last_agent == ana").evaluate({"history.last_agent": Trust.PIN}) is False


def test_values_of_rules_are_worked_out_too() -> None:
    """`set` has expressions: the first known language, a head start with a sign."""
    speaks = rule("first_known(customer.language, prefix_language(call.from), en)", LANG)
    assert speaks.evaluate({"customer.language": "fr"}) == "fr"
    assert speaks.evaluate({"call.from": "+5491122223333"}) == "es"
    assert speaks.evaluate({"call.from": "+41443334455"}) == "en"
    assert rule("+90s", DURATION).evaluate({}) == 90_000
    assert rule("customer.contract", DURATION).evaluate({}) is UNKNOWN


@pytest.mark.parametrize(
    ("text", "code", "column", "es", "fix"),
    [
        ("customer.tier == glod", "unknown-value", 18, "«glod» no es uno de", "¿quiso decir «gold»?"),
        ("customer.teir == gold", "unknown-fact", 1, "dato desconocido", "¿quiso decir «customer.tier»?"),
        ("trust >= matched", "unknown-word", 1, "palabra desconocida", "¿quiso decir «call.trust»?"),
        ("first_know(call.to) == es", "unknown-function", 1, "función desconocida", "first_known"),
        ("history.calls_24h > 10m", "different-types", 21, "un número con una duración", "10m"),
        ("history.since_last < 10", "different-types", 22, "una duración con un número", "10m"),
        ("customer.tier >= call.trust", "different-types", 18, "[bronze, silver, gold]", ""),
        ("customer.tier = gold", "not-in-language", 15, "«=» no existe", "escriba «==»"),
        ("call.withheld && true", "not-in-language", 15, "«&&» no existe", "escriba «and»"),
        ("call.withheld y true", "syntax", 15, "se esperaba un operador", "¿quiso decir «and»?"),
        ("call.from > '+34600111222'", "no-order", 1, "no es mayor ni menor", "use =="),
        ("history.calls_24h", "not-a-condition", 1, "no es cierto ni falso", "compárelo"),
        ("customer.city == Madrid", "unknown-word", 18, "palabra desconocida", '"Madrid"'),
        ("call.from == '600111222'", "bad-number", 14, "con + y el país", "+34"),
        ("prefix(call.from, '34')", "bad-prefix", 19, "empieza por +", "+34"),
        ("prefix(call.from, call.to)", "bad-prefix", 19, "entre comillas", "+34"),
        ("call.language == espanol", "unknown-value", 18, "no es un idioma", "es, en"),
        ("history.last_agent == anna", "unknown-value", 23, "no es un agente", "«ana»"),
        ("known(call.from, call.to)", "arguments", 1, "argumentos de «known»: 1", ""),
        ("customer.tier in [gold, customer.tier]", "list-value", 25, "valores fijos", "[es, en]"),
        ("'a' == 'b'", "nothing-to-compare", 1, "no se compara ningún dato", "call.language"),
        ("call.withheld and", "syntax", 18, "se esperaba un valor al final", ""),
        ("(call.withheld", "syntax", 15, "se esperaba «)»", ""),
        ("call.to == 'abc", "bad-text", 12, "comillas sin cerrar", "cierre"),
        ("history.calls_24h > 1.5", "bad-number", 21, "no es un número", "10m"),
        ("history.since_last > 3w", "bad-number", 22, "no es un número", "7d"),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, code: str, column: int, es: str, fix: str) -> None:
    """Code, column, what is wrong and how to mend it, in Spanish and English."""
    (problem,) = refused(text).problems

    assert (problem.code, problem.column) == (code, column)
    assert es in problem.es
    assert fix in problem.fix_es
    assert problem.en
    assert bool(problem.fix_en) is bool(problem.fix_es)


def test_all_mistakes_of_a_rule_are_told_at_once() -> None:
    """Two wrong clauses, two problems, by column."""
    error = refused("customer.teir == gold and call.trust >= mached")

    assert [(problem.code, problem.column) for problem in error.problems] == [
        ("unknown-fact", 1),
        ("unknown-value", 41),
    ]


def test_a_caret_points_at_the_place() -> None:
    """What a terminal shows: the rule, carets below the wrong word, both languages, the code."""
    rule_line, carets, said = str(refused("customer.tier == glod")).splitlines()

    assert rule_line[carets.index("^") : carets.rindex("^") + 1] == "glod"
    assert " / " in said and said.endswith("[unknown-value]")


def test_a_wanted_type_is_held() -> None:
    """A segment is no language, a number no duration."""
    assert refused("call.from", LANG).problems[0].code == "wrong-type"
    assert refused("90", DURATION).problems[0].code == "wrong-type"
    assert refused("gold", Type(Kind.ENUM, ("base", "vip"))).problems[0].code == "unknown-value"
    assert refused("call.withheld == true", DURATION).problems[0].code == "not-a-value"


def test_a_trace_has_every_clause_with_its_own_result() -> None:
    """Left to right, under `not` and `or` too, each with the facts it was told."""
    traced = rule("customer.tier == gold and not (call.trust < pin or customer.debt)").trace(KNOWN)

    assert traced == (
        Clause("customer.tier == gold", "true", (("customer.tier", "gold"),)),
        Clause("call.trust < pin", "true", (("call.trust", "matched"),)),
        Clause("customer.debt", "unknown", (("customer.debt", "unknown"),)),
    )


def test_a_trace_shows_no_number_and_no_text_of_a_record() -> None:
    """Telephone numbers and texts of a customer keep four characters; durations read as written."""
    traced = rule('prefix(call.from, "+34") and customer.city == "x" and history.since_last > 5m').trace(
        KNOWN
    )

    shown_facts = dict(fact for clause in traced for fact in clause.facts)
    assert shown_facts == {"call.from": "+346…", "customer.city": "Mála…", "history.since_last": "10m"}
    assert "600111222" not in repr(traced)


def test_a_number_as_a_value_is_masked_as_well() -> None:
    """The trace of a mere value is that value: a telephone number stays masked."""
    (clause,) = rule("first_known(customer.mobile, call.from)", Type(Kind.E164)).trace(KNOWN)

    assert clause.result == "+346…"


def test_every_fact_declares_where_it_comes_from_and_how_long_it_may_take() -> None:
    """Customer facts take the configured limit, the call's own are there at once."""
    assert FACTS["customer.tier"].source is Source.CUSTOMER
    assert FACTS["customer.tier"].within_ms == 250
    assert FACTS["call.from"].within_ms == 0
    assert all(fact.description_es and fact.description_en for fact in FACTS.values())
    at_once = {Source.CALL, Source.IVR}
    assert all((fact.within_ms > 0) is (fact.source not in at_once) for fact in FACTS.values())


@pytest.mark.parametrize(
    ("number", "language"),
    [
        ("+34600111222", "es"), ("+18095550100", "es"), ("+12125550100", "en"), ("+351210000000", "pt"),
        ("+41443334455", None), ("+", None), ("", None), ("34600", None),
    ],
)  # fmt: skip
def test_a_calling_code_suggests_a_language(number: str, language: str | None) -> None:
    """The longest known code decides; where several languages are spoken it says nothing."""
    assert language_of(number) == language


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0s"), (1, "1ms"), (90_000, "90s"), (120_000, "2m"), (86_400_000, "1d"), (-60_000, "-1m")],
)
def test_durations_read_as_they_are_written(ms: int, text: str) -> None:
    """The largest unit without a rest."""
    assert shown(ms, DURATION) == text
