"""What the `classify` rules make of a caller: segment, language, head start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.problems import KeyPath
from config.rules.errors import RuleError
from config.rules.expression import Expression, compile_expression
from config.rules.facts import Fact, facts_of
from config.rules.trace import RuleTrace
from config.rules.types import BOOL, DURATION, UNKNOWN, Kind, Type, Unknown, Value, shown
from config.schema import Centre, Rule

HEAD_START_MAX_MS = 24 * 3_600_000
"""More than a day of head start means no more."""


@dataclass(frozen=True, slots=True)
class Classification:
    """
    What is known of a caller after all rules.

    `segment` and `language` are None where no rule said anything; what then
    holds is the caller's choice in the menu, else the centre's own language.
    """

    segment: str | None
    language: str | None
    head_start_ms: int
    """0 to 24 hours."""
    rule_ids: tuple[str, ...]
    """Of the rules that applied, in order."""
    trace: tuple[RuleTrace, ...]
    """Every rule, in order."""


@dataclass(frozen=True, slots=True)
class CompiledRule:
    id: str
    index: int
    """Its place in `classify`, from 0."""
    when: Expression
    set: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class RefusedText:
    """One expression of the rules that cannot be used, and where in the file it stands."""

    path: KeyPath
    error: RuleError


def set_types(centre: Centre) -> Mapping[str, Type]:
    """What a rule may set, and of which type."""
    return {
        "segment": Type(Kind.ENUM, tuple(centre.segments)),
        "head_start": DURATION,
        "language": Type(Kind.LANG, tuple(centre.languages)),
    }


def compile_rules(centre: Centre) -> tuple[Sequence[CompiledRule], Sequence[RefusedText]]:
    """The rules that can be used, and every expression that cannot."""
    facts = facts_of(centre)
    types = set_types(centre)
    good: list[CompiledRule] = []
    bad: list[RefusedText] = []
    for index, rule in enumerate(centre.classify):
        compiled = _compile(rule, index, facts, types, bad)
        if compiled is not None:
            good.append(compiled)
    return good, bad


def _compile(
    rule: Rule, index: int, facts: Mapping[str, Fact], types: Mapping[str, Type], bad: list[RefusedText]
) -> CompiledRule | None:
    path: KeyPath = ("classify", index)
    when = _expression(rule.when, facts, BOOL, (*path, "when"), bad)
    sets = {
        str(key): _expression(text, facts, types[key], (*path, "set", key), bad)
        for key, text in rule.set.items()
    }
    sound = {key: found for key, found in sets.items() if found is not None}
    if when is None or len(sound) < len(sets):
        return None
    return CompiledRule(rule.id, index, when, sound)


def _expression(
    text: str, facts: Mapping[str, Fact], wanted: Type, path: KeyPath, bad: list[RefusedText]
) -> Expression | None:
    try:
        return compile_expression(text, facts, wanted)
    except RuleError as error:
        bad.append(RefusedText(path, error))
        return None


class Classifier:
    """
    The rules of one configuration; the same facts give the same answer.

    Rules are tried from top to bottom and every one that is true applies. A
    later segment or language replaces an earlier one, head starts add up. A
    rule whose condition is unknown does not apply; a value that is unknown
    sets nothing.
    """

    def __init__(self, centre: Centre) -> None:
        """
        Compile the rules.

        Raises:
            RuleError: A rule is wrong. A loaded configuration has none.
        """
        self._rules, refused = compile_rules(centre)
        if refused:
            raise refused[0].error
        self._languages = frozenset(centre.languages)
        self.needed = frozenset(fact.name for rule in self._rules for fact in _facts(rule))
        """Names of the only facts worth looking up; `facts_of` has their sources and time limits."""

    def classify(self, values: Mapping[str, object]) -> Classification:
        """
        Apply the rules.

        Args:
            values: Fact name -> value; what is missing is unknown.
        """
        found: dict[str, Value] = {}
        head_start_ms = 0
        traces: list[RuleTrace] = []
        for rule in self._rules:
            result = rule.when.evaluate(values)
            made = _values(rule, values) if result is True else {}
            head_start_ms += int(made.get("head_start", 0))
            found |= made
            traces.append(_trace(rule, result, made, values))
        language = found.get("language")
        return Classification(
            segment=_text(found.get("segment")),
            # A language in which nothing can be said helps nobody.
            language=_text(language) if language in self._languages else None,
            head_start_ms=min(max(head_start_ms, 0), HEAD_START_MAX_MS),
            rule_ids=tuple(trace.rule for trace in traces if trace.result == "true"),
            trace=tuple(traces),
        )


def _facts(rule: CompiledRule) -> Sequence[Fact]:
    return [*rule.when.facts, *(fact for made in rule.set.values() for fact in made.facts)]


def _values(rule: CompiledRule, values: Mapping[str, object]) -> dict[str, Value]:
    made = ((key, expression.evaluate(values)) for key, expression in rule.set.items())
    return {key: value for key, value in made if value is not UNKNOWN}


def _trace(
    rule: CompiledRule, result: Value | Unknown, made: Mapping[str, Value], values: Mapping[str, object]
) -> RuleTrace:
    told = tuple((key, shown(value, rule.set[key].type)) for key, value in made.items())
    # Where a value was worked out from facts, those belong to the reason too.
    because = (rule.set[key].trace(values) for key in made if rule.set[key].facts)
    clauses = (*rule.when.trace(values), *(clause for part in because for clause in part))
    return RuleTrace(rule.id, shown(result, BOOL), clauses, told)


def _text(value: Value | None) -> str | None:
    return None if value is None else str(value)
