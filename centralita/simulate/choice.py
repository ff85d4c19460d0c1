"""Which policy a simulation runs by: the case's own rule, a policy by name, tuned weights of a file."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from acd.model import PolicyRules
from acd.routing.policies import build
from acd.sim import centre
from acd.sim.system import System
from centralita.simulate.cases import Case, Rule
from centralita.simulate.reading import At, CasesError

POLICIES = ("fair", "smart", "tuned")

AGENTS = (
    "longest_idle",
    "level_then_longest_idle",
    "fastest_then_longest_idle",
    "slowest_then_longest_idle",
    "least_flexible",
)
CALLS = ("fcfs", "priority_then_fcfs", "agent_level_then_fcfs", "queue_ratio", "generalised_c_mu")
NAMED = {
    "fcfs_longest_idle": Rule("longest_idle", "fcfs"),
    "priority_level_idle": Rule("level_then_longest_idle", "priority_then_fcfs"),
    "best_skill_first": Rule("level_then_longest_idle", "agent_level_then_fcfs"),
}
"""Complete rules by the names that the reference cases have for them."""

Choice = Callable[[Case], PolicyRules]


def own_rule(case: Case) -> PolicyRules:
    """The case's own routing."""
    return of_rule(case, case.rule)


def of_rule(case: Case, rule: Rule) -> PolicyRules:
    """
    A rule as settings of a policy, for the system of this case.

    Raises:
        CasesError: The rule has a name that is not known.
    """
    assert case.system is not None
    policy = centre.rule(
        case.system, agents=rule.agents, calls=rule.calls, reserve=rule.reserve, ratio=rule.ratio
    )
    return checked(case.name, case.system, policy)


def checked(place: str, system: System, policy: PolicyRules) -> PolicyRules:
    """
    The same settings, after a look whether the engine takes them.

    Raises:
        CasesError: It does not; tells what it knows.
    """
    try:
        build(policy, centre.routing(system, policy))
    except ValueError as error:
        raise CasesError(f"{place}: la política no vale / the policy will not do: {error}") from error
    return policy


def choose(name: str | None, weights: Path | None) -> Choice | None:
    """
    What `--policy` and `--weights` say; None for neither: each case by its own rule.

    Raises:
        CasesError: A name is not known (near ones are suggested), or the file cannot be used.
    """
    if weights is not None:
        policy = read_weights(weights)
        if name is not None and name != policy.name:
            raise CasesError(
                f"--weights {weights}: son de «{policy.name}», no de «{name}» / "
                f'are of "{policy.name}", not of "{name}"'
            )
        return lambda case: _for(case, policy)
    if name is None:
        return None
    if name in POLICIES:
        return lambda case: _for(case, PolicyRules(name))
    rule = _rule_of(name)
    return lambda case: of_rule(case, rule)


def read_weights(path: Path) -> PolicyRules:
    """
    Settings of a policy as `centralita tune` writes them, JSON or YAML.

    Raises:
        CasesError: The file cannot be read or is not of that shape.
    """
    try:
        text = path.read_text(encoding="utf-8")
        whole = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise CasesError(f"{path}: no se puede leer / cannot be read: {error.strerror}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise CasesError(f"{path}: no es JSON ni YAML válido / is no valid JSON or YAML: {error}") from error
    at = At(str(path), whole)
    numbers = _map(at, "numbers", lambda item: item.number(float("-inf")))
    words = _map(at, "words", lambda item: item.text())
    return PolicyRules(at.get("policy").text(), numbers=numbers, words=words)


def _map(at: At, key: str, read: Callable[[At], Any]) -> dict[str, Any]:
    if not at.has(key):
        return {}
    inner = at.get(key)
    return {name: read(inner.get(name)) for name in inner.names()}


def _for(case: Case, policy: PolicyRules) -> PolicyRules:
    assert case.system is not None
    return checked(case.name, case.system, policy)


def _rule_of(name: str) -> Rule:
    """`longest_idle`, `fcfs`, `longest_idle+fcfs`, or a complete rule by its name."""
    if name in NAMED:
        return NAMED[name]
    agents, _, calls = name.partition("+")
    if agents in AGENTS and calls in ("", *CALLS):
        return Rule(agents, calls or "fcfs")
    if agents in CALLS and not calls:
        return Rule("longest_idle", agents)
    known = (*POLICIES, *NAMED, *AGENTS, *CALLS)
    near = ", ".join(difflib.get_close_matches(name, known, n=3)) or ", ".join(known)
    raise CasesError(
        f"--policy {name!r}: no se conoce; ¿quizás {near}? También AGENTES+LLAMADAS / "
        f"is not known; perhaps {near}? Also AGENTS+CALLS"
    )
