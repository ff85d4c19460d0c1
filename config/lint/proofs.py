"""Does a caller's number alone open nothing, and is a PIN kept to oneself?"""

from __future__ import annotations

from config.check_nodes import CUSTOMER, PIN
from config.flow_nodes import Flow, IdentifyNode, LookupNode
from config.flow_vars import all_settings, secrets, settings, uses
from config.flow_ways import ways
from config.lint.report import Report
from config.problems import KeyPath
from config.schema import Centre

_PROOFS = ("call.trust", "ivr.verified")
"""Facts by which a condition can tell who has proven who they are."""


def lint_proofs(centre: Centre, report: Report) -> None:
    """Add PINs that are not kept secret, and data that a forged number would get. All flows must be sound."""
    hidden, of_record = secrets(centre), _of_record(centre)
    open_ones = {setting.name for _, _, setting in all_settings(centre)} - hidden
    for name, flow in centre.flows.items():
        unproven = _unproven(flow)
        for node_id, node in flow.nodes.items():
            path: KeyPath = ("flows", name, "nodes", node_id)
            if isinstance(node, IdentifyNode) and node.identify == PIN and node.value in open_ones:
                said = (
                    f"«{node.value}» es una clave, y se oiría y guardaría como cualquier número",
                    f'"{node.value}" is a PIN, and would be heard and kept like any number',
                )
                fix = ("añada secret: true a donde se pide", "add secret: true where it is asked for")
                report.say("pin-not-secret", (*path, "value"), said, fix)
            for use in uses(centre, node):
                if use.how == "prompt" and use.name in of_record and node_id in unproven:
                    _told(report, (*path, *use.place), use.name)


def _told(report: Report, path: KeyPath, name: str) -> None:
    said = (
        f"se diría «{name}», de la ficha, a quien solo trae un número, que se puede falsear",
        f'"{name}", of the record, would be told to a mere number, which can be forged',
    )
    fix = (
        "pase antes por identify, o por branch con call.trust >= pin",
        "go through identify before, or through branch with call.trust >= pin",
    )
    report.say("data-by-caller-id", path, said, fix)


def _of_record(centre: Centre) -> frozenset[str]:
    """Variables that only the caller's own record gives."""
    record, others = set[str](), set[str]()
    for flow in centre.flows.values():
        for node in flow.nodes.values():
            of_record = isinstance(node, LookupNode) and node.lookup == CUSTOMER
            (record if of_record else others).update(one.name for one in settings(centre, node))
    return frozenset(record - others)


def _unproven(flow: Flow) -> frozenset[str]:
    """Nodes that callers reach who have proven nothing."""
    reached: set[str] = set()
    ahead = [flow.start]
    while ahead:
        node_id = ahead.pop()
        if node_id in flow.nodes and node_id not in reached:
            reached.add(node_id)
            proves = isinstance(flow.nodes[node_id], IdentifyNode)
            for way in ways(flow, node_id):
                asks = way.kind == "case" and any(fact in way.of for fact in _PROOFS)
                if not asks and not (proves and way.kind == "next"):
                    ahead.append(way.target)
    return frozenset(reached)
