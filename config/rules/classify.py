"""What the `classify` rules make of a caller: segment, language, head start, preferred agents, needs."""

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
_SINGLE = ("segment", "head_start", "language")
PREFERRED_MAX = 10
"""Agents whom a caller may prefer, of all rules together: the first ones."""


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
    preferred: tuple[str, ...]
    """Agents, best first; only those of this configuration."""
    needs: tuple[tuple[str, int], ...]
    """Skill and level that an agent must have beside what the queue asks, of all rules together."""
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
    prefer: tuple[Expression, ...] = ()
    """Best first."""
    need: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedText:
    """One expression of the rules that cannot be used, and where in the file it stands."""

    path: KeyPath
    error: RuleError


def set_types(centre: Centre) -> Mapping[str, Type]:
    """What a rule may set, and of which type; `prefer` is a list of that type."""
    return {
        "segment": Type(Kind.ENUM, tuple(centre.segments)),
        "head_start": DURATION,
        "language": Type(Kind.LANG, tuple(centre.languages)),
        "prefer": Type(Kind.AGENT, tuple(centre.agents)),
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
    refused = len(bad)
    when = _expression(rule.when, facts, BOOL, (*path, "when"), bad)
    texts = ((key, getattr(rule.set, key)) for key in _SINGLE)
    sets = {
        key: _expression(text, facts, types[key], (*path, "set", key), bad)
        for key, text in texts
        if text is not None
    }
    prefer = [
        _expression(text, facts, types["prefer"], (*path, "set", "prefer", place), bad)
        for place, text in enumerate(rule.set.prefer)
    ]
    if when is None or len(bad) > refused:
        return None
    return CompiledRule(
        rule.id,
        index,
        when,
        {key: made for key, made in sets.items() if made is not None},
        tuple(made for made in prefer if made is not None),
        tuple((need.skill, need.at_least) for need in rule.set.need),
    )


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
    later segment or language replaces an earlier one, head starts and needs add up,
    and those whom an earlier rule prefers go before those of a later one. A rule
    whose condition is unknown does not apply; a value that is unknown sets nothing.
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
        self._agents = frozenset(centre.agents)
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
        preferred: list[str] = []
        needs: dict[str, int] = {}
        traces: list[RuleTrace] = []
        for rule in self._rules:
            result = rule.when.evaluate(values)
            made = _values(rule, values) if result is True else {}
            head_start_ms += int(made.get("head_start", 0))
            found |= made
            # Who has left the company since may still be the last agent of a customer.
            agents = (
                [name for name in _preferred(rule, values) if name in self._agents] if result is True else []
            )
            preferred += agents
            for skill, at_least in rule.need if result is True else ():
                needs[skill] = max(at_least, needs.get(skill, 0))
            traces.append(_trace(rule, result, made, agents, values))
        language = found.get("language")
        return Classification(
            segment=_text(found.get("segment")),
            # A language in which nothing can be said helps nobody.
            language=_text(language) if language in self._languages else None,
            head_start_ms=min(max(head_start_ms, 0), HEAD_START_MAX_MS),
            preferred=tuple(dict.fromkeys(preferred))[:PREFERRED_MAX],
            needs=tuple(needs.items()),
            rule_ids=tuple(trace.rule for trace in traces if trace.result == "true"),
            trace=tuple(traces),
        )


def _facts(rule: CompiledRule) -> Sequence[Fact]:
    return [
        *rule.when.facts,
        *(fact for made in (*rule.set.values(), *rule.prefer) for fact in made.facts),
    ]


def _values(rule: CompiledRule, values: Mapping[str, object]) -> dict[str, Value]:
    made = ((key, expression.evaluate(values)) for key, expression in rule.set.items())
    return {key: value for key, value in made if value is not UNKNOWN}


def _preferred(rule: CompiledRule, values: Mapping[str, object]) -> list[str]:
    made = (expression.evaluate(values) for expression in rule.prefer)
    return [str(value) for value in made if value is not UNKNOWN]


def _trace(
    rule: CompiledRule,
    result: Value | Unknown,
    made: Mapping[str, Value],
    preferred: Sequence[str],
    values: Mapping[str, object],
) -> RuleTrace:
    told = [(key, shown(value, rule.set[key].type)) for key, value in made.items()]
    told += [("prefer", ", ".join(preferred))] if preferred else []
    if rule.need and result is True:
        told.append(("need", ", ".join(f"{skill} >= {at_least}/10" for skill, at_least in rule.need)))
    # Where a value was worked out from facts, those belong to the reason too.
    used = [*(rule.set[key] for key in made), *(rule.prefer if result is True else ())]
    because = (expression.trace(values) for expression in used if expression.facts)
    clauses = (*rule.when.trace(values), *(clause for part in because for clause in part))
    return RuleTrace(rule.id, shown(result, BOOL), clauses, tuple(told))


def _text(value: Value | None) -> str | None:
    return None if value is None else str(value)
