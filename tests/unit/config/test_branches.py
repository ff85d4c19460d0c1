"""Conditions of `branch` nodes and the variables of flows as facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.loader import check_text
from config.rules.branches import Branches
from config.rules.expression import compile_expression
from config.rules.facts import Fact, Source, facts_of
from config.rules.types import BOOL, DATE, INT, MONEY, TEXT, Type, Value, shown
from config.rules.variables import variable_value
from tests.unit.config.test_lint_flows import GOOD

pytestmark = pytest.mark.unit

CENTRE = check_text(GOOD, Path("centro.yaml")).config


def test_the_first_condition_that_holds_decides() -> None:
    """Counted from 0; what is not known does not hold."""
    branches = Branches(CENTRE)

    assert branches.first("principal", "segun", {"ivr.saldo": 1}) == 0
    assert branches.first("principal", "segun", {"ivr.saldo": 0, "ivr.activo": True}) is None
    known = {"ivr.saldo": 0, "ivr.activo": True, "ivr.vence": "2026-01-02"}
    assert branches.first("principal", "segun", known) == 1
    assert branches.first("principal", "segun", {}) is None
    assert branches.first("principal", "nada", known) is None


def test_a_branch_tells_what_it_needs() -> None:
    """Whoever judges looks up these and no others."""
    needed = Branches(CENTRE).needed["principal", "segun"]

    assert [fact.name for fact in needed] == ["ivr.saldo", "ivr.activo", "ivr.vence"]


def test_variables_have_the_type_that_their_source_gives() -> None:
    """Texts, but for what a look-up gives; secret ones are not there; intents are words."""
    facts = {name: fact for name, fact in facts_of(CENTRE).items() if name.startswith("ivr.")}

    assert {name: fact.type for name, fact in facts.items()} == {
        "ivr.intent": Type(facts["ivr.intent"].type.kind, ("factura", "averia")),
        "ivr.verified": BOOL,
        "ivr.pedido": TEXT,
        "ivr.doc": TEXT,
        "ivr.saldo": MONEY,
        "ivr.vence": DATE,
        "ivr.activo": BOOL,
        "ivr.nota": TEXT,
        "ivr.name": TEXT,
        "ivr.dni": TEXT,
        "ivr.casos": INT,
    }
    assert all(fact.source is Source.IVR and fact.within_ms == 0 for fact in facts.values())
    assert facts["ivr.doc"].private


@pytest.mark.parametrize(
    ("text", "of", "value"),
    [
        ("12.50", MONEY, 1_250), ("12.5", MONEY, 1_250), ("-3", MONEY, -300), ("1.00 EUR", MONEY, 100),
        ("1,00", MONEY, None), ("", MONEY, None), ("7", INT, 7), ("7.0", INT, None), ("true", BOOL, True),
        ("sí", BOOL, None), ("2026-02-28", DATE, "2026-02-28"), ("2026-02-30", DATE, None),
        ("20260228", DATE, None), ("x", TEXT, "x"), ("", TEXT, None),
    ],
)  # fmt: skip
def test_the_text_of_a_variable_becomes_a_value_or_nothing(text: str, of: Type, value: Value | None) -> None:
    """What is not of its type is unknown, never an error; nothing is unknown, too."""
    assert variable_value(text, of) == value


MONEY_FACT = {
    name: Fact(name, of, Source.IVR, 0, "", "")
    for name, of in (("ivr.a", MONEY), ("ivr.b", MONEY), ("ivr.d", DATE))
}


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        ("ivr.a > 12.49", True), ("ivr.a > 12.50", False), ("ivr.a >= 12", True), ("ivr.a == 12.50", True),
        ("ivr.a in [12.50, 3]", True), ("ivr.a + ivr.b > 20", True), ("ivr.a + 0.50 == 13", True),
        ("min(ivr.a, ivr.b) < 12.51", True), ('ivr.d > "2026-11-22"', True), ('ivr.d < "2026-11-23"', False),
        ('"2026-01-01" <= ivr.d', True), ('ivr.d in ["2026-11-23"]', True),
    ],
)  # fmt: skip
def test_money_and_dates_are_compared(rule: str, result: bool) -> None:
    """Amounts to the cent, with or without cents; dates by order."""
    values = {"ivr.a": 1_250, "ivr.b": 1_251, "ivr.d": "2026-11-23"}

    assert compile_expression(rule, MONEY_FACT, BOOL).evaluate(values) is result


def test_amounts_read_as_they_are_written() -> None:
    """In traces, too."""
    assert [shown(cents, MONEY) for cents in (1_250, 5, -105, 0)] == ["12.50", "0.05", "-1.05", "0.00"]
