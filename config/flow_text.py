"""A drawing of a flow as text, for programs that draw: Mermaid and Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from config.flow_graph import Drawn, Edge, Graph

_WORDS = {
    "next": "",
    "key": "tecla / key",
    "intent": "",
    "keypad": "teclado / keypad",
    "person": "persona / person",
    "found": "está / found",
    "not_found": "no está / not found",
    "again": "otra vez / again",
    "case": "",
    "otherwise": "si no / otherwise",
    "open": "abierto / open",
    "closed": "cerrado / closed",
    "accepted": "sí / accepted",
    "declined": "no / declined",
    "no_input": "sin respuesta / no input",
    "no_match": "no se entiende / no match",
    "too_many": "intentos / too many",
    "failure": "fallo / failure",
    "hang_up": "cuelga / hangs up",
}
_SHAPES = {
    "say": ("([", "])"),
    "goodbye": ("([", "])"),
    "branch": ("{", "}"),
    "hours": ("{", "}"),
    "enqueue": ("[[", "]]"),
    "transfer": ("[[", "]]"),
}


def mermaid(drawn: Graph) -> str:
    """A flowchart for Mermaid; ways that the flow's `on` says for all nodes are left out."""
    lines = ["flowchart TD"]
    names = {node.id: f"n{index}" for index, node in enumerate(drawn.nodes)}
    for node in drawn.nodes:
        left, right = _SHAPES.get(node.kind, ("[", "]"))
        label = "<br/>".join(_escaped(line) for line in _lines(node))
        lines.append(f'  {names[node.id]}{left}"{label}"{right}')
    for source, target, caption, is_exit in _arrows(drawn):
        arrow = "-.->" if is_exit else "-->"
        middle = f'|"{_escaped(caption)}"|' if caption else ""
        lines.append(f"  {names[source]} {arrow}{middle} {names[target]}")
    return "\n".join(lines) + "\n"


def dot(drawn: Graph) -> str:
    """A digraph for Graphviz; ways that the flow's `on` says for all nodes are left out."""
    lines = [f"digraph {_quoted(drawn.flow)} {{", "  node [shape=box, style=rounded];"]
    for node in drawn.nodes:
        bold = ", penwidth=2" if node.person else ""
        label = _quoted("\n".join(_lines(node)))
        lines.append(f"  {_quoted(node.id)} [label={label}{bold}];")
    for source, target, caption, is_exit in _arrows(drawn):
        style = ", style=dashed" if is_exit else ""
        lines.append(f"  {_quoted(source)} -> {_quoted(target)} [label={_quoted(caption)}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def _lines(node: Drawn) -> tuple[str, str]:
    return node.id, node.kind if node.title == node.id else f"{node.kind}: {node.title}"


def _arrows(drawn: Graph) -> Iterator[tuple[str, str, str, bool]]:
    """Source, target, words, dashed; exits of a node to one place are one arrow."""
    known = {node.id for node in drawn.nodes}
    found: dict[tuple[str, str, bool, int], list[str]] = {}
    for index, edge in enumerate(drawn.edges):
        if not edge.is_shared and edge.target in known:
            key = (edge.source, edge.target, edge.is_exit, -1 if edge.is_exit else index)
            found.setdefault(key, []).append(_caption(edge))
    for (source, target, is_exit, _), captions in found.items():
        yield source, target, ", ".join(filter(None, captions)), is_exit


def _caption(edge: Edge) -> str:
    return ": ".join(filter(None, (_WORDS[edge.kind], edge.label)))


def _escaped(text: str) -> str:
    """For Mermaid, whose quoted texts know entities only."""
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
