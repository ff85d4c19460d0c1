"""
How fast rules are: evaluated, traced, a whole classification, read and compiled.

Prints nanoseconds and, because machines differ, the ratio to a calibration
loop of the same run (four look-ups in a dict and four comparisons, written by
hand in Python: no rule can be faster). Run: python -m bench.rules
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import process_time

from config.rules.classify import Classifier
from config.rules.compile import compiled
from config.rules.expression import compile_expression
from config.rules.facts import facts_of
from config.rules.types import BOOL
from config.schema import Centre

_ROUNDS = 7
FOUR_CLAUSES = (
    'customer.tier == gold and call.trust >= matched and history.calls_24h >= 2 and prefix(call.from, "+34")'
)
FACTS = {
    "call.from": "+34600111222",
    "call.trust": "matched",
    "customer.tier": "gold",
    "customer.language": "es",
    "history.calls_24h": 3,
}
CENTRE = Centre.model_validate(
    {
        "schema": "acd/1",
        "name": "Medida",
        "languages": ["es", "en"],
        "agents": {},
        "phones": {},
        "entry": {},
        "queues": {},
        "segments": ["base", "vip"],
        "facts": {"customer": {"fields": {"tier": ["base", "silver", "gold"]}}},
        "classify": [
            {"id": "gold", "when": FOUR_CLAUSES, "set": {"segment": "vip", "head_start": "3m"}},
            {"id": "again", "when": "history.hung_up_waiting < 10m", "set": {"head_start": "90s"}},
            {
                "id": "speaks",
                "when": "true",
                "set": {"language": "first_known(customer.language, prefix_language(call.from), es)"},
            },
        ],
    }
)


def by_hand(values: Mapping[str, object]) -> bool:
    """What the rule of four clauses would be if a programmer had written it, unknown left out."""
    get = values.get
    tier, trust, calls, number = (
        get("customer.tier"),
        get("call.trust"),
        get("history.calls_24h"),
        get("call.from"),
    )
    return (
        tier == "gold"
        and trust in ("matched", "pin", "callback")
        and isinstance(calls, int)
        and calls >= 2
        and isinstance(number, str)
        and number[:3] == "+34"
    )


def nanoseconds(run: Callable[[], object], times: int) -> float:
    """CPU per run, the best of several rounds: noise only ever slows down."""
    best = float("inf")
    for _ in range(_ROUNDS):
        began = process_time()
        for _ in range(times):
            run()
        best = min(best, process_time() - began)
    return best / times * 1e9


def main() -> None:
    facts = facts_of(CENTRE)
    rule = compile_expression(FOUR_CLAUSES, facts, BOOL)
    evaluate = rule.evaluate
    classifier = Classifier(CENTRE)
    assert evaluate(FACTS) is by_hand(FACTS) is True
    assert classifier.classify(FACTS).segment == "vip"

    base = nanoseconds(lambda: by_hand(FACTS), 100_000)
    lines = [
        ("by hand (calibration)", base),
        ("evaluate, 4 clauses", nanoseconds(lambda: evaluate(FACTS), 100_000)),
        ("evaluate, 4 clauses, nothing known", nanoseconds(lambda: evaluate({}), 100_000)),
        ("trace, 4 clauses", nanoseconds(lambda: rule.trace(FACTS), 5_000)),
        ("classify, 3 rules with trace", nanoseconds(lambda: classifier.classify(FACTS), 3_000)),
        ("read and check", nanoseconds(lambda: compile_expression(FOUR_CLAUSES, facts, BOOL), 300)),
        ("compile", nanoseconds(lambda: compiled(rule.meaning), 300)),
    ]
    print(f"{'':36}{'ns':>12}{'ratio':>10}")
    for name, ns in lines:
        print(f"{name:36}{ns:>12,.0f}{ns / base:>10.2f}")


if __name__ == "__main__":
    main()
