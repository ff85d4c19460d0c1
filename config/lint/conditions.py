"""The rules of `classify`: can they be read, can they ever hold, do they contradict each other?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from config.lint.logic import Condition, always_false, certainly_true, contradiction, together
from config.lint.report import Report
from config.problems import KeyPath
from config.rules.classify import CompiledRule, compile_rules
from config.rules.errors import RuleProblem
from config.rules.expression import Expression
from config.rules.facts import RESERVED, Source, facts_of
from config.rules.meaning import Const, Truth
from config.rules.types import UNKNOWN, Value, shown
from config.schema import Centre, Rule

_SURE = frozenset({"call.trust", "call.to"})
"""Facts that make more of a caller than a number that anybody can send."""


def lint_rules(centre: Centre, report: Report) -> None:
    """Add what is wrong with facts and rules."""
    _reserved_fields(centre, report)
    rules, refused = compile_rules(centre)
    for bad in refused:
        for problem in bad.error.problems:
            _refused(report, bad.path, bad.error.text, problem)
    _twice(centre.classify, report)
    for rule in rules:
        _never_or_always(rule, report)
        _does_nothing(rule, report)
        _by_caller_id(rule, report, centre.segments[:1])
    _conflicts(rules, report, centre)


def _reserved_fields(centre: Centre, report: Report) -> None:
    for name in centre.facts.customer.fields:
        if name in RESERVED:
            said = (f"customer.{name} existe siempre", f"customer.{name} is always there")
            fix = ("quítelo o cambie el nombre", "remove it or rename it")
            report.say("reserved-field", ("facts", "customer", "fields", name), said, fix, at_key=True)


def _refused(report: Report, path: KeyPath, text: str, problem: RuleProblem) -> None:
    if problem.code == "unknown-fact" and not report.found.whole("facts"):
        # The field may be one that the schema has refused: one mistake, one message.
        return
    said, fix = (problem.es, problem.en), (problem.fix_es, problem.fix_en)
    report.say_within(f"rule-{problem.code}", path, text, problem.column, said, fix)


def _twice(rules: Sequence[Rule], report: Report) -> None:
    first: dict[str, int] = {}
    for index, rule in enumerate(rules):
        before = first.setdefault(rule.id, index)
        if before != index:
            path = ("classify", index, "id")
            es, en = report.place(("classify", before, "id"), path)
            said = (f"otra regla se llama «{rule.id}» ({es})", f'another rule is called "{rule.id}" ({en})')
            report.say("rule-twice", path, said, ("otro nombre", "another name"))


def _never_or_always(rule: CompiledRule, report: Report) -> None:
    path, when = ("classify", rule.index, "when"), rule.when
    if always_false(when.meaning):
        clash = contradiction(when.meaning)
        fix = ("corríjala o borre la regla", "correct it or delete the rule")
        if clash is None:
            said = ("no se cumple nunca", "is never true")
            report.say_within("rule-unreachable", path, when.text, when.meaning.start + 1, said, fix)
            return
        one, other = (" ".join(when.text[part.start : part.end].split()) for part in clash)
        said = (f"«{one}» y «{other}» se excluyen", f'"{one}" and "{other}" exclude each other')
        report.say_within("rule-unreachable", path, when.text, clash[1].start + 1, said, fix)
    elif certainly_true(when.meaning) and not isinstance(when.meaning, Truth):
        said = (
            "se cumple siempre que se conocen sus datos: no distingue nada",
            "is true whenever its facts are known: tells nothing apart",
        )
        fix = ("escriba «true» si es adrede", 'write "true" if it is meant')
        report.say_within("rule-always", path, when.text, when.meaning.start + 1, said, fix)


def _does_nothing(rule: CompiledRule, report: Report) -> None:
    start = rule.set.get("head_start")
    idle = start is not None and isinstance(start.meaning, Const) and start.meaning.value == 0
    if not rule.prefer and not rule.need and (not rule.set or (idle and len(rule.set) == 1)):
        said = ("esta regla no pone nada", "this rule sets nothing")
        fix = ("p. ej. set: {head_start: 90s}", "e.g. set: {head_start: 90s}")
        report.say("rule-does-nothing", ("classify", rule.index, "set"), said, fix, at_key=True)


def _by_caller_id(rule: CompiledRule, report: Report, lowest: Sequence[str]) -> None:
    """A segment from record or number, though nothing says that it is the customer who calls."""
    segment = rule.set.get("segment")
    if segment is None or (isinstance(segment.meaning, Const) and segment.meaning.value in lowest):
        return
    asked = (*rule.when.facts, *segment.facts)
    names = {fact.name for fact in asked}
    by_number = any(fact.source is Source.CUSTOMER or fact.name == "call.from" for fact in asked)
    if by_number and not names & _SURE:
        said = (
            "el segmento depende solo del número de quien llama, que se puede falsear",
            "the segment depends on the caller's number alone, which can be forged",
        )
        fix = ("añada «and call.trust >= matched»", 'add "and call.trust >= matched"')
        report.say("vip-by-caller-id", ("classify", rule.index, "set", "segment"), said, fix)


def _conflicts(rules: Sequence[CompiledRule], report: Report, centre: Centre) -> None:
    judged = [(rule, Condition.of(rule.when)) for rule in rules if rule.set.keys() - {"head_start"}]
    for at, (later, condition) in enumerate(judged):
        for key in sorted(later.set.keys() - {"head_start"}):
            found = _conflict(judged[:at], later, condition, key)
            if found is not None:
                _report_conflict(later, key, *found, report, centre)


def _conflict(
    earlier: Sequence[tuple[CompiledRule, Condition]], later: CompiledRule, condition: Condition, key: str
) -> tuple[CompiledRule, Mapping[str, Value]] | None:
    """The nearest earlier rule that sets this to something else, and a call for which both do."""
    value = later.set[key]
    for rule, before in reversed(earlier):
        other = rule.set.get(key)
        if other is None or other.text == value.text:
            continue
        call = together(before, condition)
        if call is not None and _differ(other, value, call):
            return rule, call
    return None


def _differ(one: Expression, other: Expression, call: Mapping[str, Value]) -> bool:
    first, second = one.evaluate(call), other.evaluate(call)
    return first is not UNKNOWN and second is not UNKNOWN and first != second


def _report_conflict(
    later: CompiledRule,
    key: str,
    rule: CompiledRule,
    call: Mapping[str, Value],
    report: Report,
    centre: Centre,
) -> None:
    path = ("classify", later.index, "set", key)
    where_es, where_en = report.place(("classify", rule.index), path)
    example = ", ".join(_written(call, centre))
    es, en = (f" (p. ej. {example})", f" (e.g. {example})") if example else ("", "")
    said = (
        f"«{rule.id}» ({where_es}) puede cumplirse a la vez{es} y pone otro valor",
        f'"{rule.id}" ({where_en}) can hold at the same time{en} and sets another value',
    )
    fix = (
        "haga que las condiciones se excluyan o deje una sola regla",
        "make the conditions exclude each other or keep one rule",
    )
    report.say("set-conflict", path, said, fix)


def _written(call: Mapping[str, Value], centre: Centre) -> Iterator[str]:
    facts = facts_of(centre)
    for name, value in call.items():
        yield f"{name} == {shown(value, facts[name].type)}"
