"""How many answers a caller must give, from each node of a flow, before a person comes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from config.flow_nodes import Flow, HoursNode, VoicemailNode
from config.flow_ways import ASKING, PERSON, ways


def steps_to_person(flow: Flow) -> Mapping[str, float]:
    """
    Answers from each node, and from each name that is no node, to a person.

    Where the caller decides the best way counts; where we do (a look-up, a
    condition), the worst. By the clock it is enough that the open way leads
    there. Infinite: no way does. Names that lead nowhere are reported
    elsewhere and count as a person.
    """
    steps = {node_id: 0.0 if isinstance(node, PERSON) else math.inf for node_id, node in flow.nodes.items()}
    for _ in flow.nodes:
        better = {node_id: _steps(flow, node_id, steps) for node_id in flow.nodes}
        if better == steps:
            break
        steps = better
    return {"": math.inf, **steps}


def _steps(flow: Flow, node_id: str, steps: Mapping[str, float]) -> float:
    node = flow.nodes[node_id]
    if isinstance(node, PERSON):
        return 0
    answers = isinstance(node, (*ASKING, VoicemailNode))
    # Who hangs up is gone, and nobody can choose that something of ours fails.
    without = {"hang_up", "failure"} if answers else {"hang_up"}
    without |= {"closed"} if isinstance(node, HoursNode) else set()
    ahead = [steps.get(way.target, 0.0) for way in ways(flow, node_id) if way.kind not in without]
    if not ahead:
        return math.inf
    return 1 + min(ahead) if answers else max(ahead)
