"""Is every variable of a flow set before it is used, and does a secret one stay secret?"""

from __future__ import annotations

from collections.abc import Mapping

from config.findings import Findings
from config.flow_nodes import Flow, LookupNode
from config.flow_vars import (
    OF_THE_HOUSE,
    Use,
    all_settings,
    known_at,
    secrets,
    uses,
)
from config.flow_words import PLACEHOLDER
from config.lint.report import Report
from config.problems import KeyPath
from config.rules.branches import Conditions, compile_branches
from config.schema import Centre

_SECRET_FIX = (
    "úselo solo en identify, o en el body de una consulta con method: POST",
    "use it in identify only, or in the body of a lookup with method: POST",
)


def lint_variables(centre: Centre, report: Report) -> None:
    """Add what is wrong with variables. All flows, prompts and look-ups must be sound."""
    conditions, _ = compile_branches(centre)
    hidden = secrets(centre)
    named = frozenset(setting.name for _, _, setting in all_settings(centre))
    at_start = _brought_along(centre, named)
    _reserved_and_types(centre, report)
    for name, flow in centre.flows.items():
        known = known_at(centre, flow, at_start.get(name, frozenset()))
        for node_id in flow.nodes:
            path: KeyPath = ("flows", name, "nodes", node_id)
            wanted = [*uses(centre, flow.nodes[node_id]), *_asked(conditions.get((name, node_id)))]
            for use in wanted:
                if use.name in hidden:
                    _secret(centre, report, path, flow, node_id, use)
                elif use.name not in OF_THE_HOUSE:
                    _unset(report, path, use, known.get(node_id), named - hidden)


def _brought_along(centre: Centre, named: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """By flow: a caller who comes from a queue or an agent may have been through any other."""
    later = {queue.survey for queue in centre.queues.values() if queue.survey is not None}
    for queue in centre.queues.values():
        if queue.on is not None:
            ways = [queue.on.closed, queue.on.full.to, queue.on.nobody_signed_in]
            ways += [queue.on.nobody_could_ever, *queue.on.waited.values()]
            ways += [] if queue.on.long_wait is None else [queue.on.long_wait.to]
            later |= {way.name for way in ways if way.then == "flow" and way.name is not None}
    return dict.fromkeys(sorted(later), named)


def _asked(conditions: Conditions | None) -> list[Use]:
    """The variables of a branch's conditions; one that does not exist the rule language refuses."""
    found: list[Use] = []
    for index, case in enumerate(() if conditions is None else conditions.cases):
        for fact in () if case is None else case.facts:
            source, _, name = fact.name.partition(".")
            if source == "ivr":
                found.append(Use(name, ("branch", index, "when"), "condition"))
    return found


def _unset(
    report: Report, path: KeyPath, use: Use, known: frozenset[str] | None, named: frozenset[str]
) -> None:
    found: Findings = report.found
    if use.name not in named:
        found.refer("variables", use.name, named | OF_THE_HOUSE, (*path, *use.place))
    elif known is not None and use.name not in known and use.how != "condition":
        said = (
            f"«{use.name}» se usa aquí antes de que ningún nodo la ponga",
            f'"{use.name}" is used here before any node sets it',
        )
        fix = (
            "ponga antes el nodo que la pregunta o la consulta",
            "put the node before that asks for it or looks it up",
        )
        report.say("variable-unset", (*path, *use.place), said, fix)


def _secret(centre: Centre, report: Report, path: KeyPath, flow: Flow, node_id: str, use: Use) -> None:
    node = flow.nodes[node_id]
    if use.how == "argument" and isinstance(node, LookupNode):
        source = centre.lookups.get(node.lookup)
        argument = str(use.place[-1])
        if source is not None and argument in PLACEHOLDER.findall(source.url):
            said = (
                f"«{use.name}» es secreto y la dirección queda escrita por el camino",
                f'"{use.name}" is secret, and addresses are written down on the way',
            )
            report.say("secret-in-url", (*path, *use.place), said, _SECRET_FIX)
    elif use.how != "proof":
        said = (
            f"«{use.name}» es secreto: aquí se diría o se guardaría",
            f'"{use.name}" is secret: here it would be said or kept',
        )
        report.say("secret-used", (*path, *use.place), said, _SECRET_FIX)


def _reserved_and_types(centre: Centre, report: Report) -> None:
    types: dict[str, tuple[str, KeyPath]] = {}
    for flow_name, node_id, setting in all_settings(centre):
        place: KeyPath = ("flows", flow_name, "nodes", node_id, *setting.place)
        if setting.name in OF_THE_HOUSE:
            said = (f"«{setting.name}» la pone la casa", f'"{setting.name}" is set by the house')
            report.say("variable-reserved", place, said, ("otro nombre", "another name"))
        before = types.setdefault(setting.name, (setting.type, place))
        if setting.type != before[0] and "text" not in {setting.type, before[0]}:
            es, en = report.place(before[1], place)
            said = (
                f"«{setting.name}» es {setting.type} aquí y {before[0]} en otra parte ({es})",
                f'"{setting.name}" is {setting.type} here and {before[0]} elsewhere ({en})',
            )
            report.say("variable-types", place, said, ("dé otro nombre a una", "rename one"))


def lint_conditions(centre: Centre, report: Report) -> None:
    """Add conditions of branches that cannot be used."""
    hidden = secrets(centre)
    _, refused = compile_branches(centre)
    for bad in refused:
        for problem in bad.error.problems:
            said, fix = (problem.es, problem.en), (problem.fix_es, problem.fix_en)
            code = f"rule-{problem.code}"
            if problem.code == "unknown-fact" and report.found.dangling("lookups"):
                # What that look-up gives is not known, either: one mistake, one message.
                continue
            if problem.code == "unknown-fact" and problem.subject.removeprefix("ivr.") in hidden:
                name = problem.subject.removeprefix("ivr.")
                said = (f"«{name}» es secreto: no se compara", f'"{name}" is secret: it is not compared')
                code, fix = "secret-used", _SECRET_FIX
            report.say_within(code, bad.path, bad.error.text, problem.column, said, fix)
