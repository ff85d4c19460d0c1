from __future__ import annotations

import copy
from typing import Any

import pytest

from config.check import check
from config.findings import Findings
from config.lint.run import lint
from config.problems import KeyPath
from config.shape import shape
from config.tree import Tree, parse
from tests.unit.config.good import FILE, GOOD

pytestmark = pytest.mark.unit

_OF_NAMES = {
    "skills", "agents", "phones", "trunks", "hours", "fields", "entry", "flows", "nodes", "queues", "prompts",
    "numbers", "week", "days", "keys", "relax", "waited", "hola", "noche", "pulse", "set",
}  # fmt: skip
"""Groups whose keys are names or values of the administrator's own."""


def groups(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every group of the tree whose keys the format has."""
    if isinstance(value, list):
        return [found for n, one in enumerate(value) for found in groups(one, (*path, n))]
    if not isinstance(value, dict):
        return []
    here = [] if path and path[-1] in _OF_NAMES else [path]
    return [*here, *(found for key, one in value.items() for found in groups(one, (*path, key)))]


def changed(path: tuple[str | int, ...], key: str, value: Any) -> Tree:
    tree = parse(GOOD, "f")
    tree.value = copy.deepcopy(tree.value)
    at = tree.value
    for part in path:
        at = at[part]
    at[key] = value
    return tree


def test_an_unknown_key_gets_a_suggestion_at_every_level() -> None:
    """Wherever the format has keys of its own, it knows them: the hint is never made by hand."""
    good = parse(GOOD, "f").value
    found = 0
    for path in groups(good):
        at = good
        for part in path:
            at = at[part]
        for key in at:
            (problem,) = shape(changed(path, f"{key}x", 1)).problems
            assert (problem.code, problem.fix_es) == ("unknown-key", f"¿quiso decir «{key}»?"), (path, key)
            found += 1
    assert found > 80


def test_what_is_sound_is_kept() -> None:
    """The smallest part that will do is left out, and told."""
    cases: list[tuple[KeyPath, str, Any, set[KeyPath]]] = [
        (("agents", "ana", "skills"), "ventas", 99, {("agents", "ana", "skills", "ventas")}),
        (("queues", "ventas", "ring"), "for", "x", {("queues", "ventas", "ring", "for")}),
        (("agents", "ana"), "name", 5, {("agents", "ana", "name"), ("agents", "ana")}),
        (("flows", "principal", "nodes"), "menu", {"menu": "x"}, {("flows", "principal", "nodes", "menu")}),
        (
            ("queues", "ventas", "on"),
            "closed",
            "x",
            {("queues", "ventas", "on", "closed"), ("queues", "ventas", "on")},
        ),
        ((), "languages", 5, {("languages",)}),
        (("trunks", "linea"), "from", ["x"], {("trunks", "linea", "from")}),
    ]
    for path, key, value, left_out in cases:
        form = shape(changed(path, key, value))
        assert set(form.left_out) == left_out, path
        assert form.centre is not None and "general" in form.centre.queues


@pytest.mark.parametrize(
    "text", ["{}", "a: 1", "agents: 3", "queues: {a: {on: {full: 3}}}", "flows: {a: {nodes: {b: 1}}}"]
)
def test_anything_at_all_ends_in_problems(text: str) -> None:
    """However little is right, there is a message for it and no traceback."""
    assert shape(parse(text, "f")).problems


def every_path(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inner for found in every_path(one, (*path, key)))]


def test_rubbish_anywhere_is_never_a_traceback() -> None:
    """At every place of the file a value of another kind: there are problems, or it is legal after all."""
    rubbish: list[Any] = [None, 5, -1, 2.5, "x", "", [], {}, {"a": 1}, ["x"], [[]], True, {"say": 1}]
    good = parse(GOOD, str(FILE))
    refused = 0
    for number, path in enumerate(every_path(good.value)[1:]):
        for junk in (rubbish[number % len(rubbish)], rubbish[(number * 5 + 3) % len(rubbish)]):
            tree = copy.copy(good)
            tree.value = copy.deepcopy(good.value)
            at = tree.value
            for part in path[:-1]:
                at = at[part]
            at[path[-1]] = junk
            form = shape(tree)
            found = Findings(tree, form.left_out)
            if form.centre is not None:
                check(form.centre, found)
                lint(form.centre, found, {FILE: GOOD})
            refused += bool(form.problems or found.problems)
    assert refused > 250
