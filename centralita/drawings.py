"""Drawn flows as JSON: what `/api/flows` answers and `centralita flow --graph --format json` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from config.flow_graph import Graph, graph
from config.loader import Loaded

Json = dict[str, Any]


def drawings(loaded: Loaded) -> Json:
    """Every flow of a configuration, in the order of the file: `centralita.contract.answers_flows.Flows`."""
    drawn = [drawing(graph(loaded.config, name)) for name in loaded.config.flows]
    return {"version": loaded.version, "flows": drawn}


def drawing(drawn: Graph) -> Json:
    """One flow."""
    edges = [
        {
            "from": edge.source,
            "to": edge.target,
            "kind": edge.kind,
            "label": edge.label,
            "shared": edge.is_shared,
        }
        for edge in drawn.edges
    ]
    nodes = [asdict(node) for node in drawn.nodes]
    return {"id": drawn.flow, "start": drawn.start, "nodes": nodes, "edges": edges}
