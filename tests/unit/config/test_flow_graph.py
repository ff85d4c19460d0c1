"""Flows as drawings: the same nodes and ways as in the file, each once, in layers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.flow_graph import Graph, graph
from config.flow_text import dot, mermaid
from config.flow_ways import ways
from config.loader import check_text, example, load
from config.schema import Centre
from tests.unit.config.test_lint_flows import GOOD

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def centre() -> Centre:
    return check_text(GOOD, Path("centro.yaml")).config


@pytest.fixture(scope="module")
def drawn(centre: Centre) -> Graph:
    return graph(centre, "principal")


@pytest.mark.parametrize("name", ["principal", "en_otro_momento", "encuesta"])
def test_every_node_and_every_way_is_drawn_once(name: str) -> None:
    """Nothing of the file is missing, and nothing is there that is not in it."""
    flow = load(example()).config.flows[name]
    made = graph(load(example()).config, name)

    assert sorted(node.id for node in made.nodes) == sorted(flow.nodes)
    assert sorted((edge.source, edge.target, edge.kind) for edge in made.edges) == sorted(
        (node_id, way.target, way.kind) for node_id in flow.nodes for way in ways(flow, node_id)
    )


def test_layers_lead_away_from_the_start(drawn: Graph) -> None:
    """The start is alone in the first; every other node has one before it that leads there."""
    layer = {node.id: node.layer for node in drawn.nodes}

    assert [node.id for node in drawn.nodes if node.layer == 0] == [drawn.start] == ["motivo"]
    for node in drawn.nodes:
        before = [layer[edge.source] for edge in drawn.edges if edge.target == node.id]
        assert node.layer == 0 or node.layer - 1 in before
    places = [(node.layer, node.row) for node in drawn.nodes]
    assert places == sorted(set(places))


def test_a_node_says_what_it_is(drawn: Graph) -> None:
    """Prompts and phrases by language, intents with examples, and what else the file has."""
    node = {one.id: one for one in drawn.nodes}

    assert node["menu"].prompts == {"es": "Pulse. · Diga.", "en": "Press. · Say."}
    assert node["menu"].phrases["2"] == {"es": ("una llamada",), "en": ("a callback",)}
    assert [one.label for one in node["motivo"].intents] == ["Factura", "Avería"]
    assert node["clave"].facts == {"into": "pin", "length": "4", "secret": "true"}
    assert (node["menu"].listens, node["menu"].asks, node["menu"].person) == (True, True, False)
    assert (node["persona"].person, node["pasar"].person, node["pasar"].title) == (True, True, "+34910000001")


def test_shared_exits_are_told_apart(drawn: Graph) -> None:
    """Those of `on` are on every node: who draws may leave them out."""
    own = {(e.source, e.kind) for e in drawn.edges if e.is_exit and not e.is_shared}

    assert own == {("pasar", "failure")}
    assert {e.kind for e in drawn.edges if e.is_shared} == {"too_many", "failure"}


def test_mermaid_and_graphviz_have_every_node_and_way_of_its_own(drawn: Graph) -> None:
    """Nodes in full, arrows with what leads there, dashed where something went wrong."""
    chart, digraph = mermaid(drawn), dot(drawn)

    assert len(re.findall(r"^  n\d+[\[({]", chart, re.M)) == len(drawn.nodes)
    assert '|"Factura"|' in chart and '-.->|"fallo / failure"|' in chart
    assert digraph.count(" [label=") == len(drawn.nodes) + digraph.count(" -> ")
    assert '"pasar" -> "ficha" [label="fallo / failure", style=dashed];' in digraph


def test_whatever_stands_in_the_file_cannot_break_out_of_a_text() -> None:
    """Quotes and signs of a condition or a label are text."""
    text = GOOD.replace("label: Factura\n", "label: 'a\"b<c>&'\n")
    made = graph(check_text(text, Path("centro.yaml")).config, "principal")

    assert '"a&quot;b&lt;c&gt;&amp;"' in mermaid(made)
    assert r'[label="a\"b<c>&"]' in dot(made)
