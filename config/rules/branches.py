"""The conditions of `branch` nodes, compiled and checked as those of `classify` are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.flow_nodes import BranchNode
from config.rules.classify import RefusedText
from config.rules.errors import RuleError
from config.rules.expression import Expression, compile_expression
from config.rules.facts import Fact, facts_of
from config.rules.types import BOOL
from config.schema import Centre

At = tuple[str, str]
"""Flow and node."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Of one node, in its order; None for one that was refused."""

    cases: tuple[Expression | None, ...]

    def first(self, values: Mapping[str, object]) -> int | None:
        """The first that is true, counted from 0; one whose facts are not known does not hold."""
        for index, case in enumerate(self.cases):
            if case is not None and case.evaluate(values) is True:
                return index
        return None


def compile_branches(centre: Centre) -> tuple[Mapping[At, Conditions], Sequence[RefusedText]]:
    """The conditions of every branch, and every expression that cannot be used."""
    facts = facts_of(centre)
    refused: list[RefusedText] = []
    found: dict[At, Conditions] = {}
    for flow_name, flow in centre.flows.items():
        for node_id, node in flow.nodes.items():
            if isinstance(node, BranchNode):
                cases: list[Expression | None] = []
                for index, case in enumerate(node.branch):
                    try:
                        cases.append(compile_expression(case.when, facts, BOOL))
                    except RuleError as error:
                        cases.append(None)
                        path = ("flows", flow_name, "nodes", node_id, "branch", index, "when")
                        refused.append(RefusedText(path, error))
                found[flow_name, node_id] = Conditions(tuple(cases))
    return found, refused


class Branches:
    """
    All branches of one configuration.

    Attributes:
        needed: The facts that each of them asks, by flow and node.

    """

    def __init__(self, centre: Centre) -> None:
        """
        Compile them.

        Raises:
            RuleError: A condition is wrong. A loaded configuration has none.
        """
        self._conditions, refused = compile_branches(centre)
        if refused:
            raise refused[0].error
        self.needed: Mapping[At, tuple[Fact, ...]] = {
            at: _facts(conditions) for at, conditions in self._conditions.items()
        }

    def first(self, flow: str, node: str, values: Mapping[str, object]) -> int | None:
        """
        Which case of a branch holds.

        Args:
            flow: Its name.
            node: Of that flow.
            values: Fact name -> value; what is missing is unknown.

        Returns:
            The first case that is true, counted from 0; None: none, or no such branch.
        """
        conditions = self._conditions.get((flow, node))
        return None if conditions is None else conditions.first(values)


def _facts(conditions: Conditions) -> tuple[Fact, ...]:
    cases = (case for case in conditions.cases if case is not None)
    return tuple({fact.name: fact for case in cases for fact in case.facts}.values())
